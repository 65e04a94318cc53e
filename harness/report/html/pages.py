"""What the overview says of one night, for the site and for the single page. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.model import Status
from harness.report.html.naming import anchor_of, case_file
from harness.report.wording import baseline_sentence, drift_sentence, exit_sentence, plural
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


def has_page(example: ExampleResult) -> bool:
    """Whether there is anything to tell about an example beyond its reason."""
    return bool(example.findings or example.runs or example.transcript)


def summary(report: Report) -> dict[str, Any]:
    """The values that the overview's templates share."""
    return {
        "headline": headline(report),
        "tiles": tiles(report),
        "gating": gating(report),
        "exit_sentence": exit_sentence(report),
        "baseline": tuple(baseline_sentence(note) for note in report.baseline),
        "drift": tuple((one, drift_sentence(one)) for one in report.drift),
        "unjudged": unjudged(report),
    }


def headline(report: Report) -> str:
    """The night in one line."""
    gating = sum(finding.gates for example in report.examples for finding in example.findings)
    if gating:
        return f"{plural(gating, 'finding')} {'gates' if gating == 1 else 'gate'}"
    if report.exit_code == 3:
        return "Incomplete"
    if report.exit_code == 130:
        return "Interrupted"
    return "Nothing gates" if report.exit_code == 0 else "Something gates"


def tiles(report: Report) -> tuple[tuple[str, str, str], ...]:
    """(label, value, CSS class) of the figures on top."""
    found = count(report)
    gating = sum(finding.gates for example in report.examples for finding in example.findings)
    judged = found.by_status.get(Status.JUDGED, 0)
    stuck = found.by_status.get(Status.NOT_RUNNING, 0)
    blocked = found.by_status.get(Status.BLOCKED, 0)
    minutes, seconds = divmod(round(report.duration_s), 60)
    return (
        ("findings gate", f"{gating:,}", "gates" if gating else "satisfied"),
        ("MUST violated", f"{found.violated_must:,}", "gates" if found.violated_must else "satisfied"),
        ("SHOULD violated", f"{found.violated_should:,}", "warns" if found.violated_should else "satisfied"),
        *((("of them known", f"{found.known:,}", "known"),) if found.known else ()),
        ("advisory", f"{found.advisory:,}", ""),
        ("judged", f"{judged:,}", "satisfied" if judged else ""),
        ("not running", f"{stuck:,}", "gates" if stuck else ""),
        ("blocked", f"{blocked:,}", "blocked" if blocked else ""),
        ("distinct texts run", f"{found.distinct:,}", ""),
        ("taken", f"{minutes} min {seconds} s" if minutes else f"{report.duration_s:.1f} s", ""),
    )


@dataclass(frozen=True, slots=True)
class Gating:
    """One requirement that makes the check fail."""

    requirement: str
    level: str
    title: str
    """The requirement in a line; empty if the report does not have it."""
    cases: tuple[tuple[str, str, str], ...]
    """Example id, its page, and the anchor of the finding there."""


def gating(report: Report) -> tuple[Gating, ...]:
    """What makes the check fail, requirement by requirement, in most examples first."""
    titles = {row.id: row.title for row in report.requirements}
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for example in report.examples:
        for finding in example.findings:
            if finding.gates:
                place = (example.id, case_file(example.id), anchor_of(finding))
                found[finding.requirement, finding.level.value].append(place)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Gating(name, level, titles.get(name, ""), tuple(its)) for (name, level), its in ordered)


def unjudged(report: Report) -> tuple[tuple[str, tuple[tuple[ExampleResult, str], ...]], ...]:
    """By status, the examples that were not judged and their pages (empty for those without one)."""
    groups: dict[Status, list[tuple[ExampleResult, str]]] = defaultdict(list)
    for example in report.examples:
        if example.status is not Status.JUDGED:
            groups[example.status].append((example, case_file(example.id) if has_page(example) else ""))
    return tuple((status.value, tuple(groups[status])) for status in STATUSES if status in groups)
