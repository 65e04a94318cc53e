"""One server and transport for each client in place of one for all: what makes them becomes a function.

For the TypeScript SDK, under Express and ``node:http`` and with requests of the web's kind (Hono, Deno, Bun). The
Python SDK's servers make a transport for each session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, arguments_of, callee_of, enclosing, text_of, walk
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript

_NEW_NAMES: Final = frozenset({"sessions", "openSession", "sessionId", "opens"})
_TRANSPORT: Final = re.compile(r"(?:\w+\.)?\w*StreamableHTTPServerTransport")
_HEADER: Final = "mcp-session-id"
_BLOCKS: Final = frozenset({"statement_block", "switch_case", "switch_default"})
_AROUND: Final = _BLOCKS | {"if_statement", "else_clause"}
"""What a statement may be in."""
_NAMED: Final = frozenset({"identifier", "member_expression"})
"""How a handler has its request and response: `req`, Fastify's `request.raw`."""
_STEP: Final = "  "


@dataclass(frozen=True, slots=True)
class _Shared:
    """A transport that all clients share, and what is written around it."""

    transport: str
    """Its variable."""
    made: Node
    """The expression that makes it."""
    declared: Node
    """The statement that does."""
    setup: tuple[Node, ...]
    """The statements that make the server and the transport and connect them: beside each other, and nothing else."""


def open_per_client(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Make a server and a transport for each session: all that it takes, or nothing where a part does not fit."""
    used = {text_of(node) for node in walk(root) if node.type == "identifier"}
    shared = next(_shared(root), None)
    if shared is None or used & _NEW_NAMES:
        return
    handled = [node for node in walk(root) if _handles(node, shared.transport)]
    handlers = [_handler_edits(call, shared) for call in handled]
    options = list(_option_edits(shared))
    if not handlers or not options or any(edits is None for edits in handlers):
        return
    if len({enclosing(call, FUNCTIONS) for call in handled}) < len(handled):
        return
    yield from options
    yield from _setup_edits(shared)
    for edits in handlers:
        yield from edits or ()


def _shared(root: Node) -> Iterator[_Shared]:
    """Yield a transport that is made outside of every handler, connected to a server that is made beside it."""
    for node in walk(root):
        made = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        constructor = made.child_by_field_name("constructor") if made is not None else None
        declared, name = node.parent, text_of(node.child_by_field_name("name"))
        if (
            made is None
            or declared is None
            or declared.parent is None
            or not _TRANSPORT.fullmatch(text_of(constructor))
        ):
            continue
        around = [child for child in declared.parent.named_children if child.type != "comment"]
        connect = next((child for child in around if _connects(child, name)), None)
        server = _connects(connect, name) if connect is not None else ""
        setup = [child for child in around if {server, name} & _names(child) and not _answers(child, name)]
        first = around.index(setup[0]) if setup else 0
        whole = around[first : first + len(setup)] == setup
        if server and whole and setup[-1] == connect and all(_is_setup(child, server, name) for child in setup):
            yield _Shared(name, made, declared, tuple(setup))


def _connects(statement: Node, transport: str) -> str:
    """Return the server that a statement connects to the transport; empty if it does not."""
    found = re.fullmatch(rf"await (\w+)\.connect\({re.escape(transport)}\);?", text_of(statement))
    return found[1] if found else ""


def _names(node: Node) -> set[str]:
    return {text_of(part) for part in walk(node) if part.type == "identifier"}


def _answers(statement: Node, transport: str) -> bool:
    return any(_handles(part, transport) for part in walk(statement))


def _handles(node: Node, transport: str) -> bool:
    return node.type in CALLS and callee_of(node) == f"{transport}.handleRequest"


def _is_setup(statement: Node, server: str, transport: str) -> bool:
    """Whether a statement declares the two, or calls them: nothing that anything else needs."""
    if statement.type == "lexical_declaration":
        declared = [text_of(part.child_by_field_name("name")) for part in statement.named_children]
        return set(declared) <= {server, transport}
    return statement.type == "expression_statement" and text_of(statement).startswith(
        (f"{server}.", f"{transport}.", f"await {server}.")
    )


def _option_edits(shared: _Shared) -> Iterator[TextEdit]:
    """Yield what has the transport kept by its session's id, and forgotten with it; nothing if that is done already."""
    options = next(iter(arguments_of(shared.made)), None)
    pairs = {} if options is None else {text_of(p.child_by_field_name("key")): p for p in options.named_children}
    generator = pairs["sessionIdGenerator"].child_by_field_name("value") if "sessionIdGenerator" in pairs else None
    done = "onsessioninitialized" in pairs or any(f"{shared.transport}.onclose" in text_of(s) for s in shared.setup)
    if options is None or options.type != "object" or generator is None or text_of(generator) == "undefined" or done:
        return
    # a block: TypeScript cannot infer what an expression gives that names the variable being made
    keep = f"sessions.set(fresh, {shared.transport})"
    yield TextEdit.last_argument(options, f"onsessioninitialized: (fresh) => {{ {keep}{_end(shared)} }}")
    line = f"{shared.transport}.onclose = () => sessions.delete({shared.transport}.sessionId){_end(shared)}"
    edit = TextEdit.line_below(shared.declared, line)
    # every line but the first gets its indentation with the others
    first = shared.declared.end_point[0] == shared.setup[0].start_point[0]
    yield TextEdit(edit.start, edit.end, edit.new.replace("\n", f"\n{_STEP}") if first else edit.new)


def _end(shared: _Shared) -> str:
    return ";" if text_of(shared.declared).endswith(";") else ""


def _setup_edits(shared: _Shared) -> Iterator[TextEdit]:
    """Put the statements that make server and transport into a function, indented."""
    first, last, end = shared.setup[0], shared.setup[-1], _end(shared)
    indent = " " * first.start_point[1]
    head = f"const sessions = new Map(){end}\n{indent}const openSession = async () => {{\n{indent}{_STEP}"
    yield TextEdit(first.start_byte, first.start_byte, head)
    root = first
    while root.parent is not None:
        root = root.parent
    data, base = root.text or b"", root.start_byte
    texts = [(n.start_byte, n.end_byte) for s in shared.setup for n in walk(s) if n.type == "template_string"]
    at = data.find(b"\n", first.start_byte - base) + base + 1
    while base < at <= last.start_byte:
        line = data[at - base :].split(b"\n", 1)[0]
        if line.strip() and not any(start < at < stop for start, stop in texts):
            yield TextEdit(at, at, _STEP)
        at += len(line) + 1
    below = TextEdit.line_below(last, f"{_STEP}return {shared.transport}{end}")
    yield TextEdit(below.start, below.end, f"{below.new}\n{indent}}}{end}", indented=True)


def _handler_edits(call: Node, shared: _Shared) -> list[TextEdit] | None:
    """Return what finds the session's own transport in front of a call; None if the code around it does not fit."""
    function, opening = enclosing(call, FUNCTIONS), _opening(call, shared)
    body = function.child_by_field_name("body") if function is not None else None
    if function is None or body is None or not opening or function == enclosing(shared.declared, FUNCTIONS):
        return None
    is_async = text_of(function).startswith("async")
    edits = [] if is_async else [TextEdit(function.start_byte, function.start_byte, "async ")]
    here = call
    while here.parent is not None and here.parent.type not in _AROUND and here != body:
        here = here.parent
    above, end = here.parent, _end(shared)
    if above is None or above.child_by_field_name("condition") == here:
        return None
    if above.type in _BLOCKS and here != body:
        indent = " " * here.start_point[1]
        return [*edits, TextEdit(here.start_byte, here.start_byte, "".join(f"{line}\n{indent}" for line in opening))]
    # a body that is an expression, or a branch without a block, becomes a block
    last = f"return {text_of(here)}{end}" if here == body else text_of(here)
    indent = _indentation(here)
    block = "".join(f"\n{indent}{_STEP}{line}" for line in (*opening, last))
    return [*edits, TextEdit(here.start_byte, here.end_byte, f"{{{block}\n{indent}}}")]


def _opening(call: Node, shared: _Shared) -> tuple[str, ...]:
    """Return the lines that find or open a session; none if the call has other arguments than a request has."""
    given, end = arguments_of(call), _end(shared)
    request, response = ([text_of(each) if each.type in _NAMED else "" for each in given[:2]] + ["", ""])[:2]
    if not request or (len(given) > 1 and not response):
        return ()
    id = f'headers["{_HEADER}"]' if response else f'headers.get("{_HEADER}")'
    status = "sessionId ? 404 : 400"
    refused = (
        (f"{response}.writeHead({status}).end(){end}", f"return{end}")
        if response
        else (f"return new Response(null, {{ status: {status} }}){end}",)
    )
    return (
        f"const sessionId = {request}.{id}{end}",
        f'const opens = !sessionId && {request}.method === "POST"{end}',
        f"const {shared.transport} = opens ? await openSession() : sessions.get(sessionId){end}",
        f"if (!{shared.transport}) {{",
        *(f"{_STEP}{line}" for line in refused),
        "}",
    )


def _indentation(node: Node) -> str:
    """Return what stands in front of the line that a node begins in."""
    while node.parent is not None and node.parent.start_point[0] == node.start_point[0]:
        node = node.parent
    return " " * node.start_point[1]
