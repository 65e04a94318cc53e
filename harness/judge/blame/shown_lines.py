"""What is shown of blamed statements: few lines, those of a long one that say what is wrong, best first. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import lines_of, text_of
from harness.judge.blame.flow import docs_span
from harness.model import BlameBasis, BlameSource, Certainty

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tree_sitter import Node

    from extractor.model import Span
    from harness.judge.blame.suspects import Suspect

MAX_LINES: Final = 5
"""Lines in all, of what is only possible."""
_LONG: Final = 3
"""Lines of a statement above which only a part is shown."""


@dataclass(frozen=True, slots=True)
class Blamed:
    """What causes a violation."""

    lines: tuple[Span, ...] = ()
    """Lines of pages, in order."""
    basis: BlameBasis | None = None
    """None where nothing is blamed."""


def with_pointers(found: Blamed, pointed: Sequence[Span]) -> Blamed:
    """Return what is blamed, after the lines that something else points at: best first, and few lines in all."""
    basis = found.basis
    if pointed or basis is None or basis.certainty is Certainty.POSSIBLE:
        kept: list[Span] = []
        for span in [*pointed, *found.lines]:
            others = {line for one in kept if one.file == span.file for line in range(one.first, one.last + 1)}
            total = sum(one.last - one.first + 1 for one in kept)
            if others.isdisjoint(range(span.first, span.last + 1)) and (
                not kept or total + span.last - span.first + 1 <= MAX_LINES
            ):
                kept.append(span)
        if pointed:
            basis = BlameBasis(BlameSource.EXECUTION, Certainty.POSSIBLE)
        return Blamed(tuple(sorted(kept)), basis)
    return Blamed(tuple(sorted(found.lines)), basis)


def lines_shown(suspects: Iterable[Suspect], telling: Collection[str]) -> list[Span]:
    """Return the lines of statements on their pages.

    Args:
        suspects: the statements, best first.
        telling: names and values that say what is wrong: of a long statement, the lines that hold them are shown.
    """
    shown = (docs_span(one.file, *_shown(one.node, telling)) for one in suspects)
    return list(dict.fromkeys(span for span in shown if span is not None))


def _shown(node: Node, telling: Collection[str]) -> tuple[int, int]:
    """Return the lines of a statement to show: of a long one those that say what tells."""
    first, last = lines_of(node)
    if last - first < _LONG:
        return first, last
    lines = text_of(node).split("\n")
    holding = [first + at for at, line in enumerate(lines) if any(_says(line, text) for text in telling)]
    if holding and holding[0] - first < _LONG:
        return first, min(last, holding[0])
    if holding:
        return holding[0], min(holding[-1], holding[0] + _LONG - 1)
    return first, first + _LONG - 1


def _says(line: str, text: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(text)}(?![\w.])", line) is not None
