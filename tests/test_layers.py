"""Every folder and module at the top of the packages has a layer in the import contracts."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_part_of_the_packages_has_a_layer() -> None:
    """A part without a layer could import anything, and nobody would notice."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layered,) = (contract for contract in contracts if contract["type"] == "layers")
    listed = {part.strip() for layer in layered["layers"] for part in layer.split("|")}
    there = {
        f"{package}.{path.stem}"
        for package in ("extractor", "harness")
        for path in (ROOT / package).iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    assert listed == there


WORDS = re.compile(r"initialize(?!r)|mcp|tools/list|modelcontextprotocol|agent-card|a2a", re.IGNORECASE)
"""What only a specification has."""
SPEAKING_OF_ONE = {
    "harness/model/terms.py": "no-initialize, a published value of result files",
    "harness/cli/probe.py": "examples in its help",
    "harness/run/running_server.py": "an example in a hint",
    "harness/judge/start_failure.py": "the same value",
}
"""Modules outside the folders of profiles that name one, and why they may."""


def _texts(module: Path) -> set[str]:
    """The names and the literals of a module; not its comments, and no docstring of a class or a function."""
    tree = ast.parse(module.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    prose = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, documented)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    return {
        str(node.value) if isinstance(node, ast.Constant) else node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(tree)
        if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)) and id(node) not in prose
    }


def test_only_profiles_have_words_of_a_specification() -> None:
    """Everything that docprobe knows about one is in its folder, and reaches the rest as the value of a profile."""
    found = {
        str(module.relative_to(ROOT))
        for package in ("extractor", "harness")
        for module in (ROOT / package).rglob("*.py")
        if "profiles" not in module.relative_to(ROOT).parts and any(WORDS.search(text) for text in _texts(module))
    }
    assert found == SPEAKING_OF_ONE.keys()
