"""The sentences that several formats say alike. Pure; what comes from docs or packages in them is still hostile."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, assert_never

from extractor.model import NoteKind
from harness.model import (
    MUST_LIKE,
    SHOULD_LIKE,
    BaselineKind,
    Basis,
    DriftKind,
    FailOn,
    Resolve,
    StartOutcome,
    Status,
    Verdict,
)
from harness.results.counts import count, violated_by_own
from harness.results.distinct import distinct_examples
from harness.results.severity import Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import BaselineNote, Drift, ExampleResult, Lost, Report, Requirement, Run

NEVER_RUN: Final = (Status.FRAGMENT, Status.UNSUPPORTED, Status.SKIPPED)
"""Statuses of examples that were never meant to be run."""

INTERRUPTED: Final = 130
"""Exit code of a run that Ctrl-C or SIGTERM ended."""
NOTHING_ASKED: Final = "nothing that was asked for applies to it"


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 example``, ``2 examples``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def severity_words(severity: Severity) -> str:
    """Return what a severity means, in a word or two after the requirement's id."""
    match severity:
        case Severity.BLOCKING:
            return "violated, gates"
        case Severity.WARNING:
            return "violated, warning"
        case Severity.KNOWN:
            return "violated, known"
        case Severity.ADVISORY:
            return "advisory"
        case Severity.INCONCLUSIVE | Severity.NOT_CHECKED | Severity.NOT_APPLICABLE | Severity.SATISFIED:
            return severity.value
        case _:
            assert_never(severity)


def basis_words(basis: Basis) -> str:
    """Return how firmly a requirement stands, where that is less than the text's own word; else empty."""
    match basis:
        case Basis.TEXT:
            return ""
        case Basis.INTERPRETATION:
            return "a reading, no sentence says it in these words"
        case Basis.ADVICE:
            return "advice, no sentence asks for it"
        case _:
            assert_never(basis)


def status_words(status: Status, number: int) -> str:
    """``2 fragments``, ``1 not running``."""
    match status:
        case Status.FRAGMENT:
            return plural(number, "fragment")
        case Status.NOT_RUNNING:
            return f"{number:,} not running"
        case Status.JUDGED | Status.BLOCKED | Status.UNSUPPORTED | Status.SKIPPED:
            return f"{number:,} {status.value}"
        case _:
            assert_never(status)


def run_sentence(run: Run) -> str:
    """``with today's packages: exited with code 1: …``."""
    when = "with today's packages" if run.resolve is Resolve.TODAY else f"with the packages of {run.date}"
    told = run.sentence or ("it starts and serves" if run.outcome is StartOutcome.SERVING else run.outcome.value)
    return f"{when}: {told}"


def direct_packages(example: ExampleResult) -> tuple[str, ...]:
    """``express 5.1.0``: the packages the example itself asks for, as far as its notes name them."""
    named = dict.fromkeys(note.name for note in example.notes if note.kind is NoteKind.DEPENDENCY)
    return tuple(f"{name} {example.packages[name]}" for name in named if name in example.packages)


def drift_sentence(drift: Drift) -> str:
    """What became of a sentence that a requirement stands on."""
    where = f"{drift.page}#{drift.anchor}" if drift.anchor else drift.page
    match drift.kind:
        case DriftKind.CHANGED:
            return f"the sentence at {where} reads differently now ({drift.similarity:.0%} alike)"
        case DriftKind.MOVED:
            return f"the sentence is no longer at {where}"
        case DriftKind.VANISHED:
            return f"the sentence is gone from {where}"
        case _:
            assert_never(drift.kind)


def baseline_sentence(note: BaselineNote) -> str:
    """What the baseline said of one entry."""
    about = " ".join(part for part in (note.example, note.requirement) if part)
    match note.kind:
        case BaselineKind.STALE:
            return f"{about} is listed and no longer occurs: remove it (docprobe baseline update)"
        case BaselineKind.EXPIRED:
            return f"{about} is listed and its date has passed: it counts again"
        case BaselineKind.UNKNOWN_ID:
            return f"{about} is listed and its page is gone: docprobe baseline update removes it"
        case BaselineKind.KNOWN:
            return f"{about} is known: {note.reason}"
        case _:
            assert_never(note.kind)


def figures(report: Report) -> str:
    """``14 examples, 5 distinct texts run: 6 judged, 1 not running, …``."""
    found = count(report)
    parts = [status_words(status, found.by_status[status]) for status in Status if found.by_status.get(status)]
    texts_run = f", {plural(found.distinct, 'distinct text')} run" if found.distinct else ""
    return f"{plural(found.examples, 'example')}{texts_run}: {', '.join(parts) or 'none'}"


def violations(report: Report) -> str:
    """``violated: 3 MUST (1 warns, 1 known), 2 SHOULD; 4 advisory``."""
    found = count(report)
    warns = f"{found.warning_must:,} {'warns' if found.warning_must == 1 else 'warn'}" if found.warning_must else ""
    musts = _among(warns, f"{found.known_must:,} known" if found.known_must else "")
    shoulds = _among(f"{found.known_should:,} known" if found.known_should else "")
    told = f"violated: {found.violated_must:,} MUST{musts}, {found.violated_should:,} SHOULD{shoulds}"
    return told + (f"; {found.advisory:,} advisory" if found.advisory else "")


def _among(*parts: str) -> str:
    told = ", ".join(part for part in parts if part)
    return f" ({told})" if told else ""


def judged_as(example: ExampleResult, rows: Mapping[str, Requirement]) -> str:
    """``3 MUST, 1 SHOULD violated`` of one example, counted as :func:`violations` does; ``conforms`` if none is."""
    levels = [findings[0].level for findings in violated_by_own(example, rows).values()]
    kinds = ((MUST_LIKE, "MUST"), (SHOULD_LIKE, "SHOULD"))
    named = ((sum(level in kind for level in levels), name) for kind, name in kinds)
    if told := ", ".join(f"{number:,} {name}" for number, name in named if number):
        return f"{told} violated"
    satisfied = any(f.verdict is Verdict.SATISFIED and is_own(f, example) for f in example.findings)
    return "conforms" if satisfied else "nothing violated"


def exit_sentence(report: Report) -> str:
    """Why the exit code is what it is, and for 1 and 3 what decides it."""
    match report.exit_code:
        case 0 if report.narrowed and not report.examples and report.problems:
            return "Exit code 0: the change concerns no example; what is wrong with its pages is listed above."
        case 0 if report.narrowed and not report.examples:
            return "Exit code 0: the change concerns no example; there was nothing to check."
        case 0:
            return "Exit code 0: everything selected was judged and nothing gates."
        case 1:
            return f"Exit code 1: {gating_reasons(report)}."
        case 3:
            return f"Exit code 3: incomplete: {_incomplete(report)}."
        case 130:
            return "Exit code 130: interrupted; what was judged is kept: the same command goes on from here."
        case code:
            return f"Exit code {code}."


def gating_reasons(report: Report) -> str:
    """``3 findings gate (session.terminated-404 in 2 examples, auth.invalid-401), 1 stale baseline entry``."""
    by_name: dict[str, int] = {}
    for example in report.examples:
        for finding in example.findings:
            if finding.gates:
                by_name[finding.requirement] = by_name.get(finding.requirement, 0) + 1
    reasons = []
    if by_name:
        names = ", ".join(f"{name} in {n} examples" if n > 1 else name for name, n in by_name.items())
        total = sum(by_name.values())
        reasons.append(f"{plural(total, 'finding')} {'gates' if total == 1 else 'gate'} ({names})")
    drift = sum(entry.gates for entry in report.drift)
    if drift and report.fail_on is not FailOn.NEVER:
        reasons.append(f"{plural(drift, 'sentence')} of the specification changed under a check")
    notes = [note for note in report.baseline if note.gates]
    if notes:
        reasons.append(plural(len(notes), "baseline entry is stale", "baseline entries are stale"))
    return "; ".join(reasons) or "something gates"


def lost_sentence(lost: Lost) -> str:
    """What a change did to an example that could be run before."""
    return f"{lost.example} was runnable at {lost.ref}, {lost.reason}"


def missing_sentence(report: Report) -> str:
    """``shards 1/3 and 2/3 are missing``."""
    *first, last = report.missing_shards
    return f"shards {', '.join(first)} and {last} are missing" if first else f"shard {last} is missing"


def _incomplete(report: Report) -> str:
    found = count(report).by_status
    if report.missing_shards:
        return missing_sentence(report)
    if report.lost:
        return f"the change leaves {plural(len(report.lost), 'example')} unchecked that could be run before"
    if blocked := found.get(Status.BLOCKED, 0):
        return f"{plural(blocked, 'example')} could not be judged for a reason of ours"
    if not found.get(Status.JUDGED) and not found.get(Status.NOT_RUNNING):
        return "nothing was judged"
    unjudged = found.get(Status.FRAGMENT, 0) + found.get(Status.UNSUPPORTED, 0)
    return f"{plural(unjudged, 'example')} cannot be run, and --strict asks for all"


def next_step(report: Report) -> str | None:
    """Return the command that helps most now; None if nothing needs doing."""
    for distinct in distinct_examples(report):
        if any(finding.gates for finding in distinct.shown.findings):
            return f"docprobe explain {shlex.quote(distinct.shown.id)}"
    if any(note.gates for note in report.baseline) and report.exit_code == 1:
        return "docprobe baseline update"
    if report.exit_code != INTERRUPTED and any(example.status is Status.BLOCKED for example in report.examples):
        return "docprobe doctor"
    return None
