"""The dependencies that pyproject.toml declares are those that the code imports, no more and no fewer."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import httpcore

ROOT = Path(__file__).parents[1]
PACKAGES = ("extractor", "harness")
AT_RUN_TIME_BY_OTHERS = {"pytest"}
"""Imported only by a module that pytest itself loads."""
FOR_OTHERS = {"sniffio": httpcore._synchronization.current_async_library}
"""Declared for a library that looks for it at every step of a request, and whose code does so."""


def test_declared_dependencies_are_those_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    entries = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    declared = {_normal(re.split(r"[\[<>=~!; ]", entry)[0]) for entry in entries}
    providers = packages_distributions()
    imported = {_normal(providers[name][0]) for name in _imported() if name not in AT_RUN_TIME_BY_OTHERS}
    assert imported | FOR_OTHERS.keys() == declared
    for name, asking in FOR_OTHERS.items():
        assert f"import {name}" in inspect.getsource(asking)


def _imported() -> set[str]:
    """Top-level names of third parties that the packages import, but for type checkers only."""
    names: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            tree = ast.parse(file.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    return {name for name in names if name not in sys.stdlib_module_names and name not in {*PACKAGES, "_typeshed"}}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
