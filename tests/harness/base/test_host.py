from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.base.host import HostEnvironment

if TYPE_CHECKING:
    from pathlib import Path


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
