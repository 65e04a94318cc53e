"""Packages of Python imports."""

from __future__ import annotations

import pytest

from extractor.languages.common.facts import Import
from extractor.languages.python.imports import package_of


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("mcp.server.fastmcp", "mcp"),
        ("yaml", "pyyaml"),
        ("google.genai.types", "google-genai"),
        ("dotenv", "python-dotenv"),
        ("sse_starlette.sse", "sse-starlette"),
        ("some_new_thing", None),
        ("pydantic_ai.mcp", "pydantic-ai"),
        ("google.adk.agents", "google-adk"),
        ("google.unheard_of", None),
        ("os.path", None),
        ("mine.deep", "published"),
    ],
)
def test_packages_of_python_imports(module: str, package: str | None) -> None:
    found = package_of(Import(module, (), 1), {"mine": "published"})
    assert (found.name if found else None) == package
