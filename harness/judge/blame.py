"""Which lines of a page cause a violation: by what ran for it and for nothing right, else by reading the code. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, lines_of, text_of, walk
from extractor.model import Span
from harness.base import jsonrpc
from harness.judge.faults import faults, is_right, kind_of
from harness.judge.suspects import (
    ABSENT,
    PRINTS,
    Hints,
    Suspect,
    all_statements,
    checks,
    constants,
    decided_by,
    narrow,
    saying,
    statements_at,
    touches,
)
from harness.model import RARELY, STDOUT, BlameBasis, BlameSource, Certainty, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tree_sitter import Node

    from extractor.model import Bundle, SourceFile
    from harness.model import Exchange, Finding, LibraryFunction, TracedExchange, Transcript
    from harness.rule import Rule

MAX_SPANS: Final = 6
"""More places than this say nothing to a reader."""
_LONG: Final = 3
"""Lines of a statement above which only the part up to its status is shown."""
_CONDITIONS: Final = frozenset({"if_statement", "elif_clause"})
_REFUSED: Final = re.compile(r"[45]\d\d\b")
"""What is expected is another refusal."""
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
    wrong = [fault.number for fault, _ in faults(finding, transcript)]
    runs = [known[number] for number in wrong if number in known]
    # a request that is served like its control shows what the page does not check: no line runs for it alone
    telling = [one for one in runs if not _is_served_alike(one, exchanges)]
    # here, since a report without such a finding needs no grammar
    from extractor.languages.registry import syntax_tree

    trees = [(file, root) for file in bundle.files if (root := syntax_tree(file.path, file.text)) is not None]
    read = [
        Suspect(file, node)
        for file, root in trees
        for node in (rule.blame(root, finding, transcript) if rule.blame is not None else ())
    ]
    executed: dict[Span, bool] = {}
    by_noise = any(exchanges[number].method == STDOUT for number in finding.evidence if number in exchanges)
    for one in telling:
        fault = exchanges[one.number]
        hints = Hints(
            status="" if fault.status is None or is_right(fault) else str(fault.status),
            read=tuple((each.file.path, each.node) for each in read),
            words=(rule.requirement.id, rule.requirement.title, finding.summary),
        )
        linked = bool(one.control) and fault.control == one.control
        pool = _pool(trees, one)
        if by_noise:
            printing = [each for each in pool if PRINTS.search(text_of(each.node))]
            calling = [caller for each in printing for caller in _callers(each, pool) if caller not in printing]
            pool = [*printing, *calling] or pool
        elif (
            not linked
            and not hints.status
            and (ABSENT.search(finding.summary) or not _is_refusal(fault))
            and one.control
            and kind_of(fault) == kind_of(exchanges[one.control])
        ):
            # what differs is what was asked for: only what the rule reads tells
            pool = [each for each in pool if any(touches(each, *other) for other in hints.read)]
        chosen, is_sure = narrow(pool, hints, linked=linked)
        if not any(_REFUSED.match(due) for due in finding.expected.values()):
            # nothing says that it should have been another refusal: the condition is wrong as likely as the answer
            branches = [branch for each in chosen if (branch := _condition_of(each, pool)) is not None]
            decisive = [each for branch in branches for each in decided_by(branch.node, trees, one.ran)]
            chosen, is_sure = [*chosen, *branches, *decisive], is_sure and bool(branches)
        executed |= {
            span: is_sure
            for each in chosen
            if (span := _docs_span(each.file, *_shown(each.node, hints.status))) is not None
        }
    if executed:
        linked = all(one.control and exchanges[one.number].control == one.control for one in telling)
        certainty = Certainty.CERTAIN if all(executed.values()) and linked else Certainty.LIKELY
        return Blamed(tuple(sorted(executed))[:MAX_SPANS], BlameBasis(BlameSource.EXECUTION, certainty))
    ran = {file.path: {line for one in runs for line in one.ran.get(file.path, ())} for file, _ in trees}
    left = [
        one for one in read if not ran[one.file.path] or not _is_answer_that_did_not_run(one.node, ran[one.file.path])
    ]
    if not left:
        settings = [Suspect(file, node) for file, root in trees for node in constants(root)]
        left = saying([*_statements(trees, ran), *settings], finding.summary)
    if not left and runs and not telling:
        left = checks(trees, rule.requirement.id, ran)
    by_reading = {span for one in left if (span := _docs_span(one.file, *_shown(one.node, ""))) is not None}
    if by_reading:
        return Blamed(tuple(sorted(by_reading))[:MAX_SPANS], BlameBasis(BlameSource.READING, Certainty.POSSIBLE))
    # what is answered 2xx for another reason than the fault runs other functions too
    refusing = [
        one for one in telling if exchanges[one.number].control == one.control or not is_right(exchanges[one.number])
    ]
    library = _library(refusing, bundle)
    if library is not None and not any(one.only for one in telling):
        return Blamed((), BlameBasis(BlameSource.EXECUTION, Certainty.LIKELY, library))
    return Blamed()


def _pool(trees: Sequence[tuple[SourceFile, Node]], one: TracedExchange) -> list[Suspect]:
    """Return the statements that ran for a request and not for its control."""
    rare = {path: {(line, column): others for line, column, others in places} for path, places in one.rare.items()}
    pool = []
    for file, root in trees:
        known = rare.get(file.path, {})
        others: dict[int, tuple[Node, int]] = {}
        for place in one.only.get(file.path, ()):
            for node in statements_at(root, [place]):
                count = known.get(place, RARELY if rare else 0)
                others[node.start_byte] = (node, max(count, others.get(node.start_byte, (node, 0))[1]))
        pool += [Suspect(file, *others[start]) for start in sorted(others)]
    return pool


def _statements(trees: Sequence[tuple[SourceFile, Node]], ran: Mapping[str, Collection[int]]) -> list[Suspect]:
    """Return the statements in functions that begin on lines that ran."""
    return [
        Suspect(file, node)
        for file, root in trees
        for node in all_statements(root)
        if lines_of(node)[0] in ran.get(file.path, ())
    ]


def _condition_of(one: Suspect, pool: Sequence[Suspect]) -> Suspect | None:
    """Return the condition that a statement hangs on, if it stands close above it; else that of the call to it."""
    branch = enclosing(one.node, _CONDITIONS)
    if branch is not None and lines_of(one.node)[0] - lines_of(branch)[0] < _LONG:
        condition = branch.child_by_field_name("condition")
        return Suspect(one.file, condition) if condition is not None else None
    callers = _callers(one, pool)
    return _condition_of(callers[0], ()) if len(callers) == 1 and branch is None else None


def _callers(one: Suspect, pool: Sequence[Suspect]) -> list[Suspect]:
    """Return the statements that call the function in which a statement stands."""
    function = enclosing(one.node, FUNCTIONS)
    named = function.child_by_field_name("name") if function is not None else None
    if named is None and function is not None and function.parent is not None:
        # const tell = (...words) => ...
        named = function.parent.child_by_field_name("name")
    called = re.compile(rf"\b{re.escape(text_of(named))}\s*\(")
    return [each for each in pool if named is not None and called.search(text_of(each.node))]


def _is_refusal(exchange: Exchange) -> bool:
    """Return whether an answer is a JSON-RPC error."""
    reply = exchange.reply
    texts = [reply.body, *(event.data for event in reply.events)] if reply is not None else []
    return any("error" in (jsonrpc.message(text) or {}) for text in texts)


def _is_served_alike(one: TracedExchange, exchanges: dict[int, Exchange]) -> bool:
    fault, control = exchanges[one.number], exchanges.get(one.control)
    return control is not None and fault.control == one.control and is_right(fault) and is_right(control)


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
