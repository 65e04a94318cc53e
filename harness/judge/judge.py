"""A transcript becomes findings, by the rules of a profile. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.judge.findings import inconclusive
from harness.model import MUST_LIKE, SIDES, Basis, DriftKind, Side, Verdict
from harness.spec.word_changes import changed_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from harness.model import BoundRequirement, Drift, Finding, Transcript
    from harness.profile import Profile
    from harness.rule import Decision


_DECIDING: Final = (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.SATISFIED, Verdict.NOT_APPLICABLE)
"""Which verdict on a part of a conversation is that on the whole."""


def judge(
    transcript: Transcript,
    bound: Sequence[BoundRequirement],
    profile: Profile,
    *,
    page_revision: str | None,
    at_hand: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Return one finding for each requirement in every revision that the example negotiates.

    Args:
        transcript: of an example that serves, or what a page prints (kind ``other``).
        bound: every row of the profile's catalogue in each of its revisions.
        profile: whose rules decide.
        page_revision: of the example's page; None if it belongs to none. Only findings under it block; of a page
            without one, those under :func:`deciding_revision`.
        at_hand: the revisions whose text is in the docs at hand.

    Returns:
        In order of the catalogue, then of the revisions. Requirements on the example itself are judged under the
        page's own revision only. Printed exchanges give no finding where they decide nothing.
    """
    if transcript.kind is ExampleKind.OTHER:
        printed = _judge_printed(transcript, bound, profile)
        return tuple(replace(f, gates=f.revision == page_revision and blocks(f, transcript, profile)) for f in printed)
    transcript = profile.transcript_for_page(transcript, bound, page_revision)
    own = deciding_revision(page_revision, transcript.negotiated, at_hand)
    order = {rule.requirement.id: number for number, rule in enumerate(profile.catalogue.rules)}
    parts = profile.conversations(transcript)
    findings = []
    for row in sorted(bound, key=lambda row: (order[row.requirement.id], row.revision)):
        decision = profile.catalogue.rules[order[row.requirement.id]].conversation
        # the example as a whole has its page's revision
        among = (transcript,) if row.requirement.side is Side.EXAMPLE else parts
        heard = [part for part in among if _applies(row, part, profile, page_revision)]
        if decision is None or not heard:
            continue
        finding = min((_judged(decision, part, row) for part in heard), key=lambda one: _DECIDING.index(one.verdict))
        findings.append(replace(finding, gates=row.revision == own and blocks(finding, transcript, profile)))
    return tuple(findings)


def _judged(decision: Decision, transcript: Transcript, row: BoundRequirement) -> Finding:
    """Return the decision's finding; none from memory, where the sentence of the requirement changed in meaning."""
    return decision.judge(transcript, row) if row.doubt is None else inconclusive(row, changed_rule(row.doubt))


def changed_rule(drift: Drift) -> str:
    """Return why a requirement is not judged whose sentence changed in meaning: the old words and the new ones."""
    accept = "it is not judged until docprobe baseline update accepts the change."
    if drift.kind is DriftKind.VANISHED:
        return f"{drift.page} no longer contains the sentence that this requirement quotes (see drift); {accept}"
    if drift.old is not None and drift.nearest is not None:
        return f"The rule changed: {changed_words(drift.old, drift.nearest.text)} (see drift); {accept}"
    return f"The rule changed; its new words: {drift.words} (see drift); {accept}"


def deciding_revision(page_revision: str | None, negotiated: Sequence[str], at_hand: Collection[str]) -> str | None:
    """Return the revision whose text decides about an example.

    Args:
        page_revision: of its page, which decides if it has one.
        negotiated: revisions that the example negotiates, oldest first. Of a page without a revision the newest of
            them decides that the docs at hand have the text of: an SDK may be ahead of the docs.
        at_hand: the revisions whose text the docs at hand have.
    """
    if page_revision is not None or not negotiated:
        return page_revision
    return next((revision for revision in reversed(negotiated) if revision in at_hand), negotiated[-1])


def blocks(finding: Finding, transcript: Transcript, profile: Profile) -> bool:
    """Return whether a finding under the page's own revision decides the exit code, before ``--fail-on``.

    A violated MUST or MUST NOT of basis text does, and a reading where the requirement says so.
    """
    if finding.verdict is not Verdict.VIOLATED or finding.level not in MUST_LIKE:
        return False
    if finding.basis is not Basis.INTERPRETATION:
        return finding.basis is Basis.TEXT
    reading_blocks = profile.catalogue.rule(finding.requirement).reading_blocks
    return reading_blocks is not None and reading_blocks(finding, transcript)


def unblock_without_sentence(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, of which only those block that can cite a sentence of the docs in hand."""
    return tuple(replace(finding, gates=finding.gates and finding.statement is not None) for finding in findings)


def _applies(row: BoundRequirement, transcript: Transcript, profile: Profile, page_revision: str | None) -> bool:
    if row.requirement.side not in SIDES[transcript.kind]:
        return False
    if row.requirement.side is Side.EXAMPLE:
        return row.revision == page_revision
    return row.revision in transcript.negotiated and profile.judged_under(transcript, row.revision)


def _judge_printed(transcript: Transcript, bound: Sequence[BoundRequirement], profile: Profile) -> tuple[Finding, ...]:
    """Return what printed exchanges decide under the page's revision: what a page leaves out is not held against it.

    A requirement in doubt that they would decide is inconclusive: without its finding, nothing would show that a page
    relies on the sentence.
    """
    findings = []
    for row in bound:
        decision = profile.catalogue.rule(row.requirement.id).printed
        if decision is None or row.revision not in transcript.negotiated:
            continue
        if decision.judge(transcript, row).verdict in (Verdict.SATISFIED, Verdict.VIOLATED):
            findings.append(_judged(decision, transcript, row))
    return tuple(findings)
