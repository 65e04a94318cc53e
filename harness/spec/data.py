"""The data files beside a catalogue, read strictly."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T")

def read(file: Path) -> dict[str, Any]:
    """The TOML table in ``file``. Raises UsageError if it cannot be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}", hint="mend the file at that place") from error


def entries(file: Path, table: Mapping[str, Any], key: str, kind: type[T]) -> tuple[T, ...]:
    """The tables ``[[key]]`` as values of the dataclass ``kind``.

    Raises:
        UsageError: an unknown key, a missing one or a wrong type; says which entry, counted from 1.
    """
    assert dataclasses.is_dataclass(kind)
    known = [field.name for field in dataclasses.fields(kind)]
    found = []
    for number, entry in enumerate(table.get(key, ()), 1):
        where = f"{file}: [[{key}]] number {number}"
        for name in entry:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                raise UsageError(f"{where}: unknown key {name!r}", hint=hint)
        try:
            found.append(msgspec.convert(entry, kind))
        except msgspec.ValidationError as error:
            raise UsageError(f"{where}: {error}") from error
    return tuple(found)
