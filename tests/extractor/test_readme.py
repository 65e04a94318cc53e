"""extractor/README.md against the folders that exist and what they import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "extractor" / "README.md").read_text(encoding="utf-8")
FLOORS = re.findall(r"^\| `([a-z]+)` \|", README, re.MULTILINE)
"""The folders of the table, from top to bottom."""


def imports(file: Path) -> Iterator[str]:
    """The modules that a file imports, under TYPE_CHECKING and inside functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield node.module or ""


def test_the_table_has_every_folder() -> None:
    folders = {path.parent.name for path in (ROOT / "extractor").glob("*/__init__.py")}
    assert set(FLOORS) == folders
    assert len(FLOORS) == len(folders)


def test_imports_point_downwards() -> None:
    rank = {folder: number for number, folder in enumerate(FLOORS)}
    upwards = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / "extractor").glob("*/**/*.py")
        for name in imports(file)
        if name.startswith("extractor.")
        and rank[name.split(".")[1]] < rank[file.relative_to(ROOT / "extractor").parts[0]]
    ]
    assert upwards == []


def test_languages_do_not_import_each_other() -> None:
    languages = {path.parent.name for path in (ROOT / "extractor" / "languages").glob("*/__init__.py")} - {"common", "toolchains"}
    assert len(languages) > 1
    for language in languages:
        for file in (ROOT / "extractor" / "languages" / language).rglob("*.py"):
            others = {name.split(".")[2] for name in imports(file) if name.startswith("extractor.languages.")}
            assert others <= {language, "common", "toolchains"}, file


def test_what_is_forbidden_is_not_imported() -> None:
    roots = {name.partition(".")[0] for file in (ROOT / "extractor").rglob("*.py") for name in imports(file)}
    assert not roots & {"harness", "docker", "httpx"}


def test_every_module_and_value_that_is_named_exists() -> None:
    modules = re.findall(rf"\b({'|'.join(FLOORS)})\.([a-z_]+)\b(?!\.)", README)
    assert len(modules) > 5
    for folder, module in modules:
        assert (ROOT / "extractor" / folder / f"{module}.py").is_file(), f"{folder}.{module}"
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "extractor").rglob("*.py"))
    for name in re.findall(r"`([A-Z][A-Za-z]+)`", README):
        assert f"class {name}" in source, name
