from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path

import pytest

from harness.base.host import HostEnvironment, describe_overload

ROOT = Path(__file__).parents[3]
IN_CONTAINERS = (
    "harness/engine/inside/",
    "extractor/languages/common/jvm_look_up.py",
    "extractor/languages/go/look_up.py",
    "extractor/languages/rust/build.py",
    "extractor/languages/rust/look_up.py",
)
"""Shipped: their environment is that of the container."""
EDGE = ("harness/cli/", "harness/settings.py", "harness/engine/sweeper.py", "harness/cluster/task.py", *IN_CONTAINERS)
"""Where the environment may be read: before the configuration is built, and in processes of their own."""
STARTING = {"subprocess.run", "subprocess.Popen"}


def test_later_changes_do_not_reach_it() -> None:
    environ = {"A": "1"}
    host = HostEnvironment.of(environ)
    environ["A"] = "2"
    assert host.get("A") == "1"


def test_unset_and_empty_are_the_same() -> None:
    host = HostEnvironment({"EMPTY": ""})
    assert host.get("EMPTY") is None
    assert host.get("UNSET") is None


def test_values_are_never_shown() -> None:
    assert "secret" not in repr(HostEnvironment({"HTTPS_PROXY": "http://user:secret@proxy.invalid"}))


def test_programs_are_found_on_its_own_path(tmp_path: Path) -> None:
    program = tmp_path / "mmdebstrap"
    program.touch(mode=0o755)
    assert HostEnvironment({"PATH": str(tmp_path)}).program("mmdebstrap") == str(program)
    assert HostEnvironment({"PATH": os.devnull}).program("mmdebstrap") is None


def test_the_environment_is_read_at_the_edge_only() -> None:
    readers = [where for where, name, _ in _uses_of_os() if name in ("os.environ", "os.getenv")]
    assert readers
    assert [where for where in readers if not where.startswith(EDGE)] == []


def test_no_program_inherits_the_environment() -> None:
    calls = [(where, call) for where, name, call in _uses_of_os() if name in STARTING and isinstance(call, ast.Call)]
    calls = [(where, call) for where, call in calls if not where.startswith(IN_CONTAINERS)]
    assert calls
    assert [where for where, call in calls if "env" not in {keyword.arg for keyword in call.keywords}] == []


@cache
def _uses_of_os() -> list[tuple[str, str, ast.expr]]:
    """Where an attribute of ``os`` or ``subprocess`` is used, or called: place, dotted name, and its node."""
    uses: list[tuple[str, str, ast.expr]] = []
    for file in (file for package in ("extractor", "harness") for file in (ROOT / package).rglob("*.py")):
        text = file.read_text("utf-8")
        if "os." not in text and "subprocess." not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            used = node.func if isinstance(node, ast.Call) else node
            if isinstance(used, ast.Attribute) and isinstance(used.value, ast.Name):
                uses.append((f"{file.relative_to(ROOT)}:{used.lineno}", f"{used.value.id}.{used.attr}", node))
    return uses


@pytest.mark.parametrize(("load", "processors", "described"), [(8.0, 2, None), (8.1, 2, "load 8 on 2 processors")])
def test_a_machine_is_overloaded_from_four_processes_for_each_processor_on(
    monkeypatch: pytest.MonkeyPatch, load: float, processors: int, described: str | None
) -> None:
    monkeypatch.setattr("harness.base.host.BUSY_FACTOR", 4.0)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    assert describe_overload() == described
