"""Reading syntax trees of tree-sitter, in the same way for every language. Nothing is run, and nothing recurses."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tree_sitter import Language, Node, Parser

from extractor.languages.common.facts import Call, CodeError, CodeFacts, Text, refuse_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from extractor.languages.common.facts import Import

QUOTES: Final = ("'", '"', "`")
BESIDE_QUOTE: Final = re.compile(r"""(?<=["'`])[\w/.:-]+|[\w/.:-]+(?=["'`])""")
"""A word beside a quote: where a quote is missing, what is a text is not known."""
_CALLED: Final = re.compile(r"(?<![\w$.])[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*(?=\()")
MAX_DEPTH: Final = 500
"""Nesting beyond which a text is refused: no person writes it, and work grows with depth."""
MOST_PARSE_S: Final = 1.0
"""Processor time; 100,000 characters of sound code take a hundredth of it."""
_READ_BYTES: Final = 256
"""That a parser is given at a time."""
_ANGLES: Final = re.compile(r"[<>;{}]")
_KEPT_BYTES: Final = 64 * 1024
"""Programs up to this length have their nodes kept, while they are looked through: some 10 MiB of them at most."""
FUNCTIONS: Final = frozenset(
    {"function_declaration", "generator_function_declaration", "function_expression", "generator_function",
     "arrow_function", "method_definition", "function_definition", "method_declaration", "func_literal",
     "constructor_declaration", "lambda_expression", "lambda_literal", "anonymous_function", "function_item",
     "closure_expression"}
)  # fmt: skip
STATEMENTS: Final = frozenset(
    {"expression_statement", "return_statement", "throw_statement", "raise_statement", "if_statement",
     "lexical_declaration", "variable_declaration", "assignment", "short_var_declaration", "assignment_statement",
     "local_variable_declaration", "property_declaration", "let_declaration"}
)  # fmt: skip
CALLS: Final = frozenset(
    {"call_expression", "call", "new_expression", "method_invocation", "object_creation_expression"}
)


class SlowCodeError(ValueError):
    """A text takes longer to parse than any code that a person wrote."""


def parse(grammar: object, text: str) -> Node:
    """Return the root of a text's syntax tree.

    Args:
        grammar: what the ``language`` function of a grammar's package returns.
        text: the code.

    Raises:
        SlowCodeError: the parser does not come to an end of what it cannot read.
    """
    if text.count("<") > MAX_DEPTH and _opened_angles(text) > MAX_DEPTH:
        raise SlowCodeError("too deeply nested")
    code = text.encode("utf-8", "replace")
    parser, latest, late = Parser(Language(grammar)), time.process_time() + MOST_PARSE_S, False

    def read(begin: int, _: object) -> bytes:
        nonlocal late
        late = late or time.process_time() > latest
        return b"" if late else code[begin : begin + _READ_BYTES]

    try:
        # reading is the only place where a parse can be ended: the parser is given the end of the text there
        parts = parser.parse(read)
    except SystemError as error:
        # other limits end it there as well, and the parser reads on
        raise _first_cause(error) from None
    if late:
        raise SlowCodeError(f"takes more than {MOST_PARSE_S:g} s to parse")
    # a tree of parts does not know its text; it is quickly made anew where it is sound
    return parser.parse(code, parts).root_node


def _opened_angles(text: str) -> int:
    """How many angle brackets, of type arguments as it seems, are open at most: parsers look for the end of each."""
    most = opened = 0
    for sign in _ANGLES.findall(text):
        opened = max(0, opened + (1 if sign == "<" else -1)) if sign in "<>" else 0
        most = max(most, opened)
    return most


def _first_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def facts_of(text: str, title: str, tree: Callable[[str], Node], read: Callable[[Node], CodeFacts]) -> CodeFacts:
    """Return the facts of a text; an error alone if it is too long or nested too deeply to be read.

    Args:
        text: the code.
        title: the language's name, for the error.
        tree: returns the root of the text's syntax tree.
        read: finds the facts in a tree, which may have errors.
    """
    if too_large := refuse_large(text, title):
        return too_large
    try:
        root = tree(text)
    except SlowCodeError as error:
        return CodeFacts(error=CodeError(str(error), 1))
    if too_deep(root):
        return CodeFacts(error=CodeError("too deeply nested", 1))
    facts = read(root)
    return _with_open_texts(facts, text) if facts.error else facts


def _with_open_texts(facts: CodeFacts, text: str) -> CodeFacts:
    """The facts of a broken text with the calls, and the words beside a quote, of lines where a quote is missing."""
    texts, calls = list(facts.texts), list(facts.calls)
    known = {(call.name, call.line) for call in calls}
    for number, line in enumerate(text.split("\n"), 1):
        if any(line.count(quote) % 2 for quote in QUOTES):
            texts += [Text(word.rstrip(":"), number) for word in BESIDE_QUOTE.findall(line)]
            calls += [Call(name, number) for name in _CALLED.findall(line) if (name, number) not in known]
    return replace(facts, texts=tuple(texts), calls=tuple(calls))


def first_error(root: Node, title: str) -> CodeError | None:
    """Return the first place that does not parse; None if the whole tree is sound.

    Args:
        root: of the tree.
        title: the language's name, for the error.
    """
    if not root.has_error:
        return None
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            return CodeError(f"does not parse as {title}", line_of(node))
        stack += [child for child in reversed(node.children) if child.has_error or child.is_missing]
    return CodeError(f"does not parse as {title}", 1)


def imported_names(imports: Iterable[Import]) -> dict[str, int]:
    """Return the names that imports bind, with the line of the first import of each."""
    names: dict[str, int] = {}
    for imported in imports:
        for name in imported.names:
            if name != "*":
                names.setdefault(name, imported.line)
    return names


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all below it, in the order of the text."""
    # many rules look through the same program
    return iter(_nodes_of(node)) if node.parent is None and node.end_byte <= _KEPT_BYTES else _walk(node)


@lru_cache(maxsize=8)
def _nodes_of(root: Node) -> tuple[Node, ...]:
    return tuple(_walk(root))


def _walk(node: Node) -> Iterator[Node]:
    # a cursor: asked for its children, a node keeps them for as long as it lives
    cursor = node.walk()
    while True:
        if (here := cursor.node) is not None:
            yield here
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def too_deep(root: Node) -> bool:
    """Return whether the tree is nested deeper than :data:`MAX_DEPTH`."""
    cursor, depth = root.walk(), 0
    while True:
        if cursor.goto_first_child():
            depth += 1
            if depth > MAX_DEPTH:
                return True
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
            depth -= 1


def text_of(node: Node | None) -> str:
    """Return a node's text as written; empty for None."""
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def line_of(node: Node) -> int:
    """Return a node's first line, 1-based."""
    return node.start_point[0] + 1


def lines_of(node: Node) -> tuple[int, int]:
    """Return a node's first and last line, 1-based."""
    return line_of(node), node.end_point[0] + 1


def enclosing(node: Node, kinds: frozenset[str]) -> Node | None:
    """Return the nearest ancestor of one of ``kinds``; None if it has no such ancestor."""
    here = node.parent
    while here is not None and here.type not in kinds:
        here = here.parent
    return here


def callee_of(call: Node) -> str:
    """Return what a call calls, as written: ``response.sendError``, ``JSONResponse``."""
    named = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if named is not None:
        return text_of(named)
    if call.type == "method_invocation":
        whose, name = call.child_by_field_name("object"), text_of(call.child_by_field_name("name"))
        return f"{text_of(whose)}.{name}" if whose is not None else name
    made = call.child_by_field_name("type")
    return text_of(made if made is not None else next(iter(call.named_children), None))


def arguments_of(call: Node) -> list[Node]:
    """Return the arguments of a call; of those with a name the value."""
    given = call.child_by_field_name("arguments")
    if given is None:
        given = next((child for child in call.named_children if child.type == "value_arguments"), None)
    arguments = given.named_children if given is not None else []
    return [part.named_children[-1] if part.type == "value_argument" and part.named_children else part
            for part in arguments]  # fmt: skip


def statement(node: Node) -> Node:
    """Return the smallest statement that holds ``node`` in its function; ``node`` outside any (``() => x``)."""
    here = node
    while (above := here.parent) is not None and above.type not in FUNCTIONS:
        # the value of a block or a case in Rust and Kotlin: an expression without a statement around it
        if above.type in {"match_arm", "when_entry"} or (above.type == "block" and here.type.endswith("_expression")):
            return here
        if above.type in STATEMENTS:
            return above
        if here.type == "return_expression" and above.type == "binary_expression":
            return here  # Kotlin: `… ?: return x`
        here = above
    return node
