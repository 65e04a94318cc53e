"""Which lines of a page cause a violation: by what ran for it and for nothing right, else by reading the code. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, lines_of, text_of, walk
from extractor.model import Span
from harness.base import jsonrpc
from harness.model import BlameBasis, BlameSource, Certainty, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from extractor.model import Bundle, SourceFile
    from harness.model import Exchange, Finding, LibraryFunction, TracedExchange, Transcript
    from harness.rule import Rule

MAX_SPANS: Final = 6
"""More places than this say nothing to a reader."""
FEW_STATEMENTS: Final = 3
"""What runs for a violation only, and in more statements than these, is shown if something else points at it too."""
_LONG: Final = 3
"""Lines of a statement above which only the part up to its status is shown."""
_SIMPLE: Final = frozenset(
    {"expression_statement", "return_statement", "throw_statement", "raise_statement", "lexical_declaration",
     "variable_declaration"}
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {"block", "statement_block", "module", "program", "else_clause", "switch_case", "case_clause"}
)
_BARE: Final = re.compile(r"(?:return|pass|break|continue)\s*;?")
_LOGS: Final = re.compile(r"(?:await\s+)?(?:console\.\w+|print|logg(?:er|ing)\.\w+|log\.\w+)\s*\(")
_KINDS: Final = frozenset({"POST request", "POST notification", "GET", "DELETE"})
"""Legs of findings that are kinds of requests."""
_ANSWERS: Final = re.compile(r"(?i)reject|refus|unauthori|forbid|(?:create|send|write|json).*(?:error|response)|handle")
"""Names of functions that answer a request."""
_STATUS: Final = re.compile(r"(?<![\w.])[1-5]\d\d(?![\w.])")


@dataclass(frozen=True, slots=True)
class Blamed:
    """What causes a violation."""

    lines: tuple[Span, ...] = ()
    """Lines of pages, in order."""
    basis: BlameBasis | None = None
    """None where nothing is blamed."""


def pairs_to_trace(findings: Sequence[Finding], transcript: Transcript) -> dict[int, int]:
    """Return the exchanges to trace for some findings: of each that is wrong the number, and that of its control."""
    return {
        fault.number: control.number
        for finding in findings
        if finding.verdict is Verdict.VIOLATED
        for fault, control in _faults(finding, transcript)
    }


def _faults(finding: Finding, transcript: Transcript) -> Iterator[tuple[Exchange, Exchange]]:
    """Yield what a finding is about: each exchange that is wrong, with one that was served.

    That is its control; else another exchange of the evidence, or the last ordinary request before it.
    """
    every = {exchange.number: exchange for exchange in transcript.exchanges}
    evidence = [every[number] for number in finding.evidence if number in every]
    # what begins a conversation is like no other request
    begins = jsonrpc.methods(transcript.exchanges[0].body) if transcript.exchanges else ""
    controls = {exchange.control for exchange in evidence}
    by_kind = not _KINDS.isdisjoint(finding.legs)
    refused = any(exchange.status is not None and not _is_right(exchange) for exchange in evidence)
    for fault in evidence:
        if by_kind and finding.legs.get(_kind(fault)) is not Verdict.VIOLATED:
            continue
        if refused and not by_kind and fault.control is None and _is_right(fault):
            # it shows that others are served, and is not wrong itself
            continue
        if fault.number in controls or fault.status is None:
            continue
        if (control := every.get(fault.control or 0)) is not None:
            yield fault, control
        elif not begins or jsonrpc.methods(fault.body) != begins:
            others = [one for one in evidence if one is not fault and one.number < fault.number and _is_right(one)]
            before = (one for one in reversed(transcript.exchanges) if _is_ordinary(one, fault, begins))
            after = (one for one in transcript.exchanges if _is_ordinary(one, fault, begins, before=False))
            if (control := next(iter([*others, *before, *after]), None)) is not None:
                yield fault, control


def _kind(exchange: Exchange) -> str:
    """Name a kind of request as findings name their legs."""
    if exchange.method != "POST":
        return exchange.method
    message = jsonrpc.message(exchange.body)
    return "POST notification" if message is not None and "id" not in message else "POST request"


def _is_right(exchange: Exchange) -> bool:
    return exchange.status is not None and 200 <= exchange.status < 300


def _is_ordinary(exchange: Exchange, fault: Exchange, begins: str, *, before: bool = True) -> bool:
    """Return whether an exchange is an ordinary request, of the same process and revision as ``fault``."""
    same = (exchange.process, exchange.revision) == (fault.process, fault.revision)
    in_order = exchange.number < fault.number if before else exchange.number > fault.number
    plain = _kind(exchange) == "POST request" and jsonrpc.methods(exchange.body) != begins
    return same and in_order and plain and _is_right(exchange) and exchange.control is None


def blame(
    rule: Rule,
    finding: Finding,
    transcript: Transcript,
    bundle: Bundle,
    traced: Sequence[TracedExchange] = (),
) -> Blamed:
    """Return what causes a violation, and how that is known.

    Args:
        rule: of the requirement that was violated.
        finding: the violation.
        transcript: the conversation that it was found in.
        bundle: the files of one copy of the example.
        traced: what the program executed for some of the exchanges.

    Returns:
        The statements that ran for what is wrong and for nothing right, narrowed by what the rule reads in the code; if
        none did, what the rule reads, without answers that did not run. Where only code of packages ran, and the rule
        reads nothing, that. Lines that docprobe added are never blamed.
    """
    if finding.verdict is not Verdict.VIOLATED:
        return Blamed()
    exchanges = {exchange.number: exchange for exchange in transcript.exchanges}
    known = {one.number: one for one in traced}
    wrong = [fault.number for fault, _ in _faults(finding, transcript)]
    runs = [known[number] for number in wrong if number in known]
    # a request that is served like its control shows what the page does not check: no line runs for it alone
    telling = [one for one in runs if not _is_served_alike(one, exchanges)]
    read: set[Span] = set()
    executed: set[Span] = set()
    sure = bool(telling)
    for file in bundle.files:
        # here, since a report without such a finding needs no grammar
        from extractor.languages.registry import syntax_tree

        root = syntax_tree(file.path, file.text)
        if root is None:
            continue
        nodes = list(rule.blame(root, finding, transcript)) if rule.blame is not None else []
        for one in telling:
            status = str(exchanges[one.number].status)
            found, is_sure = _executed(root, one.only.get(file.path, ()), nodes, status)
            sure = sure and (is_sure or not found)
            executed.update(span for node in found if (span := _docs_span(file, *_shown(node, status))) is not None)
        ran = {line for one in runs for line in one.ran.get(file.path, ())}
        left = [node for node in nodes if not ran or not _is_answer_that_did_not_run(node, ran)]
        read.update(span for node in left if (span := _docs_span(file, *lines_of(node))) is not None)
    if executed:
        linked = all(exchanges[one.number].control == one.control for one in telling)
        certainty = Certainty.CERTAIN if sure and linked else Certainty.LIKELY
        return Blamed(tuple(sorted(executed))[:MAX_SPANS], BlameBasis(BlameSource.EXECUTION, certainty))
    if read:
        return Blamed(tuple(sorted(read))[:MAX_SPANS], BlameBasis(BlameSource.READING, Certainty.POSSIBLE))
    library = _library(telling, bundle)
    if library is not None and not any(one.only for one in telling):
        return Blamed((), BlameBasis(BlameSource.EXECUTION, Certainty.LIKELY, library))
    return Blamed()


def _is_served_alike(one: TracedExchange, exchanges: dict[int, Exchange]) -> bool:
    fault, control = exchanges[one.number], exchanges[one.control]
    return fault.control == one.control and _is_right(fault) and _is_right(control)


def _executed(
    root: Node, places: Sequence[tuple[int, int]], read: Sequence[Node], status: str
) -> tuple[list[Node], bool]:
    """Return the statements of a file to blame among those that ran for what is wrong only, and whether that is sure.

    Args:
        root: of the file.
        places: what ran only then.
        read: what the rule reads in the code.
        status: of the wrong answer.
    """
    ran = _statements(root, places)
    # the status alone proves nothing: a correct answer may have it too
    if not status.startswith("2") and (
        chosen := [node for node in ran if re.search(rf"(?<![\w.]){status}(?![\w.])", text_of(node))]
    ):
        return chosen, True
    if chosen := [node for node in ran if any(_touch(node, other) for other in read)]:
        return chosen, True
    ends = _ends(ran)
    return (ends, len(ends) == 1) if len(ends) <= FEW_STATEMENTS else ([], False)


def _statements(root: Node, places: Sequence[tuple[int, int]]) -> list[Node]:
    """Return the simple statements at these places, in order: what a function is made of, not what holds functions."""
    found: dict[int, Node] = {}
    for line, column in places:
        here = root.descendant_for_point_range((line - 1, column), (line - 1, column))
        while here is not None and here.parent is not None:
            if here.type in _SIMPLE or (here.parent.type == "arrow_function" and _is_body(here)):
                found[here.start_byte] = here
                break
            if here.type in FUNCTIONS or here.type in _BLOCKS or here.type.endswith("_statement"):
                break
            here = here.parent
    return [found[start] for start in sorted(found)]


def _is_body(node: Node) -> bool:
    """Return whether an expression is the whole body of an arrow function."""
    parent = node.parent
    return parent is not None and parent.child_by_field_name("body") == node and node.type not in _BLOCKS


def _ends(statements: Sequence[Node]) -> list[Node]:
    """Return the last statement of each block that says something: what a branch does in the end."""
    by_block: dict[int, list[Node]] = {}
    for node in statements:
        by_block.setdefault(node.parent.id if node.parent is not None else 0, []).append(node)
    ends = []
    for block in by_block.values():
        telling = [node for node in block if not _BARE.fullmatch(text_of(node)) and not _LOGS.match(text_of(node))]
        ends.append((telling or block)[-1])
    return ends


def _touch(one: Node, other: Node) -> bool:
    return one.start_byte < other.end_byte and other.start_byte < one.end_byte


def _shown(node: Node, status: str) -> tuple[int, int]:
    """Return the lines of a statement to show: of a long one those up to its status."""
    first, last = lines_of(node)
    if last - first < _LONG:
        return first, last
    numbers = (part for part in walk(node) if not part.children and text_of(part) == status)
    end = next(numbers, None)
    return first, min(last, lines_of(end)[1] if end is not None else first + _LONG - 1)


def _is_answer_that_did_not_run(node: Node, ran: set[int]) -> bool:
    """Return whether a statement answers with a status, in a function, and no line of it ran for what is wrong."""
    first, last = lines_of(node)
    answers = _STATUS.search(text_of(node)) is not None and enclosing(node, FUNCTIONS) is not None
    return answers and ran.isdisjoint(range(first, last + 1))


def _library(traced: Sequence[TracedExchange], bundle: Bundle) -> LibraryFunction | None:
    """Return the function of a package of the page's that answers; None if nothing points at one."""
    direct = {dependency.name for dependency in bundle.dependencies}
    called = [one for each in traced for one in each.library if one.package in direct and "__" not in one.function]
    answering = (one for one in called if _ANSWERS.search(one.function))
    return next(answering, called[0] if called else None)


def _docs_span(file: SourceFile, first: int, last: int) -> Span | None:
    """Return lines of a file as lines of its page; None if docprobe added any of them."""
    start, end = file.docs_line(first), file.docs_line(last)
    if start is None or end is None or start.file != end.file:
        return None
    return Span(start.file, start.first, end.last)
