from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import Layout, NoteKind, Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle

SERVER = (
    "import { createServer } from 'node:http';\n"
    "createServer((req, res) => res.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} })))"
    ".listen(process.env.ROOM_PORT ?? 6100);\n"
)
CLIENT = (
    "import { Client } from '@modelcontextprotocol/sdk/client/index.js';\n"
    "import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';\n"
    "const there = new StreamableHTTPClientTransport(new URL('http://localhost:6100/club/mcp'), {\n"
    "  requestInit: { headers: { 'X-Room-Key': 'blue-door' } },\n});\nawait new Client({}).connect(there);\n"
)


def bundle(tmp_path: Path, around: str, code: str = SERVER, fence: str = "js room.mjs") -> Bundle:
    (tmp_path / "page.md").write_text(f"# Room\n\n```{fence}\n{code}```\n\n{around}\n", encoding="utf-8")
    examples = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    return next(e.bundle for e in examples if e.bundle and e.bundle.kind == "http-server")


@pytest.mark.parametrize(
    ("around", "stated", "line"),
    [
        pytest.param("Point it at http://localhost:6100/club/mcp.", "http://localhost:6100/club/mcp", 8, id="prose"),
        pytest.param("It is at `http://127.0.0.1:6100/mcp?room=2`.", "http://127.0.0.1:6100/mcp?room=2", 8, id="query"),
        pytest.param("See [it](http://localhost:6100/club/mcp).", "http://localhost:6100/club/mcp", 8, id="link"),
        pytest.param("The endpoint is `/club/mcp`.", "/club/mcp", 8, id="path"),
        pytest.param("Send `POST /club/mcp` to the server.", "/club/mcp", 8, id="method"),
        pytest.param("| What | Where |\n| - | - |\n| MCP | /club/mcp |", "/club/mcp", 10, id="cell"),
        pytest.param("```http\nPOST /club/mcp HTTP/1.1\nHost: localhost\n```", "/club/mcp", 9, id="http"),
        pytest.param(
            '```jsonc\n{ "servers": {\n  // ours\n  "r": { "serverUrl": "http://localhost:6100/rpc" } } }\n```',
            "http://localhost:6100/rpc",
            11,
            id="configuration",
        ),
        pytest.param(
            "```sh\ncurl http://localhost:6100/rpc \\\n -d '{\"jsonrpc\": \"2.0\"}'\n```", "http://localhost:6100/rpc",
            9, id="curl",
        ),
        pytest.param("```sh\nhost mcp add room http://localhost:6100/rpc\n```", "http://localhost:6100/rpc", 9, id="host"),
        pytest.param(f"```ts client.ts\n{CLIENT}```", "http://localhost:6100/club/mcp", 11, id="client"),
    ],
)  # fmt: skip
def test_an_address_counts_wherever_it_is_stated(tmp_path: Path, around: str, stated: str, line: int) -> None:
    found = bundle(tmp_path, around)
    assert [(str(e), e.span.first) for e in found.stated_endpoints] == [(stated, line)]
    assert found.endpoint_paths[0] == found.stated_endpoints[0].path


@pytest.mark.parametrize(
    "around",
    [
        "```http\nPOST /club/mcp HTTP/1.1\nAccept: */*\nHost: club.example:443\n```",
        "Look at http://localhost:6100/health and at `/docs`.",
        "Its home is http://localhost:6100.",
        "Open the MCP Inspector at http://localhost:6274/mcp first.",
        "Open the link, such as `http://localhost:6100/?MCP_PROXY_AUTH_TOKEN=458ae4a4`.",
        "Yours is at `http://localhost:6100/t/{tenant}/mcp` or `http://localhost:6100/t/<name>/mcp`.",
        "Save `/etc/mcp` first.",
        "```text\nGET /.well-known/oauth-protected-resource/mcp\n```",
    ],
)
def test_what_is_not_the_endpoint_is_not_stated(tmp_path: Path, around: str) -> None:
    assert bundle(tmp_path, around).stated_endpoints == ()


def test_the_code_of_a_server_states_no_address_but_its_comments_do(tmp_path: Path) -> None:
    printed = SERVER + "console.log('http://localhost:6100/mcp');\n"
    assert bundle(tmp_path, "", printed).stated_endpoints == ()
    commented = "// clients: http://localhost:6100/mcp\n" + SERVER
    assert [str(e) for e in bundle(tmp_path, "", commented).stated_endpoints] == ["http://localhost:6100/mcp"]


@pytest.mark.parametrize(
    ("around", "headers"),
    [
        ("```sh\ncurl -H 'Authorization: Bearer open-42' http://localhost:6100/mcp\n```", [("Authorization", 9)]),
        ("```sh\ncurl --header \"X-Room: 7\" \\\n  -H 'Accept: text/html' http://localhost:6100/mcp\n```", [("X-Room", 9)]),
        ('```json\n{"m": {"url": "http://localhost:6100/mcp",\n "headers": {"X-API-Key": "k-1"}}}\n```', [("X-API-Key", 10)]),
        ('```json\n{"args": ["mcp-remote", "--header", "X-Api-Key: k-1"]}\n```', [("X-Api-Key", 9)]),
        ("Send `Authorization: Bearer open-42` along.", [("Authorization", 8)]),
        ("The token is `Bearer open-42`.", [("Authorization", 8)]),
        (f"```ts client.ts\n{CLIENT}```", [("X-Room-Key", 12)]),
        ("```sh\nexport ROOM_PORT=6200\ncurl -H \"X-Room: $ROOM_PORT\" http://localhost:6200/mcp\n```", [("X-Room", 10)]),
        ("```sh\ncurl -H 'Authorization: Bearer <token>' http://localhost:6100/mcp\n```", []),
        ("```sh\ncurl -H \"Authorization: Bearer $TOKEN\" http://localhost:6100/mcp\n```", []),
        ("```sh\ncurl -H 'Authorization: Bearer eyJhbGci...' http://localhost:6100/mcp\n```", []),
        ("```sh\ncurl -H 'Mcp-Session-Id: 12' http://localhost:6100/mcp\n```", []),
        ("```http\nHTTP/1.1 200 OK\nX-Powered-By: Express\n```", []),
    ],
)  # fmt: skip
def test_headers_that_clients_send(tmp_path: Path, around: str, headers: list[tuple[str, int]]) -> None:
    assert [(h.name, h.span.first) for h in bundle(tmp_path, around).stated_headers] == headers


@pytest.mark.parametrize(
    ("around", "command", "environment"),
    [
        ("Run `node room.mjs --quiet`.", "node room.mjs --quiet", {}),
        ("Run `ROOM_PORT=6200 node room.mjs`.", "node room.mjs", {"ROOM_PORT": "6200"}),
        ("Set `ROOM_PORT=6200`, then `node room.mjs`.", "node room.mjs", {"ROOM_PORT": "6200"}),
        ("```sh\nexport ROOM_PORT=6200\nnode room.mjs\n```", "node room.mjs", {"ROOM_PORT": "6200"}),
        ("```sh\nnode room.mjs a\n```\n\nOr `node room.mjs b`.", "node room.mjs a", {}),
    ],
)
def test_commands_and_variables_of_prose_are_stated(
    tmp_path: Path, around: str, command: str, environment: dict[str, str]
) -> None:
    found = bundle(tmp_path, around)
    assert (" ".join(found.command), dict(found.environment)) == (command, environment)
    assert found.guesses == ()
    assert {n.origin for n in found.notes if n.kind in {NoteKind.COMMAND, NoteKind.ENVIRONMENT}} == {Origin.STATED}


def test_a_command_that_the_prose_warns_of_is_not_the_page_s(tmp_path: Path) -> None:
    found = bundle(tmp_path, "Do not use `node room.mjs --unsafe`.")
    assert found.command == ("node", "room.mjs")
    assert [n.kind for n in found.guesses] == [NoteKind.COMMAND]


@pytest.mark.parametrize(
    ("line", "client"), [("pnpm add express", "pnpm"), ("npm i express", "npm"), ("yarn add express", "yarn")]
)
def test_the_package_client_is_the_page_s(tmp_path: Path, line: str, client: str) -> None:
    code = "import express from 'express';\n" + SERVER
    assert bundle(tmp_path, f"```sh\n{line}\n```", code).installer == client


def test_a_header_with_several_values_is_there_with_each_nearest_first(tmp_path: Path) -> None:
    line = "curl -H 'Authorization: Bearer {}' http://localhost:6100/mcp"
    found = bundle(tmp_path, f"```sh\n{line.format('open-42')}\n{line.format('wrong')}\n{line.format('open-42')}\n```")
    assert [h.value for h in found.stated_headers] == ["Bearer open-42", "Bearer wrong"]


def test_a_header_for_another_machine_is_not_the_server_s(tmp_path: Path) -> None:
    around = (
        "```sh\ncurl https://rooms.example/api \\\n  -H 'X-Api-Key: theirs'\n"
        "curl http://localhost:6100/mcp \\\n  -H 'X-Room: ours'\n"
        "curl https://rooms.example/mcp -H 'X-Door: deployed'\n```"
    )
    assert [h.value for h in bundle(tmp_path, around).stated_headers] == ["ours", "deployed"]


APPLICATION = "from mcp.server.fastmcp import FastMCP\nroom = FastMCP('room')\napp = room.streamable_http_app()\n"
RUNNING = "from mcp.server.fastmcp import FastMCP\nFastMCP('room').run(transport='streamable-http')\n"


def test_a_command_of_another_section_does_not_run_what_only_makes_an_application(tmp_path: Path) -> None:
    page = (
        f"# One\n\n```python server.py\n{RUNNING}```\n\n```sh\npython server.py\n```\n\n"
        f"# Two\n\n```python server.py\n{APPLICATION}```\n"
    )
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    examples = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    commands = [" ".join(e.bundle.command[:3]) for e in examples if e.bundle]
    assert commands == ["python server.py", "python -m uvicorn"]


def test_a_command_in_prose_of_another_section_does_not_either(tmp_path: Path) -> None:
    """Prose without code in its section belongs to the next block, which here makes an application."""
    made = APPLICATION.replace("app = room.streamable_http_app()\n", "")
    page = (
        f"# One\n\n```python server.py\n{made}```\n\n# Two\n\nRun `python server.py` yourself.\n\n"
        f"# Three\n\n```python server.py\n{APPLICATION}```\n"
    )
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    examples = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert [" ".join(e.bundle.command[:3]) for e in examples if e.bundle] == ["python -m uvicorn"]


def test_a_command_of_its_own_section_is_the_page_s_whatever_it_does(tmp_path: Path) -> None:
    found = bundle(tmp_path, "```sh\npython server.py\n```", APPLICATION, "python server.py")
    assert found.command == ("python", "server.py")


ROUTE = "export async function POST(request: Request) {\n  return Response.json({ jsonrpc: '2.0', id: 1, result: {} });\n}\n"


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("app/club/rooms/route.ts", "/club/rooms"),
        ("src/app/(public)/club/route.ts", "/club"),
        ("app/club/[transport]/route.ts", "/club/mcp"),
    ],
)
def test_the_path_of_a_route_file(tmp_path: Path, file: str, path: str) -> None:
    code = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nnew McpServer({});\n" + ROUTE
    assert bundle(tmp_path, "", code, f"ts {file}").endpoint_paths[0] == path


def test_the_path_of_a_deployed_server_is_tried_and_not_stated(tmp_path: Path) -> None:
    around = '```json\n{"mcpServers": {"room": {"url": "https://rooms.example.org/club/rpc"}}}\n```'
    found = bundle(tmp_path, around)
    assert found.stated_endpoints == ()
    assert "/club/rpc" in found.endpoint_paths
    assert bundle(tmp_path, around.replace("/club/rpc", "")).endpoint_paths == ()
