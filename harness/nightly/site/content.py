"""Every page of the site as text, out of a report and the history."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import ChoiceLoader, PackageLoader

from extractor.model import ExampleKind
from harness.base.errors import UsageError
from harness.nightly.history import queries
from harness.nightly.history.stored import evidence_of
from harness.nightly.site.changes import because, changes, flaky_groups, flip_view, grouped, package_groups
from harness.nightly.site.coverage import COLUMN_WORDS, coverage
from harness.nightly.site.flips import flip_page
from harness.nightly.site.trends import trends
from harness.report.html.engine import environment, shared_templates
from harness.report.html.example_page import FindingHistory, PastFlip, PastVerdict, example_page, has_page
from harness.report.html.matrix import sheets
from harness.report.html.naming import case_file, finding_anchor, flip_file
from harness.report.html.overview import POLICY, overview
from harness.report.views import ReportView

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from jinja2 import Environment

    from harness.model import ExampleResult, Report, Verdict
    from harness.nightly.history.queries import LastVerdict, Night
    from harness.nightly.site.assets import Assets
    from harness.nightly.site.changes import Changes, FlipView
    from harness.nightly.site.coverage import StatementLine

NAVIGATION: Final = (
    ("Overview", "index.html"),
    ("Changes", "changes.html"),
    ("Trends", "trends.html"),
    ("Drift", "drift.html"),
    ("Coverage", "coverage.html"),
)
"""Name and file of the pages in the site's navigation."""
FLIPS_SHOWN: Final = 300
"""Flips shown, so that a site stays of one size however long the history is; the history has all."""
NIGHTS_SHOWN: Final = 60
"""Nights of one finding that its example's page shows."""
FLIPS_OF_FINDING: Final = 5
"""Flips of one finding that its example's page names."""
SCRIPT: Final = "'self'"
STYLE: Final = "'self' 'unsafe-inline'"
"""uPlot sets styles on what it draws; scripts come from the site's own folder only."""


@dataclass(frozen=True, slots=True)
class PastCase:
    """A verdict that tonight has no successor for."""

    requirement: str
    revision: str
    verdict: Verdict
    night: str
    """When it was found, ISO."""
    anchor: str


def _past(cases: Iterable[LastVerdict]) -> tuple[PastCase, ...]:
    return tuple(
        PastCase(one.requirement, one.revision, one.verdict, one.night, finding_anchor(one.requirement, one.revision))
        for one in cases
    )


@cache
def _templates() -> Environment:
    return environment(ChoiceLoader([PackageLoader("harness.nightly.site"), shared_templates()]))


class SiteContent:
    """The pages, and what they share, read once."""

    def __init__(self, report: Report, history: sqlite3.Connection, assets: Assets) -> None:
        """Read what the pages need. Raises UsageError if the history does not have the report's night."""
        self._view, self._history, self._assets = ReportView.of(report), history, assets
        self._report = report
        self._titles = {row.id: row.title for row in report.requirements}
        every = queries.nights(history)
        last = max((at for at, night in enumerate(every) if night.started == report.started), default=None)
        if last is None:
            raise UsageError("the history does not have the night that is to be shown")
        self._nights: tuple[Night, ...] = every[: last + 1]
        self._started = {night.id: night.started for night in every}
        self._tonight = {(e.id, f.requirement, f.revision) for e in report.examples for f in e.findings}
        """Example, requirement and revision of every finding of the report."""
        self._flaky = queries.flaky(history)
        self._unexplained = {(one.example, one.requirement, one.revision): one.flips for one in self._flaky}
        until = {night.id for night in self._nights}
        latest = [flip for flip in queries.flips(history, limit=FLIPS_SHOWN) if flip.night in until]
        self._evidence = {flip: both for flip in latest if any(both := evidence_of(flip, history))}
        """What the latest flips are based on, as far as it is stored: those have a page."""
        self._latest = tuple(map(self._flip_view, latest))
        """Of all nights."""
        self._flips = tuple(map(self._flip_view, queries.flips(history, night=self._nights[-1].id, limit=-1)))
        """Tonight's."""
        self._past = queries.last_verdicts(history, report.started)
        self._example_files = frozenset(case_file(example.id) for example in report.examples if has_page(example))

    def pages(self, statements: Sequence[StatementLine]) -> Mapping[str, str]:
        """Return the text of every page by its path in the site."""
        return {**self._gone(), **self._navigation(statements), **self._examples(), **self._flip_pages()}

    def _flip_view(self, flip: queries.Flip) -> FlipView:
        view = flip_view(flip, self._started, self._tonight)
        if flip not in self._evidence:
            return view
        _, after = self._evidence[flip]
        why = after.finding.summary if after is not None else ""
        return replace(view, page=flip_file(flip.example, view.started), why=why)

    def _missing(self, purpose: str) -> str:
        return next((why for what, why in self._assets.missing if what == purpose), "")

    def _render(self, template: str, name: str, **values: Any) -> str:
        return _templates().get_template(template).render(
            report=self._report, policy=POLICY.format(script=SCRIPT, style=STYLE), pages=NAVIGATION, here=name,
            root="../" if "/" in name else "", titles=self._titles, **values,
        )  # fmt: skip

    def _changes(self) -> Changes:
        """Tonight against the night before."""
        tonight = self._nights[-1].id
        previous = self._nights[-2] if len(self._nights) > 1 else None
        before = previous.id if previous else tonight
        return changes(
            previous.started if previous else None,
            self._flips,
            self._report,
            queries.statuses_of(self._history, before),
            (queries.packages_of(self._history, before), queries.packages_of(self._history, tonight)),
            self._past.keys(),
            queries.drift_of(self._history, before) or frozenset(),
        )

    def _navigation(self, statements: Sequence[StatementLine]) -> dict[str, str]:
        """The pages of the navigation."""
        flipped = {(view.flip.example, view.flip.requirement, view.flip.revision) for view in self._flips}
        by_night: dict[str, list[FlipView]] = defaultdict(list)
        for view in self._latest:
            by_night[view.started].append(view)
        drawn = trends(self._nights)
        shared = overview(self._report)
        return {
            "index.html": self._render(
                "index.html", "index.html", changes=self._changes(),
                sheets=sheets(self._view, flipped, self._unexplained.keys()), **shared,
            ),
            "changes.html": self._render(
                "changes.html", "changes.html", flaky=flaky_groups(self._flaky), started=self._started,
                nights=tuple((started, grouped(views)) for started, views in by_night.items()),
                package_changes=package_groups(
                    (one, self._flip_view(one.flip)) for one in queries.package_changes(self._history)
                ),
                more=len(self._latest) == FLIPS_SHOWN, limit=FLIPS_SHOWN,
            ),
            "trends.html": self._render(
                "trends.html", "trends.html", nights=self._nights, charts=drawn.charts, data=drawn.data(),
                missing_charts=self._missing("charts"),
            ),
            "drift.html": self._render("drift.html", "drift.html", drift=shared["drift"]),
            "coverage.html": self._render(
                "coverage.html", "coverage.html", revisions=coverage(self._view, statements),
                has_statements=bool(statements), column_words=COLUMN_WORDS,
            ),
        }  # fmt: skip

    def _examples(self) -> dict[str, str]:
        """One page for each example there is anything to show of."""
        made = {}
        there = [example for example in self._report.examples if has_page(example)]
        for at, example in enumerate(there):
            beside = tuple(
                (rel, there[to].id, case_file(there[to].id))
                for rel, to in (("prev", at - 1), ("next", at + 1))
                if 0 <= to < len(there)
            )
            page = example_page(example, self._view, self._finding_histories(example))
            judged = {(finding.requirement, finding.revision) for finding in example.findings}
            past = _past(one for one in self._past.get(example.id, ()) if (one.requirement, one.revision) not in judged)
            made[page.file] = self._render(
                "example.html", page.file, page=page, files=self._example_files, past=past, beside=beside,
            )  # fmt: skip
        return made

    def _gone(self) -> dict[str, str]:
        """Pages of examples that were judged once and have no page tonight, and of names that examples had.

        An address into the site is used in pull requests and issues; it may not end with the example.
        """
        made = {}
        for name, cases in self._past.items():
            file = case_file(name)
            if file not in self._example_files:
                made[file] = self._render("gone.html", file, example=name, now=None, cases=_past(cases))
        for old, name in queries.old_names(self._history).items():
            file, target = case_file(old), case_file(name)
            if file not in self._example_files and (target in self._example_files or target in made):
                made[file] = self._render("gone.html", file, example=old, now=(name, target), cases=())
        return made

    def _finding_histories(self, example: ExampleResult) -> Mapping[tuple[str, str], FindingHistory]:
        """What earlier nights found of an example, by requirement and revision."""
        nights = queries.judged(self._history, example.id, limit=NIGHTS_SHOWN)
        flips: dict[tuple[str, str], list[PastFlip]] = defaultdict(list)
        for view in self._latest:
            flip = view.flip
            if flip.example == example.id:
                past = PastFlip(view.started, flip.before, flip.after, because(flip), view.page)
                flips[flip.requirement, flip.revision].append(past)
        histories = {}
        for finding in example.findings:
            case = (finding.requirement, finding.revision)
            verdicts = (
                PastVerdict(self._started.get(night.night, ""), night.verdicts[case])
                for night in nights
                if case in night.verdicts
            )
            unexplained = self._unexplained.get((example.id, *case), 0)
            histories[case] = FindingHistory(tuple(verdicts), tuple(flips[case][:FLIPS_OF_FINDING]), unexplained)
        return histories

    def _flip_pages(self) -> dict[str, str]:
        """One page for each example and night with a flip: what each verdict was based on before and after."""
        kinds = {example.id: example.kind for example in self._report.examples}
        groups: dict[str, list[FlipView]] = defaultdict(list)
        for view in self._latest:
            if view.page:
                groups[view.page].append(view)
        made = {}
        for name, views in groups.items():
            flip = views[0].flip
            page = flip_page(
                views,
                [self._evidence[view.flip] for view in views],
                queries.packages_between(self._history, flip),
                kinds.get(flip.example, ExampleKind.OTHER),
            )
            example = case_file(flip.example)
            example = example if example in self._example_files else ""
            made[name] = self._render("flip.html", name, page=page, example=example)
        return made
