"""What takes the place of a server that a client starts."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.examples.stand_ins import INTERPRETER, PORT
from extractor.model import ExampleKind, ExampleStatus, Layout, NoteKind
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

PYTHON = """
import asyncio{imports}
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main():
    async with stdio_client(StdioServerParameters({start})) as (read, write):
        async with ClientSession(read, write) as session:
            await session.initialize()

asyncio.run(main())
"""
TYPESCRIPT = """
import {{ Client }} from "@modelcontextprotocol/sdk/client/index.js";
import {{ StdioClientTransport }} from "@modelcontextprotocol/sdk/client/stdio.js";
const client = new Client({{ name: "c", version: "1" }});
await client.connect(new StdioClientTransport({{ {start} }}));
"""


def client(tmp_path: Path, language: str, start: str, imports: str = "", more: str = "") -> Example:
    text = PYTHON if language == "python" else TYPESCRIPT
    name = "client.py" if language == "python" else "client.ts"
    code = text.format(start=start, imports=imports)
    (tmp_path / "page.md").write_text(f'# T\n\n```{language} title="{name}"{code}```\n{more}', encoding="utf-8")
    return next(e for e in find_examples(extract(tmp_path, Layout(), jobs=1), CODE) if name in str(e.notes) or e.reason)


@pytest.mark.parametrize(
    ("language", "start", "path"),
    [
        ("python", 'command="python", args=["server.py"]', "server.py"),
        ("python", 'command="python3", args=["./tools/server.py", "--fast"]', "tools/server.py"),
        ("python", 'command=sys.executable, args=["-u", "server.py"]', "server.py"),
        ("python", 'command="python", args=["-m", "my_server.main"]', "my_server/main.py"),
        ("python", 'command="uv", args=["run", "notes"]', ".docprobe/bin/uv"),
        ("python", 'command="node", args=["/srv/build/index.js"]', ".docprobe/bin/node"),
        ("typescript", 'command: "node", args: ["build/index.js"]', "build/index.js"),
        ("typescript", "command: process.execPath, args: ['server.mjs']", "server.mjs"),
        ("typescript", 'command: "npx", args: ["-y", "@example/server"]', ".docprobe/bin/npx"),
        ("typescript", 'command: "python", args: ["server.py"]', "server.py"),
        # a file that is outside of the example's folder
        ("python", 'command="python", args=["/srv/server.py"]', ".docprobe/bin/python"),
        ("python", 'command="python3", args=["../server.py"]', ".docprobe/bin/python3"),
        ("typescript", 'command: "node", args: ["/path/to/build/index.js"]', ".docprobe/bin/node"),
    ],
)
def test_a_relay_stands_where_the_command_looks(tmp_path: Path, language: str, start: str, path: str) -> None:
    example = client(tmp_path, language, start, imports=", sys" if "sys." in start else "")
    assert example.status is ExampleStatus.RUNNABLE, example.reason
    bundle = example.bundle
    assert bundle is not None
    (relay,) = (file for file in bundle.files if file.path == path)
    assert all(segment.span is None for segment in relay.segments)
    (service,) = bundle.services
    assert service.kind == "spawned"
    assert str(service.port) in relay.text
    assert [note.what for note in bundle.notes if "scripted server" in note.what] != []
    assert bundle.added == () or not any("scripted" in what for what in bundle.added)
    is_command = path.startswith(".docprobe")
    assert relay.text.startswith("#!") is is_command
    assert bundle.environment.get("PATH", "").startswith("/example/app/.docprobe/bin:") is is_command
    if relay.path.endswith(".py") or relay.text.startswith("#!/usr/bin/env"):
        ast.parse(relay.text)


@pytest.mark.parametrize(
    ("language", "start", "why"),
    [
        ("python", "command=command_of_the_day(), args=[]", "cannot read"),
        ("python", 'command="/opt/bin/server", args=[]', "no stand-in for"),
        ("python", 'command=sys.executable, args=["/srv/server.py"]', "no stand-in for"),
        ("python", 'command="python", args=[sys.argv[1]]', "`python …`, and what `…` stands for is computed"),
        ("python", 'command="python", args=["/tmp/page/client.py"]', "of its own page"),
        ("typescript", 'command: "node", args: ["$(touch trap).js"]', "no stand-in for"),
        ("typescript", 'command: "sh -c", args: ["trap"]', "no stand-in for"),
    ],
)
def test_what_cannot_be_replaced_is_not_run(tmp_path: Path, language: str, start: str, why: str) -> None:
    code = "def command_of_the_day():\n    return 'x'\n"
    imports = "\n" + code if "of_the_day" in start else ", sys" if "sys." in start else ""
    example = client(tmp_path, language, start, imports=imports)
    assert example.status is ExampleStatus.UNSUPPORTED
    assert why in (example.reason or "")


def test_a_client_that_is_given_a_script_starts_it(tmp_path: Path) -> None:
    text = "import asyncio\nfrom fastmcp import Client\n\nasync def main():\n    async with Client({}) as client:\n"
    text += "        await client.ping()\n\nasyncio.run(main())\n"
    for argument, path in (('"my_server.py"', "my_server.py"), ('"http://localhost:8000/mcp"', None)):
        (tmp_path / "page.md").write_text(f"```python client.py\n{text.format(argument)}```\n", encoding="utf-8")
        (example,) = find_examples(extract(tmp_path, Layout(), jobs=1), CODE)
        assert example.bundle is not None
        assert [f.path for f in example.bundle.files if f.path != "client.py"] == ([path] if path else [])


def test_a_server_that_the_page_shows_is_its_own(tmp_path: Path) -> None:
    """It runs for real, and nobody hears what is said."""
    code = PYTHON.format(start='command="python", args=["client.py"]', imports="")
    (tmp_path / "page.md").write_text(f'```python title="client.py"{code}```\n', encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1), CODE)
    assert example.status is ExampleStatus.UNSUPPORTED
    assert "of its own page" in (example.reason or "")


DICTIONARIES = {
    "python": (
        "import asyncio\nfrom mill_mcp import MultiServerMCPClient\n\n"
        "servers = {{{}}}\nclient = MultiServerMCPClient(servers)\n\n"
        "async def main():\n    print(await client.get_tools())\n\nasyncio.run(main())\n"
    ),
    "typescript": (
        'import {{ MultiServerMCPClient }} from "mill-mcp";\n\n'
        "const client = new MultiServerMCPClient({{ mcpServers: {{ {} }} }});\n"
        "console.log(await client.getTools());\n"
    ),
}
STARTED = '"mill": {"command": "npx", "args": ["-y", "@example/mill"]}'
LOCAL = '"oven": {"url": "http://localhost:8000/mcp"}'


def of_servers(tmp_path: Path, language: str, *servers: str) -> Example:
    install = "pip install mill-mcp" if language == "python" else "npm install mill-mcp"
    code = DICTIONARIES[language].format(", ".join(servers))
    (tmp_path / "page.md").write_text(f"# T\n\n`{install}`\n\n```{language}\n{code}```\n", encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    return example


@pytest.mark.parametrize("language", ["python", "typescript"])
@pytest.mark.parametrize("servers", [(STARTED,), (STARTED, LOCAL)])
def test_a_command_in_a_dictionary_of_servers_is_replaced(
    tmp_path: Path, language: str, servers: tuple[str, ...]
) -> None:
    example = of_servers(tmp_path, language, *servers)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.CLIENT), example.reason
    assert example.bundle is not None
    assert ".docprobe/bin/npx" in [file.path for file in example.bundle.files]
    assert [note.name for note in example.notes if note.kind is NoteKind.STAND_IN] == ["npx -y @example/mill"]


@pytest.mark.parametrize("language", ["python", "typescript"])
@pytest.mark.parametrize(
    ("server", "why"),
    [
        (
            '"mill": {"command": "/opt/mill", "args": ["--fast"], "transport": "stdio"}',
            "starts `/opt/mill --fast`, which docprobe has no stand-in for",
        ),
        ('"mill": {"url": "https://mill.example/mcp"}', "of mill.example, and docprobe's scripted server answers on"),
    ],
)
def test_a_client_connects_to_each_of_its_servers(tmp_path: Path, language: str, server: str, why: str) -> None:
    """One that docprobe cannot take the place of is enough for it to fail."""
    example = of_servers(tmp_path, language, server, LOCAL)
    assert example.status is ExampleStatus.UNSUPPORTED
    assert why in (example.reason or "")


def test_the_schema_of_a_command_is_not_a_server(tmp_path: Path) -> None:
    schema = '"tool": {"command": {"type": "string"}, "args": {"type": "array"}}'
    example = of_servers(tmp_path, "typescript", schema, LOCAL)
    assert example.status is ExampleStatus.RUNNABLE, example.reason


@pytest.mark.processes
def test_an_interpreter_runs_what_is_there_and_is_a_relay_in_place_of_what_is_not(tmp_path: Path) -> None:
    """The client itself is started by it, too."""
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        folder = tmp_path / "bin"
        folder.mkdir()
        shim = folder / "python3"
        shim.write_text(INTERPRETER.replace("NAME", "python3").replace(str(PORT), str(port)), encoding="utf-8")
        shim.chmod(0o755)
        (tmp_path / "there.py").write_text("import os, sys\nprint(sys.argv[1:], os.environ['PATH'])\n", encoding="utf-8")
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "python3").symlink_to(sys.executable)
        environment = {"PATH": f"{folder}:{tmp_path}/real:/usr/bin:/bin"}

        def run(*arguments: str) -> subprocess.Popen[bytes]:
            pipe = subprocess.PIPE
            return subprocess.Popen(["python3", *arguments], stdin=pipe, stdout=pipe, cwd=tmp_path, env=environment)

        for arguments in (("-u", "there.py", "a b"), ("there.py", "a b"), ("-c", "print(['a b'])")):
            with run(*arguments) as real:
                said = real.communicate()[0].decode()
            assert said.startswith("['a b']")
            # what it starts finds the stand-in as well
            assert "-c" in arguments or said == f"['a b'] {environment['PATH']}\n"
        with run("-u", "../not/there.py") as relay:
            assert relay.stdin is not None
            assert relay.stdout is not None
            service.settimeout(60)
            connection, _ = service.accept()
            with connection:
                relay.stdin.write(b"asked\n")
                relay.stdin.close()
                assert connection.makefile("rb").readline() == b"asked\n"
                connection.sendall(b"answered\n")
            assert relay.stdout.read() == b"answered\n"
            relay.stdin = None
