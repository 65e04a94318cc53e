"""The calls of a program's own functions: where it calls them, and where it hands them on to be called."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import COMMAND, Branch, Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts

_ITSELF: Final = frozenset({"self", "cls", "this", "super()", "?"})
"""First parts of names of methods of the program's own objects; ``?`` is one that is made in place."""
_ALONE: Final = frozenset({"click.command", "typer.command"})
"""Decorators of the one function that a program is."""
_NAME: Final = re.compile(r"(?:[\w$]+\.)*([\w$#]+)")
"""A function as it is handed on."""
_WORD: Final = re.compile(r"[\w$]+")


@dataclass(frozen=True, slots=True)
class OwnCalls:
    """The calls of a program's own functions, by their last names."""

    direct: Mapping[str, Sequence[Call]]
    """Calls of them."""
    handing: Mapping[str, Sequence[Call]]
    """Calls that are given them, and may call them."""
    commands: Mapping[str, str]
    """Functions that a library calls if the first word of a command is this; empty where it calls them anyway."""
    mentioned: frozenset[str]
    """Words in what variables are given: functions may be among them."""

    def of(self, function: str) -> tuple[Call, ...]:
        """Return all calls that lead to a function, from outside of it."""
        found = (*self.direct.get(function, ()), *self.handing.get(function, ()))
        return tuple(call for call in found if function not in call.within)


def own_calls(files: Sequence[CodeFacts]) -> OwnCalls:
    """Return the calls of a program's own functions.

    A method of an object that comes from a library is not a function of the program that has the same name.

    Args:
        files: facts of its files.
    """
    calls = [call for code in files for call in code.calls]
    functions = {name for call in calls for name in call.within} | {n for code in files for n in code.parameters}
    strange = _strange(files)
    parsers = {c.target: c.arguments[0] for c in calls if c.last == "add_parser" and c.target and c.arguments}
    direct: dict[str, list[Call]] = {}
    handing: dict[str, list[Call]] = {}
    for call in calls:
        if call.last in functions and ("." not in call.name or call.name.partition(".")[0] not in strange):
            direct.setdefault(call.last, []).append(call)
        for name in {name for name in _handed(call) if name in functions}:
            parser = parsers.get(call.name.rpartition(".")[0]) if call.last == "set_defaults" else None
            tests = () if parser is None else (Branch(f"{COMMAND} == {parser!r}", holds=True),)
            handing.setdefault(name, []).append(replace(call, branches=(*call.branches, *tests)))
    words = frozenset(word for code in files for text in code.values.values() for word in _WORD.findall(text))
    return OwnCalls(direct, handing, dict(_commands(files)), words)


def _strange(files: Sequence[CodeFacts]) -> frozenset[str]:
    """First parts of names that belong to libraries: modules, their things, and objects that those make."""
    imported = {i for code in files for i in code.imports if not i.relative}
    names = {name for i in imported for name in (i.names or (i.module.partition(".")[0],))}
    own = {name for code in files for name in (*code.bases, *code.parameters)} | _ITSELF
    calls = [call for code in files for call in code.calls]
    made = {c.target for c in calls if c.target and c.name.partition(".")[0].removesuffix("()") not in own}
    free = {name for code in files for name in code.free}
    return frozenset((names | made | free) - own)


def _commands(files: Sequence[CodeFacts]) -> Iterator[tuple[str, str]]:
    """Functions with decorators, and the words by which Click or Typer choose between several of them."""
    decorators = [decorator for code in files for decorator in code.decorators if decorator.target]
    choosing = [d.last == "command" and "." in d.name and d.name not in _ALONE for d in decorators]
    several = sum(choosing) > 1 or any(d.last == "group" for d in decorators)
    for one, chooses in zip(decorators, choosing, strict=True):
        named = one.keywords.get("name", one.arguments[0] if one.arguments else None)
        usual = (one.target or "").replace("_", "-")
        yield one.target or "", "" if not (chooses and several) else named if isinstance(named, str) else usual


def _handed(call: Call) -> Iterator[str]:
    """The names of functions that a call is given."""
    for value in (*call.arguments, *call.keywords.values()):
        if isinstance(value, Ref) and (name := _NAME.fullmatch(value.text)):
            yield name[1]
