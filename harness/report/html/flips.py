"""The page of a flip: what the verdict rested on in the night before and in the night after. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model import Transcript
from harness.report.evidence import exchange_lines, page_lines, shared_context
from harness.report.html.exchanges import exchange_view
from harness.report.html.signs import verdict_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import ExampleKind
    from harness.model import Finding
    from harness.nightly.history.cases import KeptCase
    from harness.nightly.history.queries import PackageShifts
    from harness.report.evidence import ExchangeLine, PageLine
    from harness.report.html.changes import FlipView
    from harness.report.html.exchanges import ExchangeView


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two nights of a flip."""

    title: str
    """``Before`` or ``After``."""
    started: str
    """ISO; empty if the night is not known."""
    verdict: str
    prefix: str
    """Before every anchor of this side."""
    finding: Finding | None
    """None if the history does not have what the verdict rested on."""
    lines: tuple[ExchangeLine, ...] = ()
    shared: tuple[str, ...] = ()
    exchanges: tuple[ExchangeView, ...] = ()
    left_out: int = 0
    """Exchanges that decided too and are not kept."""
    code: tuple[tuple[PageLine, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One requirement whose verdict flipped."""

    view: FlipView
    """The flip that is shown: by the page's own revision if that is among them, else by the newest."""
    others: tuple[FlipView, ...]
    """The same flip by the text of other revisions."""
    sides: tuple[Side, Side]

    @property
    def sentences(self) -> tuple[str, str]:
        """The sentence of the specification on both sides; empty where it is not known."""
        before, after = (side.finding.statement if side.finding else None for side in self.sides)
        return (before.text if before else "", after.text if after else "")


@dataclass(frozen=True, slots=True)
class FlipPage:
    """Everything that flipped in one example in one night."""

    example: str
    started: str
    because: str
    packages: PackageShifts
    turns: tuple[Turn, ...]


def flip_page(
    views: Sequence[FlipView],
    kept: Sequence[tuple[KeptCase | None, KeptCase | None]],
    packages: PackageShifts,
    kind: ExampleKind,
) -> FlipPage:
    """The page of ``views``, flips of one example in one night, at least one.

    Args:
        views: the flips.
        kept: what each rests on, before and after.
        packages: that changed in between.
        kind: of the example: who asks whom.
    """
    stories: dict[tuple[str, str, str], list[tuple[FlipView, tuple[KeptCase | None, KeptCase | None]]]] = {}
    for view, both in zip(views, kept, strict=True):
        flip = view.flip
        stories.setdefault((flip.requirement, flip.before, flip.after), []).append((view, both))
    turns = []
    for number, story in enumerate(stories.values(), 1):
        story.sort(key=lambda told: (f"/{told[0].flip.revision}/" in told[0].flip.example, told[0].flip.revision))
        (view, (before, after)), others = story[-1], story[:-1]
        sides = (
            _side("Before", view.since, view.flip.before, f"b{number}-", before, kind),
            _side("After", view.started, view.flip.after, f"a{number}-", after, kind),
        )
        turns.append(Turn(view, tuple(other for other, _ in others), sides))
    first = views[0]
    return FlipPage(first.flip.example, first.started, first.because, packages, tuple(turns))


def _side(title: str, started: str, verdict: str, prefix: str, case: KeptCase | None, kind: ExampleKind) -> Side:
    words = verdict_words(verdict)
    if case is None:
        return Side(title, started, words, prefix, None)
    conversation = Transcript("", kind, case.exchanges)
    evidence = tuple(exchange.number for exchange in case.exchanges)
    return Side(
        title, started, words, prefix, case.finding,
        lines=exchange_lines(conversation, evidence),
        shared=shared_context(conversation, evidence),
        exchanges=tuple(exchange_view(exchange, "http://localhost", blamed=False) for exchange in case.exchanges),
        left_out=len(case.finding.evidence) - len(case.exchanges),
        code=_code(case),
    )  # fmt: skip


def _code(case: KeptCase) -> tuple[tuple[PageLine, ...], ...]:
    runs: list[tuple[PageLine, ...]] = []
    for file in dict.fromkeys(span.file for span in case.finding.blame):
        at = {number: text for name, number, text in case.lines if name == file}
        lines = [at.get(number, "") for number in range(1, max(at, default=0) + 1)]
        runs += page_lines({file: lines}, [span for span in case.finding.blame if span.file == file])
    return tuple(runs)
