"""Which of several constants of one name counts: a class replaces what its bases set. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, text_of
from harness.judge.blame.code import CLASSES
from harness.judge.blame.suspects import bound_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.blame.code import Code
    from harness.judge.blame.suspects import Suspect

_NAME: Final = re.compile(r"\w+")


def bases_of(code: Code) -> dict[str, set[str]]:
    """Return the classes of the files, each with those that it is made from, also indirectly."""
    direct: dict[str, set[str]] = {}
    for one in code.files:
        for node in one.nodes(CLASSES):
            if name := text_of(node.child_by_field_name("name")):
                heads = [node.child_by_field_name("superclasses"), *node.named_children]
                head = next(
                    (each for each in heads if each is not None and each.type in ("argument_list", "class_heritage")),
                    None,
                )
                direct[name] = set(_NAME.findall(text_of(head))) - {name}
    return {name: _all_of(name, direct) for name in direct}


def _all_of(name: str, direct: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for base in direct.get(waiting.pop(), ()):
            if base in direct and base not in found:
                found.add(base)
                waiting.append(base)
    return found


def overriding(code: Code) -> set[int]:
    """Return the functions that replace one of a base of their class, by the ids of their nodes."""
    bases = code.read(bases_of)
    members: dict[str, dict[str, int]] = {}
    for one in code.files:
        for node in one.functions:
            if (owner := enclosing(node, CLASSES)) is not None:
                name = text_of(node.child_by_field_name("name"))
                members.setdefault(text_of(owner.child_by_field_name("name")), {})[name] = node.id
    return {
        node
        for owner, named in members.items()
        for name, node in named.items()
        if any(name in members.get(base, {}) for base in bases.get(owner, ()))
        and not name.startswith(("__", "constructor"))
    }


def is_within(one: Suspect, functions: set[int]) -> bool:
    """Return whether a statement stands in one of some functions."""
    here = enclosing(one.node, FUNCTIONS) if functions else None
    while here is not None:
        if here.id in functions:
            return True
        here = enclosing(here, FUNCTIONS)
    return False


def in_effect(settings: Sequence[Suspect], bases: dict[str, set[str]]) -> list[Suspect]:
    """Return constants without those of classes that others are made from which set them anew."""
    owners = _owners(settings)
    return [
        one
        for one, owner in zip(settings, owners, strict=True)
        if not owner
        or not any(
            owner in bases.get(other, ()) and bound_name(each.node) == bound_name(one.node)
            for each, other in zip(settings, owners, strict=True)
        )
    ]


def set_anew(settings: Sequence[Suspect], bases: dict[str, set[str]]) -> set[int]:
    """Return the constants of classes that a base of theirs sets as well, by the ids of their nodes."""
    owners = _owners(settings)
    return {
        one.node.id
        for one, owner in zip(settings, owners, strict=True)
        if any(
            other in bases.get(owner, ()) and bound_name(each.node) == bound_name(one.node)
            for each, other in zip(settings, owners, strict=True)
        )
    }


def _owners(settings: Sequence[Suspect]) -> list[str]:
    """Return the names of the classes that constants are of; empty for those of files."""
    return [
        text_of(owner.child_by_field_name("name")) if (owner := enclosing(one.node, CLASSES)) else ""
        for one in settings
    ]
