"""TOML files read strictly into dataclasses. Every error names the file, the line and the key.

A key is a field's name with hyphens for underscores: ``timeout-s`` fills ``timeout_s``. Unknown keys, missing keys
and wrong types are errors.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import re
import tomllib
import types
import typing
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from extractor.base.errors import UsageError
from extractor.base.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from importlib.resources.abc import Traversable

T = TypeVar("T")
Key = tuple[str | int, ...]
"""Where a value is: keys, and 0-based positions in arrays of tables."""

_LONGEST_NUMBER: Final = 4300
"""Digits that Python makes an integer of, by default."""
_LONG_NUMBER: Final = re.compile(rf"\d(?:_?\d){{{_LONGEST_NUMBER - 1},}}")
_AT: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_LINE_HINT: Final = "correct that line"


@dataclasses.dataclass(frozen=True, slots=True)
class TomlFile:
    """A TOML file that could be parsed."""

    name: str
    """The file as messages name it."""
    text: str
    table: Mapping[str, Any]

    def value(self, kind: type[T], at: Key = ()) -> T:
        """Return the table at ``at`` as the dataclass ``kind``. Raises UsageError; an absent table counts as empty."""
        values = self.given(kind, at)
        of: Any = kind
        if missing := [name for name in _shape(of).required if name not in values]:
            raise self.error(at, f"{_table(at)} lacks the key '{_key(missing[0])}'", f"add {_key(missing[0])} = …")
        return kind(**values)

    def values(self, kind: type[T], name: str) -> tuple[T, ...]:
        """Return the tables ``[[name]]`` as dataclasses, in order. Raises UsageError."""
        listed = self.table.get(name, [])
        if not isinstance(listed, list):
            raise self.error((name,), f"[{name}] is a single table", f"write [[{name}]]")
        return tuple(self.value(kind, (name, number)) for number in range(len(listed)))

    def given(self, kind: type[Any], at: Key = ()) -> dict[str, Any]:
        """Return only the fields of the dataclass ``kind`` that the table at ``at`` sets, checked.

        Args:
            kind: a dataclass; a field whose type is a dataclass, or a mapping to one, is read the same way.
            at: where the table is.

        Raises:
            UsageError: it is not a table, or has an unknown key or a value of another type.
        """
        table: Any = self.table
        for key in at:
            table = table.get(key, {}) if isinstance(table, dict) else table[key]
        if not isinstance(table, dict):
            raise self.error(at, f"{_shown(at)} is not a table", f"write [{_shown(at)}] above its keys")
        of: Any = kind
        shape = _shape(of)
        values: dict[str, Any] = {}
        for key, value in table.items():
            field = shape.fields.get(key)
            if field is None:
                where = f" in {_table(at)}" if at else ""
                raise self.error((*at, key), f"unknown key '{key}'{where}", suggestion(key, shape.fields))
            values[field] = self._converted(value, shape.hints[field], (*at, key))
        return values

    def error(self, at: Key, message: str, hint: str | None) -> UsageError:
        """Return an error about a value of the file: ``FILE:LINE: message``.

        Args:
            at: where the value is; the nearest table above it counts if it is not written out.
            message: what is wrong.
            hint: the next step, if there is one.
        """
        return UsageError(f"{self.name}:{_line_of(self.text, at)}: {message}", hint)

    def _converted(self, value: Any, hint: Any, at: Key) -> Any:
        inner = _dataclass_of(hint)
        if inner is not None:
            return self.value(inner, at)
        entry = _dataclass_of(typing.get_args(hint)[1]) if _is_mapping(hint) else None
        if entry is not None:
            if not isinstance(value, dict):
                raise self.error(at, f"{_shown(at)} is not a table", f"write [{_shown(at)}] above its keys")
            return {name: self.value(entry, (*at, name)) for name in value}
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            # msgspec adds the place in the value: "Expected `int`, got `str` - at `$[0]`"
            what = str(error).partition(" - at `")[0]
            raise self.error(at, f"{_shown(at)}: {what}", _LINE_HINT) from error


def read_toml(file: Traversable, name: str | None = None) -> TomlFile:
    """Read a file. ``name`` is for messages; None takes the path. Raises UsageError if it cannot be read or parsed."""
    name = name or str(file)
    try:
        text = utf8_text(file.read_bytes(), name)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}", "check that this user may read it") from error
    return parse_toml(text, name)


def utf8_text(data: bytes, name: str) -> str:
    """Return the text of a file that somebody edits, without the byte order mark that some editors write.

    Raises:
        UsageError: it is not UTF-8; the message names the line, by ``name`` of the file.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise UsageError(f"{name}:{line}: byte 0x{byte:02X} is not UTF-8", "save it as UTF-8") from error


def parse_toml(text: str, name: str) -> TomlFile:
    """Parse the text of a TOML file; ``name`` is for messages. Raises UsageError."""
    try:
        return TomlFile(name, text, toml_table(text))
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = int(at[1]) if at and at[1] else text.count("\n") + 1
        raise UsageError(f"{name}:{line}: {_AT.sub('', str(error))}", _LINE_HINT) from error


def toml_table(text: str) -> dict[str, Any]:
    """Return the table of a TOML document.

    Args:
        text: of the document.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML, or Python cannot hold what it says: an integer of thousands of digits,
            arrays nested thousands deep.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:
        number = _LONG_NUMBER.search(text)
        if number is None:
            raise tomllib.TOMLDecodeError(str(error)) from error
        line = text.count("\n", 0, number.start()) + 1
        raise tomllib.TOMLDecodeError(
            f"A number has more than {_LONGEST_NUMBER:,} digits (at line {line}, column 1)"
        ) from error
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("Values are nested too deep") from error


@dataclasses.dataclass(frozen=True, slots=True)
class _Shape:
    """What is read of a dataclass."""

    hints: Mapping[str, Any]
    """Its fields' types, by name."""
    fields: Mapping[str, str]
    """Its fields' names, by the keys that fill them."""
    required: tuple[str, ...]
    """Names of fields without a default."""


@cache
def _shape(kind: Hashable) -> _Shape:
    """Return what is read of a dataclass: a file may hold a thousand tables of one kind."""
    assert isinstance(kind, type)
    assert dataclasses.is_dataclass(kind)
    every, missing = dataclasses.fields(kind), dataclasses.MISSING
    required = tuple(f.name for f in every if f.default is missing and f.default_factory is missing)
    return _Shape(typing.get_type_hints(kind), {_key(field.name): field.name for field in every}, required)


def _key(field: str) -> str:
    return field.replace("_", "-")


def _dataclass_of(hint: Any) -> type[Any] | None:
    """The dataclass that a type hint names, ``X | None`` included."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (hint, *others) = (arg for arg in typing.get_args(hint) if arg is not types.NoneType)
        if others:
            return None
    return hint if isinstance(hint, type) and dataclasses.is_dataclass(hint) else None


def _is_mapping(hint: Any) -> bool:
    return typing.get_origin(hint) in (dict, collections.abc.Mapping)


def _table(at: Key) -> str:
    """The table at ``at`` as its header is written: ``[limits]``, ``[[known]] number 2``."""
    return _shown(at) if at and isinstance(at[-1], int) else f"[{_shown(at)}]" if at else "the file"


def _shown(at: Key) -> str:
    """The key at ``at`` as TOML writes it: ``limits.memory-mib``, ``[[known]] number 2: reason``."""
    shown = ""
    for part in at:
        if isinstance(part, int):
            shown = f"[[{shown}]] number {part + 1}"
        else:
            word = part if re.fullmatch(r"[\w-]+", part) else f'"{part}"'
            shown = f"{shown}: {word}" if shown.startswith("[[") else f"{shown}.{word}" if shown else word
    return shown


_WORD = r"""(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_NAME: Final = rf"{_WORD}(?:[ \t]*\.[ \t]*{_WORD})*"
_START: Final = re.compile(rf"[ \t]*(?:(?P<header>\[\[?)[ \t]*(?P<table>{_NAME})[ \t]*\]\]?|(?P<key>{_NAME})[ \t]*=)?")
_PIECE: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{]|[\]}]|\n|[^"\'#\[\]{}\n]+',
    re.DOTALL,
)
"""One piece of a value (TOML 1.0): a string, a comment, a bracket, a line end, or anything else."""


def _line_of(text: str, at: Key) -> int:
    """The line (1-based) of the key at ``at``, else of the nearest table or key above it; TOML readers keep none."""
    lines = dict(_lines(text))
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)


def _lines(text: str) -> Iterable[tuple[Key, int]]:
    """Every table and key that is written out in a valid document, with its line."""
    text = text.replace("\r\n", "\n")
    pos = 0
    table: Key = ()
    counts: dict[Key, int] = {}
    while pos < len(text):
        start = _START.match(text, pos)
        assert start is not None
        line = text.count("\n", 0, start.start()) + 1
        if start["table"]:
            table = _split(start["table"], counts)
            if start["header"] == "[[":
                counts[table] = counts.get(table, -1) + 1
                yield table, line
                table = (*table, counts[table])
            yield table, line
        elif start["key"]:
            yield (*table, *_split(start["key"], {})), line
        pos = _statement_end(text, start.end())


def _split(name: str, counts: Mapping[Key, int]) -> Key:
    """A dotted name as keys; a table within ``[[array]]`` belongs to its last entry so far."""
    *parents, last = (_unquoted(word) for word in re.findall(_WORD, name))
    at: Key = ()
    for parent in parents:
        at = (*at, parent)
        if at in counts:
            at = (*at, counts[at])
    return (*at, last)


def _unquoted(word: str) -> str:
    return str(tomllib.loads(f"x = {word}")["x"]) if word[0] in "\"'" else word


def _statement_end(text: str, pos: int) -> int:
    """Where the statement ends whose value begins at ``pos``: after the line end outside strings and brackets."""
    depth = 0
    while piece := _PIECE.match(text, pos):
        pos = piece.end()
        if piece[0] in "[{":
            depth += 1
        elif piece[0] in "]}":
            depth -= 1
        elif piece[0] == "\n" and depth <= 0:
            return pos
    return len(text)
