"""The values of a header that a server accepts, by a constant of its own file, or by one to be added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, text_of, walk
from harness.profiles.mcp.rules.session_names import variables

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from tree_sitter import Node

_LISTS: Final = frozenset({"array", "list", "set", "tuple", "new_expression", "call"})


@dataclass(frozen=True, slots=True)
class AcceptedValues:
    """The values of a header that a server accepts, as its file can name them."""

    contains: str
    """A condition that holds where they lack ``{value}``."""
    listed: str
    """They, as a list."""
    definition: str = ""
    """A line to add; empty if the file has them already."""


def accepted_values(root: Node, wanted: Sequence[str], like: re.Pattern[str], constant: str) -> AcceptedValues:
    """Return values by a constant of the file that has them; else by one to be added.

    Args:
        root: of the file.
        wanted: what has to be accepted.
        like: what all values of such a constant are like.
        constant: the name of one to be added.
    """
    python = root.type == "module"
    for name, value in variables(root):
        if not _is_of_file(root, value):
            continue
        plain = value.named_children[0] if value.type in {"as_expression", "satisfies_expression"} else value
        strings = {text_of(node).strip("\"'`") for node in walk(plain) if node.type == "string"}
        if plain.type == "string" and set(wanted) == strings:
            lacks = f"{{value}} {'!=' if python else '!=='} {name}"
            return AcceptedValues(lacks, f"[{name}]")
        fitting = bool(strings) and all(map(like.fullmatch, strings))
        if plain.type in _LISTS and fitting and strings >= set(wanted):
            if python:
                return AcceptedValues(f"{{value}} not in {name}", f"list({name})")
            if plain.type == "new_expression":
                return AcceptedValues(f"!{name}.has({{value}})", f"[...{name}]")
            held = f"({name} as readonly string[])" if value.type == "as_expression" else name
            return AcceptedValues(f"!{held}.includes({{value}})", f"[...{name}]")
    listed = ", ".join(f'"{one}"' for one in wanted)
    if python:
        definition = f"{constant} = [{listed}]"
        return AcceptedValues(f"{{value}} not in {constant}", constant, definition)
    return AcceptedValues(f"!{constant}.includes({{value}})", constant, f"const {constant} = [{listed}];")


def _is_of_file(root: Node, value: Node) -> bool:
    """Return whether a variable is set outside of any function and class, so that every function sees it."""
    here = value.parent
    while here is not None and here != root:
        if here.type in FUNCTIONS or here.type in {"class_definition", "class_body"}:
            return False
        here = here.parent
    return True
