"""Programs of several transports: which of them a command starts, by the conditions that its code puts on them.

The conditions are read as text, in the same way for every language: options and values that a test names, and whether
the command, its environment or a default of the program gives them. What is not understood decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Branch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.model import ExampleKind

_MAX_DEPTH: Final = 3
"""Functions between a call and the test that decides about it."""
_MAX_NESTED: Final = 8
"""Tests within tests."""
_AND: Final = re.compile(r"\s+and\s+|\s*&&\s*")
_OR: Final = re.compile(r"\s+or\s+|\s*\|\|\s*")
_NOT: Final = re.compile(r"(?:not\s+|!\s*(?!=))")
_EQUALS: Final = re.compile(
    r"(?P<left>[^=!<>]+?)\s*(?P<sign>===?|!==?)\s*\[?(?P<quote>['\"`])(?P<text>[\w-]+)(?P=quote)\]?"
)
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
_CHOICE: Final = re.compile(
    r"['\"](?P<then>[\w-]+)['\"]\s+if\s+(?P<test>.+)\s+else\s+['\"](?P<other>[\w-]+)['\"]"
    r"|(?P<asked>[^?]+?)\s*\?\s*['\"`](?P<yes>[\w-]+)['\"`]\s*:\s*['\"`](?P<no>[\w-]+)['\"`]"
)
_ONE_OF: Final = re.compile(r"(?P<left>.+?)\s+in\s+[(\[{](?P<texts>[^()\[\]{}]+)[)\]}]")
_FLAG: Final = re.compile(r"--?\w[\w-]*")
_LITERAL: Final = re.compile(r"['\"`]([\w-]+)['\"`]")
_ARGUMENT_AT: Final = re.compile(r"(?:\w+\.)?argv\[\d:?\]")
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
    values: Mapping[str, str]
    """Variables and parameters, and what they are given, as written."""

    def kind(self, command: Sequence[str], environment: Mapping[str, str]) -> ExampleKind | None:
        """Return the kind that the program is if it is started by a command; None if that cannot be told.

        Args:
            command: argument vector; of it, the words after the program's file are of interest.
            environment: what is set for it.
        """
        variables = {name.lower(): value.lower() for name, value in environment.items()}
        given = _Given(_words(command), _options(command), variables, self.defaults, self.values)
        held = [(way, given.held(way.branches)) for way in self.ways]
        sure = [way for way, holds in held if holds]
        chosen = next((way for way in sure if way.branches), None)
        if chosen is not None:
            return chosen.kind
        if any(holds is None for _, holds in held) or len({way.kind for way in sure}) != 1:
            return None
        return sure[0].kind


@dataclass(frozen=True, slots=True)
class _Given:
    """What a program is started with, and what its code makes of that."""

    words: frozenset[str]
    """Options and arguments, lower case, without dashes in front."""
    options: Mapping[str, str]
    """Values of options, by their names."""
    variables: Mapping[str, str]
    defaults: Mapping[str, str]
    values: Mapping[str, str]

    def held(self, branches: Sequence[Branch]) -> bool | None:
        """Whether some tests turn out as they have to; None if one is not understood and no other one fails."""
        outcomes = [None if (holds := self.test(b.test)) is None else holds is b.holds for b in branches]
        if False in outcomes:
            return False
        return None if None in outcomes else True

    def test(self, test: str, depth: int = 0) -> bool | None:
        """Whether a test holds; None if it is not understood."""
        text = _unwrapped(test)
        if depth > _MAX_NESTED:
            return None
        for sign, whole in ((_OR, any), (_AND, all)):
            parts = sign.split(text)
            if len(parts) > 1:
                known = [holds for part in parts if (holds := self.test(part, depth + 1)) is not None]
                return whole(known) if known else None
        if negated := _NOT.match(text):
            inner = self.test(text[negated.end() :], depth + 1)
            return None if inner is None else not inner
        if equal := _EQUALS.fullmatch(text):
            holds = self._equals(equal["left"], _plain(equal["text"]))
            return holds if holds is None or equal["sign"].startswith("=") else not holds
        if one_of := _ONE_OF.fullmatch(text):
            outcomes = [self._equals(one_of["left"], _plain(each)) for each in _LITERAL.findall(one_of["texts"])]
            return None if None in outcomes else any(outcomes)
        if member := _MEMBER.fullmatch(text):
            there = _plain(member["text"] or member["other"]) in self.words
            return there is not bool(member["absent"])
        if name := _NAME.fullmatch(text):
            value = self.values.get(text)
            inner = self.test(value, depth + 1) if value is not None and not _NAME.fullmatch(value) else None
            return self._is_given(name["name"]) if inner is None else inner
        return None

    def _equals(self, left: str, text: str) -> bool | None:
        """Whether what stands left is a text: one that is given, else its default; None if neither is known."""
        if read := _VARIABLE.search(left):
            return self._variable(read, left) == text
        if text in self.words or text in self.variables.values():
            return True
        if _ARGUMENT_AT.fullmatch(left):
            return False
        names = [_plain(name) for name in re.findall(r"[\w-]+", left)]
        for name in reversed(names):
            value = self.options.get(name) or self.variables.get(name.replace("-", "_")) or self.defaults.get(name)
            if value is not None:
                return value == text
        written = self.values.get(left)
        if written is None:
            return None
        if read := _VARIABLE.search(written):
            return self._variable(read, written) == text
        literals = _LITERAL.findall(written)
        return literals[-1].lower() == text if literals else None

    def _variable(self, read: re.Match[str], text: str) -> str:
        """The value of a variable of the environment that a text reads: what is set, else what it falls back to."""
        name = read["name"] or read["key"] or read["read"]
        after = _LITERAL.findall(text[read.end() :])
        default = read["default"] or (after[-1] if after else "")
        return self.variables.get(name.lower(), default.lower())

    def _is_given(self, name: str) -> bool:
        """Whether an option or a variable of such a name is given."""
        parts = {part.lower() for part in _ARGUMENT_PARTS.findall(name)} - _GENERAL
        words = {part for word in self.words for part in word.split("-")}
        return bool(parts & words) or name.lower() in self.variables


def modes_of(calls: Sequence[tuple[Call, ExampleKind]], files: Sequence[CodeFacts]) -> Modes | None:
    """Return the modes of a program; None if it has only one kind.

    Args:
        calls: that serve, and what the program is by each of them.
        files: facts of the program's files.
    """
    ways = tuple(Mode(kind, _branches(call, files)) for call, kind in calls)
    if len({way.kind for way in ways}) < 2:
        return None
    return Modes(ways, dict(_defaults(files)), {name: text for code in files for name, text in code.values.items()})


def choices(call: Call, text: str) -> tuple[tuple[Call, str], ...]:
    """Return a call once for each of two texts between which an expression chooses, under its test; else nothing.

    Args:
        call: that is made with the value of the expression.
        text: the expression, as written: ``'http' if args.http else 'stdio'``, ``http ? "http" : "stdio"``.
    """
    found = _CHOICE.fullmatch(text.strip())
    if found is None:
        return ()
    test = found["test"] or found["asked"]
    pairs = ((found["then"] or found["yes"], True), (found["other"] or found["no"], False))
    return tuple((replace(call, branches=(*call.branches, Branch(test, holds))), chosen) for chosen, holds in pairs)


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
            texts = [value for value in call.arguments if isinstance(value, str)]
            # Commander's third argument; a keyword for everything else
            default = call.keywords.get("default", texts[2] if len(texts) > 2 else None)
            if call.last in _DECLARING and texts and isinstance(default, str):
                for name in _FLAG.findall(texts[0]) or texts[:1]:
                    yield _plain(name), default.lower()


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
