"""Where examples come from: their own past, whatever their ids became."""

from __future__ import annotations

import pytest

from extractor.model import Bundle, Example, ExampleKind, ExampleStatus, Manager, SourceFile
from harness.selection.origins import find_origins

LINES = [f"line {number}" for number in range(10)]
OTHER = [f"other {number}" for number in range(10)]


def example(id: str, lines: list[str], *, language: str = "python", revision: str | None = None) -> Example:
    text = "\n".join(lines) + "\n"
    bundle = Bundle(
        example_id=id, language=language, kind=ExampleKind.HTTP_SERVER, toolchain=language,
        files=(SourceFile("server", text),), manager=Manager.PYPI, dependencies=(), command=("run",),
    )  # fmt: skip
    return Example(
        id, f"{id.partition('#')[0]}.mdx", revision, language, ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE, None, (),
        digest=f"{language} {text}", bundle=bundle,
    )  # fmt: skip


def origins(now: list[Example], before: list[Example]) -> dict[str, str]:
    return {id: origin.id for id, origin in find_origins(now, now, before).items()}


def test_the_same_id_and_the_same_code() -> None:
    assert origins([example("a#x", LINES)], [example("a#x", LINES), example("b#x", LINES)]) == {"a#x": "a#x"}


def test_an_edited_example_keeps_its_origin_however_much_of_it_changed() -> None:
    assert origins([example("a#x", OTHER)], [example("a#x", LINES)]) == {"a#x": "a#x"}


def test_a_block_inserted_above_renames_the_others() -> None:
    """Ids are given in order, so the new one takes the first's and each other moves on."""
    before = [example("a#x", LINES), example("a#x.2", OTHER)]
    new = [f"new {number}" for number in range(10)]
    edited = [*OTHER[:9], "edited"]
    now = [example("a#x", new), example("a#x.2", LINES), example("a#x.3", edited)]
    assert origins(now, before) == {"a#x.2": "a#x", "a#x.3": "a#x.2"}


def test_a_page_that_moved_with_an_edit_comes_from_the_page_that_is_gone() -> None:
    kept, gone = example("kept#x", LINES), example("gone#x", [*LINES[:8], "a", "b"])
    now = [kept, example("moved#x", [*LINES[:8], "a", "c"])]
    assert origins(now, [kept, gone]) == {"kept#x": "kept#x", "moved#x": "gone#x"}


def test_copies_in_a_new_revisions_folder_come_from_the_newest_of_those_copied() -> None:
    old, older = example("r2/a#x", LINES, revision="2025-11-25"), example("r1/a#x", LINES, revision="2025-06-18")
    new = example("r3/a#x", [*LINES[:9], "edited"], revision="2026-07-28")
    assert origins([older, old, new], [older, old])["r3/a#x"] == "r2/a#x"


@pytest.mark.parametrize("lines", [OTHER, [*LINES[:5], *OTHER[:5]]])
def test_a_new_page_has_no_origin_in_code_that_is_hardly_alike(lines: list[str]) -> None:
    before = example("a#x", LINES)
    assert origins([before, example("b#x", lines)], [before]) == {"a#x": "a#x"}


def test_another_language_is_another_example() -> None:
    before = example("a#x", LINES)
    assert origins([example("b#x", LINES, language="typescript")], [before]) == {}


def test_a_copy_beside_its_original_is_new() -> None:
    """Else a page could get any number of programs with a fault that one of them had."""
    edited = [*LINES[:9], "edited"]
    before = [example("a#x", LINES)]
    assert origins([example("a#x", LINES), example("a#y", edited), example("a#z", LINES)], before) == {"a#x": "a#x"}


@pytest.mark.parametrize("gone", [True, False], ids=["moved", "copied"])
def test_of_several_copies_on_another_page_one_has_the_origin(gone: bool) -> None:
    """The one that is the same, wherever it stands."""
    edited, before = [*LINES[:9], "edited"], [example("a#x", LINES)]
    kept = [] if gone else before
    now = [*kept, example("b#x", edited), example("b#y", LINES), example("c#x", edited)]
    assert origins(now, before) == {**{one.id: one.id for one in kept}, "b#y": "a#x", "c#x": "a#x"}
