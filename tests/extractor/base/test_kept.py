"""Values on disk under their keys."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from extractor.base import kept as kept_module
from extractor.base.kept import Kept, code_digest, library_version


def test_a_value_is_found_under_its_key_only(tmp_path: Path) -> None:
    kept: Kept[tuple[int, ...]] = Kept(tmp_path / "new", tuple[int, ...], ".n")
    kept.store("one", (1, 2))
    assert (kept.load("one"), kept.load("two")) == ((1, 2), None)


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x93" * 10_000, b"\xa1x"])
def test_what_is_not_an_entry_is_removed(tmp_path: Path, damage: bytes) -> None:
    kept: Kept[tuple[int, ...]] = Kept(tmp_path, tuple[int, ...], ".n")
    kept.store("one", (1,))
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert kept.load("one") is None
    assert not file.exists()


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept: Kept[str] = Kept(tmp_path / "file", str, ".s")
    kept.store("one", "x")
    assert kept.load("one") is None


def test_the_oldest_are_removed(tmp_path: Path) -> None:
    kept: Kept[str] = Kept(tmp_path, str, ".s")
    for name in "abcde":
        kept.store(name, name)
    kept.prune(keep=2)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_digest_of_code_is_over_names_and_contents(tmp_path: Path) -> None:
    def digest() -> str:
        # what a new process begins with
        code_digest.cache_clear()
        kept_module._file_digest.cache_clear()
        return code_digest(tmp_path)

    (tmp_path / "a.py").write_text("x")
    seen = {digest()}
    (tmp_path / "a.py").write_text("y")
    seen.add(digest())
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    seen.add(digest())
    (tmp_path / "names.txt").write_text("a table")
    seen.add(digest())
    (tmp_path / "notes.rst").write_text("not code")
    seen.add(digest())
    assert len(seen) == 4


@pytest.mark.parametrize("name", ["markdown-it-py", "PyYAML", "tree-sitter-typescript", "docprobe", "anyio"])
def test_the_version_of_a_library_is_the_installed_one(name: str) -> None:
    assert library_version(name) == metadata.version(name)


def test_a_library_that_is_described_otherwise_is_found_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "odd.egg-info").mkdir()
    (tmp_path / "odd.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 7.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert library_version("odd") == "7.1"
