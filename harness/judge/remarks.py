"""What a report says of its run as a whole: what was not at hand, limits that were met, drift, lines of pages. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.judge.findings import join_words
from harness.model import Basis, BodyFault, DriftKind, ReportProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from extractor.model import Corpus
    from harness.judge.results import Ruleset
    from harness.model import Drift, ExampleResult
    from harness.spec.bind import Bound


_NAMED: Final = 20
"""Pages that a remark names; of more, it gives the number."""


def lacks_text(bound: Bound) -> bool:
    """Return whether there are requirements of a text, and not one sentence of it is at hand."""
    of_text = any(Basis.TEXT in row.requirement.basis.values() for row in bound.requirements.values())
    return of_text and not bound.requirements_by_statement


def missing_text_remark(examples: Sequence[ExampleResult], bound: Bound) -> Iterator[str]:
    """Yield a remark if the rules have requirements of a text and no finding can cite a sentence of it."""
    if not lacks_text(bound) or not any(example.findings for example in examples):
        return
    if bound.unbound:
        yield "no requirement is bound to the normative text: no finding about it can block; give bindings"
    else:
        yield "no normative text found: no finding about a sentence can be blocking; give --spec DIR"


def missing_schema_remark(examples: Sequence[ExampleResult], rules: Ruleset) -> Iterator[str]:
    """Yield one remark if messages were judged in revisions that have no JSON Schema at hand.

    It names all revisions that have none, so that every shard of a run says the same.
    """
    by_schema = {rule.requirement.id for rule in rules.profile.catalogue.rules if rule.by_schema}
    lacking = {
        revision for (id, revision), row in rules.bound.requirements.items() if id in by_schema and not row.schema
    }
    judged = (finding for example in examples for finding in example.findings if finding.requirement in by_schema)
    if any(finding.revision in lacking for finding in judged):
        revisions = join_words(sorted(lacking))
        yield f"no JSON Schema of {revisions} found: messages are not checked against one; give --schema DIR"


def limit_remarks(examples: Sequence[ExampleResult]) -> Iterator[ReportProblem]:
    """Yield a remark on each distinct text where docprobe set a limit.

    That is one of which it did not read every reply to its end, or whose install asked for more than registries.
    """
    shown: set[str] = set()
    for example in examples:
        if example.digest in shown:
            continue
        shown.add(example.digest)
        place = example.spans[0] if example.spans else None
        if refused := sorted({address for run in example.runs for address in run.refused}):
            yield ReportProblem(
                f"{example.id}: its install asked for {', '.join(refused)}: refused, not a registry in use",
                place,
            )
        conversation = example.conversation
        if conversation is None:
            continue
        replies = (exchange.reply for exchange in conversation.exchanges)
        cut = sum(reply is not None and reply.fault is BodyFault.TOO_LARGE for reply in replies)
        if cut:
            yield ReportProblem(
                f"{example.id}: {cut} {'reply was' if cut == 1 else 'replies were'} longer than docprobe reads "
                "(exchange-mib in [limits]); what came after that was not read",
                place,
            )


def changed_schema_remark(revisions: Collection[str]) -> Iterator[ReportProblem]:
    """Yield a remark on the JSON Schemas that a change adds, edits or removes, by their revisions."""
    if revisions:
        named = join_words(sorted(revisions))
        yield ReportProblem(f"this change modifies the JSON Schema of {named}, by which messages are checked")


def left_out_remark(pages: Sequence[str]) -> Iterator[ReportProblem]:
    """Yield a remark on the pages that a change has its configuration ignore, in order, if there are any."""
    if pages:
        more = (f"{len(pages) - _NAMED:,} more",) if len(pages) > _NAMED else ()
        named = join_words([*pages[:_NAMED], *more])
        yield ReportProblem(f"no longer checked, because this change adds them to [layout] ignore: {named}")


def mark_blocking_drift(
    drift: Sequence[Drift], examples: Sequence[ExampleResult], drafts: Collection[str], only: Collection[str] = ()
) -> tuple[Drift, ...]:
    """Return the drift that is reported, each marked whether it decides the exit code.

    It does if an example was judged under a released revision by a sentence that changed; one that is only reworded,
    and still asks for the same, does not. What a page prints is judged by few requirements, and relies on those alone
    that it has findings of; other code that is not a program relies on none.

    Args:
        drift: of all bindings.
        examples: the results of the run.
        drafts: revisions that are not released.
        only: ids of the requirements that are asked for; none means all.
    """
    programs = (example for example in examples if example.kind is not ExampleKind.OTHER)
    judged = {example.judged_under or example.revision for example in programs}
    others = (example for example in examples if example.kind is ExampleKind.OTHER)
    shown = {(one.requirement, one.revision) for example in others for one in example.findings}

    def counts(entry: Drift) -> bool:
        relied_on = entry.revision in judged or (entry.requirement, entry.revision) in shown
        return relied_on and entry.revision not in drafts and entry.kind is not DriftKind.REWORDED

    return tuple(
        replace(entry, gates=counts(entry))
        for entry in drift
        if not only or entry.requirement in only
    )


def source_lines(corpus: Corpus, examples: Sequence[ExampleResult]) -> Mapping[str, tuple[str, ...]]:
    """Return the lines of every page that a result or its blame points at, by path."""
    wanted = {example.page for example in examples}
    for example in examples:
        for finding in example.findings:
            wanted.update(span.file for span in finding.blame)
    return {page.path: tuple(page.source.split("\n")) for page in corpus.pages if page.path in wanted}
