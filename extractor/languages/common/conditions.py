"""Conditions of a program, evaluated for the command and the environment that it is started with.

They are read as text, in the same way for every language. What is not understood is unknown, and stays so through
``and``, ``or`` and ``not`` unless the other side decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.languages.common.options import NO, Outcome, plain, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from extractor.languages.common.defaults import Defaults
    from extractor.languages.common.options import Option, Words

_MAX_CHARS: Final = 300
"""Of an expression that is looked at."""
_MAX_DEPTH: Final = 8
"""Expressions within expressions, and variables that are given others."""
_MAX_STEPS: Final = 500
"""Expressions that are looked at for one condition."""
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
    r"(?:len\((?P<list>[\w.]+)\)|(?P<of>[\w.]+)\.length)\s*(?P<sign>[<>]=?|===?|!==?)\s*(?P<number>\d)"
)
_MEMBER: Final = re.compile(
    r"(?P<quote>['\"])(?P<text>[\w-]+)(?P=quote)\s+(?P<absent>not\s+)?in\s+(?P<list>[\w.]+(?:\[\d:\])?|os\.environ)"
    r"|(?P<of>[\w.]+?(?:\.slice\(\d\))?)\.includes\(\s*['\"`](?P<other>[\w-]+)['\"`]\s*\)"
)
_ONE_OF: Final = re.compile(
    r"(?P<left>.+?)\s+(?P<absent>not\s+)?in\s+[(\[{](?P<texts>[^()\[\]{}]+)[)\]}]"
    r"|\[(?P<listed>[^()\[\]{}]+)\]\.includes\((?P<asked>[^()]+)\)"
)
_TERMINAL: Final = re.compile(r"(?:sys\.|process\.)?(?:stdin|stdout|stderr)\.(?:isatty\(\)|isTTY)")
_MAIN: Final = re.compile(
    r"import\.meta\.main|require\.main\s*===?\s*module|import\.meta\.(?:url|filename)\s*===?.*process\.argv\[1\].*"
)
"""Whether a file is the program: the one that is started is."""
_VARIABLE: Final = re.compile(
    r"(?:process|Bun|import\.meta)\.env(?:\??\.(?P<name>\w+)|\[\s*['\"](?P<key>\w+)['\"]\s*\])"
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
_NUMBER: Final = re.compile(r"\d[\d_.]*")
_TRUE: Final = frozenset({"True", "true"})
_NOTHING: Final = frozenset({"False", "false", "None", "null", "undefined"})
_ARGUMENT_AT: Final = re.compile(r"(?P<list>[\w.]+)\[(?P<at>\d)\]")
_ARGUMENTS_FROM: Final = re.compile(r"(?:\w+\.)?argv\[1:\]")
_ARGV: Final = {"sys.argv": 1, "process.argv": 2, "Bun.argv": 2, "Deno.args": 0}
"""What stands before the words that a program is given."""
_SLICED: Final = re.compile(r"(?:sys\.argv\[(?P<python>\d):\]|(?:process|Bun)\.argv\.slice\((?P<node>\d)\))")
_CONVERTED: Final = re.compile(
    r"(?P<kind>int|float|str|bool|Number|parseInt|String|Boolean)\((?P<inner>.+?)(?:,\s*10)?\)"
)
_CHANGED: Final = re.compile(r"(?:\??\.(?:lower|strip|casefold|toLowerCase|trim)\(\))+$")
_DECLARED: Final = re.compile(
    r"(?:[\w]+\.)*(?:Option|Argument|Field|field)\(\s*(?:default\s*=\s*)?"
    r"(?P<value>['\"][^'\"]*['\"]|True|False|None|\d+)\s*[,)].*"
)
"""A default that a parameter or a field gives to an option: ``typer.Option(True, help="…")``."""
_PARSES_ALL: Final = re.compile(r"minimist\((?:process|Bun)\.argv\.slice\(2\)\)")
"""What has everything that is given, and nothing else."""
_ENVIRONMENT: Final = frozenset({"os.environ", "process.env"})


@dataclass(frozen=True, slots=True)
class Started:
    """A program as a command starts it, in an environment."""

    defaults: Defaults
    variables: Mapping[str, str]
    """Of the environment, names in lower case."""
    given: Words
    steps: list[int] = field(default_factory=list)

    @classmethod
    def by(cls, command: Sequence[str], environment: Mapping[str, str], defaults: Defaults) -> Started:
        """Return a program as it is started.

        Args:
            command: argument vector.
            environment: what is set for it.
            defaults: of the program.
        """
        variables = {name.lower(): value for name, value in environment.items()}
        return cls(defaults, variables, words_of(command, defaults.options))

    def holds(self, condition: str) -> bool | None:
        """Return whether a condition holds; None if that is not known."""
        self.steps[:] = [_MAX_STEPS]
        return self._test(condition, 0)

    def _is_too_much(self, text: str, depth: int) -> bool:
        self.steps[0] -= 1
        return depth > _MAX_DEPTH or len(text) > _MAX_CHARS or self.steps[0] < 0

    def _test(self, condition: str, depth: int) -> bool | None:
        text = _unwrapped(condition)
        if self._is_too_much(text, depth):
            return None
        if len(parts := _parts(_OR, text)) > 1:
            return _decided((self._test(part, depth + 1) for part in parts), by=True)
        if len(parts := _parts(_AND, text)) > 1:
            return _decided((self._test(part, depth + 1) for part in parts), by=False)
        if negated := _NOT.match(text):
            inner = self._test(text[negated.end() :], depth + 1)
            return None if inner is None else not inner
        if compared := self._compared(text, depth):
            return compared[0]
        value = self._value(text, depth)
        return None if value is None else bool(value)

    def _compared(self, text: str, depth: int) -> tuple[bool | None] | None:
        """Whether a comparison holds, in a tuple; None for another expression."""
        if equal := _EQUALS.fullmatch(text):
            holds = self._equals(equal["left"], equal["text"].lower(), depth)
            return (holds if holds is None or equal["sign"].startswith("=") else not holds,)
        if nothing := _IS_NOTHING.fullmatch(text):
            value = self._value(nothing["left"], depth + 1)
            wanted = (nothing["is"] or nothing["sign"]) in ("is", "==", "===")
            return (None if value is None else (value is False) is wanted,)
        if counted := _COUNT.fullmatch(text):
            base = self._base(counted["list"] or counted["of"])
            if base is None or self.given.words is None:
                return (None,)
            return (_COMPARE[counted["sign"][:2]](len(self.given.words) + base, int(counted["number"])),)
        if member := _MEMBER.fullmatch(text):
            holds = self._is_member(member["text"] or member["other"], member["list"] or member["of"])
            return (None if holds is None else holds is not bool(member["absent"]),)
        if one_of := _ONE_OF.fullmatch(text):
            left, texts = one_of["left"] or one_of["asked"], (one_of["texts"] or one_of["listed"]).split(",")
            holds = _decided((self._is(left, each.strip(), depth) for each in texts if each.strip()), by=True)
            return (None if holds is None else holds is not bool(one_of["absent"]),)
        if _MAIN.fullmatch(text):
            return (True,)
        # programs run without a terminal
        return (False,) if _TERMINAL.fullmatch(text) else None

    def _base(self, listed: str) -> int | None:
        """Return how many words precede the program's own in an argument list; None for any other list."""
        text = self.defaults.values.get(listed, listed)
        if sliced := _SLICED.fullmatch(text):
            first = int(sliced["python"] or sliced["node"])
            return (1 if sliced["python"] else 2) - first
        return _ARGV.get(text)

    def _is_member(self, word: str, listed: str) -> bool | None:
        if listed in _ENVIRONMENT:
            return word.lower() in self.variables
        base = self._base(listed.removesuffix("[1:]").removesuffix(".slice(2)"))
        if base is None and plain(listed.rpartition(".")[2]) not in ("argv", "args"):
            return None
        if self.given.words is not None:
            return word in self.given.words
        return False if word not in self.given.every else None

    def _is(self, left: str, item: str, depth: int) -> bool | None:
        """Whether an expression comes to an item of a list."""
        if literal := _LITERAL.fullmatch(item):
            return self._equals(left, literal["text"].lower(), depth)
        value = self._value(left, depth + 1)
        return None if value is None or item not in _NOTHING else value is False

    def _equals(self, left: str, text: str, depth: int) -> bool | None:
        """Whether an expression comes to a text."""
        if _ARGUMENTS_FROM.fullmatch(left.strip()):
            words = self.given.words
            return None if words is None else [word.lower() for word in words] == [text]
        value = self._value(left, depth + 1)
        if isinstance(value, str):
            return value == text
        return False if value is False else None

    def _value(self, expression: str, depth: int) -> Outcome:
        """What an expression comes to; False for what is absent."""
        text = _CHANGED.sub("", _unwrapped(expression))
        if self._is_too_much(text, depth):
            return None
        if literal := _LITERAL.fullmatch(text):
            return literal["text"].lower() if "{" not in literal["text"] else None
        if text in _TRUE or text in _NOTHING:
            return text in _TRUE
        if _NUMBER.fullmatch(text):
            return text.strip("0._") != ""
        if read := _VARIABLE.fullmatch(text):
            return self._variable(read, depth)
        if chosen := _CHOICE.fullmatch(text):
            holds = self._test(chosen["test"] or chosen["asked"], depth + 1)
            then, other = chosen["then"] or chosen["yes"], chosen["other"] or chosen["no"]
            return None if holds is None else self._value(then if holds else other, depth + 1)
        if len(parts := _parts(_ELSE, text)) > 1:
            for part in parts[:-1]:
                if (value := self._value(part, depth + 1)) not in (False, ""):
                    return value
            return self._value(parts[-1], depth + 1)
        if converted := _CONVERTED.fullmatch(text):
            return _converted(self._value(converted["inner"], depth + 1), converted["kind"])
        if default := _DECLARED.fullmatch(text):
            return self._value(default["value"], depth + 1)
        if argument := _ARGUMENT_AT.fullmatch(text):
            return self._argument(argument["list"], int(argument["at"]))
        if name := _NAME.fullmatch(text):
            return self._named(text, name["name"], depth)
        compared = self._compared(text, depth)
        return compared[0] if compared else None

    def _argument(self, listed: str, at: int) -> Outcome:
        base = self._base(listed)
        words = self.given.words
        if base is None or words is None or at < base:
            return None
        return words[at - base].lower() if at - base < len(words) else False

    def _variable(self, read: re.Match[str], depth: int) -> Outcome:
        """What a variable of the environment is, else what the program falls back to."""
        value = self.variables.get((read["name"] or read["key"] or read["read"]).lower())
        if value is not None:
            return value.lower()
        return self._value(read["default"], depth + 1) if read["default"] else False

    def _named(self, text: str, name: str, depth: int) -> Outcome:
        """What a name stands for: an option, a setting, or what the code gives it."""
        root, dot, _ = text.partition(".")
        is_variable = not dot and name not in self.defaults.fields and (name in self.defaults.values or name.isupper())
        options = self.defaults.options.get(plain(name), ())
        if options and not is_variable:
            return self._option(options, name, depth)
        code = self.defaults.values.get(text, "" if dot and name not in self.defaults.fields else None)
        if code is None:
            code = self.defaults.values.get(name, "")
        if not dot and name not in self.defaults.fields:
            return self._value(code, depth + 1) if code and code != text else self._outside(name)
        if _PARSES_ALL.fullmatch(self.defaults.values.get(root.rstrip("?"), "")):
            return self.given.flags.get(plain(name), "") or plain(name) in self.given.flags
        if (outside := self._outside(name)) is not None:
            return outside
        if self._may_be_renamed(name) or (self.given.arguments != () and not dot):
            return None
        return self._value(code, depth + 1) if code and code != text else None

    def _outside(self, name: str) -> Outcome:
        """What the command line or the environment gives under a name; None if they give nothing."""
        for source, key in ((self.given.flags, plain(name)), (self.variables, name.lower())):
            if (value := source.get(key)) is not None:
                return False if value.lower() in NO else value.lower() or source is self.given.flags
        return False if f"no-{plain(name)}" in self.given.flags else None

    def _may_be_renamed(self, name: str) -> bool:
        """Whether an option or a variable that is given may be this one under another name."""
        if not self.given.flags and not self.variables:
            return False
        alike = [*self.given.flags, *(plain(each) for each in self.variables)]
        return self.defaults.renamed or any(each.endswith(f"-{plain(name)}") for each in alike)

    def _option(self, options: Sequence[Option], name: str, depth: int) -> Outcome:
        for option in options:
            if any(each in self.given.flags for each in option.off):
                return False
            for each in option.on:
                if f"no-{each}" in self.given.flags:
                    return False
                value = self.given.flags.get(each)
                if value is not None:
                    return False if value in NO else value or option.given
            for variable in option.variables:
                if (value := self.variables.get(variable)) is not None:
                    return False if value.lower() in NO else value.lower()
        if all(option.is_argument for option in options):
            return self._only_argument(options[0])
        if self._is_shortened(options):
            return None
        if self.defaults.renamed and (self.given.flags or self.variables):
            return None
        known = {option.default for option in options if not option.is_argument} - {False}
        if len(known) > 1:
            return None
        default = next(iter(known), False)
        code = self.defaults.values.get(name, "")
        return self._value(code, depth + 1) if default is None and code else default

    def _is_shortened(self, options: Sequence[Option]) -> bool:
        """Whether an option that nobody declares may be one of these: ``--tr http``, ``-thttp``."""
        known = [option for same in self.defaults.options.values() for option in same]
        names = {each for option in options for each in (*option.on, *option.off)}
        others = self.given.flags.keys() - {each for option in known for each in (*option.on, *option.off)}
        return any(n.startswith(other) or (len(n) == 1 and other.startswith(n)) for n in names for other in others)

    def _only_argument(self, option: Option) -> Outcome:
        """Return the value of a positional argument; None if the program has more than one."""
        arguments = self.given.arguments
        if arguments == ():
            return option.default
        others = [each for same in self.defaults.options.values() for each in same if each.is_argument]
        return None if arguments is None or len(others) != 1 or len(arguments) != 1 else arguments[0]


_COMPARE: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__, "==": int.__eq__, "!=": int.__ne__,
}  # fmt: skip


def _converted(value: Outcome, kind: str) -> Outcome:
    """What a text is as a number or a truth value."""
    if isinstance(value, str) and kind in ("int", "float", "Number", "parseInt"):
        return value.strip("0._") != "" if _NUMBER.fullmatch(value) else None
    return bool(value) if value is not None and kind in ("bool", "Boolean") else value


def _decided(outcomes: Iterable[bool | None], *, by: bool) -> bool | None:
    """Whether alternatives hold, of which one that is ``by`` decides; None if one that is not known may do so."""
    known = list(outcomes)
    if by in known:
        return by
    return None if None in known else not by


def _parts(sign: re.Pattern[str], text: str) -> list[str]:
    """What stands between signs that are in no brackets."""
    parts, begin = [], 0
    for found in sign.finditer(text):
        before = text[: found.start()]
        if all(before.count(a) == before.count(b) for a, b in ("()", "[]", "{}")):
            parts.append(text[begin : found.start()])
            begin = found.end()
    return [*parts, text[begin:]]


def _unwrapped(text: str) -> str:
    """Without the parentheses around it all."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1].strip()
    return text


def _closes_last(text: str) -> bool:
    """Whether the first parenthesis is closed by the last sign."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return at == len(text) - 1
    return False
