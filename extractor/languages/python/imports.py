"""Imports of Python: those of the standard library, of packages, and of the reader's own modules."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from extractor.languages.common.packages import dependency_of
from extractor.model import Manager, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.languages.common.facts import Import
    from extractor.model import Dependency


@dataclass(frozen=True, slots=True)
class _Table:
    packages: Mapping[str, str]
    local: frozenset[str]
    prefixes: tuple[str, ...]


@cache
def _table() -> _Table:
    text = files("extractor.languages.python").joinpath("packages.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return _Table(data["packages"], frozenset(data["local"]["names"]), tuple(data["local"]["prefixes"]))


def top(module: str) -> str:
    """Return ``google`` of ``google.cloud.storage``."""
    return module.partition(".")[0]


def is_standard(module: str) -> bool:
    """Return whether the module is part of Python."""
    return top(module) in sys.stdlib_module_names


def is_readers_own(module: str) -> bool:
    """Return whether docs use the name for modules of the reader, so that a package of that name is never meant."""
    name, table = top(module), _table()
    return name in table.local or name.startswith(table.prefixes)


def package_of(imported: Import, extra: Mapping[str, str]) -> Dependency | None:
    """Return the distribution that an import needs; None for the standard library and relative imports.

    Args:
        imported: the import.
        extra: import name to distribution, before the built-in table. The longest dotted prefix wins.

    Raises:
        RefusedError: the name cannot be that of a distribution.
    """
    if imported.relative or is_standard(imported.module):
        return None
    table = {**_table().packages, **extra}
    parts = imported.module.split(".")
    for length in range(len(parts), 0, -1):
        if name := table.get(".".join(parts[:length])):
            return dependency_of(name, Manager.PYPI, origin=Origin.INFERRED)
    return dependency_of(parts[0].replace("_", "-"), Manager.PYPI, origin=Origin.INFERRED)
