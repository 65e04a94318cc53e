"""Installs that failed: which are known for the day, and which are tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import (
    DocprobeError,
    EngineError,
    InstallError,
    PythonVersionError,
    RegistryError,
    UnsuitableError,
)
from harness.engine.install.failed_installs import FailedInstalls

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2026-01-01"


def fail(state: Path, error: Exception) -> None:
    with pytest.raises(type(error)), FailedInstalls(state, DAY, retry=False).noted("key"):
        raise error


def known(state: Path, key: str = "key", day: str = DAY, *, retry: bool = False) -> DocprobeError | None:
    try:
        FailedInstalls(state, day, retry=retry).check(key)
    except DocprobeError as error:
        return error
    return None


@pytest.mark.parametrize("kind", [UnsuitableError, PythonVersionError, InstallError])
def test_what_the_packages_are_the_cause_of_is_known_for_the_day(tmp_path: Path, kind: type[DocprobeError]) -> None:
    fail(tmp_path, kind("x cannot be installed", "name another"))
    error = known(tmp_path)
    assert type(error) is kind
    assert error.message == "x cannot be installed"
    assert error.hint == "name another; seen earlier today: check with --no-cache to try it again"
    assert known(tmp_path, "other") is None
    assert known(tmp_path, day="2026-01-02") is None
    assert known(tmp_path, retry=True) is None


def test_the_installer_s_last_lines_are_kept(tmp_path: Path) -> None:
    fail(tmp_path, InstallError("x cannot be installed", None, ("npm error code E404",)))
    error = known(tmp_path)
    assert isinstance(error, InstallError)
    assert error.log == ("npm error code E404",)
    assert error.hint == "seen earlier today: check with --no-cache to try it again"


@pytest.mark.parametrize("error", [RegistryError("no answer"), EngineError("no space left"), ValueError("ours")])
def test_what_something_else_is_the_cause_of_is_tried_again(tmp_path: Path, error: Exception) -> None:
    fail(tmp_path, error)
    assert known(tmp_path) is None


def test_what_succeeds_leaves_nothing(tmp_path: Path) -> None:
    with FailedInstalls(tmp_path, DAY, retry=False).noted("key"):
        pass
    assert known(tmp_path) is None
