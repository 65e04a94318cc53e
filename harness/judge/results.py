"""A recording becomes results: one per copy, each judged by its own revision's text. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.model import ExampleKind, ExampleStatus
from harness.judge.example import complete, runs
from harness.judge.gating import without_sentence
from harness.judge.judge import judge
from harness.model import ExampleResult, Status, Verdict
from harness.repair.blame import blame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Corpus, Example
    from harness.config import Config
    from harness.load import PrintedExample
    from harness.model import Drift, Finding, Recording
    from harness.spec.bind import Bound

CONTEXT_LINES = 2
"""Lines of the page kept around every line a report points at."""


def _base(example: Example, group: Sequence[Example], status: Status, reason: str | None) -> ExampleResult:
    return ExampleResult(
        id=example.id,
        page=example.page,
        revision=example.revision,
        language=example.language,
        kind=example.kind,
        status=status,
        reason=reason,
        spans=example.spans,
        digest=example.digest,
        copies=tuple(other.id for other in group if other.id != example.id),
        notes=example.notes,
        added=example.bundle.added if example.bundle else (),
    )


def listed(example: Example) -> ExampleResult:
    """The result of an example that is not run: fragment, unsupported, skipped."""
    match example.status:
        case ExampleStatus.FRAGMENT:
            status = Status.FRAGMENT
        case ExampleStatus.UNSUPPORTED:
            status = Status.UNSUPPORTED
        case ExampleStatus.SKIPPED:
            status = Status.SKIPPED
        case ExampleStatus.RUNNABLE | ExampleStatus.PRINTED:
            raise ValueError(f"{example.id} is judged, not listed")
    return _base(example, (), status, example.reason)


def blocked(example: Example, group: Sequence[Example], reason: str) -> ExampleResult:
    """The result of an example that we could not run for a reason of ours."""
    return _base(example, group, Status.BLOCKED, reason)


def result_of(
    example: Example, group: Sequence[Example], recording: Recording, bound: Bound, config: Config, *, cached: bool
) -> ExampleResult:
    """Judge one copy by the recording of its text."""
    if recording.blocked is not None:
        return replace(blocked(example, group, recording.blocked), runs=recording.runs)
    transcript = recording.transcript
    findings: tuple[Finding, ...] = (
        *runs(example, recording, config.catalogue),
        *complete(example, config.catalogue),
    )
    if transcript is None:
        status, reason = Status.NOT_RUNNING, _why(recording)
    else:
        transcript = replace(transcript, example_id=example.id)
        status, reason = Status.JUDGED, None
        rows = tuple(bound.requirements.values())
        judged = without_sentence(judge(transcript, rows, config.profile, page_revision=example.revision))
        findings += tuple(_blamed(finding, example, recording) for finding in judged)
    if config.requirements:
        findings = tuple(finding for finding in findings if finding.requirement in config.requirements)
    served = recording.runs[-1] if recording.runs else None
    return replace(
        _base(example, group, status, reason),
        packages=dict(served.packages) if served else {},
        runs=recording.runs,
        findings=findings,
        transcript=transcript,
        negotiated=transcript.negotiated if transcript else (),
        duration_s=round(sum(run.duration_s for run in recording.runs), 3),
        cached=cached,
    )


def result_of_printed(
    entry: PrintedExample, copies: Sequence[PrintedExample], bound: Bound, config: Config
) -> ExampleResult:
    """Judge what a page prints by the page's own revision."""
    example = entry.example
    rows = tuple(bound.requirements.values())
    findings = without_sentence(judge(entry.transcript, rows, config.profile, page_revision=example.revision))
    return ExampleResult(
        id=example.id,
        page=example.page,
        revision=example.revision,
        language=example.language,
        kind=example.kind,
        status=Status.JUDGED,
        reason=None,
        spans=example.spans,
        digest=example.digest,
        copies=tuple(c.example.id for c in copies if c.example.digest == example.digest and c.example.id != example.id),
        findings=tuple(f for f in findings if not config.requirements or f.requirement in config.requirements),
        transcript=entry.transcript,
        negotiated=entry.transcript.negotiated,
    )


def _blamed(finding: Finding, example: Example, recording: Recording) -> Finding:
    """The finding with the lines of this copy that cause it."""
    if finding.verdict is not Verdict.VIOLATED or recording.transcript is None or example.bundle is None:
        return finding
    return replace(finding, blame=blame(finding, recording.transcript, example.bundle))


def _why(recording: Recording) -> str:
    """Why it does not run, in one sentence: with today's packages, and with those of its date."""
    texts = []
    for run in recording.runs:
        when = "with today's packages" if run.resolve == "today" else f"with the packages of {run.date}"
        texts.append(f"{when}: {run.sentence}")
    return "; ".join(texts)


def unbound(examples: Sequence[ExampleResult], bound: Bound) -> Iterator[str]:
    """A note on docs whose sentences no finding can cite, if there is any finding."""
    if bound.requirements_by_statement or not any(example.findings for example in examples):
        return
    if bound.unbound:
        yield "no check is bound to a sentence of the normative text: nothing can gate on a sentence; give bindings"
    else:
        yield "no normative text found: nothing can gate on a sentence; give --spec DIR"


def gate_drift(drift: Sequence[Drift], examples: Sequence[ExampleResult], config: Config) -> tuple[Drift, ...]:
    """Mark the drift that gates: a selected, judged example of that released revision relies on the sentence."""
    relied = {example.revision for example in examples if example.kind is not ExampleKind.OTHER}
    return tuple(
        replace(entry, gates=entry.revision in relied and entry.revision not in config.layout.drafts)
        for entry in drift
        if not config.requirements or entry.requirement in config.requirements
    )


def source_lines(corpus: Corpus, examples: Sequence[ExampleResult]) -> Mapping[str, tuple[str, ...]]:
    """The lines of every page that a finding, statement or example points at."""
    wanted = {example.page for example in examples}
    for example in examples:
        for finding in example.findings:
            wanted.update(span.file for span in finding.blame)
    return {page.path: tuple(page.source.split("\n")) for page in corpus.pages if page.path in wanted}
