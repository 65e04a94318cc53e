"""The page of a flip: what the verdict was based on in the night before and in the night after. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.model import Transcript
from harness.nightly.history.queries import FlipCause
from harness.report.evidence import exchange_lines, page_lines, parties, shared_context
from harness.report.html.exchanges import exchange_view
from harness.report.html.signs import verdict_words
from harness.spec.word_changes import word_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import ExampleKind
    from harness.model import Finding
    from harness.nightly.history.queries import PackageShifts
    from harness.nightly.history.stored import StoredFinding
    from harness.nightly.site.changes import FlipView
    from harness.report.evidence import ExchangeLine, PageLine
    from harness.report.html.exchanges import ExchangeView
    from harness.spec.word_changes import WordRun

    BothNights = tuple[StoredFinding | None, StoredFinding | None]


@dataclass(frozen=True, slots=True)
class FlipSide:
    """One of the two nights of a flip."""

    title: str
    """``Before`` or ``After``."""
    started: str
    """ISO; empty if the night is not known."""
    verdict: str
    prefix: str
    """In front of every anchor of this side."""
    finding: Finding | None
    """None if the history does not have what the verdict was based on."""
    lines: tuple[ExchangeLine, ...] = ()
    parties: tuple[str, str] = ("", "")
    """Who asks and who answers."""
    shared: tuple[str, ...] = ()
    exchanges: tuple[ExchangeView, ...] = ()
    left_out: int = 0
    """Exchanges that decided too and are not stored."""
    code: tuple[tuple[PageLine, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RequirementFlip:
    """One requirement whose verdict flipped."""

    view: FlipView
    """The flip that is shown: by the page's own revision if that is among them, else by the newest."""
    others: tuple[FlipView, ...]
    """The same flip by the text of other revisions."""
    sides: tuple[FlipSide, FlipSide]

    @property
    def sentences(self) -> tuple[str, str]:
        """The sentence of the specification on both sides; empty where it is not known or another one of several."""
        before, after = (side.finding.statement if side.finding else None for side in self.sides)
        was, now = before.text if before else "", after.text if after else ""
        return (was if FlipCause.STATEMENT in self.view.flip.causes or not now else "", now)

    @property
    def runs(self) -> tuple[WordRun, ...]:
        """The sentences, word by word."""
        return word_runs(*self.sentences)


@dataclass(frozen=True, slots=True)
class FlipPage:
    """Everything that flipped in one example in one night."""

    example: str
    started: str
    because: str
    packages: PackageShifts
    flips: tuple[RequirementFlip, ...]


def flip_page(
    views: Sequence[FlipView], evidence: Sequence[BothNights], packages: PackageShifts, kind: ExampleKind
) -> FlipPage:
    """Return the page of ``views``, flips of one example in one night, at least one.

    Args:
        views: the flips.
        evidence: what each is based on, before and after.
        packages: that changed in between.
        kind: of the example: who asks whom.
    """
    groups: dict[tuple[str, str, str], list[tuple[FlipView, BothNights]]] = {}
    for view, both in zip(views, evidence, strict=True):
        flip = view.flip
        groups.setdefault((flip.requirement, flip.before, flip.after), []).append((view, both))
    flips = []
    for number, group in enumerate(groups.values(), 1):
        group.sort(key=lambda one: (f"/{one[0].flip.revision}/" in one[0].flip.example, one[0].flip.revision))
        (view, (before, after)), others = group[-1], group[:-1]
        sides = (
            _side("Before", view.since, view.flip.before, f"b{number}-", before, kind),
            _side("After", view.started, view.flip.after, f"a{number}-", after, kind),
        )
        flips.append(RequirementFlip(view, tuple(other for other, _ in others), sides))
    first = views[0]
    return FlipPage(first.flip.example, first.started, first.because, packages, tuple(flips))


def _side(
    title: str, started: str, verdict: str, prefix: str, stored: StoredFinding | None, kind: ExampleKind
) -> FlipSide:
    words = verdict_words(verdict)
    if stored is None:
        return FlipSide(title, started, words, prefix, None)
    conversation = Transcript("", kind, stored.exchanges)
    evidence = tuple(exchange.number for exchange in stored.exchanges)
    return FlipSide(
        title=title,
        started=started,
        verdict=words,
        prefix=prefix,
        finding=stored.finding,
        lines=exchange_lines(conversation, evidence, stored.finding),
        parties=parties(kind),
        shared=shared_context(conversation, evidence),
        exchanges=tuple(exchange_view(exchange, "http://localhost", blamed=False) for exchange in stored.exchanges),
        left_out=len(stored.finding.evidence) - len(stored.exchanges),
        code=_code(stored),
    )


def _code(stored: StoredFinding) -> tuple[tuple[PageLine, ...], ...]:
    runs: list[tuple[PageLine, ...]] = []
    for file in dict.fromkeys(span.file for span in stored.finding.blame):
        at = {number: text for name, number, text in stored.lines if name == file}
        lines = [at.get(number, "") for number in range(1, max(at, default=0) + 1)]
        runs += page_lines({file: lines}, [span for span in stored.finding.blame if span.file == file])
    return tuple(runs)
