"""Recordings, printed exchanges and saved transcripts become results, each judged by its page's revision. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from extractor.examples.ids import stem_of
from extractor.model import ExampleStatus
from harness.judge.blame.answer_code import is_refused, refusal_is_due
from harness.judge.blame.blame import blame
from harness.judge.blame.crash_code import lines_before_error
from harness.judge.blame.evidence import Evidence
from harness.judge.blame.faults import faults, pairs_to_trace
from harness.judge.blame.logged_errors import log_of_failures, uncaught_error
from harness.judge.example import judge_example
from harness.judge.failure_cause import cause_of, failing_lines
from harness.judge.judge import deciding_revision, judge, unblock_without_sentence
from harness.model import (
    BlameBasis,
    BlameSource,
    Certainty,
    ExampleResult,
    Recording,
    StartOutcome,
    Status,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Example
    from harness.model import BoundRequirement, Finding, Lookup, Run, Transcript
    from harness.profile import Profile
    from harness.rule import Catalogue
    from harness.spec.bind import Bound


_IN_HAND: Final = 4
"""Transcripts whose findings are kept."""
_PUT_TOGETHER: Final = "That its blocks are one program is a guess of docprobe's."
_CUT: Final = "The page does not show all of the program; what is missing may be there."


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was judged of a transcript, by page revision."""

    transcript: Transcript
    findings: dict[str | None, tuple[Finding, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """What examples are judged by."""

    profile: Profile
    bound: Bound
    """The requirements of the profile's catalogue, with the sentences of the normative text in hand."""
    only: tuple[str, ...] = ()
    """Ids of the requirements that are asked for; none means all."""
    _last: dict[int, _Judged] = field(default_factory=dict, repr=False, compare=False)
    """What was judged of the last transcripts, by id of their exchanges: each is judged to be traced and for each copy,
    and several are in hand at once."""

    @property
    def rows(self) -> tuple[BoundRequirement, ...]:
        """Every requirement in each of its revisions."""
        return tuple(self.bound.requirements.values())

    def judge(self, transcript: Transcript, page_revision: str | None) -> tuple[Finding, ...]:
        """Return the findings on a transcript, of which only those block that can cite a sentence."""
        # copies of a text have the same conversation, under names of their own
        known = self._last.pop(id(transcript.exchanges), None)
        if known is None or replace(known.transcript, example_id=transcript.example_id) != transcript:
            known = _Judged(transcript)
        self._last[id(transcript.exchanges)] = known
        if len(self._last) > _IN_HAND:
            del self._last[next(iter(self._last))]
        if page_revision not in known.findings:
            found = judge(
                transcript, self.rows, self.profile, page_revision=page_revision, at_hand=self.bound.revisions
            )
            known.findings[page_revision] = unblock_without_sentence(found)
        return known.findings[page_revision]

    def deciding_revision(self, page_revision: str | None, transcript: Transcript) -> str | None:
        """Return the revision whose text decides about the example of a transcript."""
        return deciding_revision(page_revision, transcript.negotiated, self.bound.revisions)

    def asked(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Return the findings on requirements that are asked for."""
        return tuple(finding for finding in findings if not self.only or finding.requirement in self.only)


def result_without_run(example: Example, rules: Ruleset, lookups: tuple[Lookup, ...] = ()) -> ExampleResult:
    """Return the result of an example that is not run: a fragment, an unsupported, a skipped or a failed one.

    Args:
        example: the example.
        rules: what its imports are judged by.
        lookups: what packages say of the imports of a fragment; none if nothing was looked up.
    """
    match example.status:
        case ExampleStatus.FRAGMENT:
            status = Status.FRAGMENT
        case ExampleStatus.UNSUPPORTED:
            status = Status.UNSUPPORTED
        case ExampleStatus.SKIPPED:
            status = Status.SKIPPED
        case ExampleStatus.FAILED:
            status = Status.BLOCKED
        case ExampleStatus.RUNNABLE | ExampleStatus.PRINTED:
            raise ValueError(f"{example.id} is judged")
    findings = judge_example(example, Recording((), None, imports=lookups), rules.profile.catalogue) if lookups else ()
    return replace(
        _result(example, (), status, example.reason),
        packages=dict(lookups[0].packages) if lookups else {},
        findings=rules.asked(findings),
    )


def blocked_result(example: Example, copies: Sequence[Example], reason: str) -> ExampleResult:
    """Return the result of an example that docprobe or its environment kept from being run."""
    return _result(example, copies, Status.BLOCKED, reason)


def unreported(result: ExampleResult, reason: str) -> ExampleResult:
    """Return a result with nothing in it but a reason: that of an example which a report cannot show."""
    return ExampleResult(
        id=result.id,
        page=result.page,
        revision=result.revision,
        language=result.language,
        kind=result.kind,
        status=Status.BLOCKED,
        reason=reason,
        spans=result.spans,
        digest=result.digest,
    )


def result_of_recording(
    example: Example, copies: Sequence[Example], recording: Recording, rules: Ruleset, *, cached: bool
) -> ExampleResult:
    """Judge one copy of a text by what running the text showed.

    Args:
        example: the copy.
        copies: every example with that text.
        recording: of the text.
        rules: what it is judged by.
        cached: whether the recording comes from an earlier run.
    """
    if recording.blocked is not None:
        return replace(blocked_result(example, copies, recording.blocked), runs=recording.runs)
    transcript = recording.transcript
    findings = judge_example(example, recording, rules.profile.catalogue)
    if transcript is None:
        status, reason = Status.NOT_RUNNING, _why_not_running(recording)
    else:
        transcript = replace(transcript, example_id=example.id)
        status, reason = Status.JUDGED, None
        judged = rules.judge(transcript, example.revision)
        if example.bundle is not None:
            evidence = Evidence(transcript, example.bundle, recording.traced)
            judged = tuple(with_blame(finding, evidence, rules.profile.catalogue) for finding in judged)
            if example.bundle.is_put_together:
                judged = tuple(_only_reported(finding, _PUT_TOGETHER) for finding in judged)
            elif example.bundle.is_cut:
                judged = tuple(f if _is_done_by_page(f, evidence) else _only_reported(f, _CUT) for f in judged)
        findings += judged
    last = recording.runs[-1] if recording.runs else None
    return replace(
        _result(example, copies, status, reason),
        packages=dict(last.packages) if last else {},
        runs=tuple(_with_guesses(run, example) for run in recording.runs),
        findings=rules.asked(findings),
        transcript=transcript,
        negotiated=transcript.negotiated if transcript else (),
        judged_under=rules.deciding_revision(example.revision, transcript) if transcript else example.revision,
        duration_s=round(sum(run.duration_s for run in recording.runs), 3),
        cached=cached,
    )


def exchanges_to_trace(example: Example, transcript: Transcript, rules: Ruleset) -> Mapping[int, int]:
    """Return which exchanges show what violates something, each with the number of its control.

    What the program executes for them tells which lines are to blame.
    """
    findings = rules.asked(rules.judge(transcript, example.revision))
    return pairs_to_trace(findings, transcript)


def result_of_printed(
    example: Example, transcript: Transcript, copies: Sequence[Example], rules: Ruleset
) -> ExampleResult:
    """Judge the exchanges that a page prints by the page's own revision.

    Args:
        example: that stands for them.
        transcript: the exchanges, as if they had been held.
        copies: every page that prints the same.
        rules: what they are judged by.
    """
    findings = rules.judge(transcript, example.revision)
    return replace(
        _result(example, copies, Status.JUDGED, None),
        judged_under=rules.deciding_revision(example.revision, transcript),
        findings=rules.asked(findings),
        transcript=transcript,
        negotiated=transcript.negotiated,
    )


def result_of_transcript(transcript: Transcript, rules: Ruleset, *, page_revision: str | None) -> ExampleResult:
    """Judge a saved transcript again. No lines are blamed: that takes the example's files.

    Args:
        transcript: as a run saved it.
        rules: what it is judged by.
        page_revision: whose text decides; None if the page belongs to no revision.
    """
    return ExampleResult(
        id=transcript.example_id,
        page=stem_of(transcript.example_id),
        revision=page_revision,
        language="",
        kind=transcript.kind,
        status=Status.JUDGED,
        reason=None,
        spans=(),
        digest=transcript.example_id,
        packages=transcript.packages,
        findings=judge(
            transcript, rules.rows, rules.profile, page_revision=page_revision, at_hand=rules.bound.revisions
        ),
        transcript=transcript,
        negotiated=transcript.negotiated,
        judged_under=rules.deciding_revision(page_revision, transcript),
    )


def _result(example: Example, copies: Sequence[Example], status: Status, reason: str | None) -> ExampleResult:
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
        copies=tuple(other.id for other in copies if other.id != example.id),
        notes=example.notes,
        added=example.bundle.added if example.bundle else (),
    )


def with_blame(finding: Finding, evidence: Evidence, catalogue: Catalogue) -> Finding:
    """Return a finding with the lines of this copy that cause it.

    The line at which the example's log says that it failed on these requests comes first, although what led there may
    be wrong instead; without such a log, what the program executed for them, and what the rule reads in the code.
    """
    if finding.verdict is not Verdict.VIOLATED:
        return finding
    log = log_of_failures(finding, evidence.transcript)
    error = uncaught_error(log)
    if error is not None:
        finding = replace(finding, summary=f"{finding.summary} The example's log says {error!r}.")
        if lines := failing_lines(log, evidence.bundle):
            before = lines_before_error(error, log, finding, evidence)
            lines = tuple(sorted({*lines, *before}))
            return replace(finding, blame=lines, blame_basis=BlameBasis(BlameSource.LOG, Certainty.POSSIBLE))
    found = blame(catalogue.rule(finding.requirement), finding, evidence)
    if found.basis is not None and found.basis.library is not None:
        said = f"{finding.summary} {found.basis.library} answers this; no line of the page does."
        finding = replace(finding, summary=said)
    return replace(finding, blame=found.lines, blame_basis=found.basis)


def _only_reported(finding: Finding, why: str) -> Finding:
    """Return a finding that does not block, as it may come from what the page does not show; with why, if it would."""
    blocks = finding.gates and finding.verdict is Verdict.VIOLATED
    return replace(finding, gates=False, summary=f"{finding.summary} {why}".strip() if blocks else finding.summary)


def _is_done_by_page(finding: Finding, evidence: Evidence) -> bool:
    """Return whether lines that a page shows cause a violation; what is missing may be in those that it leaves out."""
    if finding.verdict is not Verdict.VIOLATED:
        return True
    basis = finding.blame_basis
    if basis is None or basis.by is BlameSource.READING or not finding.blame:
        return False
    wrong = (fault for fault, _ in faults(finding, evidence.transcript))
    return all(is_refused(fault) or not refusal_is_due(finding, fault) for fault in wrong)


def _with_guesses(run: Run, example: Example) -> Run:
    """Return a run that failed with everything inferred that it may come from."""
    if run.outcome is StartOutcome.SERVING or example.bundle is None:
        return run
    return replace(run, guesses=cause_of(run, example.bundle).guesses)


def _why_not_running(recording: Recording) -> str:
    """Return why it does not run, in one sentence: with today's packages, and with those of its date."""
    texts = []
    for run in recording.runs:
        when = "with today's packages" if run.resolve == "today" else run.when
        texts.append(f"{when}: {run.sentence}")
    return "; ".join(texts)
