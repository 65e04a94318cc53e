"""Programs that do not parse: each is listed as what it would be, so that it is run and its fault is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from extractor.model import Example

PROGRAMS: Final = {
    "loop.py": (
        "import json\nimport sys\n\nTOOLS = [{'name': 'add'}]\n\n\ndef answer(message):\n"
        "    if message['method'] == 'initialize':\n"
        "        return {'protocolVersion': '2025-11-25', 'serverInfo': {'name': 'calc', 'version': '1'}}\n"
        "    return {'tools': TOOLS}\n\n\ndef main():\n    while True:\n        line = sys.stdin.readline()\n"
        "        if not line:\n            break\n        message = json.loads(line)\n"
        "        reply = {'jsonrpc': '2.0', 'id': message['id'], 'result': answer(message)}\n"
        "        sys.stdout.write(json.dumps(reply) + chr(10))\n\n\nif __name__ == '__main__':\n    main()\n"
    ),
    "low.py": (
        "import asyncio\n\nfrom mcp.server.lowlevel import Server\nfrom mcp.server.stdio import stdio_server\n\n"
        "server = Server('demo')\n\n\n@server.list_tools()\nasync def list_tools():\n    return []\n\n\n"
        "async def main():\n    async with stdio_server() as (read, write):\n"
        "        await server.run(read, write, server.create_initialization_options())\n\n\nasyncio.run(main())\n"
    ),
    "desk.py": (
        "import json\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n\n\n"
        "class Desk(BaseHTTPRequestHandler):\n    def do_POST(self):\n"
        "        message = json.loads(self.rfile.read(int(self.headers['Content-Length'])))\n"
        "        body = json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': {}}).encode()\n"
        "        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(body)\n\n\n"
        "HTTPServer(('127.0.0.1', 8000), Desk).serve_forever()\n"
    ),
    "caller.py": (
        "import httpx\n\nURL = 'http://localhost:8000/mcp'\n"
        "opening = {\n    'jsonrpc': '2.0',\n    'id': 1,\n    'method': 'initialize',\n"
        "    'params': {'protocolVersion': '2025-11-25', 'clientInfo': {'name': 'c', 'version': '1'}},\n}\n"
        "response = httpx.post(URL, json=opening)\nprint(response.json())\n"
    ),
    "loop.js": (
        "import readline from 'node:readline';\n\nfunction answer(message) {\n  switch (message.method) {\n"
        "    case 'initialize':\n      return { protocolVersion: '2025-11-25', serverInfo: { name: 'a', version: '1' } };\n"
        "  }\n  throw new Error(message.method);\n}\n\n"
        "readline.createInterface({ input: process.stdin }).on('line', (line) => {\n"
        "  const message = JSON.parse(line);\n"
        "  console.log(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: answer(message) }));\n});\n"
    ),
    "caller.js": (
        "import { argv } from 'node:process';\n\nconst url = 'http://localhost:3000/mcp';\n"
        "const opening = {\n  jsonrpc: '2.0',\n  id: argv.length,\n  method: 'initialize',\n  params: {},\n};\n"
        "const response = await fetch(url, { method: 'POST', body: JSON.stringify(opening) });\n"
        "console.log(await response.json());\n"
    ),
}
KINDS: Final = {
    "loop.py": ExampleKind.STDIO_SERVER, "low.py": ExampleKind.STDIO_SERVER, "desk.py": ExampleKind.HTTP_SERVER,
    "caller.py": ExampleKind.CLIENT, "loop.js": ExampleKind.STDIO_SERVER, "caller.js": ExampleKind.CLIENT,
}  # fmt: skip


def example_of(tmp_path: Path, name: str, code: str, words: str = "") -> Example:
    page = f"# P\n\n{words}\n\n```{name.rpartition('.')[2]}\n{code}```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    return example


def with_faults(code: str, python: bool) -> Iterator[str]:
    """The program with one fault on a line below its imports, for each line and kind of fault."""
    lines = code.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if not line.strip() or "import " in line:
            continue
        above, below = "".join(lines[:number]), "".join(lines[number + 1 :])
        yield f"{above}The next part of it reads what comes in:\n{line}{below}"
        for found in re.finditer(r"[)\]}'\"]" if python else r"[)'\"]", line):
            yield above + line[: found.start()] + line[found.end() :] + below
        if python and line.startswith("    "):
            yield f"{above} {line}{below}"
            yield f"{above}\t{line.lstrip()}{below}"
        if python and line.endswith(":\n"):
            yield above + line[:-2] + "\n" + below
        if "print(" in line:
            yield above + re.sub(r"print\((.*)\)", r"print \1", line) + below
        if " = " in line:
            yield above + line.replace(" = ", " = = ", 1) + below


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_with_any_slip_is_run_as_what_it_is(tmp_path: Path, name: str) -> None:
    code, tried, missed = PROGRAMS[name], 0, []
    assert example_of(tmp_path, name, code).kind is KINDS[name]
    for broken in with_faults(code, name.endswith(".py")):
        example = example_of(tmp_path, name, broken)
        assert example.kind is KINDS[name] or example.reason, broken
        tried += 1
        if (example.status, example.kind) != (ExampleStatus.RUNNABLE, KINDS[name]):
            missed.append(broken)
    assert tried >= 20
    assert missed == []


def test_a_file_that_the_page_has_saved_needs_no_import_to_be_whole(tmp_path: Path) -> None:
    code = PROGRAMS["loop.js"].replace("node:readline';", "node:readline;")
    assert example_of(tmp_path, "loop.js", code).status is ExampleStatus.FRAGMENT
    saved = example_of(tmp_path, "loop.js", code, "Save this as `loop.js`:")
    assert (saved.status, saved.kind) == (ExampleStatus.RUNNABLE, ExampleKind.STDIO_SERVER)


@pytest.mark.parametrize(
    "code",
    [
        "    if message['method'] == 'tools/list':\n        return {'jsonrpc': '2.0', 'result': {}}\n",
        "import json\n\n...\n\nfor line in sys.stdin\n    print(json.dumps({'jsonrpc': '2.0', 'initialize': 1}))\n",
        ">>> import mcp\n>>> mcp.run(\n",
    ],
)
def test_a_part_of_a_program_stays_a_fragment(tmp_path: Path, code: str) -> None:
    assert example_of(tmp_path, "part.py", code).status is ExampleStatus.FRAGMENT
