"""Examples that a change keeps from being checked, decided from values alone."""

from __future__ import annotations

import dataclasses

import pytest

from extractor.model import Bundle, Example, ExampleKind, ExampleStatus, Problem, SourceFile, Span
from harness.selection.changed import Change
from harness.selection.no_longer_runnable import no_longer_runnable

PAGE = "docs/server.md"
CODE = ("import mcp", "server = mcp.Server()", "server.add(tool)", "server.run()")
SINCE = Change("main", "0" * 40, files=(PAGE,), rules=False, configuration=False, baseline=False)


def _bundle() -> Bundle:
    fields = {field.name: field for field in dataclasses.fields(Bundle)}
    given = {"example_id": f"{PAGE}#python", "language": "python", "kind": ExampleKind.HTTP_SERVER}
    needed = {
        name: given.get(name, ())
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    file = SourceFile(**{**_nothing(SourceFile), "path": "server.py", "text": "\n".join(CODE) + "\n"})  # type: ignore[arg-type]
    return Bundle(**{**needed, "files": (file,)})  # type: ignore[arg-type]


def _nothing(kind: type) -> dict[str, object]:
    return {
        field.name: ()
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }


def _example(id: str = f"{PAGE}#python", status: ExampleStatus = ExampleStatus.RUNNABLE, digest: str = "d") -> Example:
    bundle = _bundle() if status is ExampleStatus.RUNNABLE else None
    return Example(
        id, PAGE, None, "python", ExampleKind.HTTP_SERVER, status, None, (Span(PAGE, 7, 12),), digest, bundle=bundle
    )


def _lost(now: tuple[Example, ...], source: str | None) -> tuple[str, ...]:
    return tuple(entry.reason for entry in no_longer_runnable((_example(),), now, {PAGE: source}, SINCE))


@pytest.mark.parametrize(("kept", "lost"), [(4, True), (3, True), (2, False), (1, False), (0, False)])
def test_code_that_is_still_on_the_page_without_an_example_is_reported(kept: int, lost: bool) -> None:
    """More than half of the lines make it the same code; with half of them or fewer, the code was taken out."""
    assert bool(_lost((), "# Server\n\n" + "\n".join(f"  {line}" for line in CODE[:kept]))) is lost


def test_a_page_that_cannot_be_read_hides_its_example() -> None:
    assert _lost((), None)


def test_a_fragment_is_reported_at_its_line() -> None:
    fragment = _example(status=ExampleStatus.FRAGMENT)
    (entry,) = no_longer_runnable((_example(),), (fragment,), {PAGE: ""}, SINCE)
    assert (entry.example, entry.page, entry.line, entry.ref) == (f"{PAGE}#python", PAGE, 7, "main")


@pytest.mark.parametrize("status", [ExampleStatus.RUNNABLE, ExampleStatus.SKIPPED])
def test_what_runs_or_is_skipped_with_a_reason_is_not_reported(status: ExampleStatus) -> None:
    assert _lost((_example(status=status),), "\n".join(CODE)) == ()


def test_another_id_for_the_same_text_is_a_rename() -> None:
    assert _lost((_example(f"{PAGE}#server"),), "\n".join(CODE)) == ()


def test_pages_that_were_not_read_are_left_out() -> None:
    elsewhere = dataclasses.replace(SINCE, files=("docs/other.md",))
    assert no_longer_runnable((_example(),), (), {}, elsewhere) == ()


def test_a_page_that_the_change_leaves_alone_may_lose_its_example() -> None:
    """To the file that it includes: the page's own text has no line of it, and the problem is new."""
    elsewhere = dataclasses.replace(SINCE, files=("docs/server.py",))
    gone = Problem(Span(PAGE, 9, 9), "include of 'server.py' is not followed: no such file in the docs tree")
    (entry,) = no_longer_runnable((_example(),), (), {PAGE: "# Server\n"}, elsewhere, problems=(gone,))
    assert (entry.page, entry.line) == (PAGE, 9)
    assert "no such file" in entry.reason
    assert no_longer_runnable((_example(),), (), {PAGE: "# Server\n"}, elsewhere) == (), "it was taken out of the docs"


def test_a_page_whose_folder_is_not_read_any_more_loses_its_example() -> None:
    problem = Problem(Span("docs", 1, 1), "a link to a folder outside the docs tree; not read")
    (entry,) = no_longer_runnable((_example(),), (), {}, SINCE, problems=(problem,))
    assert entry.page == "docs"
    assert "not read" in entry.reason


def test_what_an_untrusted_change_skips_is_reported() -> None:
    skipped = _example(status=ExampleStatus.SKIPPED)
    (entry,) = no_longer_runnable((_example(),), (skipped,), {PAGE: "\n".join(CODE)}, SINCE, trusted=False)
    assert "left out by the change itself" in entry.reason


def _split(id: str, first: int, last: int, reason: str) -> Example:
    """A fragment of some lines of the page."""
    fragment = _example(id, ExampleStatus.FRAGMENT)
    return dataclasses.replace(fragment, spans=(Span(PAGE, first, last),), reason=reason)


SPLIT = ("# Server", "```python", CODE[0], CODE[1], "```", "```python", CODE[2], "server.run(", "```")


def test_of_the_blocks_that_are_left_the_changed_one_says_why() -> None:
    now = (_split("a", 2, 5, "makes the server"), _split("b", 6, 9, "'(' was never closed"), _split("c", 1, 1, "else"))
    (entry,) = no_longer_runnable((_example(),), now, {PAGE: "\n".join(SPLIT)}, SINCE)
    assert (entry.line, entry.reason) == (6, "is a fragment now: '(' was never closed")


@pytest.mark.parametrize("status", [ExampleStatus.FRAGMENT, ExampleStatus.UNSUPPORTED])
def test_an_example_with_another_id_says_what_it_has_become(status: ExampleStatus) -> None:
    now = dataclasses.replace(_split("a", 3, 4, "has no start"), status=status)
    (reason,) = _lost((now,), "\n".join(SPLIT[:4]) + f"\n{CODE[3]}")
    assert reason.endswith(": has no start")


def test_code_in_no_block_is_reported_at_its_first_line() -> None:
    source = "\n".join(("# Server", "```text", *CODE, "```"))
    (entry,) = no_longer_runnable((_example(),), (), {PAGE: source}, SINCE)
    assert entry.line == 3
    assert "most of its lines are there" in entry.reason


ELSEWHERE = "docs/moved.md"
MOVED = dataclasses.replace(SINCE, files=(PAGE, ELSEWHERE))


def _on_another_page(status: ExampleStatus, reason: str | None = None) -> Example:
    moved = _example(f"{ELSEWHERE}#python", status, digest="other")
    return dataclasses.replace(moved, page=ELSEWHERE, spans=(Span(ELSEWHERE, 2, 5),), reason=reason)


@pytest.mark.parametrize("sources", [{}, {PAGE: "# Moved"}], ids=["page gone", "page there"])
def test_code_that_moved_to_another_page_is_looked_for_there(sources: dict[str, str]) -> None:
    """With its page, or alone."""
    there = {**sources, ELSEWHERE: "\n".join(("```text", *CODE, "```"))}
    (entry,) = no_longer_runnable((_example(),), (), there, MOVED)
    assert (entry.example, entry.page, entry.line) == (f"{PAGE}#python", ELSEWHERE, 2)
    assert entry.reason == (
        "moved to docs/moved.md, where it is not found as an example, though most of its lines are there"
    )
    fragment = _on_another_page(ExampleStatus.FRAGMENT, "has no start")
    (entry,) = no_longer_runnable((_example(),), (fragment,), there, MOVED)
    assert entry.reason == "moved to docs/moved.md, where it is a fragment now: has no start"


def test_code_that_moved_and_is_checked_there_is_not_reported() -> None:
    there = {ELSEWHERE: "\n".join(CODE)}
    for status in (ExampleStatus.RUNNABLE, ExampleStatus.SKIPPED):
        other = _on_another_page(status)
        assert no_longer_runnable((_example(),), (other,), there, MOVED, {other.id: _example()}) == ()
    assert no_longer_runnable((_example(),), (_example("docs/x#python"),), {}, MOVED) == (), "a copy is checked"


def test_code_that_was_on_the_other_page_before_did_not_move_there() -> None:
    text = "\n".join(CODE)
    assert no_longer_runnable((_example(),), (), {ELSEWHERE: text}, MOVED, were={ELSEWHERE: text}) == ()
    assert no_longer_runnable((_example(),), (), {ELSEWHERE: text}, SINCE) == (), "the change left that page alone"
