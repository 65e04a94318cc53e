"""What may make a program run: every other byte of the file stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.languages.registry import syntax_tree
from extractor.model import Bundle, Dependency, ExampleKind, Level, Manager, Segment, SourceFile, Span
from harness.judge.example import RUNS
from harness.model import Basis, Finding, LogLine, ModuleAnswer, Run, StartOutcome, Verdict
from harness.profiles.registry import MCP
from harness.repair.edits import on_pages, patched, propose
from harness.repair.start_edits import modules_importing, questions

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED = Run("today", None, {}, StartOutcome.NO_INITIALIZE, "no path answers an initialize (POST /mcp: 400)")
FINDING = Finding(
    requirement=RUNS, level=Level.MUST, basis=Basis.INTERPRETATION, verdict=Verdict.VIOLATED, revision="", summary="",
    evidence=(),
)  # fmt: skip
INLINE = """\
import express from "express";

const app = express();
app.post("/mcp", async (req, res) => {
  if (isInitializeRequest(req.body)) return open(req, res);
  res.status(400).end();
});
app.listen(3000);
"""
NAMED = """\
const web = require('express')
// the application
const api = web() // one for all
const handle = (request, response) => {
  switch (request.body.method) {
    case 'initialize': return begin(request, response)
    default: return response.sendStatus(404)
  }
}
api.all('/mcp', handle)
api.listen(8080)
"""
ROUTER = """\
import * as web from "express";
export function serve() {
    const router = web.Router();
    router.post("/", (req, res) => answer(req.body, res));
    const site = web();
    site.use("/mcp", router);
    return site.listen(4000);
}
"""


def failed(log: str) -> Run:
    lines = tuple(LogLine(0.0, "stderr", line) for line in log.splitlines())
    return Run("today", None, {}, StartOutcome.EXITED, "exited with code 1", lines)


def bundle_of(path: str, text: str, *packages: str) -> Bundle:
    python = path.endswith(".py")
    count = len(text.split("\n")) - 1
    return Bundle(
        "x", "python" if python else "javascript", ExampleKind.HTTP_SERVER, "python" if python else "node",
        (SourceFile(path, text, (Segment(1, count, Span("p.md", 2, 1 + count)),)),),
        Manager.PYPI if python else Manager.NPM, tuple(Dependency(name) for name in packages), ("run", path),
    )  # fmt: skip


def edited(path: str, text: str, run: Run, answers: Mapping[str, ModuleAnswer] | None = None) -> str:
    """Return the program with the edits that are proposed for it; it is the page's only block."""
    bundle, page = bundle_of(path, text, "express"), f"```\n{text}```\n"
    edits = propose([FINDING], None, bundle, MCP.catalogue, [run], answers)
    return patched(page, on_pages(edits, bundle, {"p.md": page})).removeprefix("```\n").removesuffix("```\n")


def added(before: str, after: str) -> list[str]:
    """Return the lines that were added; all others have to be as they were."""
    old, new = before.split("\n"), after.split("\n")
    fresh = [line for line in new if line not in old]
    assert [line for line in new if line not in fresh] == old
    return fresh


@pytest.mark.parametrize(
    ("text", "line", "above"),
    [
        (INLINE, "app.use(express.json());", "const app = express();"),
        (NAMED, "api.use(web.json())", "const api = web() // one for all"),
        (ROUTER, "    site.use(web.json());", "    const site = web();"),
        (INLINE.replace("const app", "export const app"), "app.use(express.json());", "export const app = express();"),
    ],
)
def test_a_body_that_nothing_parses_is_parsed_below_the_application(text: str, line: str, above: str) -> None:
    after = edited("server.mjs", text, REFUSED)
    assert added(text, after) == [line]
    lines = after.split("\n")
    assert lines[lines.index(line) - 1] == above


def test_more_code_in_the_same_line_stays_behind_the_parser() -> None:
    text = INLINE.replace("express();\napp.post", "express(); app.post")
    assert "express(); app.use(express.json()); app.post(" in edited("server.mjs", text, REFUSED)


@pytest.mark.parametrize("parser", ["app.use(express.json());", 'app.use(express.json({ limit: "1mb" }));'])
def test_a_parser_behind_the_routes_is_moved_above_them(parser: str) -> None:
    text = INLINE.replace("app.listen", f"{parser}\napp.listen")
    after = edited("server.mjs", text, REFUSED)
    assert after == INLINE.replace("= express();\n", f"= express();\n{parser}\n")


@pytest.mark.parametrize(
    "text",
    [
        INLINE.replace("app.post", "app.use(express.json());\napp.post"),
        INLINE.replace('"/mcp", async', '"/mcp", express.json(), async'),
        INLINE.replace("express();", "createMcpExpressApp();"),
        INLINE.replace("req.body", "await read(req)"),
        'import { createServer } from "node:http";\ncreateServer((req, res) => use(req.body, res)).listen(3000);\n',
    ],
)
def test_no_parser_is_added_where_one_is_or_nothing_reads_a_body(text: str) -> None:
    assert edited("server.mjs", text, REFUSED) == text


def test_a_program_that_never_listened_did_not_fail_by_its_body() -> None:
    assert edited("server.mjs", INLINE, failed("Error: no such file")) == INLINE


PYTHON = '''\
"""A server."""

from __future__ import annotations

import uuid
from http.server import BaseHTTPRequestHandler

print(json.dumps({"id": str(uuid.uuid4())}), Path(__file__))
'''


def test_a_module_that_is_used_and_not_imported() -> None:
    after = edited("server.py", PYTHON, failed("NameError: name 'json' is not defined"))
    assert added(PYTHON, after) == ["import json"]
    assert after.index("__future__") < after.index("import json") < after.index("import uuid")


def test_the_first_import_of_a_file_stands_below_its_docstring() -> None:
    text = '"""A server."""\n\nprint(json.dumps({}))\n'
    after = edited("server.py", text, failed("NameError: name 'json' is not defined"))
    assert after == '"""A server."""\n\nimport json\nprint(json.dumps({}))\n'


def test_a_name_is_imported_from_the_module_that_says_it_has_it() -> None:
    answers = {"enum": ModuleAnswer(True, ("Path",)), "pathlib": ModuleAnswer(True), "os": ModuleAnswer(None)}
    run = failed("NameError: name 'Path' is not defined")
    assert added(PYTHON, edited("server.py", PYTHON, run, answers)) == ["from pathlib import Path"]
    nobody = {"enum": ModuleAnswer(True, ("Path",)), "os": ModuleAnswer(None), "gone": ModuleAnswer(False)}
    assert edited("server.py", PYTHON, run, nobody) == PYTHON
    assert edited("server.py", PYTHON, run) == PYTHON


NODE = """\
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { createHash } from 'node:crypto'

const server = new McpServer({ name: 'x', version: '1' })
const id = () => randomUUID()
const z = { randomUUID: 1 }
"""


def test_a_name_of_a_module_that_is_imported_already_joins_the_others() -> None:
    after = edited(
        "s.mjs", NODE, failed("ReferenceError: randomUUID is not defined"), {"node:crypto": ModuleAnswer(True)}
    )
    assert after == NODE.replace("{ createHash }", "{ createHash, randomUUID }")


def test_another_module_is_imported_in_the_style_of_the_file() -> None:
    run = failed("ReferenceError: randomUUID is not defined")
    text = NODE.replace("import { createHash } from 'node:crypto'\n", "")
    after = edited("s.mjs", text, run, {"node:crypto": ModuleAnswer(True)})
    assert added(text, after) == ["import { randomUUID } from 'node:crypto'"]
    text = 'const http = require("node:http");\nhttp.createServer(() => randomUUID()).listen(1);\n'
    after = edited("s.cjs", text, run, {"node:crypto": ModuleAnswer(True)})
    assert added(text, after) == ['const { randomUUID } = require("node:crypto");']
    text = "// a server\nconsole.log(randomUUID());\n"
    after = edited("s.mjs", text, run, {"node:crypto": ModuleAnswer(True)})
    assert after == '// a server\nimport { randomUUID } from "node:crypto";\nconsole.log(randomUUID());\n'


def test_a_renamed_export_is_renamed_wherever_it_is_used() -> None:
    text = """\
import { StreamableHttpServer, other } from "sdk/server.js";
const transport = new StreamableHttpServer({ StreamableHttpServer: 1 });
use(transport.StreamableHttpServer, "StreamableHttpServer");
"""
    old, new, module = "StreamableHttpServer", "StreamableHTTPServer", "sdk/server.js"
    run = failed(f"SyntaxError: The requested module '{module}' does not provide an export named '{old}'")
    assert questions(run, bundle_of("s.mjs", text)) == {module: frozenset({old})}
    after = edited("s.mjs", text, run, {module: ModuleAnswer(True, (old,), near={old: (new,)})})
    assert after == text.replace(f"{{ {old}, other", f"{{ {new}, other").replace(f"new {old}(", f"new {new}(")


def test_a_renamed_name_of_python_is_renamed_and_attributes_are_not() -> None:
    text = """\
from mcp.client.streamable_http import streamablehttp_client
async def main():
    async with streamablehttp_client("http://x") as streams:
        box.streamablehttp_client(streamablehttp_client=1)
"""
    run = failed("ImportError: cannot import name 'streamablehttp_client' from 'mcp.client.streamable_http' (/x.py)")
    module, old, new = "mcp.client.streamable_http", "streamablehttp_client", "streamable_http_client"
    assert questions(run, bundle_of("s.py", text)) == {module: frozenset({old})}
    after = edited("s.py", text, run, {module: ModuleAnswer(True, (old,), near={old: (new, "other")})})
    assert after == text.replace(f"import {old}", f"import {new}").replace(f"with {old}", f"with {new}")
    assert edited("s.py", text, run, {module: ModuleAnswer(True, (old,))}) == text
    assert edited("s.py", text, run, {"another": ModuleAnswer(True, (old,), near={old: (new,)})}) == text


def test_packages_are_asked_only_where_a_name_is_missing() -> None:
    bundle = replace(bundle_of("s.py", PYTHON), toolchain="python")
    assert questions(failed("ValueError: no"), bundle) == {}
    asked = questions(failed("NameError: name 'Path' is not defined"), bundle, ["mcp.types"])
    assert next(iter(asked)) == "mcp.types"
    assert asked["pathlib"] == {"Path"}


def test_where_other_pages_import_a_name_from() -> None:
    node = syntax_tree("a.mjs", 'import { A, B as C } from "x";\nimport { A } from "./own.js";\nimport A from "y";\n')
    python = syntax_tree("a.py", "from x import A\nfrom .own import A\nfrom z import B as A, D\n")
    assert node is not None
    assert python is not None
    assert list(modules_importing("A", node)) == ["x"]
    assert list(modules_importing("C", node)) == []
    assert list(modules_importing("A", python)) == ["x"]
