"""Installation pages: the packages that they name count for all pages of the docs."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.packages import installs_of, key
from extractor.languages.common.shell import commands_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extractor.model import Block, Dependency, Manager, Span

    Stated = Mapping[tuple[Manager, str], tuple[Dependency, Span]]

_NAMES: Final = frozenset({"installation", "install", "installing"})
"""Names, without ending, of pages that say how the package of the docs is installed."""


def installation_pages(blocks: Iterable[Block]) -> Mapping[str, Sequence[Block]]:
    """Return the blocks of each installation page, by page."""
    pages: dict[str, list[Block]] = defaultdict(list)
    for block in blocks:
        if PurePosixPath(block.span.file).stem.lower() in _NAMES:
            pages[block.span.file].append(block)
    return pages


def stated_for(page: str, revision: str | None, installations: Mapping[str, Sequence[Block]]) -> Stated:
    """Return the packages that the installation page nearest to ``page`` names, each as it is named first.

    The nearest shares the longest part of the path; one of another revision is about other packages. Nothing if the
    page is one itself.

    Args:
        page: path of the page.
        revision: of the page.
        installations: as :func:`installation_pages` returns them.
    """
    if page in installations:
        return {}
    of_revision = {name: blocks for name, blocks in installations.items() if blocks[0].revision in {None, revision}}
    nearest = max(sorted(of_revision), key=lambda name: _shared(name, page), default=None)
    if nearest is None:
        return {}
    stated: dict[tuple[Manager, str], tuple[Dependency, Span]] = {}
    for install in installs_of(command for block in of_revision[nearest] for command in commands_of(block)):
        for dependency in install.dependencies:
            name = (install.manager, key(dependency, install.manager))
            stated.setdefault(name, (dependency, install.span))
    return stated


def _shared(one: str, other: str) -> int:
    """How many folders two pages share, from the root down."""
    pairs = zip(PurePosixPath(one).parent.parts, PurePosixPath(other).parent.parts, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")))
