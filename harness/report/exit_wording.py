"""Sentences about the exit code: what decided it, what was checked, and what to do next. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from harness.judge.exit_code import unchecked_programs
from harness.model import BaselineKind, FailOn, FindingChange, Status, Verdict
from harness.report.change_wording import NEVER_RUN
from harness.report.wording import plural
from harness.results.counts import count
from harness.results.distinct import distinct_examples

if TYPE_CHECKING:
    from harness.model import (
        Report,
    )


INTERRUPTED: Final = 130
"""Exit code of a run that Ctrl-C or SIGTERM ended."""
_DOCTOR: Final = "docprobe doctor"
"""The command that says what a machine lacks."""


def exit_sentence(report: Report) -> str:
    """Return why the exit code is what it is, and for 1 and 3 what decides it."""
    match report.exit_code:
        case 0 if report.narrowed and not report.examples and report.problems:
            return "Exit code 0: the change affects no example; the problems in its pages are listed above."
        case 0 if report.narrowed and not report.examples and report.text_changes:
            return "Exit code 0: the change affects no example."
        case 0 if report.narrowed and not report.examples:
            return "Exit code 0: the change affects no example, so there was nothing to check."
        case 0 if report.compared is not None and any(e.checked for e in report.examples):
            kept = count(report).unchanged
            old = f" ({plural(kept, 'unchanged one', 'unchanged ones')}; --gate all counts them)" if kept else ""
            accepted = plural(_accepted(report), "finding that it introduces is", "findings that it introduces are")
            listed = f"; {accepted} in the baseline" if _accepted(report) else ""
            return f"Exit code 0: {_checked(report)}; the change introduces no blocking finding{old}{listed}."
        case 0:
            return f"Exit code 0: {_checked(report)}; no blocking findings."
        case 1:
            total, checked = programs(report)
            rest = f"; {checked:,} of {total:,} checked" if unchecked_programs(report) else ""
            missing = f"; {missing_sentence(report)}" if report.missing_shards else ""
            return f"Exit code 1: {_blocking_reasons(report)}{rest}{missing}."
        case 3:
            return f"Exit code 3: incomplete. {_incomplete(report)}."
        case 130:
            return "Exit code 130: interrupted. Finished examples are cached; run the same command to continue."
        case code:
            return f"Exit code {code}."


def _accepted(report: Report) -> int:
    """Return how many requirements a change newly violates that the baseline accepts, each once per example."""
    known = {(note.example, note.requirement) for note in report.baseline if note.kind is BaselineKind.KNOWN}
    introduced = {
        (example.id, finding.requirement)
        for example in report.examples
        for finding in example.findings
        if finding.change is FindingChange.INTRODUCED and finding.verdict is Verdict.VIOLATED
    }
    return len(known & introduced)


def _checked(report: Report) -> str:
    """``3 of 3 checked``; of a change that edits no program, that there was nothing to check, and why."""
    total, checked = programs(report)
    skipped = count(report).by_status.get(Status.SKIPPED, 0)
    if not total and skipped:
        left_out = plural(skipped, "example is", "examples are")
        return f"{left_out} skipped and no other can be run, so nothing was checked"
    if not total:
        return "no example here can be run, so nothing was checked"
    return f"{checked:,} of {total:,} checked"


def programs(report: Report) -> tuple[int, int]:
    """Return how many examples were to be checked, and how many were."""
    to_check = [e for e in report.examples if e.status not in NEVER_RUN or e.id in report.edited]
    to_check = [example for example in to_check if example.status is not Status.SKIPPED]
    return len(to_check), sum(example.checked for example in to_check)


def _blocking_reasons(report: Report) -> str:
    """``3 blocking findings (session.terminated-404 in 2 examples, auth.invalid-401); 1 stale baseline entry``."""
    by_name: dict[str, int] = {}
    for example in report.examples:
        for finding in example.findings:
            if finding.gates:
                by_name[finding.requirement] = by_name.get(finding.requirement, 0) + 1
    reasons = []
    if by_name:
        names = ", ".join(f"{name} in {number} examples" if number > 1 else name for name, number in by_name.items())
        reasons.append(f"{plural(sum(by_name.values()), 'blocking finding')} ({names})")
    drift = sum(entry.gates for entry in report.drift)
    if drift and report.fail_on is not FailOn.NEVER:
        reasons.append(f"{plural(drift, 'sentence')} of the specification changed")
    notes = sum(note.gates for note in report.baseline)
    if notes:
        reasons.append(plural(notes, "stale baseline entry", "stale baseline entries"))
    return "; ".join(reasons) or "a finding is blocking"


def missing_sentence(report: Report) -> str:
    """Return ``shards 1/3 and 2/3 are missing``."""
    *first, last = report.missing_shards
    return f"shards {', '.join(first)} and {last} are missing" if first else f"shard {last} is missing"


def _incomplete(report: Report) -> str:
    by_status = count(report).by_status
    if report.missing_shards:
        missing = missing_sentence(report)
        return f"{missing[:1].upper()}{missing[1:]}"
    if unchecked := unchecked_programs(report):
        total, checked = programs(report)
        what = (
            "a program that the change adds or edits was"
            if len(unchecked) == 1
            else (f"{len(unchecked):,} programs that the change adds or edits were")
        )
        return f"{checked:,} of {total:,} checked: {what} not"
    if report.lost:
        return f"The change makes {plural(len(report.lost), 'example')} uncheckable"
    if blocked := by_status.get(Status.BLOCKED, 0):
        return f"{plural(blocked, 'example')} could not be checked (environment or docprobe problem, see above)"
    if not any(example.checked for example in report.examples):
        return "Nothing was checked"
    unrun = by_status.get(Status.FRAGMENT, 0) + by_status.get(Status.UNSUPPORTED, 0)
    if report.strict and unrun:
        return f"{plural(unrun, 'example')} cannot be run, and --strict requires all"
    return "Everything was checked, but a file could not be written (see above)"


def next_step(report: Report) -> str | None:
    """Return the command that helps most now; None if nothing needs doing."""
    for distinct in distinct_examples(report):
        # what has no page is a server or a transcript that was named: it is in no results that explain could find
        if distinct.shown.spans and any(finding.gates for finding in distinct.shown.findings):
            return f"docprobe explain {shlex.quote(distinct.shown.id)}"
    if any(note.gates for note in report.baseline) and report.exit_code == 1:
        return "docprobe baseline update"
    # a blocked example's reason says what to do; it is said again here where that is a command
    blocked = [example.reason or "" for example in report.examples if example.status is Status.BLOCKED]
    if report.exit_code != INTERRUPTED and any(_DOCTOR in reason for reason in blocked):
        return _DOCTOR
    return None
