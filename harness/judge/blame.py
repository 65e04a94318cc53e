"""Which lines of a page cause a violation: what the rule's blame says of the syntax of its code. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import lines_of
from extractor.model import Span
from harness.model import Verdict

if TYPE_CHECKING:
    from extractor.model import Bundle, SourceFile
    from harness.model import Finding, Transcript
    from harness.rule import Rule

MAX_SPANS: Final = 6
"""More places than this say nothing to a reader."""


def blamed_lines(rule: Rule, finding: Finding, transcript: Transcript, bundle: Bundle) -> tuple[Span, ...]:
    """Return the docs lines that cause a violation.

    Args:
        rule: of the requirement that was violated.
        finding: the violation.
        transcript: the conversation that it was found in.
        bundle: the files of one copy of the example.

    Returns:
        Lines of pages, in order. Empty if the finding is not a violation, the rule blames nothing, or the code leaves
        no honest guess. Lines that docprobe added are never blamed.
    """
    if finding.verdict is not Verdict.VIOLATED or rule.blame is None:
        return ()
    spans: set[Span] = set()
    for file in bundle.files:
        # here, since a report without such a finding needs no grammar
        from extractor.languages.registry import syntax_tree

        root = syntax_tree(file.path, file.text)
        if root is not None:
            found = (_docs_span(file, *lines_of(node)) for node in rule.blame(root, finding, transcript))
            spans.update(span for span in found if span is not None)
    return tuple(sorted(spans))[:MAX_SPANS]


def _docs_span(file: SourceFile, first: int, last: int) -> Span | None:
    """Return lines of a file as lines of its page; None if docprobe added any of them."""
    start, end = file.docs_line(first), file.docs_line(last)
    if start is None or end is None or start.file != end.file:
        return None
    return Span(start.file, start.first, end.last)
