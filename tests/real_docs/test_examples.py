"""Examples of the real MCP docs (DOCPROBE_REAL_DOCS: a checkout): the core pages, in all six revisions."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus
from harness.profiles.registry import MCP
from tests.real_docs.run import docs_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Bundle, Example

pytestmark = [
    pytest.mark.real_docs,
    pytest.mark.skipif("DOCPROBE_REAL_DOCS" not in os.environ, reason="DOCPROBE_REAL_DOCS is not set"),
]

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "draft")
NEW = ("2026-07-28", "draft")
TUTORIAL = "tutorials/security/authorization"


@cache
def examples() -> Mapping[str, Example]:
    root = docs_root(Path(os.environ["DOCPROBE_REAL_DOCS"]))
    return {example.id: example for example in find_examples(extract(root, MCP.layout, statements=False), MCP.code)}


def bundle(example_id: str) -> Bundle:
    example = examples()[example_id]
    assert example.status is ExampleStatus.RUNNABLE, example.reason
    assert example.bundle is not None
    return example.bundle


def paths(of: Bundle) -> list[str]:
    return [file.path for file in of.files]


@pytest.mark.parametrize("revision", REVISIONS)
def test_authorization_in_typescript(revision: str) -> None:
    found = bundle(f"docs/{revision}/{TUTORIAL}#typescript")
    assert found.kind is ExampleKind.HTTP_SERVER
    assert paths(found) == [".env", "package.json", "server.ts"]
    assert [d.name for d in found.dependencies] == [
        "@modelcontextprotocol/sdk", "cors", "dotenv", "express", "tsx", "zod",
    ]  # fmt: skip
    assert found.command == ("node", "--import", "tsx", "server.ts")
    assert found.endpoint_paths[0] == "/"
    assert found.environment["PORT"] == "3000"
    (service,) = found.services
    assert (service.host, service.port, service.settings["realm"]) == ("localhost", 8080, "master")
    assert service.settings["client_secret"] == found.environment["OAUTH_CLIENT_SECRET"]
    first = found.files[2].docs_line(1)
    assert first is not None
    assert first.first == 317


@pytest.mark.parametrize("revision", REVISIONS)
def test_authorization_in_python(revision: str) -> None:
    found = bundle(f"docs/{revision}/{TUTORIAL}#python")
    folder = "mcp_server" if revision in NEW else "example"
    files = [f"{folder}/{name}.py" for name in ("__init__", "config", "server", "token_verifier")]
    assert paths(found) == [*files, *(["pyproject.toml"] if revision in NEW else [])]
    assert found.command[:2] == (("python", "-c") if revision in NEW else ("python", "-m"))
    wanted = ["httpx2>=2.5.0", "mcp>=2.0.0rc1", "pydantic>=2.0"] if revision in NEW else ["httpx", "mcp", "pydantic"]
    assert [str(d) for d in found.dependencies] == wanted
    assert found.services[0].settings["client_id"] == ("test-client" if revision in NEW else "mcp-server")


@pytest.mark.parametrize("revision", REVISIONS)
def test_authorization_in_csharp(revision: str) -> None:
    found = examples()[f"docs/{revision}/{TUTORIAL}#csharp"]
    assert found.status is ExampleStatus.UNSUPPORTED
    assert found.reason == "needs the .NET SDK, which docprobe does not support yet"


def test_identical_texts_of_the_tutorial_are_run_once() -> None:
    for language, distinct in (("typescript", 2), ("python", 2)):
        digests = [examples()[f"docs/{revision}/{TUTORIAL}#{language}"].digest for revision in REVISIONS]
        assert len(set(digests)) == distinct
        assert len(set(digests[:4])) == len(set(digests[4:])) == 1


@pytest.mark.parametrize("revision", REVISIONS)
def test_build_server(revision: str) -> None:
    page = f"docs/{revision}/develop/build-server"
    python = bundle(f"{page}#python")
    assert paths(python) == ["weather.py"]
    assert len([segment for segment in python.files[0].segments if segment.span]) == 4
    assert {d.name for d in python.dependencies} >= {"mcp"}
    typescript = bundle(f"{page}#typescript")
    assert paths(typescript) == ["package.json", "src/index.ts", "tsconfig.json"]
    assert typescript.build == (("npm", "run", "build"),)
    assert typescript.command == ("node", "build/index.js")
    assert {d.name for d in typescript.dependencies} >= {"typescript", "@types/node", "zod"}
    go = bundle(f"{page}#go")
    assert paths(go) == ["go.mod", "main.go"]
    assert len([segment for segment in go.files[1].segments if segment.span]) == 5
    assert [(d.name, d.extras) for d in go.dependencies] == [("github.com/modelcontextprotocol/go-sdk", ("/mcp",))]
    rust = bundle(f"{page}#rust")
    assert {"Cargo.toml", "src/main.rs"} <= {*paths(rust)}
    assert len({segment.span for file in rust.files for segment in file.segments if segment.span}) == 8
    for found in (python, typescript, go, rust):
        assert found.kind is ExampleKind.STDIO_SERVER
    listed = {e.language for e in examples().values() if e.id.startswith(f"{page}#") and e.bundle is None}
    assert listed == {"java", "kotlin", "csharp", "ruby"}


def test_app_with_a_build_step() -> None:
    found = bundle("extensions/apps/build#typescript")
    assert paths(found) == [
        "mcp-app.html", "package.json", "server.ts", "src/mcp-app.ts", "tsconfig.json", "vite.config.ts",
    ]  # fmt: skip
    assert found.build == (("npm", "run", "build"),)
    assert found.command == ("node", "--import", "tsx", "server.ts")
    assert {d.name for d in found.dependencies} >= {"vite", "vite-plugin-singlefile", "express", "cors"}
    assert found.endpoint_paths[0] == "/mcp"


def test_every_example_says_why_it_does_not_run() -> None:
    for example in examples().values():
        assert (example.bundle is None) == bool(example.reason), example.id
