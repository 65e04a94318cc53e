"""The nightly site: a folder of static pages that works from a file, from any web server, and with no network."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from extractor.model import ExampleKind
from harness.base.codec import encodable
from harness.base.errors import UsageError
from harness.nightly.history import queries
from harness.nightly.history.cases import sides
from harness.report.html.badge import badge
from harness.report.html.cases import case_page
from harness.report.html.changes import changes, flip_view, grouped, package_groups
from harness.report.html.coverage import coverage
from harness.report.html.environment import environment
from harness.report.html.feed import feed
from harness.report.html.flips import flip_page
from harness.report.html.matrix import sheets
from harness.report.html.naming import case_file, flip_file
from harness.report.html.pages import POLICY, has_page, summary
from harness.report.html.single import static
from harness.report.html.trends import trends

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model import Report
    from harness.nightly.history.queries import Night
    from harness.report.html.assets import Assets
    from harness.report.html.changes import Changes, FlipView
    from harness.report.html.coverage import StatementLine

PAGES: Final = (
    ("Overview", "index.html"),
    ("Changes", "changes.html"),
    ("Trends", "trends.html"),
    ("Drift", "drift.html"),
    ("Coverage", "coverage.html"),
)
"""Name and file of the pages in the site's navigation."""
MARKER: Final = "docprobe-site.txt"
"""Tells a folder that holds a site from one that holds something else."""
FLIPS: Final = 300
"""Flips shown, so that a site stays of one size however long the history is; the history keeps all."""
FEED_ENTRIES: Final = 50
PAST_NIGHTS: Final = 60
"""Nights of one finding that its case shows."""
SCRIPT: Final = "'self'"
STYLE: Final = "'self' 'unsafe-inline'"
"""Mermaid and uPlot set styles on what they draw; scripts come from the site's own folder only."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was written."""

    files: int
    size: int
    """Bytes."""


def build_site(
    report: Report,
    history: sqlite3.Connection,
    out: Path,
    *,
    assets: Assets,
    statements: Sequence[StatementLine] = (),
) -> Built:
    """Write the site of one night into the folder ``out``, which is made, or replaced if it holds an older site.

    Args:
        report: tonight's, with transcripts and pages where they are at hand.
        history: open history that has tonight and the nights before it.
        out: where to write.
        assets: the libraries; what is missing is shown as tables, and the pages say why.
        statements: every normative sentence of the docs, for the coverage page.

    Raises:
        UsageError: ``out`` holds something else, or cannot be written.
    """
    site = _Site(report, history, assets)
    try:
        _prepare(out)
        texts = {**site.pages(statements), **site.cases(), **site.flip_pages()}
        for name, text in texts.items():
            path = out / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(encodable(text), encoding="utf-8")
        folder = out / "assets"
        folder.mkdir(exist_ok=True)
        for name in ("style.css", "app.js"):
            (folder / name).write_text(static(name), encoding="utf-8")
        for name, data in assets.files:
            (folder / name).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}", "see --out") from error
    written = [path for path in out.rglob("*") if path.is_file()]
    return Built(len(written), sum(path.stat().st_size for path in written))


def _prepare(out: Path) -> None:
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise UsageError(f"{out} is not empty and holds no site of docprobe", "choose another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    # pages of examples that are gone would stay and look current
    for folder in ("cases", "flips"):
        shutil.rmtree(out / folder, ignore_errors=True)


class _Site:
    """The values that the pages share, read once."""

    def __init__(self, report: Report, history: sqlite3.Connection, assets: Assets) -> None:
        self.report, self.history, self.assets = report, history, assets
        every = queries.nights(history)
        last = max((at for at, night in enumerate(every) if night.started == report.started), default=None)
        if last is None:
            raise UsageError("the history does not have the night that is to be shown")
        self.nights: tuple[Night, ...] = every[: last + 1]
        self.started = {night.id: night.started for night in every}
        self.known = {(e.id, f.requirement, f.revision) for e in report.examples for f in e.findings}
        self.flaky = tuple(one for one in queries.flaky(history))
        self.loose = {(one.example, one.requirement, one.revision): one.flips for one in self.flaky}
        until = {night.id for night in self.nights}
        latest = [flip for flip in queries.flips(history, limit=FLIPS) if flip.night in until]
        self.sides = {flip: kept for flip in latest if any(kept := sides(flip, history))}
        """What is kept of the latest flips: those have a page."""
        self.latest = tuple(map(self._view, latest))
        """Of all nights."""
        self.flips = tuple(map(self._view, queries.flips(history, night=self.nights[-1].id, limit=-1)))
        """Tonight's."""
        self.files = frozenset(case_file(example.id) for example in report.examples if has_page(example))

    def _view(self, flip: queries.Flip) -> FlipView:
        view = flip_view(flip, self.started, self.known)
        return replace(view, page=flip_file(flip.example, view.started)) if flip in self.sides else view

    def _missing(self, purpose: str) -> str:
        return next((why for what, why in self.assets.missing if what == purpose), "")

    def _render(self, template: str, name: str, **values: Any) -> str:
        return environment().get_template(template).render(
            report=self.report, policy=POLICY.format(script=SCRIPT, style=STYLE), pages=PAGES, here=name,
            root="../" if "/" in name else "", **values,
        )  # fmt: skip

    def changes(self) -> Changes:
        """Tonight against the night before."""
        tonight = self.nights[-1].id
        previous = self.nights[-2] if len(self.nights) > 1 else None
        before = previous.id if previous else tonight
        return changes(
            previous.started if previous else None,
            self.flips,
            (queries.statuses_of(self.history, before), queries.statuses_of(self.history, tonight)),
            (queries.packages_of(self.history, before), queries.packages_of(self.history, tonight)),
        )

    def pages(self, statements: Sequence[StatementLine]) -> dict[str, str]:
        """The pages of the navigation, and what stands beside them."""
        report, tonight = self.report, self.changes()
        flipped = {(view.flip.example, view.flip.requirement, view.flip.revision) for view in self.flips}
        by_night: dict[str, list[FlipView]] = defaultdict(list)
        for view in self.latest:
            by_night[view.started].append(view)
        drawn = trends(self.nights)
        told = summary(report)
        return {
            "index.html": self._render(
                "index.html", "index.html", changes=tonight, sheets=sheets(report, flipped, self.loose.keys()), **told
            ),
            "changes.html": self._render(
                "changes.html", "changes.html", flaky=self.flaky, started=self.started,
                nights=tuple((started, grouped(views)) for started, views in by_night.items()),
                package_changes=package_groups(
                    (one, self._view(one.flip)) for one in queries.package_changes(self.history)
                ),
                more=len(self.latest) == FLIPS, limit=FLIPS,
            ),
            "trends.html": self._render(
                "trends.html", "trends.html", nights=self.nights, charts=drawn.charts, data=drawn.data(),
                missing_charts=self._missing("charts"),
            ),
            "drift.html": self._render("drift.html", "drift.html", drift=told["drift"]),
            "coverage.html": self._render(
                "coverage.html", "coverage.html", revisions=coverage(report, statements),
                has_statements=bool(statements),
            ),
            "badge.svg": badge(report),
            "feed.xml": feed(report.docs_root, self.latest[:FEED_ENTRIES], report.started),
            MARKER: "Made by docprobe report, which replaces everything in this folder.\n",
        }  # fmt: skip

    def cases(self) -> dict[str, str]:
        """One page for each example there is something to tell of."""
        made = {}
        for example in self.report.examples:
            if not has_page(example):
                continue
            past = queries.judged(self.history, example.id, limit=PAST_NIGHTS)
            page = case_page(example, self.report, past, self.started, self.loose, self.latest)
            made[page.file] = self._render(
                "case.html", page.file, page=page, files=self.files,
                missing_diagrams=self._missing("sequence diagrams"),
            )  # fmt: skip
        return made

    def flip_pages(self) -> dict[str, str]:
        """One page for each example and night with a flip: what each verdict rested on before and after."""
        kinds = {example.id: example.kind for example in self.report.examples}
        groups: dict[str, list[FlipView]] = defaultdict(list)
        for view in self.latest:
            if view.page:
                groups[view.page].append(view)
        made = {}
        for name, views in groups.items():
            flip = views[0].flip
            page = flip_page(
                views,
                [self.sides[view.flip] for view in views],
                queries.packages_between(self.history, flip),
                kinds.get(flip.example, ExampleKind.OTHER),
            )
            case = case_file(flip.example)
            made[name] = self._render("flip.html", name, page=page, case=case if case in self.files else "")
        return made
