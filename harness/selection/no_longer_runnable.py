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
            line = after.spans[0].first if after is not None and after.spans else 1
            result.append(NoLongerRunnable(example.id, example.page, line, since.ref, _reason(after)))
    return tuple(sorted(result, key=lambda entry: entry.example))


def _is_shown(example: Example, source: str | None) -> bool:
    """Return whether a page still has most of the lines of an example's code; True if the page cannot be read."""
    if source is None or example.bundle is None:
        return True
    there = {line.strip() for line in source.splitlines()}
    lines = {line.strip() for file in example.bundle.files for line in file.text.splitlines() if line.strip()}
    return len(lines & there) > SAME_CODE * len(lines)


def _is_renamed(example: Example, other: Example, *, gone: bool) -> bool:
    """Return whether ``other``, which is new, is the same example under another id."""
    same_text = other.digest == example.digest
    return same_text or (gone and (other.page, other.language) == (example.page, example.language))


def _reason(after: Example | None) -> str:
    if after is None:
        return "is not on the page any more"
    what = "a fragment" if after.status is ExampleStatus.FRAGMENT else after.status.value
    return f"is {what} now: {after.reason or 'no reason given'}"
