"""Values on disk under their keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.base.kept import Kept, code_digest


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
        code_digest.cache_clear()
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
