"""Pages that are there and are not read any more, since a change of the configuration ignores them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.docs.tree import find_files

if TYPE_CHECKING:
    from harness.config import Config


def left_out_pages(config: Config, then: Config) -> tuple[str, ...]:
    """Return the pages that the configuration of the merge base reads and that of now ignores, in order.

    Args:
        config: of the run.
        then: of the merge base.
    """
    if then.layout.ignore == config.layout.ignore:
        return ()
    now, _ = find_files(config.docs, config.layout)[:2]
    before, _ = find_files(config.docs, replace(config.layout, ignore=then.layout.ignore))[:2]
    return tuple(sorted({*before} - {*now}))
