"""What a program asks its reader for at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import Layout, LeftKind
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = """\
import asyncio
from fastmcp import Client

async def main():
    {ask}
    async with Client("http://localhost:9000/mcp") as client:
        await client.call_tool("weigh", {{"sack": sack}})

asyncio.run(main())
"""
NODE = """\
import { createInterface } from "node:readline/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const rl = createInterface({ input: process.stdin, output: process.stdout });
const sack = await rl.question("Which sack? ");
const client = new Client({ name: "mill", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL("http://localhost:9000/mcp")));
await client.callTool({ name: "weigh", arguments: { sack } });
"""
GO = """\
package main

import (
\t"bufio"
\t"context"
\t"os"

\t"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
\tsack, _ := bufio.NewReader(os.Stdin).ReadString('\\n')
\tclient := mcp.NewClient(&mcp.Implementation{Name: "mill"}, nil)
\ttransport := &mcp.StreamableClientTransport{Endpoint: "http://localhost:9000/mcp"}
\tsession, _ := client.Connect(context.Background(), transport, nil)
\tsession.CallTool(context.Background(), &mcp.CallToolParams{Name: sack})
}
"""


def asked(tmp_path: Path, language: str, code: str) -> list[str]:
    (tmp_path / "page.md").write_text(f"# Mill\n\n```{language}\n{code}```\n", encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None, example.reason
    return [part.what for part in example.bundle.left_to_reader if part.kind is LeftKind.INPUT]


@pytest.mark.parametrize(
    ("ask", "asks"),
    [
        ("sack = input('Which sack? ')", True),
        ("import sys; sack = sys.stdin.readline()", True),
        ("import getpass; sack = getpass.getpass()", True),
        ("import click; sack = click.prompt('Which sack?')", True),
        ("sack = (lambda input: input)('barley')", False),
        ("sack = 'barley'", False),
    ],
)
def test_python(tmp_path: Path, ask: str, *, asks: bool) -> None:
    found = asked(tmp_path, "python", CLIENT.format(ask=ask))
    assert found == (["what it asks for at the terminal (line 8)"] if asks else [])


def test_javascript_and_go(tmp_path: Path) -> None:
    assert asked(tmp_path, "js", NODE) == ["what it asks for at the terminal (line 8)"]
    assert asked(tmp_path, "go", GO) == ["what it asks for at the terminal (line 15)"]


def test_a_stdio_server_reads_its_messages(tmp_path: Path) -> None:
    server = (
        "import json, sys\nfor line in sys.stdin:\n    request = json.loads(line)\n"
        "    names = {'protocolVersion': '2025-11-25', 'serverInfo': {}} if request['method'] == 'initialize' else {}\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': request['id'], 'result': names}), flush=True)\n"
    )
    assert asked(tmp_path, "python", server) == []


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ("", []),
        ("const late = import('mill/late.js');\n", []),
        ("read('grain.json');\n", ["grain.json"]),
        ("read('late.js');\n", ["late.js"]),
    ],
)
def test_a_module_that_is_loaded_by_a_call_is_no_file_of_the_reader(tmp_path: Path, more: str, left: list[str]) -> None:
    code = (
        "const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');\n"
        "const { StdioServerTransport } = require('@modelcontextprotocol/sdk/server/stdio.js');\n"
        "const { read } = require('mill/sieve.js');\n"
        f"{more}new McpServer({{ name: 'mill', version: '1' }}).connect(new StdioServerTransport());\n"
    )
    (tmp_path / "page.md").write_text(f"# Mill\n\n```js\n{code}```\n", encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    assert [part.name for part in example.bundle.left_to_reader if part.kind is LeftKind.FILE] == left


RUST = """\
use rmcp::prelude::*;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    Sieve::default().serve(stdio()).await?;
    Ok(())
}
"""


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("use mill::Sieve;\n\nfn grind(sieve: Sieve) {}\n", ""),
        ("#[derive(Default)]\nstruct Sieve;\n", "uses `Sieve`, defined in the block at line 15 of the page"),
    ],
)
def test_a_program_that_takes_all_names_does_not_need_what_another_block_only_imports(
    tmp_path: Path, other: str, reason: str
) -> None:
    page = f"# Mill\n\n```rust\n{RUST}```\n\n## Sieves\n\n```rust\n{other}```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    example = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)[0]
    assert (example.reason or "", example.bundle is None) == (reason, bool(reason))
