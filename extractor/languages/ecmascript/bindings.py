"""The names that TypeScript and JavaScript bind, and what they are given: variables, parameters, parts of objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, text_of
from extractor.languages.ecmascript.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

    from extractor.languages.ecmascript.nodes import Spot

_PATH: Final = re.compile(r"[\w$]+(?:\.[\w$]+)*")
_MAX_GIVEN: Final = 200
_LONG: Final = "$long"
"""In place of an expression that is too long to be repeated for each name."""


def parameters_of(spots: Iterable[Spot]) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Yield functions, and their parameters in order with their defaults as written, None without one.

    The name of one that takes an object or a list apart is empty; what it takes follows. A constructor goes by the name
    of its class.
    """
    for spot in spots:
        if spot.node.type not in FUNCTIONS:
            continue
        taken = spot.node.child_by_field_name("parameters")
        single = spot.node.child_by_field_name("parameter")
        nodes = taken.named_children if taken is not None else [single] if single is not None else []
        found: list[tuple[str, str | None]] = []
        apart: list[tuple[str, str | None]] = []
        for node in nodes:
            name = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            if name.type in ("object_pattern", "array_pattern"):
                found.append(("", None))
                apart += ((text, default or None) for text, default in bindings_of(name, "", None))
            elif name.type == "identifier":
                found.append((text_of(name), text_of(value) if value is not None else None))
        yield _function_name(spot), found + apart


def _function_name(spot: Spot) -> str:
    name = name_of(spot) or "<anonymous>"
    around = next((node for node in spot.ancestors() if node.type.startswith("class")), None)
    made = around.child_by_field_name("name") if around is not None and name == "constructor" else None
    made = next((n.child_by_field_name("name") for n in spot.ancestors() if n.type == "class_declaration"), made)
    return text_of(made) if made is not None and name == "constructor" else name


def bindings_of(name: Node, given: str, value: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the names that a pattern binds, and what they are given, as written; empty for what is not known.

    Args:
        name: the pattern.
        given: what it takes apart, as written.
        value: the same.
    """
    given = given if len(given) <= _MAX_GIVEN or not name.type.endswith("_pattern") else _LONG
    match name.type:
        case "identifier" | "property_identifier" | "private_property_identifier":
            yield text_of(name), given
            if value is not None and value.type in ("object", "as_expression", "satisfies_expression"):
                held = value if value.type == "object" else value.named_children[0]
                children = held.named_children
                spread = max((at for at, one in enumerate(children) if one.type == "spread_element"), default=-1)
                for at, pair in enumerate(children):
                    if pair.type == "pair":
                        key = text_of(pair.child_by_field_name("key"))
                        # what is spread behind it may replace it
                        value_text = text_of(pair.child_by_field_name("value")) if at > spread else ""
                        yield f"{text_of(name)}.{key}", value_text
        case "object_pattern":
            for child in name.named_children:
                yield from _taken_out(child, given)
        case "array_pattern":
            at = 0
            for child in name.children:
                at += child.type == ","
                if child.is_named and child.type in ("identifier", "assignment_pattern"):
                    left = child.child_by_field_name("left") or child
                    right = child.child_by_field_name("right")
                    item = f"({given})[{at}]" if given else ""
                    yield text_of(left), f"{item} ?? {text_of(right)}" if right is not None and item else item
        case _:
            return


def _taken_out(child: Node, given: str) -> Iterator[tuple[str, str]]:
    """What one part of a pattern for an object binds: ``port``, ``port = 80``, ``port: p``, ``port: p = 80``."""
    key = child.child_by_field_name("key") or child.child_by_field_name("left") or child
    bound = child.child_by_field_name("value") or key
    default = child.child_by_field_name("right")
    if bound.type == "assignment_pattern":
        bound, default = bound.child_by_field_name("left") or bound, bound.child_by_field_name("right")
    if bound.type not in ("identifier", "shorthand_property_identifier_pattern"):
        yield from bindings_of(bound, f"{given}.{text_of(key)}" if given else "", None)
        return
    written = text_of(default) if default is not None else ""
    held = given if _PATH.fullmatch(given) else f"({given})"
    item = f"{held}.{text_of(key)}" if given else ""
    yield text_of(bound), f"{item} ?? {written}" if item and written else item or written
