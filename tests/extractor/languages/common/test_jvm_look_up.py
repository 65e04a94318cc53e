"""Imports for the JVM, by what is in archives and by what compilers say; the compilers themselves: test_code_checks."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, cast

import pytest

from extractor.languages.common import jvm_look_up
from extractor.languages.common.jvm_look_up import is_there, lacking

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

NAMES = ("org/acme/json/Json.class", "org/acme/json/Json$Default.class", "deep/in/of/acme/A.class")
CLASSES = dict.fromkeys(NAMES, cast("zipfile.ZipFile", None))


@pytest.mark.parametrize(
    ("module", "there"),
    [
        ("org.acme.json", True),
        ("org.acme.json.Json", True),
        ("org.acme.json.Json.Default", True),
        ("org.acme.gone", False),
        ("org.other.json", None),
        ("deep.in.of.gone", False),
        ("deep.in.another", False),
    ],
)
def test_a_package_is_missing_only_where_its_publisher_is_there(module: str, there: bool | None) -> None:
    assert is_there(CLASSES, module) is there


def compilers(monkeypatch: pytest.MonkeyPatch, said: str, code: int = 1) -> None:
    done = subprocess.CompletedProcess([], code, "", said)
    monkeypatch.setattr(jvm_look_up.subprocess, "run", lambda *_, **__: done)


def test_a_name_is_missing_if_it_is_no_class_and_no_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pairs = [("a.B", "member"), ("a", "C"), ("a", "Gone")]
    compilers(
        monkeypatch,
        "Look.java:1: error: cannot find symbol\nLook.java:3: error: cannot find symbol\n"
        "LookStatic.java:2: error: cannot find symbol\nLookStatic.java:3: error: cannot find symbol\n",
    )
    assert lacking("java", pairs) == ({("a", "Gone")}, "")
    assert (tmp_path / "LookStatic.java").read_text().splitlines()[0] == "import static a.B.member;"


def test_what_kotlins_compiler_does_not_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compilers(monkeypatch, "Look.kt:2:10: error: unresolved reference 'gone'.\n")
    assert lacking("kotlin", [("a", "b"), ("a", "gone")]) == ({("a", "gone")}, "")


def test_a_compiler_that_fails_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compilers(monkeypatch, "java.lang.OutOfMemoryError")
    assert lacking("kotlin", [("a", "b")]) == (None, "java.lang.OutOfMemoryError")
    assert lacking("java", [("a", "b")]) == (None, "java.lang.OutOfMemoryError")
