"""Pages that are there and are not read any more, since a change of the configuration ignores them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.docs.tree import find_files
from harness.base.checkout import file_at
from harness.base.git import Repository

if TYPE_CHECKING:
    from harness.config import Config
    from harness.selection.changed import Change


def left_out_pages(config: Config, then: Config, since: Change) -> tuple[str, ...]:
    """Return the pages of the merge base that its configuration reads and that of now ignores, in order.

    Args:
        config: of the run.
        then: of the merge base.
        since: the change.
    """
    if then.layout.ignore == config.layout.ignore:
        return ()
    now, _ = find_files(config.docs, config.layout)[:2]
    before, _ = find_files(config.docs, replace(config.layout, ignore=then.layout.ignore))[:2]
    docs = Repository(config.docs, config.host)
    left = sorted({*before} - {*now})
    return tuple(p for p in left if p not in since.files or file_at(config.docs / p, docs, since.base) is not None)
