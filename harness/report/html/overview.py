"""What the overview shows of one run, for the site and for the single page. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.model import Status
from harness.report.change_wording import (
    drift_sentence,
    fixed_sentences,
    lost_sentence,
    not_compared_sentences,
    rejudged_sentences,
    text_change_sentence,
)
from harness.report.exit_wording import exit_sentence
from harness.report.html.example_page import has_page
from harness.report.html.naming import anchor_of, case_file
from harness.report.wording import baseline_sentence, plural, settings_sentence, violations
from harness.results.counts import count

if TYPE_CHECKING:
    from harness.model import ExampleResult, Report

STATUSES: Final = (Status.NOT_RUNNING, Status.BLOCKED, Status.FRAGMENT, Status.UNSUPPORTED, Status.SKIPPED)
"""Of examples that were not judged, most urgent first."""
POLICY: Final = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Content security policy of every page: nothing from outside, and no script that docprobe did not bring."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the figures on top."""

    label: str
    value: str
    css: str = ""
    """Class name; empty for a plain one."""


@dataclass(frozen=True, slots=True)
class BlockingRequirement:
    """One requirement that makes the exit code 1."""

    requirement: str
    level: str
    title: str
    """The requirement in a line; empty if the report does not have it."""
    cases: tuple[tuple[str, str, str], ...]
    """Example id, its page, and the anchor of the finding there."""


@dataclass(frozen=True, slots=True)
class ChangeLists:
    """What a change did, compared with its merge base."""

    summary: str
    """How many violations it introduced, left as they were and fixed."""
    lists: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    """Heading, sign, class name and sentences of each list; some may have no sentences."""


def overview(report: Report) -> dict[str, Any]:
    """Return the values that the overview's templates share."""
    return {
        "headline": _headline(report),
        "tiles": _tiles(report),
        "blocking": _blocking(report),
        "exit_sentence": exit_sentence(report),
        "settings_sentence": settings_sentence(report),
        "baseline": tuple(baseline_sentence(note) for note in report.baseline),
        "change": _change(report),
        "drift": tuple((one, drift_sentence(one)) for one in report.drift),
        "unjudged": _unjudged(report),
    }


def _change(report: Report) -> ChangeLists | None:
    """What a change did, as the terminal shows it; None if nothing was to compare."""
    if report.compared is None:
        return None
    return ChangeLists(
        violations(report),
        (
            ("Fixed by the change", "✓", "satisfied", fixed_sentences(report)),
            ("Not compared with the merge base", "?", "inconclusive", not_compared_sentences(report)),
            ("Judged by another revision", "!", "warning", rejudged_sentences(report)),
            ("No longer checked since the change", "?", "not-checked", tuple(map(lost_sentence, report.lost))),
            ("Changes of the normative text", "·", "advisory", tuple(map(text_change_sentence, report.text_changes))),
        ),
    )


def _headline(report: Report) -> str:
    """The run in one line."""
    blocking = sum(finding.gates for example in report.examples for finding in example.findings)
    if blocking:
        return plural(blocking, "blocking finding")
    if report.exit_code == 3:
        return "Incomplete"
    if report.exit_code == 130:
        return "Interrupted"
    return "No blocking findings" if report.exit_code == 0 else "Failed"


def _tiles(report: Report) -> tuple[Tile, ...]:
    figures = count(report)
    blocking = sum(finding.gates for example in report.examples for finding in example.findings)
    judged = figures.by_status.get(Status.JUDGED, 0)
    stuck = figures.by_status.get(Status.NOT_RUNNING, 0)
    blocked = figures.by_status.get(Status.BLOCKED, 0)
    minutes, seconds = divmod(round(report.duration_s), 60)
    return (
        Tile("blocking", f"{blocking:,}", "blocking" if blocking else "satisfied"),
        Tile("MUST violated", f"{figures.violated_must:,}", "blocking" if figures.violated_must else "satisfied"),
        Tile("SHOULD violated", f"{figures.violated_should:,}", "warning" if figures.violated_should else "satisfied"),
        *((Tile("in baseline", f"{figures.known:,}", "known"),) if figures.known else ()),
        Tile("advisory", f"{figures.advisory:,}"),
        Tile("judged", f"{judged:,}", "satisfied" if judged else ""),
        Tile("not running", f"{stuck:,}", "blocking" if stuck else ""),
        Tile("not checked", f"{blocked:,}", "not-checked" if blocked else ""),
        Tile("distinct examples run", f"{figures.distinct:,}"),
        Tile("run time", f"{minutes} min {seconds} s" if minutes else f"{report.duration_s:.1f} s"),
    )


def _blocking(report: Report) -> tuple[BlockingRequirement, ...]:
    """What makes the exit code 1, requirement by requirement, in most examples first."""
    titles = {row.id: row.title for row in report.requirements}
    cases: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for example in report.examples:
        for finding in example.findings:
            if finding.gates:
                place = (example.id, case_file(example.id), anchor_of(finding))
                cases[finding.requirement, finding.level.value].append(place)
    ordered = sorted(cases.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        BlockingRequirement(name, level, titles.get(name, ""), tuple(places)) for (name, level), places in ordered
    )


def _unjudged(report: Report) -> tuple[tuple[str, tuple[tuple[ExampleResult, str], ...]], ...]:
    """By status, the examples that were not judged and their pages (empty for those without one)."""
    groups: dict[Status, list[tuple[ExampleResult, str]]] = defaultdict(list)
    for example in report.examples:
        if example.status is not Status.JUDGED:
            groups[example.status].append((example, case_file(example.id) if has_page(example) else ""))
    return tuple((status.value, tuple(groups[status])) for status in STATUSES if status in groups)
