"""Project files that a page shows: package.json, pyproject.toml, requirements.txt."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, Final

from extractor.languages.common.installs import RefusedError, npm_dependency, python_dependency
from extractor.languages.common.values import Manifest
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from extractor.model import Block, Dependency

_NPM_KEYS: Final = frozenset({"dependencies", "devDependencies", "scripts", "type", "bin", "main"})
MAX_MANIFEST_CHARS: Final = 100_000


def manifest_of(block: Block, name: str | None) -> Manifest | None:
    """The project file that a fence holds, told by its name or, failing that, by its keys; None if it holds none."""
    if len(block.text) > MAX_MANIFEST_CHARS:
        return None
    called = (name or "").rpartition("/")[2]
    if called == "package.json" or (not name and block.language in {"json", "jsonc"}):
        return _package_json(block, name or "package.json", sure=bool(name))
    if called == "pyproject.toml" or (not name and block.language == "toml"):
        return _pyproject(block, name or "pyproject.toml")
    if called == "requirements.txt" or block.language == "requirements":
        return _requirements(block, name or "requirements.txt")
    return None


def _package_json(block: Block, path: str, *, sure: bool) -> Manifest | None:
    try:
        data = json.loads(block.text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not (sure or _looks_like_package_json(data)):
        return None
    pairs = [
        *((n, v, False) for n, v in _strings(data.get("dependencies"))),
        *((n, v, True) for n, v in _strings(data.get("devDependencies"))),
    ]
    texts = [(f"{name}@{version}", development) for name, version, development in pairs]
    dependencies = _taken(npm_dependency, texts)
    kind = data["type"] if isinstance(data.get("type"), str) else None
    return Manifest(path, Manager.NPM, dependencies, dict(_strings(data.get("scripts"))), kind, block)


def _looks_like_package_json(data: dict[str, Any]) -> bool:
    """Not every JSON object is one: at least a dependency table, scripts, or name with version."""
    keys = _NPM_KEYS & set(data)
    return bool(keys & {"dependencies", "devDependencies", "scripts"}) or ("name" in data and len(keys) > 0)


def _pyproject(block: Block, path: str) -> Manifest | None:
    try:
        data = tomllib.loads(block.text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    project = data.get("project")
    if not isinstance(project, dict):
        return None
    listed = project.get("dependencies")
    texts = [t for t in listed if isinstance(t, str)] if isinstance(listed, list) else []
    dependencies = _taken(python_dependency, [(t, False) for t in texts])
    return Manifest(path, Manager.PYPI, dependencies, dict(_strings(project.get("scripts"))), None, block)


def _requirements(block: Block, path: str) -> Manifest | None:
    lines = [line.partition(" #")[0].strip() for line in block.text.splitlines()]
    texts = [(line, False) for line in lines if line and not line.startswith(("#", "-"))]
    dependencies = _taken(python_dependency, texts)
    return Manifest(path, Manager.PYPI, dependencies, {}, None, block) if dependencies else None


def _strings(table: object) -> Iterable[tuple[str, str]]:
    if not isinstance(table, dict):
        return ()
    return tuple((key, value) for key, value in table.items() if isinstance(key, str) and isinstance(value, str))


def _taken(make: Callable[[str, bool], Dependency], texts: Iterable[tuple[str, bool]]) -> tuple[Dependency, ...]:
    """The dependencies that are names of a registry; what points elsewhere is left to the imports."""
    found: list[Dependency] = []
    for text, development in texts:
        try:
            found.append(make(text, development))
        except RefusedError:
            continue
    return tuple(found)
