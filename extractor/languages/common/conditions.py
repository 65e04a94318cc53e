"""Conditions of a program, evaluated for the command and the environment that it is started with.

They are read in the same way for every language. What is not understood is unknown, and stays so through ``and``,
``or`` and ``not`` unless the other side decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.languages.common import condition_names as language
from extractor.languages.common.expressions import UNKNOWN, Expression, parsed
from extractor.languages.common.facts import COMMAND
from extractor.languages.common.options import plain, words_of
from extractor.languages.common.outcomes import (
    COMPARE,
    NO,
    Listed,
    as_number,
    decided,
    number,
    option_value,
    same,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.defaults import Defaults
    from extractor.languages.common.options import Option, Words
    from extractor.languages.common.outcomes import Outcome, Value

_MAX_DEPTH: Final = 60
"""Expressions within expressions, and variables that are given others."""
_MAX_STEPS: Final = 500
"""Expressions that are looked at for one condition."""
_PARSES_ALL: Final = re.compile(r"minimist\((?:process|Bun)\.argv\.slice\(2\)\)")
"""A parser whose result holds exactly the options of the command line."""


@dataclass(frozen=True, slots=True)
class Started:
    """A program as a command starts it, in an environment."""

    defaults: Defaults
    variables: Mapping[str, str]
    """Of the environment, names in lower case."""
    given: Words
    read: dict[str, Expression | None] = field(default_factory=dict)
    """Expressions, by their texts."""
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
        opened = defaults.fields - defaults.closed - defaults.settings
        switches = language.TRUE | language.NOTHING
        parameters = {plain(n): defaults.values[n] not in switches for n in opened if n in defaults.values}
        return cls(defaults, variables, words_of(command, defaults.options, parameters))

    def holds(self, condition: str) -> bool | None:
        """Return whether a condition holds; None if that is not known."""
        self.steps[:] = [_MAX_STEPS]
        return truth(self._written(condition, 0))

    def _written(self, code: str, depth: int) -> Value:
        """What an expression comes to, as it is written; False for what is absent."""
        if code not in self.read:
            self.read[code] = parsed(code)
        expression = self.read[code]
        return None if expression is None else self._value(expression, depth)

    def _value(self, one: Expression, depth: int) -> Value:
        self.steps[0] -= 1
        if depth > _MAX_DEPTH or self.steps[0] < 0:
            return None
        depth += 1
        match one.kind:
            case "text":
                return one.text
            case "number":
                return number(one.text)
            case "name" | "member":
                return self._at_path(one, depth)
            case "index" | "slice":
                return self._indexed(one, depth)
            case "call":
                return self._called(one, depth)
            case "list" | "object":
                return self._listed(one, depth)
            case "choice":
                return self._chosen(one, depth)
            case "not":
                holds = truth(self._value(one.parts[0], depth))
                return None if holds is None else not holds
            case "and" | "or" | "??":
                return self._joined(one, depth)
            case "typeof":
                inner = self._value(one.parts[0], depth)
                return "undefined" if inner is False else "string" if isinstance(inner, str) else None
            case "==" | "!=" | "is":
                if any(part.names(path) for part in one.parts for path in language.MAIN):
                    return one.kind != "!="
                holds = same(self._value(one.parts[0], depth), self._value(one.parts[1], depth))
                return None if holds is None else holds is (one.kind != "!=")
            case "in":
                return self._is_in(one.parts[0], one.parts[1], depth)
            case _:
                return self._compared(one, depth)

    def _compared(self, one: Expression, depth: int) -> bool | None:
        if one.kind not in COMPARE:
            return None
        left, right = (as_number(self._value(part, depth)) for part in one.parts)
        return None if left is None or right is None else COMPARE[one.kind](left, right)

    def _is_in(self, item: Expression, held: Expression, depth: int) -> bool | None:
        asked, name = self._value(item, depth), self._path(held)
        if name in language.ENVIRONMENT:
            return asked.lower() in self.variables if isinstance(asked, str) else None
        within = self._value(held, depth)
        if within is None and held.kind in ("name", "member") and self._looks_like_arguments(held):
            within = Listed(None)
        match within:
            case Listed(None):
                return False if isinstance(asked, str) and not self._may_be_given(asked) else None
            case Listed(tuple() as items):
                return decided((same(asked, each) for each in items), by=True)
            case str() if isinstance(asked, str):
                return True if asked in within else None if asked.lower() in within.lower() else False
            case False:
                return False
            case _:
                return None

    def _may_be_given(self, word: str) -> bool:
        """Whether a word is among those of the command, in whatever case."""
        return word.lower() in {each.lower() for each in self.given.every}

    def _looks_like_arguments(self, held: Expression) -> bool:
        """Whether something is called as the words of the command line are, and is nothing else as far as is shown."""
        return held.path not in self.defaults.values and plain(held.path.rpartition(".")[2]) in language.LISTS

    def _joined(self, one: Expression, depth: int) -> Value:
        left = self._value(one.parts[0], depth)
        decides = left is not False if one.kind == "??" else truth(left)
        if left is None:
            # what decides whatever the other is
            right = truth(self._value(one.parts[1], depth))
            return right if right is (one.kind != "and") and one.kind != "??" else None
        if decides is (one.kind != "and"):
            return left
        return self._value(one.parts[1], depth)

    def _chosen(self, one: Expression, depth: int) -> Value:
        test, then, other = one.parts
        holds = truth(self._value(test, depth))
        if holds is not None:
            return self._value(then if holds else other, depth)
        left, right = self._value(then, depth), self._value(other, depth)
        return left if left == right and type(left) is type(right) else None

    def _listed(self, one: Expression, depth: int) -> Listed | None:
        """The items of a list; of an object its names."""
        if any(part.kind == UNKNOWN for part in one.parts):
            return None
        return Listed(tuple(p.text if p.kind == "keyword" else self._value(p, depth) for p in one.parts))

    def _path(self, one: Expression) -> str:
        """The chain of names of an expression, with what its first name stands for: ``env.PORT``, ``argv``."""
        root, dot, rest = one.path.partition(".")
        given = self.defaults.values.get(root, "")
        return f"{given}{dot}{rest}" if given in language.ENVIRONMENT or given in language.ARGV else one.path

    def _at_path(self, one: Expression, depth: int) -> Value:
        """What a name, or a member of something, comes to."""
        path = self._path(one)
        if path in language.TRUE | language.NOTHING:
            return path in language.TRUE
        owner, _, name = path.rpartition(".")
        if owner in language.ENVIRONMENT:
            return self._variable(name, None, depth)
        if path in language.ARGV:
            return self._arguments(language.ARGV[path])
        if path == COMMAND:
            return self._command()
        if path in language.MAIN:
            return True
        if name in language.TERMINALS and owner.rpartition(".")[2] in language.STREAMS:
            # programs run without a terminal
            return False
        if one.kind == "member" and name in ("length", "size", "value"):
            held = self._value(one.parts[0], depth)
            if name == "value" and held is not None:
                return held
            if name != "value" and isinstance(held, Listed):
                return None if held.items is None else len(held.items)
        if not path:
            # of what a call gives: ``program.opts().transport``
            return self._named(f"?.{one.text}", one.text, depth) if one.kind == "member" else None
        return self._named(path, name, depth)

    def _arguments(self, before: int) -> Listed:
        """The words of the command line, behind some for the program itself."""
        if self.given.words is None:
            return Listed(None)
        return Listed((*([language.NAME_OF_PROGRAM] * before), *self.given.words))

    def _command(self) -> Value:
        """The first word that the program is given, if it is not an option."""
        if self.given.words is None:
            return None
        first = self.given.words[0] if self.given.words else ""
        return None if first.startswith("-") else first or False

    def _indexed(self, one: Expression, depth: int) -> Value:
        owner = self._path(one.parts[0])
        key = one.parts[1]
        if owner in language.ENVIRONMENT:
            return self._variable(key.text, None, depth) if key.kind == "text" else None
        if key.kind == "text":
            return self._named(f"{owner}.{key.text}", key.text, depth) if owner else None
        held, at = self._value(one.parts[0], depth), self._value(key, depth)
        if not isinstance(held, Listed) or held.items is None or isinstance(at, bool) or not isinstance(at, int):
            return None
        if one.kind == "slice":
            return Listed(held.items[at:])
        return held.items[at] if -len(held.items) <= at < len(held.items) else False

    def _called(self, one: Expression, depth: int) -> Value:
        function, *arguments = one.parts
        path = self._path(function)
        name = function.text
        first = arguments[0] if arguments else None
        named = {part.text: part.parts[0] for part in arguments if part.kind == "keyword"}
        if path in language.READS and first is not None and first.kind == "text":
            fallback = named.get("default", arguments[1] if len(arguments) > 1 else None)
            return self._variable(first.text, fallback, depth)
        if path == "getattr" and first is not None and first.path and len(arguments) > 1:
            asked = arguments[1].text
            return self._named(f"{first.path}.{asked}", asked, depth) if arguments[1].kind == "text" else None
        if name in language.DECLARING:
            given = named.get("default", named.get("default_factory", first))
            return self._value(given, depth) if given is not None and given.kind != "keyword" else None
        if function.kind == "member" and (found := self._method(function, name, arguments, depth)) is not None:
            return found
        if first is None or "." in path:
            return None
        value = self._value(first, depth)
        if name == "len":
            return len(value.items) if isinstance(value, Listed) and value.items is not None else None
        if name == "isNaN":
            number = as_number(value)
            return value is False or (None if number is None else False)
        if name in language.AS_NUMBER:
            return as_number(value) if isinstance(value, str) and value else value
        return truth(value) if name in language.AS_TRUTH else value if name in language.UNCHANGED_BY else None

    def _method(self, function: Expression, name: str, arguments: Sequence[Expression], depth: int) -> Value:
        """What a method of a text or a list gives; None for any other."""
        held = function.parts[0]
        if name in language.TERMINALS and self._path(held).rpartition(".")[2] in language.STREAMS:
            return False
        if not arguments:
            value, change = self._value(held, depth), language.CHANGED.get(name)
            return None if change is None else change(value) if isinstance(value, str) else value
        if name in language.HAS:
            return self._is_in(arguments[0], held, depth)
        if name not in (*language.BEGINS, *language.ENDS, "indexOf", "at", "slice"):
            return None
        value, asked = self._value(held, depth), self._value(arguments[0], depth)
        match value, asked:
            case False, _ if name in (*language.BEGINS, *language.ENDS):
                return False
            case str(), str() if name in (*language.BEGINS, *language.ENDS):
                return value.startswith(asked) if name in language.BEGINS else value.endswith(asked)
            case Listed(tuple() as items), int() if name == "slice":
                return Listed(items[asked:])
            case Listed(tuple() as items), int() if name == "at":
                return items[asked] if -len(items) <= asked < len(items) else False
            case Listed(tuple() as items), str() if name == "indexOf":
                return next((at for at, each in enumerate(items) if each == asked), -1)
            case Listed(None), str() if name == "indexOf":
                return None if self._may_be_given(asked) else -1
            case _:
                return None

    def _variable(self, name: str, fallback: Expression | None, depth: int) -> Value:
        """What a variable of the environment is, else what the program falls back to."""
        value = self.variables.get(name.lower())
        if value is not None:
            return value
        if any(f"{environment}.{name}" in self.defaults.assigned for environment in language.ENVIRONMENT):
            return None
        return self._value(fallback, depth) if fallback is not None else False

    def _named(self, text: str, name: str, depth: int) -> Value:
        """What a name stands for: an option, a setting, or what the code gives it."""
        root, dot, _ = text.partition(".")
        is_variable = not dot and name not in self.defaults.fields and (name in self.defaults.values or name.isupper())
        options = self.defaults.options.get(plain(name), ())
        if options and not is_variable:
            # what statements put in place of an option is not what is given
            return None if dot and text in self.defaults.assigned else self._option(options, name, depth)
        code = self.defaults.values.get(text, "" if dot and name not in self.defaults.fields else None)
        if code is None:
            code = self.defaults.values.get(name, "")
        if not dot and name not in self.defaults.fields:
            return self._written(code, depth) if code and code != text else self._outside(name)
        if _PARSES_ALL.fullmatch(self.defaults.values.get(root, "")):
            return self.given.flags.get(plain(name), "") or plain(name) in self.given.flags
        if (outside := self._outside(name)) is not None:
            return outside
        is_closed = name in self.defaults.closed
        if not is_closed and (self._may_be_renamed(name) or (self.given.arguments != () and not dot)):
            return None
        return self._written(code, depth) if code and code != text else None

    def _outside(self, name: str) -> Outcome:
        """What the command line or the environment gives under a name; None if they give nothing."""
        if name in self.defaults.closed:
            return None
        by_command = [] if name in self.defaults.settings else [(self.given.flags, plain(name))]
        unread = self.defaults.settings if self.defaults.renamed else self.defaults.fields - self.defaults.settings
        by_variable = [] if name in unread else [(self.variables, name.lower())]
        for source, key in (*by_command, *by_variable):
            if (value := source.get(key)) is not None:
                return False if value.lower() in NO else value or source is self.given.flags
        return False if f"no-{plain(name)}" in self.given.flags else None

    def _may_be_renamed(self, name: str) -> bool:
        """Whether an option or a variable that is given may be this one under another name."""
        if not self.given.flags and not self.variables:
            return False
        alike = [*self.given.flags, *(plain(each) for each in self.variables)]
        return self.defaults.renamed or any(each.endswith(f"-{plain(name)}") for each in alike)

    def _option(self, options: Sequence[Option], name: str, depth: int) -> Value:
        for option in options:
            if any(each in self.given.flags for each in option.off):
                return False
            for each in option.on:
                if f"no-{each}" in self.given.flags:
                    return False
                value = self.given.flags.get(each)
                if value is not None:
                    return option_value(value) if value else option.given
            for variable in option.variables:
                if (value := self.variables.get(variable)) is not None:
                    return option_value(value)
        if all(option.is_argument for option in options):
            return self._only_argument(options[0], name, depth)
        if self._is_shortened(options):
            return None
        if self.defaults.renamed and (self.given.flags or self.variables):
            return None
        given = (self._default(option, name, depth) for option in options if not option.is_argument)
        known = [value for value in given if value is not False]
        return None if any(value != known[0] for value in known) else known[0] if known else False

    def _default(self, option: Option, name: str, depth: int) -> Value:
        """What an option is unless it is given: by its declaration, or by the parameter of the same name."""
        if option.default is not None:
            return option.default
        code = option.code or self.defaults.values.get(name, "")
        return self._written(code, depth) if code else None

    def _is_shortened(self, options: Sequence[Option]) -> bool:
        """Whether an option that nobody declares may be one of these: ``--tr http``, ``-thttp``."""
        known = [option for same in self.defaults.options.values() for option in same]
        names = {each for option in options for each in (*option.on, *option.off)}
        others = self.given.flags.keys() - {each for option in known for each in (*option.on, *option.off)}
        return any(n.startswith(other) or (len(n) == 1 and other.startswith(n)) for n in names for other in others)

    def _only_argument(self, option: Option, name: str, depth: int) -> Value:
        """Return the value of a positional argument; None if the program has more than one."""
        arguments = self.given.arguments
        if arguments == ():
            return self._default(option, name, depth)
        others = [each for same in self.defaults.options.values() for each in same if each.is_argument]
        return None if arguments is None or len(others) != 1 or len(arguments) != 1 else arguments[0]
