"""Exchanges that a page prints: read like a conversation and judged by the same checks, with nothing run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from extractor.model import Example, ExampleKind, ExampleStatus
from harness.judge.gating import without_sentence
from harness.judge.judge import judge
from harness.model import ExampleResult, Status, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Corpus
    from harness.config import Config
    from harness.profile import Profile
    from harness.spec.binding import Bound

@dataclass(frozen=True, slots=True)
class Printed:
    """What one page prints."""

    example: Example
    transcript: Transcript


def printed(corpus: Corpus, profile: Profile) -> Iterator[Printed]:
    """Yield the printed exchanges of every page that has some, in order of page."""
    for page, group in groupby(corpus.blocks, key=lambda block: block.span.file):
        shown = profile.printed(tuple(group), page)
        if shown is None:
            continue
        text = "\0".join(block.sha256 for block in shown.blocks)
        example = Example(
            id=f"{PurePosixPath(page).with_suffix('')}#printed",
            page=page,
            revision=shown.blocks[0].revision,
            language=shown.blocks[0].language,
            kind=ExampleKind.OTHER,
            status=ExampleStatus.PRINTED,
            reason=None,
            spans=tuple(block.span for block in shown.blocks),
            digest=hashlib.sha256(text.encode()).hexdigest(),
        )
        yield Printed(example, replace(shown.transcript, example_id=example.id))


def result_of_printed(entry: Printed, copies: Sequence[Printed], bound: Bound, config: Config) -> ExampleResult:
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
