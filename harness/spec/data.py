"""The data files beside the catalogue: found by name or path, read strictly."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

T = TypeVar("T")

_SUFFIX: Final = ".toml"


def find(folder: str, name: str | Path) -> Traversable:
    """The file called ``name``: a path that ends in ``.toml``, or a name of a shipped profile.

    Raises:
        UsageError: there is none; the hint says which are shipped.
    """
    shipped = resources.files("harness.profiles")
    if str(name).endswith(_SUFFIX):
        path = Path(name)
        if path.is_file():
            return path
    elif (shipped / str(name) / f"{folder}{_SUFFIX}").is_file():
        return shipped / str(name) / f"{folder}{_SUFFIX}"
    names = sorted(entry.name for entry in shipped.iterdir() if (entry / f"{folder}{_SUFFIX}").is_file())
    hint = f"shipped: {', '.join(names)}; or give the path of a {_SUFFIX} file"
    raise UsageError(f"there is no {folder} file {str(name)!r}", hint=hint)


def read(file: Traversable) -> dict[str, Any]:
    """The TOML table in ``file``. Raises UsageError if it cannot be read."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}", hint="mend the file at that place") from error


def entries(file: Traversable, table: Mapping[str, Any], key: str, kind: type[T]) -> tuple[T, ...]:
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
