"""Which packages other packages bring, by the lock that was resolved. Pure."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PINNED: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==")
_VIA: Final = re.compile(r"\s*# via (.+)")
_OWN_ONLY: Final = frozenset({"pnpm"})
"""Clients that let code import only what its own manifest names (pnpm's documentation of ``hoist-pattern``)."""


def brought_by(stated: Iterable[str], manager: Manager, client: str, lock: str) -> frozenset[str]:
    """Return the packages that code can import because packages that the page installs depend on them.

    npm, Yarn and Bun put them beside the others (``node_modules``), and Python has one folder for all. Go and Cargo let
    a program use only what it names itself.

    Args:
        stated: names of the packages that the page installs.
        manager: by which they were resolved.
        client: of the page's install lines; empty if it shows none.
        lock: the resolved packages, as ``Image.lock``.
    """
    if manager is Manager.NPM and client not in _OWN_ONLY:
        return _reached(stated, _of_npm(lock))
    if manager is Manager.PYPI:
        return _reached(map(_canonical, stated), _of_pypi(lock))
    return frozenset()


def _canonical(name: str) -> str:
    # here, since sentences are listed, and cached results read, without it
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _reached(stated: Iterable[str], needs: Mapping[str, Iterable[str]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(stated)
    while waiting:
        new = set(needs.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return frozenset(reached)


def _of_npm(lock: str) -> Mapping[str, Iterable[str]]:
    """Return what each package of a ``package-lock.json`` needs; several versions of one count together."""
    needs: defaultdict[str, set[str]] = defaultdict(set)
    packages = _table(json.loads(lock), "packages")
    installed = {path.rpartition("node_modules/")[2] for path in packages}
    for path in packages:
        entry = _table(packages, path)
        meta = _table(entry, "peerDependenciesMeta")
        # npm installs no optional peer by itself; an optional dependency may be absent
        peers = {name for name in _table(entry, "peerDependencies") if not _table(meta, name).get("optional")}
        wanted = {*_table(entry, "dependencies"), *_table(entry, "optionalDependencies"), *peers}
        needs[path.rpartition("node_modules/")[2]] |= wanted & installed
    return needs


def _table(parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return a table of a manifest that a registry served; empty where it is something else."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _of_pypi(lock: str) -> Mapping[str, Iterable[str]]:
    """Return what each package of uv's lock needs, by the comment below each: ``# via httpx, starlette``."""
    needs: defaultdict[str, set[str]] = defaultdict(set)
    name = ""
    for line in lock.splitlines():
        if pinned := _PINNED.match(line):
            name = _canonical(pinned[1])
        elif via := _VIA.fullmatch(line):
            for parent in via[1].split(", "):
                needs[_canonical(parent)].add(name)
    return needs
