"""Fixes that are proved by running them: real programs, each with faults that the tutorial and its readers make."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.base.errors import BlockedError, EngineError
from harness.repair.prove import prove
from harness.repair.trial import failures_of
from harness.run.observer import Silent
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.harness.run.tracing.test_tracing import NODE_PAGE, PAGE, PYTHON_PAGE, SAMPLE
from tests.support.program_pod import ProgramEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.repair.trial import Trial

GUARD = [
    'const SUPPORTED_VERSIONS = ["2025-11-25"];',
    '  const protocolVersion = request.headers["mcp-protocol-version"];',
    "  if (protocolVersion !== undefined && !SUPPORTED_VERSIONS.includes(String(protocolVersion))) {",
    '    const error = { code: -32000, message: "Unsupported protocol version" };',
    '    response.writeHead(400, { "Content-Type": "application/json" });',
    '    response.end(JSON.stringify({ jsonrpc: "2.0", error }));',
    "    return;",
]
"""The lines that refuse versions in the page for Node.js."""


async def trial_of(tmp_path: Path, page: str) -> Trial:
    docs = Path(shutil.copytree(SAMPLE, tmp_path / "docs"))
    (docs / PAGE).write_text(page)
    config = load_config(
        docs, state=tmp_path / "state", select=("traced",), baseline="none", timeout_s=60.0, jobs=1, trace=False
    )
    plan = make_plan(config)

    @asynccontextmanager
    async def connect(_: Any) -> AsyncIterator[Any]:
        yield ProgramEngine(tmp_path / f"pods-{next(numbers)}")

    numbers = iter(range(9))
    return await prove(plan, plan.only_runnable("traced"), config, connect, Silent())


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_missing_and_an_ended_id_in_one_branch_a_notification_and_a_get(tmp_path: Path) -> None:
    """Somebody changed the status of the whole branch to 404: the missing id is wrong now. Two more faults beside it."""
    page = NODE_PAGE.replace("  if (!session) return send(response, 400);\n", "").replace(
        '  if (!open.has(session)) {\n    console.error("who is it?");\n    send(response, LOST);\n    return;\n  }\n',
        "  if (!session || !open.has(session)) return send(response, 404);\n",
    )
    page = page.replace('"GET") return send(response, 405)', '"GET") return send(response, 403)')
    page = page.replace("message.id === undefined)", "message.id === undefined || !message.method)")
    trial = await trial_of(tmp_path, page)
    assert trial.unfitting == ()
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {
        "session.missing-400", "post.notification-202", "get.sse-or-405", "version.unsupported-400",
    }  # fmt: skip
    (after,) = (new for _, new in trial.texts.values())
    changed = [line for line in after.split("\n") if line not in page.split("\n")]
    assert changed == [
        *GUARD,
        "  if (!session || !open.has(session)) return send(response, session ? 404 : 400);",
        '  if (request.method === "GET") return send(response, 405);',
        "  if (message.id === undefined || !message.method) return send(response, 202);",
    ]


@pytest.mark.processes
@pytest.mark.anyio
async def test_what_does_not_work_takes_nothing_from_what_does(tmp_path: Path) -> None:
    """Responses get a result beside: 202 for notifications alone leaves the requirement violated."""
    page = NODE_PAGE.replace("message.id === undefined)", "message.id === undefined && message.method)")
    page = page.replace('"GET") return send(response, 405)', '"GET") return send(response, 403)')
    trial = await trial_of(tmp_path, page)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {
        "get.sse-or-405", "session.terminated-404", "session.unknown-404", "version.unsupported-400",
    }  # fmt: skip
    assert trial.given_up is not None
    assert "post.notification-202" in trial.given_up.tried
    assert "still violated: post.notification-202" in trial.given_up.why


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_fix_that_does_not_hold_is_not_offered(tmp_path: Path) -> None:
    """The number is computed: no fix fits, and that is told. A version is refused, which works."""
    page = NODE_PAGE.replace("send(response, 200);\n  send", "send(response, 202);\n  send")
    page = page.replace("message.id === undefined)", "message.id === undefined && message.method)")
    trial = await trial_of(tmp_path, page.replace("const LOST = 400", "const LOST = 350 + 50"))
    assert {requirement for requirement, _ in trial.fixed} == {"version.unsupported-400"}
    assert "session.terminated-404" in trial.unfitting
    told = [one for one in failures_of(trial) if "session.terminated-404" in one.tried]
    assert [one.why for one in told] == ["none of the changes that docprobe knows for this fits the code"]


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_status_in_a_constant(tmp_path: Path) -> None:
    page = NODE_PAGE.replace("send(response, 200);\n  send", "send(response, 202);\n  send")
    trial = await trial_of(tmp_path, page)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert "session.terminated-404" in {requirement for requirement, _ in trial.fixed}
    (after,) = (new for _, new in trial.texts.values())
    assert [line.strip() for line in after.split("\n") if line not in page.split("\n")] == [
        *(line.strip() for line in GUARD if line not in page.split("\n")),
        "send(response, 404);",
        "if (message.id === undefined || !message.method) return send(response, 202);",
    ]


@pytest.mark.processes
@pytest.mark.anyio
async def test_two_faults_that_keep_a_program_from_running(tmp_path: Path) -> None:
    """The second one shows only without the first."""
    page = PYTHON_PAGE.replace("import json\n", "").replace("import uuid\n", "") + "\nIt needs nothing else.\n"
    trial = await trial_of(tmp_path, page)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {"example.runs"}
    assert "example.runs" in trial.violated
    ((before, after),) = trial.texts.values()
    added = [line for line in after.split("\n") if line not in before.split("\n")]
    assert sorted(added) == ["import json", "import uuid"]


@pytest.mark.processes
@pytest.mark.anyio
async def test_without_an_engine_no_fix_can_be_tried(tmp_path: Path) -> None:
    """The command line is correct, so this is not a usage error: the exit code is 3, not 2."""
    docs = Path(shutil.copytree(SAMPLE, tmp_path / "docs"))
    (docs / PAGE).write_text(NODE_PAGE)
    config = load_config(docs, state=tmp_path / "state", select=("traced",), baseline="none", jobs=1)
    plan = make_plan(config)

    @asynccontextmanager
    async def connect(_: Any) -> AsyncIterator[Any]:
        raise EngineError("no container engine answers", "start it")
        yield

    with pytest.raises(BlockedError, match="no container engine answers") as refused:
        await prove(plan, plan.only_runnable("traced"), config, connect, Silent())
    assert refused.value.exit_code == 3
    assert refused.value.message.endswith("can be tried: no container engine answers"), "the next step is said once"
    assert refused.value.hint == "start it"


EXPRESS = """
const { createServer } = require("node:http");

module.exports = () => {
  const chain = [];
  const app = {
    use: (step) => chain.push(["", step]),
    post: (path, step) => chain.push(["POST", step]),
    all: (path, step) => chain.push(["", step]),
    listen: (port, host) =>
      createServer((request, response) => {
        response.status = (code) => Object.assign(response, { statusCode: code });
        response.json = (value) => {
          response.setHeader("Content-Type", "application/json");
          response.end(JSON.stringify(value));
        };
        const next = (at) => {
          const [method, step] = chain[at] ?? ["", () => response.status(404).end()];
          if (method && method !== request.method) return next(at + 1);
          Promise.resolve()
            .then(() => step(request, response, () => next(at + 1)))
            .catch((error) => {
              console.error(error);
              response.status(500).end();
            });
        };
        next(0);
      }).listen(port, host),
  };
  return app;
};
module.exports.json = () => async (request, response, next) => {
  let text = "";
  for await (const part of request) text += part;
  try {
    request.body = text ? JSON.parse(text) : {};
  } catch {
    return response.status(400).end();
  }
  next();
};
"""
"""As much of Express as the page below uses."""
WITHOUT_PARSER = """
```javascript server.mjs
import { randomUUID } from "node:crypto";
import express from "express";

const open = new Set();
const app = express();
const opens = (message) => message?.method === "initialize";

app.all("/mcp", (req, res) => {
  const session = req.headers["mcp-session-id"];
  if (req.headers.origin) return res.status(403).end();
  if (req.method === "GET") return res.status(405).end();
  if (opens(req.body)) {
    const fresh = randomUUID();
    open.add(fresh);
    res.setHeader("Mcp-Session-Id", fresh);
    const serverInfo = { name: "n", version: "1" };
    return res.json({
      jsonrpc: "2.0",
      id: req.body.id,
      result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo },
    });
  }
  if (!session) return res.status(400).end();
  if (!open.has(session)) return res.status(400).end();
  if (req.method === "DELETE") {
    open.delete(session);
    return res.status(200).end();
  }
  if (req.body.id === undefined) return res.status(202).end();
  return res.json({ jsonrpc: "2.0", id: req.body.id, result: {} });
});
app.listen(3000, "127.0.0.1");
```

```bash
npm install express
node server.mjs
```
"""


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_server_that_reads_bodies_which_nothing_parses(tmp_path: Path) -> None:
    """It listens and answers every POST by 400: it could not be judged before, and is now."""
    package = tmp_path / "node_modules" / "express"
    package.mkdir(parents=True)
    (package / "index.js").write_text(EXPRESS)
    trial = await trial_of(tmp_path, WITHOUT_PARSER)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {"example.runs"}
    assert "session.terminated-404" in trial.shown
    ((before, after),) = trial.texts.values()
    assert after == before.replace("= express();\n", "= express();\napp.use(express.json());\n")


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_body_parser_that_does_not_help_is_not_offered(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "express"
    package.mkdir(parents=True)
    (package / "index.js").write_text(EXPRESS)
    trial = await trial_of(tmp_path, WITHOUT_PARSER.replace('=== "initialize"', '=== "initialise"'))
    assert not trial.holds
    assert trial.texts, "it was tried"
    assert trial.trouble is not None
    assert trial.trouble.startswith("not-running: ")


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_module_that_a_program_uses_and_does_not_import(tmp_path: Path) -> None:
    trial = await trial_of(tmp_path, PYTHON_PAGE.replace("import json\n", "") + "\nIt needs nothing else.\n")
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {"example.runs"}
    ((before, after),) = trial.texts.values()
    assert after == before.replace("import uuid\n", "import json\nimport uuid\n")


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_package_that_the_install_line_leaves_out(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "express"
    package.mkdir(parents=True)
    (package / "index.js").write_text(EXPRESS)
    page = WITHOUT_PARSER.replace("= express();\n", "= express();\napp.use(express.json());\n")
    page = page.replace("npm install express", "npm install zod # first")
    trial = await trial_of(tmp_path, page)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {
        "example.packages", "example.complete", "session.terminated-404", "session.unknown-404",
        "post.notification-202", "version.unsupported-400",
    }  # fmt: skip
    ((before, after),) = trial.texts.values()
    dead = "if (!open.has(session)) return res.status"
    after = after.replace("req.body.id === undefined || !req.body.method)", "req.body.id === undefined)")
    after = after.replace('const SUPPORTED_VERSIONS = ["2025-11-25"];\n', "")
    start = after.index("  const protocolVersion = ")
    assert "res.status(400).json({" in after[start:]
    after = after[:start] + after[after.index("  const session = ") :]
    assert after == before.replace("zod #", "zod express #").replace(f"{dead}(400)", f"{dead}(404)")


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_refused_origin_an_unsupported_version_and_ids_that_count(tmp_path: Path) -> None:
    page = NODE_PAGE.replace("send(response, LOST)", "send(response, 404)").replace(
        "send(response, 200);", "send(response, 202);"
    )
    page = page.replace(
        "request.headers.origin) return send(response, 403)", "request.headers.origin) return send(response, 400)"
    )
    page = page.replace("const fresh = randomUUID();", "const fresh = `session-${open.size}`;")
    page = page.replace(
        "  if (!session) return",
        '  const version = request.headers["mcp-protocol-version"];\n'
        '  if (version && version !== "2025-11-25") return send(response, 422);\n'
        "  if (!session) return",
    )  # fmt: skip
    trial = await trial_of(tmp_path, page)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} >= {
        "http.origin-403", "version.unsupported-400", "hijack.id-nondeterministic",
    }  # fmt: skip
    (after,) = (new for _, new in trial.texts.values())
    assert [line for line in after.split("\n") if line not in page.split("\n")] == [
        "  if (request.headers.origin) return send(response, 403);",
        "    const fresh = randomUUID();",
        '  if (version && version !== "2025-11-25") return send(response, 400);',
        "  if (message.id === undefined || !message.method) return send(response, 202);",
    ]
