"""HTTP statuses as code writes them: numbers, constants, names of libraries, and exceptions that stand for one."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of, walk
from harness.profiles.mcp.rules.session_names import variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

_NAMED: Final = re.compile(
    r"(?:\bHTTP_(?P<code>\d{3})_(?P<rest>\w+)|\b(?:HTTPStatus|StatusCodes?)(?:\.|::)(?P<upper>\w+)$"
    r"|\bhttp\.Status(?P<go>\w+)$|\bHttpStatusCode\.(?P<camel>\w+)$|\b(?:SC_|HttpStatus\.)(?P<java>\w+)$"
    r"|\bHTTP(?P<error>[A-Z][a-z]\w+)$)"
)
"""Names of statuses: Starlette's and Django REST's, the standard library's, a package of Node's, Rust's, Go's, Ktor's,
those of servlets and Spring, and the exceptions of aiohttp and Pyramid."""
_MEMBERS: Final = frozenset(
    {"attribute", "member_expression", "selector_expression", "field_access", "navigation_expression",
     "scoped_identifier"}
)  # fmt: skip
_NUMBERS: Final = frozenset({"number", "integer", "int_literal", "decimal_integer_literal", "number_literal"})
_STATUS: Final = re.compile(r"[1-5]\d\d")


@lru_cache(maxsize=8)
def constants_of(root: Node) -> Mapping[str, str]:
    """Return the names of a file that stand for one number: variables, and members of objects, enums and classes.

    Each finding about a file asks for them: those of the last files are kept.
    """
    values: dict[str, set[str]] = {}
    for name, value in (*variables(root), *_members(root)):
        values.setdefault(name, set()).add(status_of(value, {}) or "")
    return {name: next(iter(found)) for name, found in values.items() if len(found) == 1 and found != {""}}


def status_of(node: Node, constants: Mapping[str, str]) -> str | None:
    """Return the number that an expression is: a literal, a constant of the file, or a status by its name."""
    if node.type in _NUMBERS:
        return text_of(node)
    if node.type == "identifier":
        return constants.get(text_of(node))
    if node.type not in _MEMBERS:
        return None
    text = text_of(node)
    if text in constants:
        return constants[text]
    named = _NAMED.search(text)
    if named is None:
        return None
    # Go writes StatusBadRequest for BAD_REQUEST, Ktor BadRequest
    name = next((_upper(named[kind]) for kind in ("go", "camel", "error") if named[kind]), "")
    name = name or named["upper"] or named["java"] or ""
    return named["code"] or (str(HTTPStatus[name].value) if name in HTTPStatus.__members__ else None)


def written_like(node: Node, right: str, constants: Mapping[str, str]) -> str:
    """Return a status in the way that the code writes another: by the file's constant, by the library's name.

    Args:
        node: the expression that is another status.
        right: the status, a number.
        constants: of the file.
    """
    text = text_of(node)
    if text in constants:
        group = text.rpartition(".")[0]
        beside = (name for name, value in constants.items() if value == right and name.rpartition(".")[0] == group)
        of_its_name = HTTPStatus(int(right)).name
        return min(beside, key=lambda name: (_upper(name.rpartition(".")[2]) != of_its_name, len(name)), default=right)
    named = _NAMED.search(text) if node.type in _MEMBERS else None
    kind = named.lastgroup if named is not None else None
    if named is None or kind is None:
        return right
    name = HTTPStatus(int(right)).name
    if kind == "rest":
        return f"{text[: named.start()]}HTTP_{right}_{name}"
    new = name if kind in {"upper", "java"} else "".join(word.capitalize() for word in name.split("_"))
    return text[: named.start(kind)] + new


def is_error_class(node: Node) -> bool:
    """Return whether an expression is an exception that stands for a status: ``web.HTTPBadRequest``."""
    named = _NAMED.search(text_of(node)) if node.type in _MEMBERS else None
    return named is not None and named["error"] is not None


def _members(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield each member of an object, an enum or a class whose value is a number."""
    for node in walk(root):
        match node.type:
            case "variable_declarator":
                value, name = node.child_by_field_name("value"), text_of(node.child_by_field_name("name"))
                held = next((part for part in walk(value) if part.type == "object"), None) if value else None
                for pair in held.named_children if held is not None else ():
                    key, number = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                    if number is not None and _STATUS.fullmatch(text_of(number)):
                        yield f"{name}.{text_of(key)}", number
            case "enum_declaration" | "class_definition":
                name, body = text_of(node.child_by_field_name("name")), node.child_by_field_name("body")
                for part in body.named_children if body is not None else ():
                    member = part.named_children[0] if part.type == "expression_statement" else part
                    key = member.child_by_field_name("name") or member.child_by_field_name("left")
                    number = member.child_by_field_name("value") or member.child_by_field_name("right")
                    if key is not None and number is not None and _STATUS.fullmatch(text_of(number)):
                        yield f"{name}.{text_of(key)}", number
            case _:
                pass


def _upper(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
