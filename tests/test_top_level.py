"""The top level of the repository: few names, each with its purpose. Everything else is in a folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = {"extractor", "harness", "tests", "docs-snapshot"}
FILES = {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml"}
BUILT = {"build", "dist"}
"""Left by a build, and ignored by git."""


def test_nothing_else_is_at_the_top_level() -> None:
    there = {path.name: path.is_dir() for path in ROOT.iterdir() if not path.name.startswith(".")}
    folders = {name for name, is_folder in there.items() if is_folder} - BUILT
    files = {name for name, is_folder in there.items() if not is_folder and not name.endswith(".lock")}
    assert folders <= FOLDERS
    assert files <= FILES
