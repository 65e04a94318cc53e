"""Which examples a run is about: ``--select``, ``--revision`` and ``--shard``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from extractor.base.globs import matches
from extractor.base.suggest import suggestion
from extractor.examples.ids import stem_of
from harness.base.errors import NothingSelectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Example
    from harness.config import Shard


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters of a run; an example is selected if it passes all of them."""

    patterns: tuple[str, ...] = ()
    """``--select`` globs on ids and pages; none lets every example through."""
    revisions: tuple[str, ...] = ()
    """Documentation revisions; none lets every example through."""
    shard: Shard | None = None

    def holds(self, example: Example) -> bool:
        """Return whether an example passes every filter."""
        return self.names(example) and (self.shard is None or self.shard.holds(example.digest))

    def is_about(self, page: str) -> bool:
        """Return whether the patterns and revisions ask for a whole page, whatever examples it has."""
        stem = PurePosixPath(page).with_suffix("").as_posix()
        by_pattern = not self.patterns or any(is_selected(stem, page, one) for one in self.patterns)
        return by_pattern and (not self.revisions or any(one in PurePosixPath(page).parts for one in self.revisions))

    def names(self, example: Example) -> bool:
        """Return whether an example passes every filter but the shard."""
        by_pattern = not self.patterns or any(is_selected(example.id, example.page, one) for one in self.patterns)
        return by_pattern and (not self.revisions or example.revision in self.revisions)


def is_selected(id: str, page: str, pattern: str) -> bool:
    """Return whether a ``--select`` pattern matches an example's id, its page, or its page without extension."""
    return any(matches(name, pattern) for name in (id, page, stem_of(id)))


def select(examples: Sequence[Example], selection: Selection) -> tuple[Example, ...]:
    """Return the examples that pass every filter but the shard, which may well hold none of them.

    Raises:
        NothingSelectedError: nothing is left, or a pattern or a revision matches nothing; the hint gives the nearest
            names.
    """
    for pattern in selection.patterns:
        if not any(is_selected(example.id, example.page, pattern) for example in examples):
            ids = [example.id for example in examples]
            near = suggestion(pattern.replace("*", ""), ids, "list the examples: docprobe examples DOCS")
            raise NothingSelectedError(f"no example matches '{pattern}'", near)
    known = {example.revision for example in examples if example.revision}
    for revision in selection.revisions:
        if revision not in known:
            raise NothingSelectedError(
                f"no example belongs to revision '{revision}'", suggestion(revision, sorted(known))
            )
    chosen = tuple(example for example in examples if selection.names(example))
    if not examples:
        raise NothingSelectedError(
            "docprobe finds no example in these docs",
            "give the folder or the page that has them; `docprobe blocks DOCS` lists the code that is there",
        )
    if not chosen:
        raise NothingSelectedError("no example matches every filter", "list the examples: docprobe examples DOCS")
    return chosen
