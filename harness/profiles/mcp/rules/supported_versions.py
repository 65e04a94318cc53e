"""The protocol versions that a server supports, by a constant of its own file, or by one to be added."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, text_of, walk
from harness.profiles.mcp.rules.session_names import variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_LISTS: Final = frozenset({"array", "list", "set", "tuple", "new_expression", "call"})
_CONSTANT: Final = "SUPPORTED_VERSIONS"


@dataclass(frozen=True, slots=True)
class SupportedVersions:
    """The versions that a server supports, as its file can name them."""

    contains: str
    """A condition that holds where they lack ``{version}``."""
    listed: str
    """They, as a list."""
    definition: str = ""
    """A line to add; empty if the file has them already."""


def supported_versions(root: Node, negotiated: Sequence[str]) -> SupportedVersions:
    """Return the versions by a constant of the file that has them; else by one to be added."""
    python = root.type == "module"
    for name, value in variables(root):
        if not _is_of_file(root, value):
            continue
        plain = value.named_children[0] if value.type in {"as_expression", "satisfies_expression"} else value
        strings = {text_of(node).strip("\"'`") for node in walk(plain) if node.type == "string"}
        if plain.type == "string" and set(negotiated) == strings:
            lacks = f"{{version}} {'!=' if python else '!=='} {name}"
            return SupportedVersions(lacks, f"[{name}]")
        dates = bool(strings) and all(map(_DATE.fullmatch, strings))
        if plain.type in _LISTS and dates and strings >= set(negotiated):
            if python:
                return SupportedVersions(f"{{version}} not in {name}", f"list({name})")
            if plain.type == "new_expression":
                return SupportedVersions(f"!{name}.has({{version}})", f"[...{name}]")
            held = f"({name} as readonly string[])" if value.type == "as_expression" else name
            return SupportedVersions(f"!{held}.includes({{version}})", f"[...{name}]")
    listed = ", ".join(f'"{version}"' for version in negotiated)
    if python:
        definition = f"{_CONSTANT} = [{listed}]"
        return SupportedVersions(f"{{version}} not in {_CONSTANT}", _CONSTANT, definition)
    return SupportedVersions(f"!{_CONSTANT}.includes({{version}})", _CONSTANT, f"const {_CONSTANT} = [{listed}];")


def _is_of_file(root: Node, value: Node) -> bool:
    """Return whether a variable is set outside of any function and class, so that every function sees it."""
    here = value.parent
    while here is not None and here != root:
        if here.type in FUNCTIONS or here.type in {"class_definition", "class_body"}:
            return False
        here = here.parent
    return True
