"""Examples that could be run at the merge base and cannot any more: what a change keeps from being checked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import ExampleStatus
from harness.model import NoLongerRunnable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Example
    from harness.selection.changed import Change

SAME_CODE: Final = 0.5
"""A page that has more than this share of an example's lines still shows the example, whatever fence they are in."""
_FENCES: Final = ("```", "~~~")


def no_longer_runnable(
    before: Sequence[Example], now: Sequence[Example], sources: Mapping[str, str | None], since: Change
) -> tuple[NoLongerRunnable, ...]:
    """Return the examples of changed pages that were runnable and are fragments, unsupported or gone, in order of id.

    Left out are those whose page or whose code is gone, that are skipped with a reason, or that have another id now.

    Args:
        before: the selected examples at the merge base.
        now: every example in the working tree.
        sources: text of each page that is there now, by its path; None if it cannot be read.
        since: the change.
    """
    by_id = {example.id: example for example in now}
    ran = {example.id for example in before if example.status is ExampleStatus.RUNNABLE}
    new = [example for example in now if example.status is ExampleStatus.RUNNABLE and example.id not in ran]
    result = []
    for example in before:
        if example.id not in ran or example.page not in since.files or example.page not in sources:
            continue
        after = by_id.get(example.id)
        if after is not None and after.status in {ExampleStatus.RUNNABLE, ExampleStatus.SKIPPED}:
            continue
        if after is None and not _is_shown(example, sources[example.page]):
            continue
        if not any(_is_renamed(example, other, gone=after is None) for other in new):
            source = sources[example.page]
            after = after or _become(example, now, source)
            line = after.spans[0].first if after is not None and after.spans else _first_line(example, source)
            result.append(NoLongerRunnable(example.id, example.page, line, since.ref, _reason(after)))
    return tuple(sorted(result, key=lambda entry: entry.example))


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


def _become(example: Example, now: Sequence[Example], source: str | None) -> Example | None:
    """What of the page most of an example's lines are in now, under another id; None if no example has any of them.

    Of the blocks that it is split into, the one that was changed says why.
    """
    lines, page = _lines(example), (source or "").splitlines()
    held = []
    for other in now:
        if other.page != example.page or other.status is ExampleStatus.RUNNABLE:
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


def _reason(after: Example | None) -> str:
    if after is None:
        return "is not found on the page any more, though most of its lines are there"
    what = "a fragment" if after.status is ExampleStatus.FRAGMENT else after.status.value
    return f"is {what} now: {after.reason or 'no reason given'}"
