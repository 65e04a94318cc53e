"""What changed since last night: the first thing a reader wants. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.model import Status, Verdict
from harness.nightly.history.queries import FlipCause, difference
from harness.report.html.example_page import has_page
from harness.report.html.naming import anchor_of, case_file, finding_anchor
from harness.report.html.overview import only
from harness.report.wording import plural
from harness.results.counts import violated_by_own

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence, Set

    from harness.model import ExampleResult, Report, Requirement
    from harness.nightly.history.queries import Flaky, Flip, PackageChange, PackageShifts

_BROKEN: Final = frozenset({Status.NOT_RUNNING, Status.BLOCKED})
"""Statuses of an example that should be judged and could not be."""
_CHECKED: Final = _BROKEN | {Status.JUDGED}
"""Statuses of an example that is missed when it is gone."""
HEADLINE_PARTS: Final = 3
"""Kinds of news that a headline names; of more it names the gravest."""
CAUSE_WORDS: Final = {
    FlipCause.DOCS: "the example's text changed",
    FlipCause.PACKAGES: "packages changed",
    FlipCause.STATEMENT: "the sentence of the specification changed",
    FlipCause.DOCPROBE: "docprobe was updated",
}


def because(flip: Flip) -> str:
    """Return what changed between the two nights of a flip, in words; empty if nothing did."""
    return " and ".join(CAUSE_WORDS[cause] for cause in flip.causes)


@dataclass(frozen=True, slots=True)
class FlipView:
    """One flip, as a line."""

    flip: Flip
    href: str
    """Its finding on tonight's page; empty if tonight's report has no such finding."""
    started: str
    since: str
    """When the night was that it is compared with, ISO."""
    page: str = ""
    """Where both sides are shown; empty if the site does not have them."""
    why: str = ""
    """What the verdict afterwards is based on, in a sentence or two; empty if it is not stored."""

    @property
    def because(self) -> str:
        """What changed in between, in words; empty if nothing did."""
        return because(self.flip)

    @property
    def anchor(self) -> str:
        """Its place on ``page``."""
        return finding_anchor(self.flip.requirement, self.flip.revision)


@dataclass(frozen=True, slots=True)
class FlipGroup:
    """The same change of the same requirement for the same reason, in every example and by every revision."""

    requirement: str
    before: Verdict
    after: Verdict
    because: str
    examples: tuple[tuple[str, tuple[FlipView, ...]], ...]
    """Example id and its flips, one for each revision."""

    @property
    def why(self) -> str:
        """What all of the verdicts are based on; empty if they differ."""
        return only(views[0].why for _, views in self.examples)


@dataclass(frozen=True, slots=True)
class PackageGroup:
    """Packages that changed between a pass and a failure, and every verdict that failed so."""

    started: str
    changed: PackageShifts
    flips: tuple[FlipGroup, ...]


@dataclass(frozen=True, slots=True)
class PackageShift:
    """A package that has another version than last night."""

    name: str
    before: str
    after: str
    examples: int


@dataclass(frozen=True, slots=True)
class StatusChange:
    """An example whose status is another than last night."""

    example: str
    before: str
    """Empty if it was not there."""
    now: str
    reason: str
    """Of the status now; empty if none is given."""
    href: str
    """Its page; empty if it has none."""


@dataclass(frozen=True, slots=True)
class BrokenArrival:
    """An example that was not there last night and is broken."""

    example: str
    status: str
    reason: str
    href: str
    """Its page; empty if it has none."""
    violated: tuple[tuple[str, str, str, str], ...] = ()
    """Level, requirement, anchor and summary of what it violates by the text of its own revision."""


@dataclass(frozen=True, slots=True)
class News:
    """One kind of news of a night."""

    words: str
    """``2 new examples broken``."""
    anchor: str
    """Where the overview lists it."""
    css: str
    """Class of its sign."""
    glyph: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Tonight against the night before."""

    previous: str | None
    """When that was; None if there is none."""
    worse: tuple[FlipGroup, ...] = ()
    better: tuple[FlipGroup, ...] = ()
    other: tuple[FlipGroup, ...] = ()
    broken: tuple[BrokenArrival, ...] = ()
    """New examples that are broken."""
    stopped: tuple[StatusChange, ...] = ()
    """Examples that do not run any more, which only their pages can cause."""
    unchecked: tuple[StatusChange, ...] = ()
    """Examples, new ones too, that could not be judged tonight, and nobody knows whether their pages are why."""
    recovered: tuple[StatusChange, ...] = ()
    """Examples that are judged again."""
    status: tuple[StatusChange, ...] = ()
    """Other changes of a status."""
    arrived: tuple[str, ...] = ()
    """New examples that are not broken."""
    gone: tuple[tuple[str, str, str], ...] = ()
    """Examples of last night that are not among tonight's: id, status then, and page (empty if it never had one)."""
    drifted: int = 0
    """Sentences of the specification that drifted since last night; in the first night all."""
    judged: int = 0
    """Examples that were judged tonight."""
    packages: tuple[PackageShift, ...] = ()
    """Most examples first."""

    @property
    def any(self) -> bool:
        """Whether anything changed at all."""
        verdicts = self.worse or self.better or self.other
        statuses = self.broken or self.stopped or self.unchecked or self.recovered or self.status
        return bool(verdicts or statuses or self.arrived or self.gone or self.packages)

    @property
    def news(self) -> tuple[News, ...]:
        """What a reader in a hurry needs, gravest first."""
        gone = sum(status in _CHECKED for _, status, _ in self.gone)
        worse, better = ({group.requirement for group in groups} for groups in (self.worse, self.better))
        return tuple(
            News(f"{plural(number, noun)} {what}", anchor, css, glyph)
            for number, noun, what, anchor, css, glyph in (
                (self.drifted, "sentence", "of the specification drifted", "drift", "blocking", "≠"),
                (len(self.broken), "new example", "broken", "worse", "blocking", "✗"),
                (len(self.stopped), "example", "no longer running", "worse", "blocking", "✗"),
                (len(worse), "requirement", "newly violated", "worse", "blocking", "✗"),
                (len(better), "requirement", "fixed", "better", "satisfied", "✓"),
                (len(self.recovered), "example", "judged again", "better", "satisfied", "✓"),
                (len(self.unchecked), "example", "not checked", "unchecked", "not-checked", "⊘"),
                (gone, "example", "no longer in the results", "gone", "na", "–"),
            )
            if number
        )

    @property
    def headline(self) -> str:
        """One sentence with the gravest news; ``news`` has all."""
        parts = [one.words for one in self.news]
        if len(parts) > HEADLINE_PARTS:
            shown = HEADLINE_PARTS - 1
            parts = [*parts[:shown], f"and {len(parts) - shown} more changes"]
        said = ", ".join(parts)
        if not self.judged:
            return f"Nothing was judged tonight{': ' if said else ''}{said}."
        if parts:
            return f"{said}."
        if self.previous is None:
            return "This is the first night in the history."
        return "No verdict got better or worse." if self.any else "Nothing changed since last night."


def grouped(views: Iterable[FlipView]) -> tuple[FlipGroup, ...]:
    """Return flips with the same change for the same reason as one, in the order in which they first appear."""
    groups: dict[tuple[str, Verdict, Verdict, str], dict[str, list[FlipView]]] = {}
    for view in views:
        flip = view.flip
        group = groups.setdefault((flip.requirement, flip.before, flip.after, view.because), {})
        group.setdefault(flip.example, []).append(view)
    return tuple(
        FlipGroup(*key, tuple((name, tuple(of_one)) for name, of_one in examples.items()))
        for key, examples in groups.items()
    )


def flaky_groups(cases: Iterable[Flaky]) -> tuple[tuple[Flaky, tuple[str, ...]], ...]:
    """Return flaky verdicts with the revisions that flipped alike: the same example, requirement, nights and number."""
    groups: dict[Flaky, list[str]] = {}
    for one in cases:
        groups.setdefault(replace(one, revision=""), []).append(one.revision)
    return tuple((one, tuple(revisions)) for one, revisions in groups.items())


def package_groups(changes: Iterable[tuple[PackageChange, FlipView]]) -> tuple[PackageGroup, ...]:
    """Return failures of one night that follow the same change of packages together."""
    groups: dict[tuple[str, PackageShifts], list[FlipView]] = {}
    for change, view in changes:
        groups.setdefault((view.started, change.changed), []).append(view)
    return tuple(PackageGroup(*key, grouped(views)) for key, views in groups.items())


def flip_view(flip: Flip, started: Mapping[int, str], tonight: Set[tuple[str, str, str]]) -> FlipView:
    """Return a flip with its link.

    Args:
        flip: the flip.
        started: when each night was, by its id.
        tonight: example, requirement and revision of every finding of tonight.
    """
    known = (flip.example, flip.requirement, flip.revision) in tonight
    href = f"{case_file(flip.example)}#{finding_anchor(flip.requirement, flip.revision)}" if known else ""
    return FlipView(flip, href, started.get(flip.night, ""), started.get(flip.since, ""))


def changes(
    previous: str | None,
    flips: Sequence[FlipView],
    report: Report,
    last_night: Mapping[str, str],
    packages: tuple[Mapping[str, Mapping[str, str]], Mapping[str, Mapping[str, str]]],
    ever_judged: Container[str] = (),
    drift: Set[tuple[str, str, str, str]] = frozenset(),
) -> Changes:
    """Sort tonight's flips, statuses and packages into what got worse, better, or merely different.

    Args:
        previous: when the night before was, ISO; None if there is none.
        flips: tonight's.
        report: tonight's.
        last_night: status of each example, by its id.
        packages: by example id, last night's and tonight's.
        ever_judged: ids of examples that have verdicts of any night, and with them a page.
        drift: identities of the sentences that had drifted last night.
    """
    judged = sum(one.status is Status.JUDGED for one in report.examples)
    if previous is None:
        return Changes(None, drifted=len(report.drift), judged=judged)
    worse: list[FlipView] = []
    better: list[FlipView] = []
    other: list[FlipView] = []
    for view in flips:
        flip = view.flip
        fixed = flip.before is Verdict.VIOLATED and flip.after is Verdict.SATISFIED
        (worse if flip.after is Verdict.VIOLATED else better if fixed else other).append(view)
    rows = {row.id: row for row in report.requirements}
    unsure = {one.id for one in report.examples if one.status in _BROKEN and not one.checked}
    arrivals = [_arrival(example, rows) for example in report.examples if example.id not in last_night]
    news = [
        StatusChange(one.id, last_night.get(one.id, ""), one.status.value, one.reason or "", _page(one))
        for one in report.examples
        if last_night.get(one.id) != one.status.value
    ]
    moved = [one for one in news if one.before]
    unchecked = tuple(one for one in news if one.example in unsure)
    stopped = tuple(one for one in moved if one.now in _BROKEN and one not in unchecked)
    recovered = tuple(one for one in moved if one.before in _BROKEN and one.now == Status.JUDGED)
    return Changes(
        previous=previous,
        worse=grouped(worse),
        better=grouped(better),
        other=grouped(other),
        broken=tuple(sorted((one for one in arrivals if one.violated), key=_gravity)),
        stopped=stopped,
        unchecked=unchecked,
        recovered=recovered,
        status=tuple(one for one in moved if one not in (*stopped, *unchecked, *recovered)),
        arrived=tuple(one.example for one in arrivals if not one.violated and one.example not in unsure),
        gone=() if report.is_partial else _gone(report, last_night, ever_judged),
        packages=_shifts(*packages),
        drifted=sum(one.identity not in drift for one in report.drift),
        judged=judged,
    )


def _gravity(one: BrokenArrival) -> tuple[int, int]:
    """Return the sort key of a new example: that with the highest level first, and of those that with most violated."""
    levels = [level.value for level in Level]
    return (min(levels.index(level) for level, *_ in one.violated), -len(one.violated))


def _page(example: ExampleResult) -> str:
    return case_file(example.id) if has_page(example) else ""


def _gone(
    report: Report, last_night: Mapping[str, str], ever_judged: Container[str]
) -> tuple[tuple[str, str, str], ...]:
    """Return the examples that a report of all docs no longer has."""
    there = {example.id for example in report.examples}
    missing = [(name, status) for name, status in last_night.items() if name not in there]
    return tuple((name, status, case_file(name) if name in ever_judged else "") for name, status in sorted(missing))


def _arrival(example: ExampleResult, rows: Mapping[str, Requirement]) -> BrokenArrival:
    violated = dict(
        sorted(violated_by_own(example, rows).items(), key=lambda item: list(Level).index(item[1][0].level))
    )
    found = tuple((one[0].level.value, name, anchor_of(one[0]), one[0].summary) for name, one in violated.items())
    return BrokenArrival(example.id, example.status.value, example.reason or "", _page(example), found)


def _shifts(was: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> tuple[PackageShift, ...]:
    number: Counter[tuple[str, str, str]] = Counter()
    for example in was.keys() & now.keys():
        # an example that did not run in one of the nights has no packages, which is not a change of a package
        if was[example] and now[example]:
            number.update((name, old or "", new or "") for name, old, new in difference(was[example], now[example]))
    ordered = sorted(number.items(), key=lambda item: (-item[1], item[0]))
    return tuple(PackageShift(*shift, examples) for shift, examples in ordered)
