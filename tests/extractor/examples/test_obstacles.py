"""Complete programs that are not run, since they need something that no pod has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path


def test_a_web_application_with_a_client_is_named_as_that(tmp_path: Path) -> None:
    code = (
        "from fastapi import FastAPI\nfrom fastmcp import Client\nimport uvicorn\n\napp = FastAPI()\n\n\n"
        "@app.get('/mills')\nasync def mills():\n    async with Client('http://localhost:9000/mcp') as client:\n"
        "        return await client.list_tools()\n\n\nuvicorn.run(app, port=8000)\n"
    )
    text = f'# Mills\n\n```python title="web.py"\n{code}```\n\n```sh\npython web.py\n```\n'
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.status, example.kind) == (ExampleStatus.UNSUPPORTED, ExampleKind.CLIENT)
    assert (example.reason or "").startswith("is a web application that asks its MCP server only once it is asked")


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("mill", "names no server's address, and no block of this page defines `mill`"),
        (
            "{'mcpServers': {'mill': {'command': sys.argv[1], 'args': ['-y', 'mill']}}}",
            "starts its server itself, by a command that docprobe cannot read",
        ),
        ("{'mcpServers': {\n        # your servers here\n    }}", "names no server's address, and leaves lines out"),
        ("sys.argv[1]", "gets its server's address when it is started"),
        ("f'https://{sys.argv[1]}/mcp'", "gets its server's address when it is started"),
    ],
)
def test_why_a_client_names_no_server(tmp_path: Path, server: str, why: str) -> None:
    code = (
        "import asyncio\nimport sys\nfrom fastmcp import Client\n\n\nasync def main():\n"
        f"    async with Client({server}) as client:\n        print(await client.list_tools())\n\n\n"
        "asyncio.run(main())\n"
    )
    (tmp_path / "page.md").write_text(f"# Mill\n\n```python\n{code}```\n", encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.status is ExampleStatus.UNSUPPORTED
    assert example.reason == f"is a client that {why}"


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("localhost", None),
        ("mill.example", "is a client of mill.example, and docprobe's scripted server answers on this machine only"),
    ],
)
def test_a_client_names_its_server_by_host_and_port(tmp_path: Path, host: str, reason: str | None) -> None:
    code = (
        f"import json\nfrom http.client import HTTPConnection\n\nHOST = {host!r}\nPORT = 8000\n\n"
        "connection = HTTPConnection(HOST, PORT)\n"
        "params = {'protocolVersion': '2025-11-25', 'capabilities': {}, 'clientInfo': {'name': 'c', 'version': '1'}}\n"
        "message = {'jsonrpc': '2.0', 'id': 1, 'method': 'initialize', 'params': params}\n"
        "connection.request('POST', '/mcp', json.dumps(message))\nprint(connection.getresponse().read())\n"
    )
    page = f"# Mill\n\n```python client.py\n{code}```\n\n```sh\npython client.py\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.kind, example.reason) == (ExampleKind.CLIENT, reason)
    assert (example.status is ExampleStatus.RUNNABLE) == (reason is None)
    if example.bundle is not None:
        assert [(s.kind, s.host, s.port) for s in example.bundle.services] == [("connected", "localhost", 8000)]


@pytest.mark.parametrize(
    ("imports", "asks_a_model"),
    [
        ("from strands.tools.mcp import MCPClient", False),
        ("from smolagents import MCPClient", False),
        ("from smolagents import CodeAgent, MCPClient", True),
        ("from strands import Agent\nfrom strands.tools.mcp import MCPClient", True),
        ("from beeai_framework.backend import ChatModel\nfrom beeai_framework.tools.mcp import MCPClient", True),
        ("from beeai_framework.tools.mcp import MCPClient", False),
    ],
)
def test_the_clients_of_a_framework_ask_no_language_model(tmp_path: Path, imports: str, asks_a_model: bool) -> None:
    code = f"{imports}\n\nwith MCPClient({{'url': 'http://localhost:8000/mcp'}}) as tools:\n    print(tools)\n"
    (tmp_path / "page.md").write_text(f"# Mill\n\n`pip install smolagents`\n\n```python\n{code}```\n", encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.kind is ExampleKind.CLIENT
    assert ("a language model" in (example.reason or "")) is asks_a_model
    assert (example.status is ExampleStatus.RUNNABLE) is not asks_a_model


@pytest.mark.parametrize("served", ["Mill.serve('/mcp')", "Mill.mount('/sse')", "new Gate(Mill)"])
def test_what_a_platform_runs_is_not_what_nothing_runs(tmp_path: Path, served: str) -> None:
    code = (
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
        "import { McpAgent } from 'agents/mcp';\n\n"
        "export class Mill extends McpAgent {\n  server = new McpServer({ name: 'mill', version: '1.0.0' });\n"
        "  async init() {}\n}\n\n"
        f"export default {served};\n"
    )
    (tmp_path / "page.md").write_text(f"# Mill\n\n```typescript\n{code}```\n", encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.status is ExampleStatus.UNSUPPORTED
    assert example.reason == "needs the runtime Cloudflare Workers, which docprobe does not support"
