"""Imports of Python: those of the standard library, of packages, and of the reader's own modules."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from extractor.languages.common.package_names import dependency_of
from extractor.model import Manager, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.languages.common.facts import Import
    from extractor.model import Dependency


_VARIANTS: Final = frozenset({"binary", "bin", "slim", "lite", "cpu", "gpu", "headless", "nightly", "wheel", "wheels"})
"""Last words of distributions that take the place of another: ``psycopg2-binary``."""
_NAMESPACES: Final = frozenset({"google", "azure", "opentelemetry", "zope", "aws"})
"""Modules that many distributions share."""


@dataclass(frozen=True, slots=True)
class _Table:
    packages: Mapping[str, str]
    local: frozenset[str]
    prefixes: tuple[str, ...]
    known: frozenset[str]


@cache
def _table() -> _Table:
    folder = files("extractor.languages.python")
    data = tomllib.loads(folder.joinpath("packages.toml").read_text(encoding="utf-8"))
    lines = folder.joinpath("known.txt").read_text(encoding="utf-8").splitlines()
    known = frozenset(name for line in lines if not line.startswith("#") for name in line.split())
    return _Table(data["packages"], frozenset(data["local"]["names"]), tuple(data["local"]["prefixes"]), known)


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
    """Return the distribution that an import needs; None for the standard library, relative imports and unknown names.

    A name is not a distribution because somebody imports it: whoever registers it would be installed.

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
    if parts[0].lower() not in _table().known:
        return None
    return dependency_of(parts[0].replace("_", "-"), Manager.PYPI, origin=Origin.INFERRED)


def has_module(distribution: str, module: str) -> bool:
    """Return whether a distribution's name says that it has a module: ``strands-agents`` has ``strands.models``.

    Args:
        distribution: a name that the page states.
        module: dotted.
    """
    name, dotted = canonicalize_name(distribution).replace("-", "_"), module.lower().replace(".", "_")
    first = top(module).lower()
    if first in _NAMESPACES:
        return dotted == name or dotted.startswith(f"{name}_")
    joined = f"_{name}_"
    return f"_{first}_" in joined or name.replace("_", "") in {first, f"py{first}", f"{first}py"}


def takes_place(distribution: str, known: str, module: str) -> bool:
    """Return whether a stated distribution has a module in place of the one that is known to have it.

    ``mcp-agent`` is not where ``mcp.server`` is, though its name begins so; ``psycopg2-binary`` has ``psycopg2``, and
    ``llama-index-tools-mcp`` has ``llama_index.tools.mcp``.

    Args:
        distribution: a name that the page states, and that has the module by :func:`has_module`.
        known: the distribution that :func:`package_of` gives.
        module: dotted.
    """
    name, other = canonicalize_name(distribution), canonicalize_name(known)
    dotted = canonicalize_name(module.replace(".", "-"))
    longer = name.startswith(f"{other}-") and f"{dotted}-".startswith(f"{name}-")
    return longer or name in {f"{other}-{word}" for word in _VARIANTS}
