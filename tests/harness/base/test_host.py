from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path

from harness.base.host import HostEnvironment

ROOT = Path(__file__).parents[3]
IN_CONTAINERS = ("harness/engine/inside/", "extractor/languages/go/look_up.py")
"""Shipped: their environment is that of the container."""
EDGE = ("harness/cli/", "harness/settings.py", "harness/engine/sweeper.py", *IN_CONTAINERS)
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
    readers = [
        where for where, node in _nodes() if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ"
    ]
    readers += [
        where for where, node in _nodes() if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.getenv"
    ]
    assert readers
    assert [where for where in readers if not where.startswith(EDGE)] == []


def test_no_program_inherits_the_environment() -> None:
    nodes = [(where, node) for where, node in _nodes() if not where.startswith(IN_CONTAINERS)]
    calls = [(w, n) for w, n in nodes if isinstance(n, ast.Call) and ast.unparse(n.func) in STARTING]
    assert calls
    assert [where for where, call in calls if "env" not in {keyword.arg for keyword in call.keywords}] == []


@cache
def _nodes() -> list[tuple[str, ast.AST]]:
    files = [file for package in ("extractor", "harness") for file in (ROOT / package).rglob("*.py")]
    return [
        (f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
    ]
