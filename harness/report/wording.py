"""Sentences that several formats share. Pure; text from docs or packages in them is still hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from extractor.model import NoteKind
from harness.model import (
    MUST_LIKE,
    NAMED_SERVER,
    SHOULD_LIKE,
    BaselineKind,
    Basis,
    BlameSource,
    Certainty,
    Resolve,
    StartOutcome,
    Status,
    Trust,
    Verdict,
)
from harness.results.counts import count, violated_by_own
from harness.results.severity import Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import (
        BaselineNote,
        BlameBasis,
        ExampleResult,
        Finding,
        Report,
        Requirement,
        Run,
    )


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


UNKNOWN_BLAME: Final = "docprobe cannot tell which line of the page causes this"
"""Of a violation for which neither a line nor a package's function is known."""


def blame_words(basis: BlameBasis) -> str:
    """Return how it is known what causes a violation, and how sure that is."""
    match basis.by:
        case BlameSource.EXECUTION if basis.library is not None:
            how = f"by execution: {basis.library} ran for the request that fails only, and no line of the page"
        case BlameSource.EXECUTION if basis.certainty is Certainty.POSSIBLE:
            how = "by execution: of what ran for the reply, these lines fit what is wrong in it best"
        case BlameSource.EXECUTION:
            how = "by execution: these lines ran for the request that fails and not for its control, or decided that"
        case BlameSource.READING:
            how = "by reading the code"
        case BlameSource.LOG:
            how = "by the example's log"
        case _:
            assert_never(basis.by)
    return f"{how} ({basis.certainty.value})"


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


def direct_packages(example: ExampleResult, installed: Mapping[str, str]) -> tuple[str, ...]:
    """Return ``express 5.1.0``: the packages the example itself asks for, as far as its notes name them.

    Args:
        example: that asks for them.
        installed: versions by name, of one of its runs.
    """
    named = [note.name for note in example.notes if note.kind is NoteKind.DEPENDENCY and note.name in installed]
    return tuple(f"{name} {installed[name]}" for name in dict.fromkeys(named))


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
    """Return ``14 examples (5 distinct run): 6 judged, 1 not running, …``; ``1 server: 1 judged`` of a named one."""
    counts = count(report)
    not_run = sum(example.interrupted for example in report.examples)
    numbers = {**counts.by_status, Status.BLOCKED: counts.by_status.get(Status.BLOCKED, 0) - not_run}
    parts = [status_words(status, numbers[status]) for status in Status if numbers.get(status)]
    parts += [f"{not_run:,} not run"] if not_run else []
    distinct = f" ({counts.distinct:,} distinct run)" if counts.distinct else ""
    what = f"{plural(counts.examples, 'example')}{distinct}"
    if report.examples and all(example.page == NAMED_SERVER and not example.spans for example in report.examples):
        what = plural(counts.examples, "server")
    return f"{what}: {', '.join(parts) or 'none'}"


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
