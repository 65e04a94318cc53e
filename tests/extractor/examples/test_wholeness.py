from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, LeftKind, NoteKind, Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

PYTHON = (
    "import os\nfrom mcp.server.fastmcp import FastMCP\n\nclock = FastMCP('clock')\nHOME = os.getcwd()\n\n\n"
    "@clock.tool()\ndef now() -> str:\n    return HOME\n\n\n"
    "if __name__ == '__main__':\n    clock.run(transport='streamable-http')\n"
)
TYPESCRIPT = (
    "import express from 'express';\nimport { Server } from '@modelcontextprotocol/sdk/server/index.js';\n"
    "import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';\n"
    "const web = express();\nweb.post('/mcp', async (req, res) => {\n"
    "  const transport = new StreamableHTTPServerTransport({});\n  await new Server({}).connect(transport);\n"
    "  await transport.handleRequest(req, res, req.body);\n});\nweb.listen(4000);\n"
)


def found(tmp_path: Path, page: str) -> tuple[Example, ...]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    return find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)


def only(tmp_path: Path, code: str, fence: str, around: str = "") -> Example:
    (example,) = found(tmp_path, f"# P\n\n```{fence}\n{code}```\n{around}")
    return example


def whole_by(example: Example) -> Origin | None:
    return next((note.origin for note in example.notes if note.kind is NoteKind.WHOLE_PROGRAM), None)


FAULTS = [
    pytest.param(PYTHON.replace("() -> str:", "() -> str"), "py", id="python-syntax"),
    pytest.param(PYTHON.replace("import os\n", ""), "py", id="python-import"),
    pytest.param(PYTHON.replace("clock.run", "clok.run"), "py", id="python-name"),
    pytest.param(TYPESCRIPT.replace("=> {", "=>> {"), "ts", id="ts-syntax"),
    pytest.param(TYPESCRIPT.replace("import express from 'express';\n", ""), "ts", id="ts-import"),
    pytest.param(TYPESCRIPT.replace("web.listen", "wbe.listen"), "ts", id="ts-name"),
]


@pytest.mark.parametrize(
    ("before", "after", "origin"),
    [
        ("Save the program as `clock.py`.", "", Origin.STATED),
        ("Create `clock.py`:", "", Origin.STATED),
        ("This is `clock.py`.", "Start it: `python clock.py`.", Origin.STATED),
        ("This changes `clock.py`.", "Start it: `python other.py`.", Origin.INFERRED),
    ],
)
def test_a_file_that_prose_has_saved_or_run_is_a_whole_program(
    tmp_path: Path, before: str, after: str, origin: Origin
) -> None:
    code = PYTHON.replace("() -> str:", "() -> str")
    (example,) = found(tmp_path, f"# P\n\n{before}\n\n```py\n{code}```\n\n{after}\n")
    assert (example.status, whole_by(example)) == (ExampleStatus.RUNNABLE, origin)


BY_HAND = (
    "import json\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n\n\nclass Door(BaseHTTPRequestHandler):\n"
    "    def do_POST(self):\n        body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'result': {}}).encode()\n"
    "        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(body)\n\n\n"
    "HTTPServer(('127.0.0.1', 4000), Door).serve_forever()\n"
)
NODE = (
    "import { createServer } from 'node:http';\ncreateServer((req, res) => {\n"
    "  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'a', version: '1' } };\n"
    "  if (req.url === 'initialize') return res.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));\n"
    "  res.end('{}');\n}).listen(4000);\n"
)
CALLER = (
    "import asyncio\nfrom mcp import ClientSession\nfrom mcp.client.streamable_http import streamablehttp_client\n\n\n"
    "async def main():\n    async with streamablehttp_client('http://localhost:4000/mcp') as (read, write, _):\n"
    "        async with ClientSession(read, write) as session:\n            await session.initialize()\n\n\n"
    "asyncio.run(main())\n"
)
SPELLED = [
    pytest.param(PYTHON.replace("clock.run", "clock.rum"), "py", ExampleKind.STDIO_SERVER, id="fastmcp"),
    pytest.param(BY_HAND.replace("serve_", "server_"), "py", ExampleKind.HTTP_SERVER, id="python-by-hand"),
    pytest.param(CALLER.replace("asyncio.run", "asyncio.rnu"), "py", ExampleKind.CLIENT, id="python-client"),
    pytest.param(TYPESCRIPT.replace("web.listen", "web.listn"), "ts", ExampleKind.HTTP_SERVER, id="express"),
    pytest.param(NODE.replace(".listen", ".lisen"), "mjs", ExampleKind.HTTP_SERVER, id="node-by-hand"),
]
RUNS = {"py": "python", "ts": "npx tsx", "mjs": "node"}


@pytest.mark.parametrize(("code", "suffix", "kind"), SPELLED)
def test_a_file_that_the_page_runs_is_a_program_although_no_start_is_recognised(
    tmp_path: Path, code: str, suffix: str, kind: ExampleKind
) -> None:
    page = f"Save it as `door.{suffix}`.\n\n```{suffix}\n{code}```\n\nStart: `{RUNS[suffix]} door.{suffix}`.\n"
    (example,) = found(tmp_path, page)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, kind)
    assert example.bundle is not None
    assert [note for note in example.bundle.guesses if note.kind is NoteKind.WHOLE_PROGRAM] == []


@pytest.mark.parametrize(("code", "suffix"), [case.values[:2] for case in SPELLED if case.id != "python-client"])
@pytest.mark.parametrize("around", ["Start: `{run} other.{suffix}`.", "Then edit `door.{suffix}`.", ""])
def test_a_file_that_nothing_starts_and_the_page_does_not_run_is_a_fragment(
    tmp_path: Path, code: str, suffix: str, around: str
) -> None:
    text = around.format(run=RUNS[suffix], suffix=suffix)
    examples = found(tmp_path, f"In `door.{suffix}`:\n\n```{suffix}\n{code}```\n\n{text}\n")
    assert {example.status for example in examples} == {ExampleStatus.FRAGMENT}


def test_a_file_that_another_block_goes_on_with_is_not_run_without_it(tmp_path: Path) -> None:
    code = PYTHON.partition("if __name__")[0]
    more = "@clock.prompt()\ndef ask() -> str:\n    return now()\n"
    page = f"Save it as `clock.py`.\n\n```py\n{code}```\n\nAdd a prompt:\n\n```py\n{more}```\n\n`python clock.py`\n"
    assert ExampleStatus.RUNNABLE not in {example.status for example in found(tmp_path, page)}


@pytest.mark.parametrize(("code", "fence"), FAULTS)
def test_a_named_program_with_a_fault_is_run_as_stated(tmp_path: Path, code: str, fence: str) -> None:
    example = only(tmp_path, code, f"{fence} clock.{fence}")
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.HTTP_SERVER)
    assert whole_by(example) is Origin.STATED
    assert example.bundle is not None
    assert LeftKind.NAME not in {part.kind for part in example.bundle.left_to_reader}
    assert not any("whole program" in added for added in example.bundle.added)


@pytest.mark.parametrize(("code", "fence"), FAULTS)
def test_without_a_name_that_it_is_whole_is_inferred(tmp_path: Path, code: str, fence: str) -> None:
    example = only(tmp_path, code, fence)
    assert (example.status, whole_by(example)) == (ExampleStatus.RUNNABLE, Origin.INFERRED)


def test_a_command_states_that_it_is_a_program(tmp_path: Path) -> None:
    code = PYTHON.replace("clock.run", "clok.run")
    example = only(tmp_path, code, "python", "\n```bash\npython clock.py\n```\n")
    assert whole_by(example) is Origin.STATED


@pytest.mark.parametrize(
    "ellipsis",
    [
        "...\n",
        "# ... the tools of before\n",
        "# rest of the server\n",
        "# class Rows: { ... (the rest)\n",
        "x = 1  # its fields: ...\n",
        "# 結構定義 (略)\n",
        "# 나머지는 생략\n",
        "# checks omitted for brevity\n",
        "# (imports unchanged)\n",
        "# Rest unchanged\n",
        "# (same as before)\n",
        "# Handlers from the previous section\n",
        "# 其余代码同上\n",
        "# <snip>\n",
    ],
)
def test_what_leaves_something_out_is_a_fragment(tmp_path: Path, ellipsis: str) -> None:
    code = PYTHON.replace("if __name__", f"{ellipsis}if __name__").replace("clock.run", "clok.run")
    assert only(tmp_path, code, "python clock.py").status is ExampleStatus.FRAGMENT


@pytest.mark.parametrize(
    "comment",
    [
        "# 重试策略：指数退避\n",
        "# 忽略大小写\n",
        "# 概略を返す\n",
        "# returns omitted fields as null\n",
        "# empty results are not shown to the model\n",
        "# fields left out by the caller get defaults\n",
        "# the range is 1 ... 10\n",
        "# returns the same code\n",
        "# Loading...\n",
    ],
)
def test_words_that_leave_nothing_out(tmp_path: Path, comment: str) -> None:
    code = PYTHON.replace("if __name__", f"{comment}if __name__").replace("clock.run", "clok.run")
    assert only(tmp_path, code, "python clock.py").status is ExampleStatus.RUNNABLE


@pytest.mark.parametrize(
    "taken", ["import * as z from 'zod';\n", "import zod, * as z from 'zod';\n", "import { z } from 'zod';\n"]
)
def test_a_module_that_is_imported_under_one_name_gives_no_others(tmp_path: Path, taken: str) -> None:
    shape = "web.use(z.never);\n"
    lacking = f"{taken}{TYPESCRIPT}{shape}addPens(web);\n"
    (one,) = found(tmp_path, f"# P\n\n```ts\n{lacking}```\n")
    assert (one.status, whole_by(one)) == (ExampleStatus.RUNNABLE, Origin.INFERRED)
    (two,) = found(tmp_path, f"# P\n\n```ts\n{lacking}addInk(web);\n```\n")
    assert two.status is ExampleStatus.FRAGMENT
    assert two.reason == (
        "uses `addPens`, which no block of this page defines; uses `addInk`, which no block of this page defines"
    )
    (whole,) = found(tmp_path, f"# P\n\n```ts\n{taken}{TYPESCRIPT}{shape}```\n")
    assert (whole.status, whole_by(whole)) == (ExampleStatus.RUNNABLE, None)


def test_names_of_another_block_make_a_fragment(tmp_path: Path) -> None:
    page = f"# P\n\n```python\nimport os\n```\n\n```python\n{PYTHON.replace('import os', '')}```\n"
    assert {e.status for e in found(tmp_path, page)} == {ExampleStatus.FRAGMENT}


def test_an_excerpt_of_a_named_file_is_a_fragment(tmp_path: Path) -> None:
    code = PYTHON.replace("os.getcwd()", "one(two, three)")
    assert only(tmp_path, code, "python clock.py").status is ExampleStatus.FRAGMENT


EXCERPT = (
    "from mcp.server.transport_security import Settings\n\nclock = FastMCP('clock', security=Settings(hosts=[]))\n"
)
NEVER_RUN = PYTHON[: PYTHON.index("if __name__")]


@pytest.mark.parametrize(
    ("code", "around", "status"),
    [
        (NEVER_RUN, "Run `python clock.py`.", ExampleStatus.RUNNABLE),
        (NEVER_RUN, "", ExampleStatus.FRAGMENT),
        (f"{NEVER_RUN}# ...\n", "Run `python clock.py`.", ExampleStatus.FRAGMENT),
        (NEVER_RUN, "Run `python other.py`.", ExampleStatus.FRAGMENT),
        (EXCERPT, "Run `python clock.py`.", ExampleStatus.FRAGMENT),
        (EXCERPT.replace("'clock'", "..."), "Run `python clock.py`.", ExampleStatus.FRAGMENT),
        (f"{EXCERPT}\nclock.run()\n", "Run `python clock.py`.", ExampleStatus.RUNNABLE),
        (f"{EXCERPT}\nclock.run()\n".replace("'clock'", "..."), "Run `python clock.py`.", ExampleStatus.FRAGMENT),
    ],
)
def test_a_file_that_the_page_runs_is_a_program_even_if_it_starts_nothing(
    tmp_path: Path, code: str, around: str, status: ExampleStatus
) -> None:
    assert only(tmp_path, code, "python clock.py", f"\n{around}\n").status is status


def test_a_forgotten_import_of_the_standard_library_is_not_left_to_the_reader(tmp_path: Path) -> None:
    code = PYTHON.replace("return HOME", "return json.dumps(HOME) + mine")
    bundle = only(tmp_path, code, "python").bundle
    assert bundle is not None
    assert [part.name for part in bundle.left_to_reader if part.kind is LeftKind.NAME] == ["mine"]


@pytest.mark.parametrize(
    "cut",
    [
        "# ... the tools of before",
        "# … existing routes",
        "# rest of the settings",
        "# ...existing code",
        "# the rest of it",
    ],
)
def test_a_program_that_leaves_lines_out_is_whole_by_inference_only(tmp_path: Path, cut: str) -> None:
    code = PYTHON.replace("HOME = os.getcwd()\n", f"HOME = os.getcwd()\n{cut}\n")
    example = only(tmp_path, code, 'python title="clock.py"')
    assert example.status is ExampleStatus.RUNNABLE
    note = next(note for note in example.notes if note.kind is NoteKind.WHOLE_PROGRAM)
    assert (note.origin, note.detail) == (Origin.INFERRED, " although it leaves lines out (line 9 of the page)")


@pytest.mark.parametrize("comment", ["# Your tools go here", "# more later", "# TODO: name it", "# (...) is a call"])
def test_comments_that_stand_for_no_lines_change_nothing(tmp_path: Path, comment: str) -> None:
    code = PYTHON.replace("HOME = os.getcwd()\n", f"HOME = os.getcwd()\n{comment}\n")
    example = only(tmp_path, code, 'python title="clock.py"')
    assert (example.status, whole_by(example)) == (ExampleStatus.RUNNABLE, None)


def test_a_spread_is_not_an_ellipsis(tmp_path: Path) -> None:
    code = TYPESCRIPT.replace("Transport({})", "Transport({\n  ...options,\n})").replace(
        "const web", "const options = {};\nconst web"
    )
    assert only(tmp_path, code, 'ts title="w.ts"').whole
    faulty = only(tmp_path, code.replace("web.listen", "wbe.listen"), 'ts title="w.ts"')
    assert faulty.status is ExampleStatus.RUNNABLE


MORE = "```py\n@clock.tool()\ndef zone() -> str:\n    return 'UTC'\n```\n"
INDENTED = "```py\n    def shown_later(self):\n        return 1\n```\n"
RUN = "```sh\npython clock.py\n```\n"


@pytest.mark.parametrize(
    ("parts", "continued"),
    [
        pytest.param((MORE, RUN), True, id="added-before-it-is-run"),
        pytest.param((f"## More\n\n{MORE}", f"## Run\n\n{RUN}"), True, id="step-by-step"),
        pytest.param((INDENTED, RUN), True, id="a-part-of-something"),
        pytest.param((MORE,), True, id="never-run"),
        pytest.param((RUN, MORE), False, id="run-before"),
        pytest.param((f"## Variations\n\n{MORE}",), False, id="another-section"),
        pytest.param((MORE.replace("```py", '```py title="zones.py"'), RUN), False, id="another-file"),
        pytest.param(("```py\nprint('clock')\n```\n", RUN), False, id="something-else"),
        pytest.param(("```py\n    return HOME\n```\n", RUN), False, id="shown-again"),
    ],
)
def test_a_program_that_is_continued_before_it_is_run_is_whole_by_inference(
    tmp_path: Path, parts: tuple[str, ...], continued: bool
) -> None:
    program, *_ = found(tmp_path, f'# P\n\n```py title="clock.py"\n{PYTHON}```\n\nThen:\n\n' + "\n".join(parts))
    assert program.status is ExampleStatus.RUNNABLE
    note = next((note for note in program.notes if note.kind is NoteKind.WHOLE_PROGRAM), None)
    assert (note is not None) == continued
    if note:
        assert note.origin is Origin.INFERRED
        assert "is continued at line" in note.detail


TOOLKIT = PYTHON.replace("mcp.server.fastmcp", "mcp_toolkit")


@pytest.mark.parametrize(
    ("code", "whole"),
    [
        pytest.param(TOOLKIT, True, id="server"),
        pytest.param(TOOLKIT.partition("if __name__")[0], False, id="nothing-starts-it"),
        pytest.param(TOOLKIT.replace("import os\n", "import os\n# ...\n"), False, id="left-out"),
        pytest.param(TOOLKIT.replace("import os\n", "import os\nfrom .tools import add\n"), False, id="file"),
    ],
)
def test_a_program_that_lacks_only_a_package_that_is_known_is_whole(tmp_path: Path, code: str, whole: bool) -> None:
    example = only(tmp_path, code, "py")
    assert (example.status, example.whole) == (ExampleStatus.FRAGMENT, whole)
    assert "state it, as `pip install …`" in (example.reason or "")


def test_what_a_page_states_makes_it_run(tmp_path: Path) -> None:
    assert only(tmp_path, TOOLKIT, "py", "\n`pip install mcp-toolkit`\n").status is ExampleStatus.RUNNABLE


@pytest.mark.parametrize(
    ("was", "becomes", "need"),
    [
        ("web.listen(4000)", "Deno.serve({ port: 4000 }, web)", "needs the runtime Deno"),
        ("from 'express'", "from 'npm:express@5'", "needs the runtime Deno"),
        ("import express", "import { walk } from 'jsr:@std/fs';\nimport express", "needs the runtime Deno"),
        ("import express", "import { Database } from 'bun:sqlite';\nimport express", "needs the runtime Bun"),
        (
            "import express",
            "import { env } from 'cloudflare:workers';\nimport express",
            "needs the runtime Cloudflare Workers",
        ),
        ("from 'express'", "from 'https://example.com/express@5'", "imports by URL, as Deno or a browser does"),
    ],
)
def test_a_program_for_another_runtime_is_whole(tmp_path: Path, was: str, becomes: str, need: str) -> None:
    example = only(tmp_path, TYPESCRIPT.replace(was, becomes), "ts")
    assert (example.status, example.whole) == (ExampleStatus.FRAGMENT, True)
    assert example.reason == f"{need}, which docprobe does not support"


def test_a_type_of_another_runtime_is_gone_when_a_program_runs(tmp_path: Path) -> None:
    example = only(tmp_path, f"import type {{ Walk }} from 'jsr:@std/fs';\n{TYPESCRIPT}", "ts")
    assert example.status is ExampleStatus.RUNNABLE


def test_a_program_with_a_mistaken_directive_is_meant_to_be_run(tmp_path: Path) -> None:
    page = f"# P\n\n<!-- docprobe: kind=website -->\n\n```py\n{PYTHON}```\n"
    (example,) = found(tmp_path, page)
    assert (example.status, example.whole) == (ExampleStatus.FRAGMENT, True)


UNNAMED = (
    "import json\nimport sys\n\nfor line in sys.stdin:\n    message = json.loads(line)\n"
    "    if message['method'] == 'initialize':\n        result = {'protocolVersion': '2025-11-25', 'serverInfo': {}}\n"
    "    print(json.dumps({'id': message['id'], 'result': result}))\n"
)
UNNAMED_JS = (
    "import readline from 'node:readline';\nreadline.createInterface({ input: process.stdin }).on('line', (line) => {\n"
    "  const message = JSON.parse(line);\n"
    "  const result = message.method === 'initialize' ? {} : message.method === 'tools/list' ? { tools: [] } : null;\n"
    "  console.log(JSON.stringify({ id: message.id, result }));\n});\n"
)
UNNAMED_CALLER = (
    "import httpx\n\nopening = {'id': 1, 'method': 'initialize', 'params': {'clientInfo': {'name': 'c'}}}\n"
    "print(httpx.post('http://localhost:4000/', json=opening).text)\n"
)
UNNAMED_CALLER_JS = (
    "const params = { clientInfo: { name: 'c' } };\nconst body = JSON.stringify({ id: 1, method: 'initialize', params });\n"
    "const reply = await fetch('http://localhost:4000/', { method: 'POST', body });\nconsole.log(await reply.text());\n"
)


@pytest.mark.parametrize(
    ("code", "fence", "kind"),
    [
        (UNNAMED, "py", ExampleKind.STDIO_SERVER),
        (UNNAMED_JS, "js", ExampleKind.STDIO_SERVER),
        (UNNAMED_CALLER, "py", ExampleKind.CLIENT),
        (UNNAMED_CALLER_JS, "js", ExampleKind.CLIENT),
    ],
)
def test_a_program_whose_messages_forget_jsonrpc_is_run_all_the_same(
    tmp_path: Path, code: str, fence: str, kind: ExampleKind
) -> None:
    example = only(tmp_path, code, fence)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, kind)
