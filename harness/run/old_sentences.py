"""Sentences as they were before they changed, from the history of the docs: bindings hold fingerprints, not words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.base.git import Repository
from harness.load import load_pages
from harness.model import DriftKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.config import Config
    from harness.model import Drift

VERSIONS: Final = 60
"""Versions of pages that are read in all."""
OF_ONE_PAGE: Final = 20
"""Versions of one page that are read, newest first."""


def old_sentences(drift: Iterable[Drift], config: Config, base: str | None = None) -> Mapping[str, str]:
    """Return the words of sentences that changed or are gone, by the fingerprint that a requirement is bound to.

    Args:
        drift: of a run.
        config: where the normative text is.
        base: a commit to look in first, such as the merge base of a change.

    Returns:
        What the newest versions of the pages in git have; nothing for a text outside a checkout.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in drift:
        if entry.kind is not DriftKind.MOVED:
            wanted[entry.page].add(entry.expected)
    found: dict[str, str] = {}
    root = config.spec or config.docs
    text, repository = replace(config, docs=root, spec=None, layout=config.rules_layout), Repository(root, config.host)
    left = VERSIONS
    for page, fingerprints in wanted.items():
        for source in repository.versions(page, min(left, OF_ONE_PAGE), first=base):
            left -= 1
            statements = load_pages(text, {page: source}).statements
            found |= {one.fingerprint: one.text for one in statements if one.fingerprint in fingerprints}
            if left == 0 or fingerprints <= found.keys():
                break
    return found
