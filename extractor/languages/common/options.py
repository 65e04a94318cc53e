"""Options of the command line: those that a program declares, and the words that a command gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.expressions import parsed
from extractor.languages.common.facts import Ref
from extractor.languages.common.outcomes import number
from extractor.languages.common.program_words import given_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.expressions import Expression
    from extractor.languages.common.facts import Call, CodeFacts, Value
    from extractor.languages.common.outcomes import Outcome

_FLAG: Final = re.compile(r"--?\w[\w-]*")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DECLARING: Final = frozenset({"add_argument", "option", "Option", "argument", "Argument", "add_subparsers"})
"""Calls that declare an option of the command line."""
_NOT_STATED: Final = Ref("")
_TABLES: Final = {"parseArgs": "options", "options": "", "meow": "flags"}
"""Calls that are given an object of options, and where in it; empty for the object itself."""
_OTHER_NAMES: Final = ("short", "alias", "shortFlag")
_READS: Final = re.compile(r"=>|^(?:function\b|parse(?:Int|Float)$|Number$|String$|Boolean$)")
"""A function that reads the value of an option."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the command line, or an argument without one, as the program declares it."""

    on: tuple[str, ...]
    """Names that turn it on, or that a value follows, plain; with :attr:`off` empty for an argument."""
    off: tuple[str, ...]
    """Names that turn it off."""
    given: Outcome
    """What it is if it is given without a value."""
    default: Outcome
    """What it is unless it is given."""
    alone: bool
    """Whether it takes no value."""
    variables: tuple[str, ...] = ()
    """Variables of the environment that set it, in lower case."""
    code: str = ""
    """The default as written, if it is an expression."""

    @property
    def is_argument(self) -> bool:
        """Whether it is positional."""
        return not self.on and not self.off


@dataclass(frozen=True, slots=True)
class Words:
    """What a command gives to a program, behind its name."""

    words: tuple[str, ...] | None
    """As written; None where the command does not show where the program's name ends."""
    every: frozenset[str]
    """All words of the command: what is not among them is not given."""
    flags: Mapping[str, str]
    """The options, plain, with their values; empty for those without."""
    arguments: tuple[str, ...] | None
    """Positional arguments; None if they cannot be distinguished from the values of options."""


def plain(name: str) -> str:
    """Return ``--use-http``, ``USE_HTTP`` and ``useHttp`` as ``use-http``."""
    return _HUMP.sub("-", name.lstrip("-")).replace("_", "-").lower()


def written(value: Value) -> str:
    """Return a value as it is written."""
    return value.text if isinstance(value, Ref) else repr(value)


def words_of(
    command: Sequence[str], options: Mapping[str, tuple[Option, ...]], parameters: Mapping[str, bool]
) -> Words:
    """Return what a command gives to a program.

    Args:
        command: argument vector.
        options: of the program, by the names under which it reads them.
        parameters: plain names of options that are parameters of a function, and whether they take a value.
    """
    shown = given_words(command)
    words = shown if shown is not None else command[1:]
    known = [option for same in options.values() for option in same]
    alone = {name for option in known for name in (*option.on, *option.off) if option.alone}
    valued = {name for option in known for name in option.on if not option.alone}
    alone |= {name for name, is_valued in parameters.items() if not is_valued and name not in valued}
    valued |= {name for name, is_valued in parameters.items() if is_valued and name not in alone}
    flags: dict[str, str] = {}
    arguments: list[str] = []
    sure, at = shown is not None, 0
    while at < len(words):
        name, equals, value = words[at].partition("=")
        at += 1
        if name == "--" and not equals:
            arguments += words[at:]
            break
        if not name.startswith("-") or name == "-":
            arguments.append(words[at - 1])
            continue
        follows = not equals and at < len(words) and not words[at].startswith("-")
        if follows and plain(name) not in alone:
            # of an option that is not declared nobody knows whether it takes a value
            sure = sure and plain(name) in valued
            value, at = words[at], at + 1
        flags[plain(name)] = value
    return Words(shown, frozenset(command[1:]), flags, tuple(arguments) if sure else None)


def declared(code: CodeFacts) -> Iterator[tuple[str, Option]]:
    """Yield the options that a program declares, by the names under which it reads them, plain."""
    decorators = {(call.name, call.line) for call in code.decorators}
    for call in (*code.calls, *code.decorators):
        if call.last in _TABLES:
            yield from _tabled(call)
        if call.last in _DECLARING:
            yield from _option(call, is_decorator=(call.name, call.line) in decorators)


def _tabled(call: Call) -> Iterator[tuple[str, Option]]:
    """The options of an object that has one of each: ``parseArgs({ options: { port: { type: "string" } } })``."""
    held = call.keywords.get(_TABLES[call.last])
    table = parsed(held.text) if isinstance(held, Ref) else None
    entries = [(one.text, one.parts[0]) for one in table.parts if one.kind == "keyword"] if table is not None else []
    if not _TABLES[call.last]:
        read = ((name, parsed(value.text)) for name, value in call.keywords.items() if isinstance(value, Ref))
        entries = [(name, entry) for name, entry in read if entry is not None]
    for name, entry in entries:
        if entry.kind != "object":
            continue
        parts = {one.text: one.parts[0] for one in entry.parts if one.kind == "keyword"}
        others = [parts[key] for key in _OTHER_NAMES if key in parts]
        on = (plain(name), *(plain(one.text) for one in others if one.kind == "text"))
        alone = parts["type"].text.lower() == "boolean" if "type" in parts else False
        default = _literal(parts["default"]) if "default" in parts else False
        yield plain(name), Option(on, (), True, default, alone)


def _literal(one: Expression) -> Outcome:
    """What a literal is; None for any other expression."""
    if one.kind == "name" and one.text in ("true", "false", "undefined", "null"):
        return one.text == "true"
    return one.text if one.kind == "text" else number(one.text) if one.kind == "number" else None


def _option(call: Call, *, is_decorator: bool) -> Iterator[tuple[str, Option]]:
    texts = [value for value in call.arguments if isinstance(value, str)]
    shown = [text for text in texts if text.startswith("-")]
    # "--http/--stdio": the second turns off
    on = [plain(flag) for text in shown for flag in _FLAG.findall(text.partition("/")[0])]
    off = [plain(flag) for text in shown for flag in _FLAG.findall(text.partition("/")[2])]
    in_one = any("," in text or "<" in text or "[" in text for text in shown)
    other = call.keywords.get("alias")
    if not off and on and all(name.startswith("no-") for name in on):
        on, off = [], on
    named = call.keywords.get("dest")
    if named is None and (is_decorator or not shown):
        # Click and argparse name it; what else stands beside a flag describes it
        bare = (text.strip("[]<>.") for text in texts)
        named = next((text for text in bare if text.replace("-", "_").isidentifier() and text not in shown), None)
    if not isinstance(named, str):
        named = None
    if not shown and call.last == "option" and named is not None:
        on = [plain(named), *([plain(other)] if isinstance(other, str) else [])]
    if call.last in ("Option", "Argument") and not shown and not in_one:
        return  # its parameter names it
    reads = [plain(named)] if named is not None else list(dict.fromkeys([*on, *(n.removeprefix("no-") for n in off)]))
    action = written(call.keywords.get("action"))
    alone = (
        call.keywords.get("is_flag") is True
        or "flag_value" in call.keywords
        or bool(off)
        or any(word in action for word in ("store_true", "store_false", "store_const", "count", "Boolean", "version"))
        or (call.last == "option" and not is_decorator and bool(shown) and not any("<" in t or "[" in t for t in shown))
    )
    if "store_false" in action:
        on, off = [], [*on, *off]
    if "Boolean" in action:
        off = [f"no-{name}" for name in on]
    given = call.keywords.get("const", call.keywords.get("flag_value"))
    default = _default(call, off and not on, shown)
    option = Option(
        tuple(on), tuple(off), _outcome(given) if given is not None else True,
        None if isinstance(default, Ref) else _outcome(default), alone, _variables(call),
        default.text if isinstance(default, Ref) else "",
    )  # fmt: skip
    for name in reads:
        yield name, option


def _default(call: Call, turns_off: object, shown: Sequence[str]) -> Value:
    """What an option is unless it is given; an unknown expression where that is not stated."""
    if "default" in call.keywords:
        return call.keywords["default"]
    if call.last in ("Option", "Argument"):
        first = call.arguments[0] if call.arguments else _NOT_STATED
        # Typer gives a default first; without one the parameter or a further call does
        return _NOT_STATED if isinstance(first, str) and first in shown else first
    if call.last in ("option", "argument") and len(call.arguments) > 2:
        # Commander's third argument; behind a function that reads the value, if that is the third
        third = call.arguments[2]
        if isinstance(third, Ref) and _READS.search(third.text):
            third = call.arguments[3] if len(call.arguments) > 3 else _NOT_STATED
        return third
    return bool(turns_off)


def _outcome(value: Value) -> Outcome:
    match value:
        case str():
            return value
        case float() | None:
            return bool(value)
        case bool() | int():
            return value
        case Ref():
            return None


def _variables(call: Call) -> tuple[str, ...]:
    given = call.keywords.get("envvar", call.keywords.get("env_var"))
    return (given.lower(),) if isinstance(given, str) else ()
