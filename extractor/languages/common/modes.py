"""Programs of several transports: which of them a command starts, by the conditions that its code puts on them.

The conditions are read as text, in the same way for every language: options and values that a test names, and whether
the command, its environment or a default of the program gives them. What is not understood decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Branch, Call, CodeFacts
    from extractor.model import ExampleKind

_MAX_DEPTH: Final = 3
"""Functions between a call and the test that decides about it."""
_AND: Final = re.compile(r"\s+and\s+|\s*&&\s*")
_OR: Final = re.compile(r"\s+or\s+|\s*\|\|\s*")
_NOT: Final = re.compile(r"(?:not\s+|!\s*(?!=))")
_EQUALS: Final = re.compile(r"(?P<left>[^=!<>]+?)\s*(?P<sign>===?|!==?)\s*(?P<quote>['\"`])(?P<text>[\w-]+)(?P=quote)")
_VARIABLE: Final = re.compile(
    r"(?:process|Bun|import\.meta)\.env(?:\.(?P<name>\w+)|\[\s*['\"](?P<key>\w+)['\"]\s*\])"
    r"|(?:os\.)?(?:getenv\(|environ\.get\(|environ\[)\s*['\"](?P<read>\w+)['\"]"
    r"(?:\s*,\s*['\"](?P<default>[\w-]*)['\"])?\s*[\])]"
)
"""A read of the environment within a test."""
_MEMBER: Final = re.compile(
    r"(?P<quote>['\"])(?P<text>[\w-]+)(?P=quote)\s+(?P<absent>not\s+)?in\s+(?:sys\.)?argv\b.*"
    r"|(?:\w+\.)*(?:argv|args)(?:\.slice\(\d\))?\.includes\(\s*['\"`](?P<other>[\w-]+)['\"`]\s*\)"
)
_NAME: Final = re.compile(r"(?:[\w$]+\??\.)*(?P<name>[\w$]+)")
_ARGUMENT_AT: Final = re.compile(r"(?:\w+\.)?argv\[\d\]")
_ARGUMENT_PARTS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_GENERAL: Final = frozenset({"use", "is", "enable", "enabled", "mode", "transport", "server", "run", "args", "with"})
"""Parts of names that say nothing of a transport."""
_DECLARING: Final = frozenset({"add_argument", "option", "Option"})
"""Calls that declare an option of the command line."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a program serves."""

    kind: ExampleKind
    branches: tuple[Branch, ...]
    """What has to hold, or not to hold; empty for what runs anyway."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The ways in which a program serves, in order of its code, and the defaults of its options and variables."""

    ways: tuple[Mode, ...]
    defaults: Mapping[str, str]

    def kind(self, command: Sequence[str], environment: Mapping[str, str]) -> ExampleKind | None:
        """Return the kind that the program is if it is started by a command; None if that cannot be told.

        Args:
            command: argument vector; of it, the words after the program's file are of interest.
            environment: what is set for it.
        """
        given = _Given(_words(command), _options(command), {k.lower(): v.lower() for k, v in environment.items()})
        held = [(way, _held(way.branches, given, self.defaults)) for way in self.ways]
        sure = [way for way, holds in held if holds]
        chosen = next((way for way in sure if way.branches), None)
        if chosen is not None:
            return chosen.kind
        if any(holds is None for _, holds in held) or len({way.kind for way in sure}) != 1:
            return None
        return sure[0].kind


@dataclass(frozen=True, slots=True)
class _Given:
    words: frozenset[str]
    """Options and arguments, lower case, without dashes in front."""
    options: Mapping[str, str]
    """Values of options, by their names."""
    variables: Mapping[str, str]


def modes_of(calls: Sequence[tuple[Call, ExampleKind]], files: Sequence[CodeFacts]) -> Modes | None:
    """Return the modes of a program; None if it has only one kind.

    Args:
        calls: that serve, and what the program is by each of them.
        files: facts of the program's files.
    """
    ways = tuple(Mode(kind, _branches(call, files)) for call, kind in calls)
    if len({way.kind for way in ways}) < 2:
        return None
    return Modes(ways, dict(_defaults(files)))


def _branches(call: Call, files: Sequence[CodeFacts]) -> tuple[Branch, ...]:
    """The tests around a call, and around the calls of the functions that it is in."""
    calls = [one for code in files for one in code.calls]
    found, function = call.branches, call.function
    for _ in range(_MAX_DEPTH):
        site = next((one for one in calls if one.last == function and one.function != function), None)
        if function is None or site is None:
            break
        found, function = (*site.branches, *found), site.function
    return found


def _defaults(files: Sequence[CodeFacts]) -> Iterator[tuple[str, str]]:
    """What options and variables are unless they are given, by their names."""
    for code in files:
        for name, text in code.constants.items():
            yield _plain(name), text.lower()
        for read in code.environment:
            if read.default is not None:
                yield _plain(read.name), read.default.lower()
        for call in (*code.calls, *code.decorators):
            default = call.keywords.get("default")
            if call.last in _DECLARING and isinstance(default, str):
                for option in call.arguments:
                    if isinstance(option, str) and option.startswith("-"):
                        yield _plain(option), default.lower()


def _held(branches: Sequence[Branch], given: _Given, defaults: Mapping[str, str]) -> bool | None:
    """Whether all of some tests turn out as they have to; None if one is not understood and no other one fails."""
    held = [_test(branch.test, given, defaults) for branch in branches]
    outcomes = [None if holds is None else holds is branch.holds for holds, branch in zip(held, branches, strict=True)]
    if False in outcomes:
        return False
    return None if None in outcomes else True


def _test(test: str, given: _Given, defaults: Mapping[str, str]) -> bool | None:
    """Whether a test holds; None if it is not understood."""
    text = _unwrapped(test)
    for sign, whole in ((_OR, any), (_AND, all)):
        parts = sign.split(text)
        if len(parts) > 1:
            known = [holds for part in parts if (holds := _test(part, given, defaults)) is not None]
            return whole(known) if known else None
    if negated := _NOT.match(text):
        inner = _test(text[negated.end() :], given, defaults)
        return None if inner is None else not inner
    if equal := _EQUALS.fullmatch(text):
        holds = _equals(equal["left"], equal["text"].lower(), given, defaults)
        return holds if holds is None or equal["sign"].startswith("=") else not holds
    if member := _MEMBER.fullmatch(text):
        there = _plain(member["text"] or member["other"]) in given.words
        return there is not bool(member["absent"])
    if name := _NAME.fullmatch(text):
        return _is_given(name["name"], given)
    return None


def _equals(left: str, text: str, given: _Given, defaults: Mapping[str, str]) -> bool | None:
    """Whether a name has a value: one that is given, else its default; None if neither is known."""
    if read := _VARIABLE.search(left):
        name = read["name"] or read["key"] or read["read"]
        return given.variables.get(name.lower(), (read["default"] or "").lower()) == text
    if text in given.words or text in given.variables.values():
        return True
    if _ARGUMENT_AT.fullmatch(left):
        return False
    names = [_plain(name) for name in re.findall(r"[\w-]+", left)]
    for name in reversed(names):
        value = given.options.get(name) or given.variables.get(name.replace("-", "_")) or defaults.get(name)
        if value is not None:
            return value == text
    return None


def _is_given(name: str, given: _Given) -> bool:
    """Whether an option or a variable of such a name is given."""
    parts = {part.lower() for part in _ARGUMENT_PARTS.findall(name)} - _GENERAL
    words = {part for word in given.words for part in word.split("-")}
    return bool(parts & words) or name.lower() in given.variables


def _unwrapped(text: str) -> str:
    """Without the parentheses around it all."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    return text


def _plain(word: str) -> str:
    """``--use-http`` and ``USE_HTTP`` as ``use-http``."""
    return word.lstrip("-").replace("_", "-").lower()


def _words(command: Sequence[str]) -> frozenset[str]:
    words = (part for word in command[1:] for part in word.split("=", 1))
    return frozenset(_plain(word) for word in words if not word.endswith((".py", ".js", ".ts", ".mjs", ".mts")))


def _options(command: Sequence[str]) -> dict[str, str]:
    found = {}
    for at, word in enumerate(command):
        name, equals, value = word.partition("=")
        if not name.startswith("-"):
            continue
        if not equals and at + 1 < len(command) and not command[at + 1].startswith("-"):
            value = command[at + 1]
        if value:
            found[_plain(name)] = value.lower()
    return found
