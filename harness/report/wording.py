"""Sentences that several formats share. Pure; text from docs or packages in them is still hostile."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, assert_never

from extractor.model import NoteKind
from harness.judge.exit_code import unchecked_programs
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
    Trust,
    Verdict,
)
from harness.results.counts import count, violated_by_own
from harness.results.distinct import distinct_examples
from harness.results.severity import Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.exit_code import Unchecked
    from harness.model import (
        BaselineNote,
        Drift,
        ExampleResult,
        Finding,
        NoLongerRunnable,
        Report,
        Requirement,
        Run,
        TextChange,
    )

NEVER_RUN: Final = (Status.FRAGMENT, Status.UNSUPPORTED, Status.SKIPPED)
"""Statuses of examples that were never meant to be run."""
INTERRUPTED: Final = 130
"""Exit code of a run that Ctrl-C or SIGTERM ended."""
NOTHING_APPLIES: Final = "no selected requirement applies to it"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 example``, ``2 examples``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def finding_words(finding: Finding, severity: Severity) -> str:
    """Return ``violated, blocking, introduced``: what a finding means, and what the change did to it."""
    words = severity_words(severity)
    if finding.change is None or finding.change.value in words:
        return words
    return f"{words}, {finding.change.value}"


def severity_words(severity: Severity) -> str:
    """Return what a severity means, in a word or two after the requirement's id."""
    match severity:
        case Severity.BLOCKING:
            return "violated, blocking"
        case Severity.WARNING:
            return "violated, warning"
        case Severity.UNCHANGED:
            return "violated, unchanged"
        case Severity.KNOWN:
            return "violated, in baseline"
        case Severity.ADVISORY:
            return "advisory"
        case Severity.INCONCLUSIVE | Severity.NOT_CHECKED | Severity.NOT_APPLICABLE | Severity.SATISFIED:
            return severity.value
        case _:
            assert_never(severity)


BASIS_NAMES: Final = {Basis.TEXT: "text", Basis.INTERPRETATION: "interpretation", Basis.ADVICE: "recommendation"}
"""What a requirement is based on, in a word."""


def basis_words(basis: Basis) -> str:
    """Return what a requirement is based on if that is not a sentence of the specification; else empty."""
    match basis:
        case Basis.TEXT:
            return ""
        case Basis.INTERPRETATION:
            return "interpretation; no sentence states it in these words"
        case Basis.ADVICE:
            return "recommendation; not required by the specification"
        case _:
            assert_never(basis)


def status_words(status: Status, number: int) -> str:
    """Return ``2 fragments``, ``1 not running``."""
    match status:
        case Status.FRAGMENT:
            return plural(number, "fragment")
        case Status.NOT_RUNNING:
            return f"{number:,} not running"
        case Status.BLOCKED:
            return f"{number:,} not checked"
        case Status.JUDGED | Status.UNSUPPORTED | Status.SKIPPED:
            return f"{number:,} {status.value}"
        case _:
            assert_never(status)


def run_sentence(run: Run) -> str:
    """Return ``with today's packages: exited with code 1: …``."""
    when = "with today's packages" if run.resolve is Resolve.TODAY else run.when
    what = run.sentence or ("it starts and serves" if run.outcome is StartOutcome.SERVING else run.outcome.value)
    return f"{when}: {what}"


def direct_packages(example: ExampleResult) -> tuple[str, ...]:
    """Return ``express 5.1.0``: the packages the example itself asks for, as far as its notes name them."""
    named = [note.name for note in example.notes if note.kind is NoteKind.DEPENDENCY and note.name in example.packages]
    return tuple(f"{name} {example.packages[name]}" for name in dict.fromkeys(named))


def drift_sentence(drift: Drift) -> str:
    """Return what happened to the sentence that a requirement is based on."""
    where = f"{drift.page}#{drift.anchor}" if drift.anchor else drift.page
    words = f": “{drift.words}”" if drift.words else ""
    match drift.kind:
        case DriftKind.CHANGED:
            return f"the sentence at {where} has changed ({drift.similarity:.0%} similar){words}"
        case DriftKind.REWORDED:
            return f"the sentence at {where} is reworded and asks for the same{words}"
        case DriftKind.MOVED:
            return f"the sentence at {where} has moved"
        case DriftKind.VANISHED:
            return f"the sentence at {where} is gone{words}"
        case _:
            assert_never(drift.kind)


def baseline_sentence(note: BaselineNote) -> str:
    """Return what the baseline says of one entry."""
    about = " ".join(part for part in (note.example, note.requirement) if part)
    match note.kind:
        case BaselineKind.STALE:
            return f"{about} no longer occurs: remove the entry with docprobe baseline update"
        case BaselineKind.EXPIRED:
            return f"{about} was accepted until a date that has passed: it counts again"
        case BaselineKind.UNKNOWN_ID:
            return f"{about} names an example that is gone: remove the entry with docprobe baseline update"
        case BaselineKind.RENAMED:
            what = f"{note.listed_as} {note.requirement} is about {note.example}, whose id it was"
            return f"{what}: rename the entry with docprobe baseline update"
        case BaselineKind.KNOWN:
            return f"{about} is accepted: {note.reason}"
        case _:
            assert_never(note.kind)


def figures(report: Report) -> str:
    """Return ``14 examples (5 distinct run): 6 judged, 1 not running, …``."""
    counts = count(report)
    not_run = sum(example.interrupted for example in report.examples)
    numbers = {**counts.by_status, Status.BLOCKED: counts.by_status.get(Status.BLOCKED, 0) - not_run}
    parts = [status_words(status, numbers[status]) for status in Status if numbers.get(status)]
    parts += [f"{not_run:,} not run"] if not_run else []
    distinct = f" ({counts.distinct:,} distinct run)" if counts.distinct else ""
    return f"{plural(counts.examples, 'example')}{distinct}: {', '.join(parts) or 'none'}"


def violations(report: Report) -> str:
    """Return ``Violations: 3 MUST (1 warning, 1 in baseline), 2 SHOULD. 4 advisory findings.``."""
    counts = count(report)
    warnings = plural(counts.warning_must, "warning") if counts.warning_must else ""
    musts = _in_parentheses(warnings, f"{counts.known_must:,} in baseline" if counts.known_must else "")
    shoulds = _in_parentheses(f"{counts.known_should:,} in baseline" if counts.known_should else "")
    sentence = f"Violations: {counts.violated_must:,} MUST{musts}, {counts.violated_should:,} SHOULD{shoulds}."
    if report.compared is not None:
        fixed = len(report.compared.fixed)
        sentence += f" {counts.introduced:,} introduced, {counts.unchanged:,} unchanged, {fixed:,} fixed by the change."
    return sentence + (f" {plural(counts.advisory, 'advisory finding')}." if counts.advisory else "")


def _in_parentheses(*parts: str) -> str:
    joined = ", ".join(part for part in parts if part)
    return f" ({joined})" if joined else ""


def judged_as(example: ExampleResult, rows: Mapping[str, Requirement]) -> str:
    """Return ``3 MUST, 1 SHOULD violated`` of one example; ``conforms`` if nothing is violated.

    Counted as :func:`violations` does.

    Args:
        example: the example.
        rows: the catalogue's rows by id.
    """
    levels = [findings[0].level for findings in violated_by_own(example, rows).values()]
    kinds = ((MUST_LIKE, "MUST"), (SHOULD_LIKE, "SHOULD"))
    numbers = ((sum(level in kind for level in levels), name) for kind, name in kinds)
    if violated := ", ".join(f"{number:,} {name}" for number, name in numbers if number):
        return f"{violated} violated"
    satisfied = any(f.verdict is Verdict.SATISFIED and is_own(f, example) for f in example.findings)
    return "conforms" if satisfied else "nothing violated"


def settings_sentence(report: Report) -> str | None:
    """Return whose configuration, baseline and lock counted, if not those of the docs as they are."""
    source = report.settings
    if source.trust is Trust.HEAD:
        return None
    sentence = f"Configuration, baseline and lock are those of {source.ref} ({(source.commit or '')[:12]})"
    return f"{sentence}; not used: {', '.join(source.unused)} as changed here." if source.unused else f"{sentence}."


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
            return f"Exit code 0: {_checked(report)}; the change introduces no blocking finding{old}."
        case 0:
            return f"Exit code 0: {_checked(report)}; no blocking findings."
        case 1:
            total, checked = programs(report)
            rest = f"; {checked:,} of {total:,} checked" if unchecked_programs(report) else ""
            return f"Exit code 1: {_blocking_reasons(report)}{rest}."
        case 3:
            return f"Exit code 3: incomplete. {_incomplete(report)}."
        case 130:
            return "Exit code 130: interrupted. Finished examples are cached; run the same command to continue."
        case code:
            return f"Exit code {code}."


def text_change_sentence(change: TextChange) -> str:
    """Return ``25 statements added, 6 removed in draft; no requirement is bound to them (docprobe …)``."""
    numbers = ((change.added, "added"), (change.removed, "removed"), (change.changed, "changed"))
    counts = [f"{number:,} {what}" for number, what in numbers if number]
    first, _, rest = counts[0].partition(" ")
    noun = "statement" if first == "1" else "statements"
    where = f" in {change.revision}" if change.revision else ""
    checks = f"requirements bound to them: {', '.join(change.requirements)}" if change.requirements else (
        "no requirement is bound to them"
    )
    listed = ", ".join((f"{first} {noun} {rest}", *counts[1:]))
    return f"{listed}{where}; {checks} (docprobe snapshot diff --since {shlex.quote(change.since)})"


def unchecked_sentence(entry: Unchecked) -> str:
    """Return why a program that a change adds or edits was not checked, and how it is left out on purpose."""
    return f"{entry.example.id} was not checked: {unchecked_reason(entry)}"


def unchecked_reason(entry: Unchecked) -> str:
    """Return why a program that a change adds or edits was not checked, and how it is left out on purpose."""
    hint = '; if it is not meant to run, put a comment above it: docprobe: skip="why"'
    return entry.why + (hint if entry.example.status in NEVER_RUN else "")


def _checked(report: Report) -> str:
    """``3 of 3 checked``; of a change that edits no program, that there was nothing to check."""
    total, checked = programs(report)
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


def lost_sentence(lost: NoLongerRunnable) -> str:
    """Return what a change did to an example that could be run before."""
    return f"{lost.example} could be run at {lost.ref} but {lost.reason}"


def fixed_sentences(report: Report) -> tuple[str, ...]:
    """Return a line for each finding that a change fixes, examples with the same ones together."""
    by_finding: dict[tuple[str, str, tuple[str, ...], bool], list[str]] = {}
    for entry in report.compared.fixed if report.compared is not None else ():
        key = (entry.requirement, entry.revision, entry.legs, entry.whole)
        by_finding.setdefault(key, []).append(entry.example)
    sentences = []
    for (requirement, _, legs, whole), examples in by_finding.items():
        which = f" ({', '.join(legs)})" if legs and not whole else ""
        more = f" and {plural(len(examples) - 1, 'other example')}" if len(examples) > 1 else ""
        sentences.append(f"{requirement}{which} in {examples[0]}{more}")
    return tuple(sentences)


def not_compared_sentences(report: Report) -> tuple[str, ...]:
    """Return a line for each example whose findings all count as introduced, with the reason."""
    entries = report.compared.not_compared if report.compared is not None else ()
    return tuple(
        f"{entry.example} {entry.requirement}: {entry.reason}, so it counts as introduced"
        if entry.requirement is not None
        else f"{entry.example}: {entry.reason}, so all its findings count as introduced"
        for entry in entries
    )


def rejudged_sentences(report: Report) -> tuple[str, ...]:
    """Return a line for the examples that the text of another revision decides about since a change."""
    by_revisions: dict[tuple[str, str], list[str]] = {}
    for entry in report.compared.rejudged if report.compared is not None else ():
        by_revisions.setdefault((entry.before, entry.now), []).append(entry.example)
    return tuple(
        f"{', '.join(examples)}: judged under {now} since the change, {before} before, as pages without a revision are "
        "judged under the newest revision of the docs that their servers negotiate"
        for (before, now), examples in by_revisions.items()
    )


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
    return f"{plural(unrun, 'example')} cannot be run, and --strict requires all"


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
