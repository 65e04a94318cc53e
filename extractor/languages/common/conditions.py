"""Conditions of a program, evaluated for the command and the environment that it is started with.

They are read as text, in the same way for every language. What is not understood is unknown, and stays so through
``and``, ``or`` and ``not`` unless the other side decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extractor.languages.common.facts import CodeFacts, Value

Outcome: TypeAlias = str | bool | None
"""What an expression comes to: a text in lower case, or whether it holds; None if that is not known."""
_MAX_CHARS: Final = 300
"""Of an expression that is looked at."""
_MAX_DEPTH: Final = 8
"""Expressions within expressions, and variables that are given others."""
_AND: Final = re.compile(r"\s+and\s+|\s*&&\s*")
_OR: Final = re.compile(r"\s+or\s+|\s*\|\|\s*")
_ELSE: Final = re.compile(r"\s+or\s+|\s*\|\|\s*|\s*\?\?\s*")
_NOT: Final = re.compile(r"(?:not\s+|!\s*(?!=))")
_EQUALS: Final = re.compile(
    r"(?P<left>[^=!<>]+?)\s*(?P<sign>===?|!==?)\s*\[?(?P<quote>['\"`])(?P<text>[\w-]+)(?P=quote)\]?"
)
_IS_NOTHING: Final = re.compile(
    r"(?P<left>[^=!<>]+?)\s*(?:\s(?P<is>is(?:\s+not)?)\s+None|(?P<sign>===?|!==?)\s*(?:null|undefined|None))"
)
_COUNT: Final = re.compile(
    r"(?:len\((?:sys\.)?argv\)|(?P<node>(?:process\.)?argv\.length))\s*(?P<sign>[<>]=?|===?|!==?)\s*(?P<number>\d)"
)
_MEMBER: Final = re.compile(
    r"(?P<quote>['\"])(?P<text>[\w-]+)(?P=quote)\s+(?P<absent>not\s+)?in\s+(?:sys\.)?argv\b.*"
    r"|(?:\w+\.)*(?:argv|args)(?:\.slice\(\d\))?\.includes\(\s*['\"`](?P<other>[\w-]+)['\"`]\s*\)"
)
_ONE_OF: Final = re.compile(r"(?P<left>[^()\[\]{}]+(?:\([^()]*\))?)\s+in\s+[(\[{](?P<texts>[^()\[\]{}]+)[)\]}]")
_TERMINAL: Final = re.compile(r"(?:sys\.|process\.)?(?:stdin|stdout|stderr)\.(?:isatty\(\)|isTTY)")
_VARIABLE: Final = re.compile(
    r"(?:process|Bun|import\.meta)\.env(?:\.(?P<name>\w+)|\[\s*['\"](?P<key>\w+)['\"]\s*\])"
    r"|(?:os\.)?(?:getenv\(|environ\.get\(|environ\[)\s*['\"](?P<read>\w+)['\"]"
    r"(?:\s*,\s*(?P<default>[^()]*?))?\s*[\])]"
)
"""A read of the environment."""
_CHOICE: Final = re.compile(
    r"(?P<then>[^?:]+?)\s+if\s+(?P<test>.+?)\s+else\s+(?P<other>.+)"
    r"|(?P<asked>[^?:]+?)\s*\?\s*(?P<yes>[^?:.][^?:]*?)\s*:\s*(?P<no>[^?:]+)"
)
_NAME: Final = re.compile(r"(?:[\w$]+\??\.)*(?P<name>[\w$]+)")
_LITERAL: Final = re.compile(r"(?P<quote>['\"`])(?P<text>[^'\"`]*)(?P=quote)")
_LITERALS: Final = re.compile(r"['\"`]([\w-]+)['\"`]")
_NUMBER: Final = re.compile(r"\d[\d_.]*")
_TRUE: Final = frozenset({"True", "true"})
_NOTHING: Final = frozenset({"False", "false", "None", "null", "undefined"})
_NO: Final = frozenset({"", "0", "false", "no", "off"})
"""Values of options and settings that turn them off."""
_ARGUMENT_AT: Final = re.compile(r"(?P<node>process\.)?(?:\w+\.)?argv\[(?P<at>\d)\]")
_ARGUMENTS_FROM: Final = re.compile(r"(?:\w+\.)?argv\[\d:\]")
_CONVERTED: Final = re.compile(r"(?:int|str|bool|Number|parseInt|String|Boolean)\((?P<inner>.+?)(?:,\s*\d+)?\)")
_CHANGED: Final = re.compile(r"\.(?:lower|strip|casefold|toLowerCase|trim)\(\)$")
_DECLARED: Final = re.compile(
    r"(?:[\w]+\.)*(?:Option|Argument|Field|option)\(\s*(?:default\s*=\s*)?(?P<value>['\"][^'\"]*['\"]|[\w.]+)\s*[,)].*"
)
"""A default that a parameter or a field gives to an option: ``typer.Option(True, help="…")``."""
_PARSED: Final = frozenset({"args", "opts", "options", "argv", "flags", "cli", "parsed", "namespace", "ns"})
"""What programs call the options that they were given."""
_PARSES: Final = re.compile(r"parse_(?:known_)?args|parseArgs|\.opts\(|yargs|\bargv\b|minimist")
_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_GENERAL: Final = frozenset({"use", "is", "enable", "enabled", "mode", "transport", "server", "run", "args", "with"})
"""Parts of names that say nothing of a transport."""
_FLAG: Final = re.compile(r"--?\w[\w-]*")
_DECLARING: Final = frozenset({"add_argument", "option", "Option", "argument", "add_subparsers"})
"""Calls that declare an option of the command line."""
_FILES: Final = (".py", ".js", ".ts", ".mjs", ".mts", ".cjs", ".cts")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the command line, or an argument without one, as the program declares it."""

    names: tuple[str, ...]
    """As on the command line, plain; empty for an argument."""
    default: Outcome
    """What it is unless it is given."""
    alone: bool
    """Whether it takes no value."""
    turns_off: bool
    """Whether giving it makes it false."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a program's options, variables and parameters are unless something else is given."""

    options: Mapping[str, Option]
    """By the names under which the program reads them, plain."""
    values: Mapping[str, str]
    """Variables and parameters, and what they are given, as written."""
    variables: Mapping[str, str]
    """By the names of variables of the environment, plain: what the program falls back to."""


def plain(word: str) -> str:
    """Return ``--use-http`` and ``USE_HTTP`` as ``use-http``."""
    return word.lstrip("-").replace("_", "-").lower()


def defaults_of(files: Sequence[CodeFacts]) -> Defaults:
    """Return the defaults of a program.

    A parameter to which the program's own calls give something is that, or unknown if they give it different things.

    Args:
        files: facts of its files.
    """
    values = {name: text for code in files for name, text in code.values.items()}
    for name, texts in _passed(files).items():
        values.pop(name, None)
        if len(texts) == 1 and None not in texts and (text := next(iter(texts))) and text != name:
            values[name] = text
    options = {name: option for code in files for name, option in _declared(code)}
    reads = {plain(read.name): read.default for code in files for read in code.environment if read.default is not None}
    return Defaults(options, values, reads)


def _passed(files: Sequence[CodeFacts]) -> dict[str, set[str | None]]:
    """What the calls of a program's own functions give to their parameters, as written; None where one gives nothing.

    Parameters that no call gives anything keep their default.
    """
    parameters = {name: taken for code in files for name, taken in code.parameters.items()}
    found: dict[str, set[str | None]] = {}
    for code in files:
        for call in code.calls:
            for name, value in zip(parameters.get(call.last, ()), call.arguments, strict=False):
                found.setdefault(name, set()).add(_written(value))
            for name in call.keywords.keys() & set(parameters.get(call.last, ())):
                found.setdefault(name, set()).add(_written(call.keywords[name]))
    for code in files:
        for call in code.calls:
            taken = parameters.get(call.last, ())
            for name in taken[len(call.arguments) :]:
                if name in found and name not in call.keywords:
                    found[name].add(None)
    return found


def _written(value: Value) -> str:
    return value.text if isinstance(value, Ref) else repr(value)


def _declared(code: CodeFacts) -> Iterator[tuple[str, Option]]:
    """The options that a program declares, by the names under which it reads them."""
    for call in (*code.calls, *code.decorators):
        if call.last not in _DECLARING:
            continue
        texts = [value for value in call.arguments if isinstance(value, str)]
        names = tuple(plain(flag) for text in texts if text.startswith("-") for flag in _FLAG.findall(text))
        # Click and argparse name it; what else stands beside a flag describes it
        tells = call in code.decorators or not names
        named = call.keywords.get("dest", next((t for t in texts if tells and t.isidentifier()), None))
        if not names and call.last == "option" and isinstance(named, str):
            names = (plain(named),)
        reads = [plain(named)] if isinstance(named, str) else [name.removeprefix("no-") for name in names]
        action = _written(call.keywords.get("action"))
        # Commander's third argument; a keyword for everything else
        third = call.arguments[2] if len(call.arguments) > 2 and names else None
        default = call.keywords.get("default", third)
        alone = "store_" in action or "BooleanOptional" in action or call.keywords.get("is_flag") is True
        turns_off = "store_false" in action or bool(names and all(name.startswith("no-") for name in names))
        # what is left out is false, or nothing
        outcome: Outcome = turns_off if default is None else _outcome_of(default)
        for name in reads:
            yield name, Option(names, outcome, alone or turns_off, turns_off)


def _outcome_of(value: Value) -> Outcome:
    match value:
        case str():
            return value.lower()
        case bool() | int() | float() | None:
            return bool(value)
        case Ref():
            return None


@dataclass(frozen=True, slots=True)
class Started:
    """A program as a command starts it, in an environment."""

    defaults: Defaults
    variables: Mapping[str, str]
    """Of the environment, names in lower case."""
    flags: Mapping[str, str] = field(default_factory=dict)
    """The options that are given, plain, with their values; empty for those without."""
    arguments: tuple[str, ...] = ()
    """Words that are no options and no values of options, in lower case."""
    count: int | None = None
    """Words after the program's file; None if the command names none."""

    @classmethod
    def by(cls, command: Sequence[str], environment: Mapping[str, str], defaults: Defaults) -> Started:
        """Return a program as it is started.

        Args:
            command: argument vector.
            environment: what is set for it.
            defaults: of the program.
        """
        at = next((n for n, word in enumerate(command) if word.endswith(_FILES)), None)
        if at is None and "-m" in command:
            at = list(command).index("-m") + 1
        words = list(command[1 if at is None else at + 1 :])
        count = None if at is None and command else len(words)
        alone = {name for option in defaults.options.values() if option.alone for name in option.names}
        flags: dict[str, str] = {}
        arguments: list[str] = []
        while words:
            word = words.pop(0)
            name, equals, value = word.partition("=")
            if not name.startswith("-"):
                arguments.append(word.lower())
                continue
            if not equals and words and not words[0].startswith("-") and plain(name) not in alone:
                value = words.pop(0)
            flags[plain(name)] = value.lower()
        variables = {name.lower(): value for name, value in environment.items()}
        return cls(defaults, variables, flags, tuple(arguments), count)

    def test(self, condition: str, depth: int = 0) -> bool | None:
        """Return whether a condition holds; None if that is not known."""
        text = _unwrapped(condition)
        if depth > _MAX_DEPTH or len(text) > _MAX_CHARS:
            return None
        if len(parts := _OR.split(text)) > 1:
            return _decided((self.test(part, depth + 1) for part in parts), by=True)
        if len(parts := _AND.split(text)) > 1:
            return _decided((self.test(part, depth + 1) for part in parts), by=False)
        if negated := _NOT.match(text):
            inner = self.test(text[negated.end() :], depth + 1)
            return None if inner is None else not inner
        if compared := self._compared(text, depth):
            return compared[0]
        value = self._value(text, depth)
        return None if value is None else bool(value)

    def _compared(self, text: str, depth: int) -> tuple[bool | None] | None:
        """Whether a comparison holds, as :meth:`test`, in a tuple; None for another expression."""
        if equal := _EQUALS.fullmatch(text):
            holds = self._equals(equal["left"], equal["text"].lower(), depth)
            return (holds if holds is None or equal["sign"].startswith("=") else not holds,)
        if nothing := _IS_NOTHING.fullmatch(text):
            value = self._value(nothing["left"], depth + 1)
            wanted = (nothing["is"] or nothing["sign"]) in ("is", "==", "===")
            return (None if value is None else (value is False) is wanted,)
        if counted := _COUNT.fullmatch(text):
            held = None if self.count is None else self.count + (2 if counted["node"] else 1)
            return (None if held is None else _COMPARE[counted["sign"][:2]](held, int(counted["number"])),)
        if one_of := _ONE_OF.fullmatch(text):
            texts = _LITERALS.findall(one_of["texts"])
            return (_decided((self._equals(one_of["left"], each.lower(), depth) for each in texts), by=True),)
        if member := _MEMBER.fullmatch(text):
            return (self._is_word(member["text"] or member["other"]) is not bool(member["absent"]),)
        # programs run without a terminal
        return (False,) if _TERMINAL.fullmatch(text) else None

    def _is_word(self, text: str) -> bool:
        return plain(text) in self.flags if text.startswith("-") else text.lower() in self.arguments

    def _equals(self, left: str, text: str, depth: int) -> bool | None:
        """Whether an expression comes to a text; what is not known does if the text is given in some place."""
        if _ARGUMENTS_FROM.fullmatch(left.strip()):
            return self._is_word(text)
        value = self._value(left, depth + 1)
        if value is not None:
            return value == text or plain(str(value)) == plain(text)
        given = (*self.arguments, *self.flags, *(each.lower() for each in self.variables.values()))
        return True if plain(text) in given else None

    def _value(self, expression: str, depth: int) -> Outcome:
        """What an expression comes to; False for what is absent."""
        text = _CHANGED.sub("", _unwrapped(expression))
        if depth > _MAX_DEPTH or len(text) > _MAX_CHARS:
            return None
        if literal := _LITERAL.fullmatch(text):
            return literal["text"].lower()
        if text in _TRUE or text in _NOTHING:
            return text in _TRUE
        if _NUMBER.fullmatch(text):
            return text.strip("0._") != ""
        if converted := _CONVERTED.fullmatch(text) or _DECLARED.fullmatch(text):
            return self._value(converted.groupdict().get("inner") or converted["value"], depth + 1)
        if read := _VARIABLE.fullmatch(text):
            return self._variable(read, depth)
        if chosen := _CHOICE.fullmatch(text):
            holds = self.test(chosen["test"] or chosen["asked"], depth + 1)
            then, other = chosen["then"] or chosen["yes"], chosen["other"] or chosen["no"]
            return None if holds is None else self._value(then if holds else other, depth + 1)
        if len(parts := _ELSE.split(text)) > 1:
            return next((value for part in parts[:-1] if (value := self._value(part, depth + 1)) is not False),
                        self._value(parts[-1], depth + 1))  # fmt: skip
        if argument := _ARGUMENT_AT.fullmatch(text):
            at = int(argument["at"]) - (2 if argument["node"] else 1)
            return self.arguments[at] if 0 <= at < len(self.arguments) else False
        if name := _NAME.fullmatch(text):
            return self._named(text, name["name"], depth)
        compared = self._compared(text, depth)
        return compared[0] if compared else None

    def _variable(self, read: re.Match[str], depth: int) -> Outcome:
        """What a variable of the environment is, else what the program falls back to."""
        value = self.variables.get((read["name"] or read["key"] or read["read"]).lower())
        if value is not None:
            return value.lower()
        return self._value(read["default"], depth + 1) if read["default"] else False

    def _named(self, text: str, name: str, depth: int) -> Outcome:
        """What a name stands for: an option, a variable of the environment, or what the code gives it."""
        option = self.defaults.options.get(plain(name))
        if (given := self._given(name, option)) is not None:
            return given
        if (value := self.variables.get(name.lower())) is not None:
            return False if value.lower() in _NO else value.lower()
        if option is not None:
            return self.arguments[0] if not option.names and self.arguments else option.default
        written = self.defaults.values.get(text, self.defaults.values.get(name))
        if written is not None and written != text:
            return self._value(written, depth + 1)
        if plain(name) in self.defaults.variables:
            return self.defaults.variables[plain(name)].lower()
        root = text.partition(".")[0].rstrip("?")
        if "." in text and (root in _PARSED or _PARSES.search(self.defaults.values.get(root, ""))):
            return False
        return None

    def _given(self, name: str, option: Option | None) -> Outcome:
        """What the command line gives for an option; None if it does not name it."""
        for each in option.names if option is not None and option.names else (plain(name),):
            if each in self.flags:
                if option is not None and option.turns_off:
                    return False
                value = self.flags[each]
                return value not in _NO if value in _NO and value else value or True
            if f"no-{each}" in self.flags:
                return False
        alike = next((flag for flag in self.flags if _telling(flag) and _telling(flag) == _telling(name)), None)
        return None if alike is None or option is not None else self.flags[alike] or True


_COMPARE: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__, "==": int.__eq__, "!=": int.__ne__,
}  # fmt: skip


def _decided(outcomes: Iterator[bool | None], *, by: bool) -> bool | None:
    """Whether alternatives hold, of which one that is ``by`` decides; None if one that is not known may do so."""
    known = list(outcomes)
    if by in known:
        return by
    return None if None in known else not by


def _telling(name: str) -> frozenset[str]:
    """The parts of a name that tell what it is about."""
    return frozenset(part.lower() for part in _WORDS.findall(name)) - _GENERAL


def _unwrapped(text: str) -> str:
    """Without the parentheses around it all."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1].strip()
    return text
