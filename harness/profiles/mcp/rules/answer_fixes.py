"""Fixes of answers: the right status, written as the code writes statuses, and by the session id where that decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import (
    CALLS,
    FUNCTIONS,
    arguments_of,
    callee_of,
    lines_of,
    statement,
    text_of,
    walk,
)
from harness.judge.import_edits import import_python, python_names
from harness.profiles.mcp.rules.session_branches import id_expression, id_is_given
from harness.profiles.mcp.rules.session_names import function_name, names_in
from harness.profiles.mcp.rules.statuses import constants_of, is_error_class, status_of, written_like
from harness.profiles.mcp.rules.wrong_answers import (
    all_statuses,
    answers_with,
    notification_answers,
    notification_branches,
    wrong_statuses,
)
from harness.profiles.mcp.steps import LIVE_RESPONSE
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript
    from harness.rule import BlameRule, FixRule

_EDITED: Final = frozenset({"number", "integer", "identifier", "attribute", "member_expression"})
"""Statuses in Python, JavaScript and TypeScript."""
_ROUTERS: Final = (
    ("hono", "{0}.get({1}, (c) => c.body(null, 405))"),
    ("fastify", "{0}.get({1}, (request, reply) => reply.code(405).send())"),
    ("@?koa[-/]router", "{0}.get({1}, (ctx) => {{ ctx.status = 405 }})"),
    ("express", "{0}.get({1}, (req, res) => res.status(405).end())"),
)
"""How a route that refuses GET is written, by the package that a file imports. Others refuse it by themselves."""
_MESSAGE: Final = re.compile(
    r"""["']id["']\s+(?:not\s+)?in\s+(\w+)|(\w+)\.get\(["']id["']\)|((?:\w+\??\.)*\w+)\??\.id\s*===?|\b(id)\s*===?"""
)
"""Where a condition looks for the id of a message."""
_POST: Final = re.compile(r"(\w+)\.post$")
_WRITTEN: Final = frozenset({"object", "dictionary", "string", "list", "array"})
"""Expressions that are a body as it is written."""
_SPEAKING: Final = re.compile(r"\bsendStatus\(|^\w+\.status\s*=")
"""Answers to which Express and Koa add the words of the status as a body."""
_ENDS: Final = frozenset({"return_statement", "expression_statement", "raise_statement"})


@dataclass(frozen=True, slots=True)
class _Framework:
    """How an empty 202 is written in a framework."""

    imported: re.Pattern[str]
    """What a file that is written for it imports."""
    answer: re.Pattern[str]
    """An answer without a status, from its start; its group is the object that answers."""
    accepted: str
    """The answer, with ``{}`` for that object."""
    root: str = "program"
    """Type of the root of its language's syntax trees."""
    module: str = ""
    """Of Python, what the answer's class is imported from; empty if the answer has none."""


def _framework(imported: str, answer: str, accepted: str, root: str = "program", module: str = "") -> _Framework:
    return _Framework(re.compile(imported), re.compile(answer), accepted, root, module)


_FRAMEWORKS: Final = (
    _framework(r"hono", r"(?:await )?(\w+)\.(?:json|text|body|html)\(", "{}.body(null, 202)"),
    _framework(r"fastify", r"(?:await )?(\w+)\.(?:send|code|status)\(", "{}.code(202).send()"),
    _framework(r"express", r"(?:void )?(\w+)\.(?:json|send|end|status|sendStatus)\(", "{}.status(202).end()"),
    _framework(r"""["']koa["']""", r"(\w+)\.(?:status|body)\s*=", "{0}.status = 202; {0}.body = ''"),
    _framework(r"""["'](?:node:)?https?["']""", r"(\w+)\.(?:end|writeHead)\(", "{}.writeHead(202).end()"),
    _framework(r"", r"()(?:new )?Response\b", "new Response(null, {{ status: 202 }})"),
    _framework(r"aiohttp", r"(\w+)\.(?:json_response|Response)\(", "{}.Response(status=202)", "module"),
    _framework(r"\bfastapi\b", r"()", "Response(status_code=202)", "module", "fastapi"),
    _framework(r"\bstarlette\b", r"()", "Response(status_code=202)", "module", "starlette.responses"),
    _framework(r"flask", r"()", '"", 202', "module"),
)


def status_fix(blame: BlameRule, right: str) -> FixRule:
    """Return the fix that gives the right status in the answers that are blamed, by execution or by reading.

    Args:
        blame: of the rule: what it reads.
        right: the status that is due there.
    """

    def fix(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
        statuses = all_statuses(finding, transcript) - {right}
        answers = _at_fault(root, finding, statuses, blame(root, finding, transcript))
        speaking = [answer for answer in answers if right == "202" and _SPEAKING.search(text_of(answer))]
        plain = (answer for answer in answers if answer not in speaking)
        edited = list(_with_status(root, plain, statuses, lambda _: right))
        if right == "202":
            edited += [edit for answer in answers for edit in _without_body(root, answer, statuses)]
            # a body, or the status that a framework gives by itself
            answers += [node for node in _on_blamed_lines(finding, walk(root)) if node.type == "return_statement"]
            bare = (answer for answer in answers if not any(_within(edit, answer) for edit in edited))
            edited += [edit for answer in bare for edit in _accepted(root, answer)]
        yield from edited

    return fix


def accept_messages(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Answer notifications by 202, and responses with them where they are not accepted yet."""
    yield from _ACCEPT(root, finding, transcript)
    refused = [each for each in transcript.exchanges if each.step == LIVE_RESPONSE and each.status not in {None, 202}]
    for condition, _ in notification_branches(root) if refused else ():
        test = text_of(condition)
        found = _MESSAGE.search(test)
        message = next(filter(None, found.groups()), "") if found is not None else ""
        if not message or "method" in test or re.search(r"&&|\band\b", test):
            continue
        names = {text_of(node) for node in walk(root) if node.type == "shorthand_property_identifier_pattern"}
        if root.type == "module":
            more = f' or {message}.get("method") is None' if ".get(" in test else f' or "method" not in {message}'
        elif message == "id":
            more = " || !method" if "method" in names else ""
        else:
            more = f" || !{message}.method"
        at = condition.end_byte - (condition.type == "parenthesized_expression")
        if more:
            yield TextEdit(at, at, more)


def route_get(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Add a route that answers GET by 405 below each one of POST, where a router has none for GET of that path."""
    imports = "\n".join(text_of(node) for node in root.named_children if _is_import(node))
    route = next((written for module, written in _ROUTERS if re.search(rf"""["']{module}["']""", imports)), "")
    routed = {
        (callee, text_of(given[0]))
        for node in walk(root)
        if node.type == "call_expression"
        for callee, given in [(callee_of(node), arguments_of(node))]
        if given
    }
    for node in walk(root) if route else ():
        found = _POST.search(callee_of(node)) if node.type == "call_expression" else None
        given, kept = arguments_of(node) if found else [], statement(node)
        if found is None or len(given) < 2 or given[0].type != "string" or kept.type != "expression_statement":
            continue
        if not any((f"{found[1]}.{method}", text_of(given[0])) in routed for method in ("get", "all", "use")):
            end = ";" if text_of(kept).endswith(";") else ""
            yield TextEdit.line_below(kept, f"{route.format(found[1], text_of(given[0]))}{end}")


_ACCEPT: Final = status_fix(notification_answers, "202")


def fix_statuses_by_id(answers: BlameRule) -> FixRule:
    """Return the fix of answers whose status depends on the session id: 404 to one that is dead, 400 without any.

    ``status(400)`` becomes ``status(sessionId ? 404 : 400)`` where requests of both kinds get to it.

    Args:
        answers: reads which those are.
    """

    def fix(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
        names, statuses = names_in(root), wrong_statuses(finding, transcript)

        def right(answer: Node) -> str | tuple[str, str, str] | None:
            given = id_is_given(answer, names)
            if given is not None:
                return "404" if given else "400"
            id = id_expression(answer, names, root)
            return (id, "404", "400") if id is not None else None

        found = _at_fault(root, finding, statuses, answers(root, finding, transcript))
        yield from _with_status(root, found, statuses, right)

    return fix


def _at_fault(root: Node, finding: Finding, statuses: set[str], read: Iterable[Node]) -> list[Node]:
    """Return the answers on lines that are blamed, and those that a rule reads."""
    return list(dict.fromkeys([*read, *_on_blamed_lines(finding, answers_with(root, statuses))]))


def _on_blamed_lines(finding: Finding, nodes: Iterable[Node]) -> Iterator[Node]:
    lines = {line for span in finding.blame for line in range(span.first, span.last + 1)}
    yield from (node for node in nodes if lines & set(range(lines_of(node)[0], lines_of(node)[1] + 1)))


def _with_status(
    root: Node,
    answers: Iterable[Node],
    statuses: set[str],
    right: Callable[[Node], str | tuple[str, str, str] | None],
) -> Iterator[TextEdit]:
    """Yield the wrong statuses in some answers as the right one; ``right`` says which, or of which two by what."""
    constants = constants_of(root)
    for answer in answers:
        due = right(answer)
        for node in walk(answer) if due is not None else ():
            if node.type not in _EDITED or due is None or status_of(node, constants) not in statuses:
                continue
            if isinstance(due, str):
                new = written_like(node, due, constants)
            else:
                id = due[0]
                first, second = (written_like(node, status, constants) for status in due[1:])
                new = f"{first} if {id} else {second}" if root.type == "module" else f"{id} ? {first} : {second}"
                new = f"({new})" if is_error_class(node) else new
            if new != text_of(node):
                yield TextEdit(node.start_byte, node.end_byte, new)


def _without_body(root: Node, answer: Node, statuses: set[str]) -> Iterator[TextEdit]:
    """Yield the removal of a written body behind the status, where a function of the file is called with both."""
    own = {function_name(node) for node in walk(root) if node.type in FUNCTIONS} - {""}
    constants = constants_of(root)
    for call in walk(answer):
        given = arguments_of(call) if call.type in CALLS and callee_of(call).rpartition(".")[2] in own else []
        at = next((number for number, part in enumerate(given) if status_of(part, constants) in statuses), len(given))
        if given[at + 1 :] and all(part.type in _WRITTEN for part in given[at + 1 :]):
            yield TextEdit(given[at].end_byte, given[-1].end_byte, "")


def _accepted(root: Node, answer: Node) -> Iterator[TextEdit]:
    """Yield an answer without a status as an empty 202, in the words of the framework that the file is written for."""
    returned = next((part for part in answer.named_children if part.type != "comment"), None)
    if returned is None and root.type == "program":
        # `res.json({}); return;`
        before = answer.prev_named_sibling
        if answer.type == "return_statement" and before is not None and before.type == "expression_statement":
            yield from _accepted(root, before)
        return
    if answer.type not in _ENDS:
        return
    modules = "\n".join(text_of(node) for node in root.named_children if _is_import(node))
    for framework in _FRAMEWORKS:
        found = framework.answer.match(text_of(returned))
        if framework.root != root.type or found is None or not framework.imported.search(modules):
            continue
        new = framework.accepted.format(found[1])
        if returned is None:
            yield TextEdit(answer.end_byte, answer.end_byte, f" {new}")
        else:
            yield TextEdit(returned.start_byte, returned.end_byte, new)
        if framework.module and "Response" not in python_names(root):
            yield from import_python(root, f"from {framework.module} import Response")
        return


def _is_import(node: Node) -> bool:
    return "import" in node.type or "require(" in text_of(node)


def _within(edit: TextEdit, node: Node) -> bool:
    return node.start_byte <= edit.start < node.end_byte
