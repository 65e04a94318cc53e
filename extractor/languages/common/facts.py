"""The facts that a parser finds in one piece of code. The rest of the extractor never looks at code text itself."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_CODE_CHARS: Final = 100_000
"""Longer blocks are refused unparsed: no documented program comes near."""

LARGEST_NUMBER: Final = 2**63
"""Integers from here on are read as expressions: no port, and Python spells out no number of thousands of digits."""

SERVER_KEYS: Final = frozenset({"command", "url"})
"""A dictionary that has one of these as a value of another may be a server that a client is configured with."""

MAIN_OF: Final = "main of "
"""Of the JVM's languages: begins the name among those that a file defines that says which class has ``main``, whose
full name follows."""
PACKAGE: Final = "package "
"""The same for the package of a file."""


@dataclass(frozen=True, slots=True)
class Ref:
    """An expression that is not a literal, as written (``config.TRANSPORT``, ``randomUUID()``)."""

    text: str


Value = str | int | float | bool | Ref | None
"""A literal, or a :class:`Ref`; None is the language's own null."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of one module."""

    module: str
    """As written: ``express``, ``./tools.js``, ``.config``, ``google.cloud.storage``."""
    names: tuple[str, ...]
    """Names taken from it; empty for the module itself (``import * as z``), ``("*",)`` for all that it has."""
    line: int
    """1-based line of the text, as everywhere here."""
    relative: bool = False
    erased: bool = False
    """Types only: gone at run time."""
    guarded: bool = False
    """Inside ``try``: the program may run without it."""
    by_path: bool = False
    """Not imported, and named where code uses it (Rust's ``tokio::spawn``): another text may import its first part."""


_MAX_VALUE: Final = 200
_MAX_TURNS: Final = 800
"""Characters of what a variable is that is given several things in turn."""
_MOST_TURNS: Final = 10
_MADE: Final = re.compile(r"(?:await\s+)?new\s")
"""An object that is made."""
_UNSET: Final = "$unset"
"""What a variable is before it is given anything."""
_SELF: Final = "\0"
"""In place of a variable in what it is given."""
_TEXTS: Final = re.compile(r"(\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`)")


MOST_CASES: Final = 20
"""Of one choice between many that are looked at."""
UNKNOWN_TEST: Final = "?"
"""In place of tests that are too many."""
COMMAND: Final = "$command"
"""In tests: the first word that a program is given, where a library chooses a function by it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A test that a call stands under."""

    test: str
    """As written."""
    holds: bool
    """Whether the call is made if the test holds; False in the ``else`` of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call or construction."""

    name: str
    """Dotted, as written: ``app.listen``, ``uvicorn.run``, ``Flask``; ``?`` for a part that is not a name."""
    line: int
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    """Python's keyword arguments; in JavaScript the properties of the object literals among the arguments."""
    target: str | None = None
    """Name the result is assigned to."""
    function: str | None = None
    """Outermost function around it; None if it runs when the module is loaded."""
    statement: bool = False
    """Whether it is a whole statement: called for its effect."""
    entered: bool = False
    """Python: whether a ``with`` statement enters what it returns."""
    branches: tuple[Branch, ...] = ()
    """Python and JavaScript: the tests around it, also those around the functions that it is in, outermost first."""
    within: tuple[str, ...] = ()
    """Python and JavaScript: the functions around it, outermost first."""

    @property
    def last(self) -> str:
        """The part after the last dot: ``listen``."""
        return self.name.rpartition(".")[2]


def by_own_name(call: Call, aliases: Mapping[str, str]) -> Call:
    """Return a call by the name that its module gives to what it calls, not by the one that the import gives.

    Args:
        call: as written.
        aliases: the other names of imported things, by the name that the code uses.
    """
    first, dot, rest = call.name.partition(".")
    return replace(call, name=f"{aliases[first]}{dot}{rest}") if first in aliases else call


@dataclass(frozen=True, slots=True)
class EnvironmentRead:
    """A variable of the environment that the code reads."""

    name: str
    default: str | None
    """Literal that the code falls back to; None if it has no such literal."""
    line: int
    required: bool = False
    """Whether the code insists on a value, or passes it on as it is."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal. Parts of a template that are computed read ``{}``."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class CodeError:
    """Why the text is not valid in its language."""

    message: str
    line: int
    unread: bool = False
    """Whether the text is only a placeholder for code in another file. It is never joined with the code around it."""


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """Everything that the extractor needs to know about one piece of code."""

    imports: tuple[Import, ...] = ()
    calls: tuple[Call, ...] = ()
    environment: tuple[EnvironmentRead, ...] = ()
    texts: tuple[Text, ...] = ()
    defines: Mapping[str, int] = field(default_factory=dict)
    """Names bound at the top level, with the line of the first binding."""
    free: Mapping[str, int] = field(default_factory=dict)
    """Names used and bound nowhere, with the line of the first use. Built-ins are not among them."""
    late: frozenset[str] = frozenset()
    """Those of ``free`` that only the body of a tool, a resource, a prompt or a route uses: the program starts without
    them, and fails when a client calls it."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Names bound once, at the top level, to a text."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Python and JavaScript: variables with one short value, and parameters with a default, and those, as written."""
    assigned: frozenset[str] = frozenset()
    """Python and JavaScript: variables and members that statements give something, in whatever function."""
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Python and JavaScript: the names of the parameters of functions, in order, by the functions' own names, empty for
    those that take something apart; by those of classes, the fields or the parameters that make them."""
    required: frozenset[str] = frozenset()
    """Python and JavaScript: names that are parameters without a default, or with one that is not read."""
    reads: tuple[Call, ...] = ()
    """Python and JavaScript: uses of the standard input, whether they are calls or not."""
    tables: tuple[Call, ...] = ()
    """Python and JavaScript: dictionaries within dictionaries that have one of ``SERVER_KEYS``, as calls without a name
    whose keywords are their values."""
    decorators: tuple[Call, ...] = ()
    """Python: decorators, with or without arguments; their targets are the functions."""
    left_out: tuple[Text, ...] = ()
    """Route handlers that hold nothing but a comment: the route, and the line."""
    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Python: classes of the top level, and the last names of those that they extend."""
    exports: frozenset[str] = frozenset()
    """JavaScript: names that it exports, as importers call them; without the default."""
    default_value: str = ""
    """JavaScript: what ``export default`` gives: ``{fetch}`` for an object, by its keys; else its dotted name."""
    bare_await: int | None = None
    """Line of the first ``await`` outside any function."""
    loose_method: int | None = None
    """Line of a method outside its class: in Python a function at the top level that takes ``self``."""
    main_guard: bool = False
    """Python: has ``if __name__ == "__main__"``."""
    default_export: int | None = None
    """JavaScript: line of ``export default``."""
    module_syntax: bool = False
    """JavaScript: uses import, export or import.meta, so it is an ES module."""
    error: CodeError | None = None

    @property
    def modules(self) -> tuple[str, ...]:
        """Modules needed at run time, in order, each once; relative ones included."""
        return tuple(dict.fromkeys(i.module for i in self.imports if not i.erased))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable, a parameter or a part of either, and what it is given."""

    name: str
    text: str
    """As written; empty for what is given some other way."""
    branches: tuple[Branch, ...] = ()
    """Tests that it is given it under."""
    within: tuple[str, ...] = ()
    """Functions around it."""
    unsure: bool = False
    """Whether that may be done several times, or not at all: in a loop, or where something is tried."""


def once_given(given: Iterable[Assignment]) -> dict[str, str]:
    """Return the names that have one short value, and the values; one that depends on tests is an expression of Python.

    Args:
        given: names and what they are given, in order.
    """
    named: dict[str, list[Assignment]] = {}
    for one in given:
        named.setdefault(one.name, []).append(one)
    values: dict[str, str] = {}
    for name, everywhere in named.items():
        # what a function makes under the same name is another thing, which nobody compares with a text
        asked = {one.within for one in everywhere if not _MADE.match(one.text)}
        several = [one for one in everywhere if not one.within or one.within in asked] or everywhere
        texts = {one.text for one in several}
        if "" in texts:
            continue
        if "." in name and all(one.branches for one in several):
            continue  # a member that a test gives something was something before
        if len(texts) == 1 and len(several[0].text) <= _MAX_VALUE:
            values[name] = several[0].text
        elif len(several) <= _MOST_TURNS and all(o.within == several[0].within and not o.unsure for o in several):
            values |= {name: value} if (value := _in_turn(several)) else {}
    return values


def _in_turn(given: Sequence[Assignment]) -> str:
    """What a variable is that is given several things in turn, some under tests; empty if that is too much."""
    shared = 0
    while all(len(one.branches) > shared and one.branches[shared] == given[0].branches[shared] for one in given):
        shared += 1
    value = _UNSET
    for one in given:
        tests = " and ".join(f"{'' if b.holds else 'not '}({b.test})" for b in one.branches[shared:])
        text = f"({one.text}) if {tests} else {_SELF}" if tests else one.text
        itself = re.compile(rf"(?<![\w.$]){re.escape(one.name)}(?![\w$]|\s*=(?!=))")
        parts = (part if n % 2 else itself.sub(_SELF, part) for n, part in enumerate(_TEXTS.split(text)))
        value = "".join(parts).replace(_SELF, f"({value})")
        if len(value) > _MAX_TURNS:
            return ""
    return value


def refuse_large(text: str, language: str) -> CodeFacts | None:
    """Return the facts of a text that is too long to be read; None if it is not too long."""
    if len(text) <= MAX_CODE_CHARS:
        return None
    message = f"has {len(text):,} characters of {language}, more than the {MAX_CODE_CHARS:,} that are read"
    return CodeFacts(error=CodeError(message, 1))


def has_main(code: CodeFacts) -> bool:
    """Return whether code of one of the JVM's languages has the ``main`` of a program."""
    return any(name.startswith(MAIN_OF) for name in code.defines)


def split_facts(code: CodeFacts, first_lines: Sequence[int]) -> tuple[CodeFacts, ...]:
    """Return the facts of each part of a text that was read as a whole.

    Args:
        code: of the whole, without an error.
        first_lines: line at which each part begins, in order.
    """
    parts = [_between(code, first, end) for first, end in pairwise([*first_lines, sys.maxsize])]
    # it has no line, and stands at the end of a file
    return tuple(replace(part, main_guard=code.main_guard and part is parts[-1]) for part in parts)


_Lined = TypeVar("_Lined", Import, Call, EnvironmentRead, Text)


def _between(code: CodeFacts, first: int, end: int) -> CodeFacts:
    """The facts of the lines from ``first`` to before ``end``, with lines counted from there."""

    def own(found: Iterable[_Lined]) -> tuple[_Lined, ...]:
        return tuple(replace(one, line=one.line - first + 1) for one in found if first <= one.line < end)

    def names(lines: Mapping[str, int]) -> dict[str, int]:
        return {name: line - first + 1 for name, line in lines.items() if first <= line < end}

    def at(line: int | None) -> int | None:
        return line - first + 1 if line is not None and first <= line < end else None

    defines, free = names(code.defines), names(code.free)
    return replace(
        code,
        imports=own(code.imports),
        calls=own(code.calls),
        environment=own(code.environment),
        texts=own(code.texts),
        defines=defines,
        free=free,
        late=code.late & free.keys(),
        constants={name: text for name, text in code.constants.items() if name in defines},
        reads=own(code.reads),
        tables=own(code.tables),
        decorators=own(code.decorators),
        left_out=own(code.left_out),
        bases={name: bases for name, bases in code.bases.items() if name in defines},
        exports=code.exports & defines.keys(),
        default_value=code.default_value if at(code.default_export) else "",
        bare_await=at(code.bare_await),
        loose_method=at(code.loose_method),
        default_export=at(code.default_export),
    )
