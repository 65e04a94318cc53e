"""Which imports of a fragment are looked up, in which packages, and at which lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Layout
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example


def found(tmp_path: Path, text: str) -> list[Example]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), MCP.code))


FRAGMENT = """
```bash
npm install @modelcontextprotocol/sdk@1.20 express
```

```typescript
import {
  McpServer,
  Renamed as Old,
} from "@modelcontextprotocol/sdk/server/mcp.js";
import { readFile } from "node:fs/promises";
import { mine } from "./mine.js";
import { other } from "@acme/secret";

server.registerTool("a", {}, later);
```
"""


def test_imports_of_packages_with_their_lines(tmp_path: Path) -> None:
    (example,) = found(tmp_path, FRAGMENT)
    assert example.status is ExampleStatus.FRAGMENT
    assert example.imports is not None
    (shown,) = example.imports.imports
    assert (shown.module, shown.package) == ("@modelcontextprotocol/sdk/server/mcp.js", "@modelcontextprotocol/sdk")
    assert [(name.name, name.span.first) for name in shown.names] == [("McpServer", 8), ("Renamed", 9)]
    assert shown.span.first == 7


def test_only_the_packages_that_are_imported_as_the_page_states_them(tmp_path: Path) -> None:
    (example,) = found(tmp_path, FRAGMENT)
    assert example.imports is not None
    bundle = example.imports.bundle
    assert [str(dependency) for dependency in bundle.dependencies] == ["@modelcontextprotocol/sdk@1.20"]
    assert [file.path for file in bundle.files] == [bundle.command[-1]]
    assert "registerTool" not in bundle.files[0].text


def test_python_names_and_guarded_imports(tmp_path: Path) -> None:
    (example,) = found(
        tmp_path,
        """
```python
from mcp.server.fastmcp import FastMCP, Context
import json
try:
    import httpx
except ImportError:
    httpx = None

@mcp.tool()
def add(): ...
```
""",
    )
    assert example.imports is not None
    assert [(i.module, [n.name for n in i.names]) for i in example.imports.imports] == [
        ("mcp.server.fastmcp", ["FastMCP", "Context"])
    ]
    assert [d.name for d in example.imports.bundle.dependencies] == ["mcp"]


def test_what_go_code_uses_of_a_package(tmp_path: Path) -> None:
    code = 'package tools\n\nimport "github.com/modelcontextprotocol/go-sdk/mcp"\n\nvar t = mcp.Tool{Name: "x"}\n\nfunc f() { mcp.AddTols(t) }\n'
    (example,) = found(tmp_path, f"```go\n{code}```\n")
    assert example.imports is not None
    (shown,) = example.imports.imports
    assert shown.package == "github.com/modelcontextprotocol/go-sdk"
    assert {name.name: name.span.first for name in shown.names} == {"AddTols": 8, "Tool": 6}
    assert any(file.path == "go.mod" for file in example.imports.bundle.files)


@pytest.mark.parametrize(
    "code",
    [
        "```python\nfrom mcp.server import (\n```",
        "❌ Don't:\n\n```python\nfrom mcp import types\nserver.run()\n```",
        "```python\nimport json\nfrom mcp_server_mine import x\nmcp.run()\n```",
    ],
    ids=["not whole", "shown as wrong", "a module of the reader"],
)
def test_nothing_is_looked_up(tmp_path: Path, code: str) -> None:
    assert [example.imports for example in found(tmp_path, code) if example.imports] == []


def test_a_program_that_runs_is_not_looked_up(tmp_path: Path) -> None:
    code = "from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP('x')\nmcp.run()\n"
    (example,) = found(tmp_path, f"```python server.py\n{code}```\n")
    assert example.status is ExampleStatus.RUNNABLE
    assert example.imports is None
