"""Examples that could be run at the merge base and cannot any more: what a change keeps from being checked. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleStatus
from harness.model import NoLongerRunnable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Example, Problem
    from harness.selection.changed import Change

SAME_CODE: Final = 0.5
"""A page that has more than this share of an example's lines still shows the example, whatever fence they are in."""
CHECKED: Final = frozenset({ExampleStatus.RUNNABLE, ExampleStatus.SKIPPED})
"""Examples that are run, or left out on purpose."""
_FENCES: Final = ("```", "~~~")


def no_longer_runnable(
    before: Sequence[Example],
    now: Sequence[Example],
    sources: Mapping[str, str | None],
    since: Change,
    origins: Mapping[str, Example] = MappingProxyType({}),
    were: Mapping[str, str] = MappingProxyType({}),
    problems: Sequence[Problem] = (),
    *,
    trusted: bool = True,
) -> tuple[NoLongerRunnable, ...]:
    """Return the examples that were runnable and are fragments, unsupported or gone, in order of id.

    A page that a change leaves alone may lose one too: to a file that it includes, or to the configuration. Left out
    are those whose code is gone from the docs, that are skipped with a reason, or that have another id now. Code that
    moved to another page is looked for there.

    Args:
        before: the selected examples at the merge base.
        now: every example in the working tree.
        sources: text of each page that is there now, by its path; None if it cannot be read.
        since: the change.
        origins: by the id of an example of now, the one at the merge base that it comes from.
        were: text of changed pages at the merge base, by path.
        problems: of the docs, those that were not there at the merge base.
        trusted: whether the change may leave out what it likes; if not, an example that it skips is among them.
    """
    left_alone = CHECKED if trusted else frozenset({ExampleStatus.RUNNABLE})
    reported = {problem.span.file: problem for problem in reversed(problems)}
    by_id = {example.id: example for example in now}
    ran = {example.id for example in before if example.status is ExampleStatus.RUNNABLE}
    running = [example for example in now if example.status is ExampleStatus.RUNNABLE]
    new = [example for example in running if example.id not in ran]
    checked = [example for example in now if example.status in CHECKED]
    elsewhere = {origins[example.id].id for example in checked if example.id in origins}
    digests = {example.digest for example in checked}
    result = []
    for example in before:
        # pages that no change touches are not all read
        if example.id not in ran or not (example.page in since.files or example.page in sources):
            continue
        after = by_id.get(example.id)
        if after is not None and after.status in left_alone:
            continue
        page = example.page if example.page in sources else None
        if after is None and (page is None or not _is_shown(example, sources[page])):
            if example.id in elsewhere or example.digest in digests:
                continue
            moved = _moved_to(example, sources, since, were)
            problem = _problem_of(example.page, reported, there=page is not None)
            if moved is None and problem is not None:
                reason = f"is not found on the page any more: {problem.message}"
                result.append(NoLongerRunnable(example.id, problem.span.file, problem.span.first, since.ref, reason))
                continue
            page = moved
        if page is None or any(_is_renamed(example, other, gone=after is None) for other in new):
            continue
        source = sources[page]
        after = after or _become(example, page, now, source)
        line = after.spans[0].first if after is not None and after.spans else _first_line(example, source)
        result.append(NoLongerRunnable(example.id, page, line, since.ref, _reason(example, page, after)))
    return tuple(sorted(result, key=lambda entry: entry.example))


def _problem_of(page: str, reported: Mapping[str, Problem], *, there: bool) -> Problem | None:
    """Return the problem of a page; if the page is not there, of the innermost folder around it that has one."""
    folders = () if there else PurePosixPath(page).parents
    names = (page, *(folder.as_posix() for folder in folders))
    return next((reported[name] for name in names if name in reported), None)


def _moved_to(
    example: Example, sources: Mapping[str, str | None], since: Change, were: Mapping[str, str]
) -> str | None:
    """Return the changed page that has most of an example's lines and did not have them before; None if none has."""
    if not _lines(example):
        return None
    pages = (page for page in since.files if sources.get(page) is not None and page != example.page)
    shown = (page for page in pages if _is_shown(example, sources[page]))
    return next((page for page in shown if not _is_shown(example, were.get(page, ""))), None)


def _is_shown(example: Example, source: str | None) -> bool:
    """Return whether a page still has most of the lines of an example's code; True if the page cannot be read."""
    lines = _lines(example)
    if source is None or not lines:
        return True
    there = {line.strip() for line in source.splitlines()}
    return len(lines & there) > SAME_CODE * len(lines)


def _lines(example: Example) -> frozenset[str]:
    """The lines of an example's files."""
    files = example.bundle.files if example.bundle is not None else ()
    return frozenset(line.strip() for file in files for line in file.text.splitlines() if line.strip())


def _become(example: Example, on: str, now: Sequence[Example], source: str | None) -> Example | None:
    """What of a page most of an example's lines are in now, under another id; None if no example has any of them.

    Of the blocks that it is split into, the one that was changed says why.
    """
    lines, page = _lines(example), (source or "").splitlines()
    held = []
    for other in now:
        if other.page != on or other.status is ExampleStatus.RUNNABLE:
            continue
        shown = (text.strip() for span in other.spans for text in page[span.first - 1 : span.last])
        own = {text for text in shown if text and not text.startswith(_FENCES)}
        if own and len(own & lines) >= SAME_CODE * len(own):
            held.append((bool(own - lines), len(own & lines), other))
    return max(held, key=lambda entry: entry[:2])[2] if held else None


def _first_line(example: Example, source: str | None) -> int:
    """The first line of a page that is one of an example's; 1 if it has none."""
    lines = _lines(example)
    return next((n for n, text in enumerate((source or "").splitlines(), start=1) if text.strip() in lines), 1)


def _is_renamed(example: Example, other: Example, *, gone: bool) -> bool:
    """Return whether ``other``, which is new, is the same example under another id."""
    same_text = other.digest == example.digest
    return same_text or (gone and (other.page, other.language) == (example.page, example.language))


def _reason(example: Example, page: str, after: Example | None) -> str:
    moved = f"moved to {page}, where it " if page != example.page else ""
    if after is None:
        found = "as an example" if moved else "on the page any more"
        return f"{moved}is not found {found}, though most of its lines are there"
    if after.status is ExampleStatus.SKIPPED:
        return f"{moved}is left out by the change itself: {after.reason or 'no reason given'}"
    what = "a fragment" if after.status is ExampleStatus.FRAGMENT else after.status.value
    return f"{moved}is {what} now: {after.reason or 'no reason given'}"
