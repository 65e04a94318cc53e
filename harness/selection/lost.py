"""What a change takes from being checked: examples that could be run at the merge base and cannot any more. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import ExampleStatus
from harness.model import Lost
from harness.selection.select import in_shard, is_selected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Example
    from harness.config import Config
    from harness.selection.changed import Change

MOST: Final = 0.5
"""Share of an example's lines from which on they are the example still, whatever became of their fence."""


def lost(
    before: Sequence[Example],
    now: Sequence[Example],
    sources: Mapping[str, str | None],
    since: Change,
    config: Config,
) -> tuple[Lost, ...]:
    """The examples of changed pages that were runnable and are fragments, unsupported or gone, in order of id.

    Not those whose page or whose code is gone, that somebody left out with a reason, or that go by another id now.

    Args:
        before: every example at the merge base.
        now: every example in the working tree.
        sources: text of each page that is there now, by its path; None if it cannot be read.
        since: the change.
        config: whose selection and shard narrow what is said.
    """
    known = {example.id: example for example in now}
    ran = {example.id for example in before if example.status is ExampleStatus.RUNNABLE}
    came = [example for example in now if example.status is ExampleStatus.RUNNABLE and example.id not in ran]
    found = []
    for example in _asked_for(before, config):
        if example.id not in ran or example.page not in since.files or example.page not in sources:
            continue
        after = known.get(example.id)
        if after is not None and after.status in {ExampleStatus.RUNNABLE, ExampleStatus.SKIPPED}:
            continue
        if after is None and not _is_shown(example, sources[example.page]):
            continue
        if not any(_is_renamed(example, other, gone=after is None) for other in came):
            line = after.spans[0].first if after is not None and after.spans else 1
            found.append(Lost(example.id, example.page, line, since.ref, _became(after)))
    return tuple(sorted(found, key=lambda entry: entry.example))


def _is_shown(example: Example, source: str | None) -> bool:
    """Whether a page has most of the lines of an example's code, though not as an example; True if nobody can tell."""
    if source is None or example.bundle is None:
        return True
    there = {line.strip() for line in source.splitlines()}
    lines = {line.strip() for file in example.bundle.files for line in file.text.splitlines() if line.strip()}
    return len(lines & there) > MOST * len(lines)


def _asked_for(before: Sequence[Example], config: Config) -> Iterator[Example]:
    for example in before:
        if in_shard(example.digest, config.shard) and _selected(example, config):
            yield example


def _selected(example: Example, config: Config) -> bool:
    by_name = not config.select or any(is_selected(example.id, example.page, pattern) for pattern in config.select)
    return by_name and (not config.revisions or example.revision in config.revisions)


def _is_renamed(example: Example, other: Example, *, gone: bool) -> bool:
    """Whether ``other``, which is new, is what became of an example."""
    same_text = other.digest == example.digest
    return same_text or (gone and (other.page, other.language) == (example.page, example.language))


def _became(after: Example | None) -> str:
    if after is None:
        return "is not on the page any more"
    what = "a fragment" if after.status is ExampleStatus.FRAGMENT else after.status.value
    return f"is {what} now: {after.reason or 'no reason given'}"
