"""Small git repositories of docs, and docprobe on a change of them with conversations that were made by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from harness.cli.main import cli
from harness.model import LogLine, Recording, Run, StartOutcome
from harness.run import connect, recorder
from tests.support.caches import warm_state
from tests.support.transcripts import lived

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import pytest

    from extractor.model import Bundle
    from harness.config import Config
    from harness.model import Transcript

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
SESSION_MAP = "docs/2025-11-25/tutorials/session-map.mdx"
"""A page of the sample, with one program in each language."""
RULES = "specification/2025-11-25/basic/transports.mdx"
TUTORIAL = "docs/2025-11-25/tutorials/sessions.mdx"
CODE = """
```bash
npm install express @modelcontextprotocol/sdk
```

```typescript server.ts
import express from "express";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const app = express();
const sessions = {};
app.post("/mcp", async (req, res) => {
  if (sessions[req.headers["mcp-session-id"]] || !req.headers["mcp-session-id"]) {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() });
    await new McpServer({ name: "sessions", version: "1.0.0" }).connect(transport);
    return transport.handleRequest(req, res, req.body);
  }
  res.status(400).json({ error: "no session for this POST" });
});
const other = (req, res) => {
  res.status(400).send("no session for this GET or DELETE");
};
app.get("/mcp", other);
app.delete("/mcp", other);
app.listen(3000, () => console.log("a tutorial of sessions"));
```

```bash
npx tsx server.ts
```
"""


ID = "docs/2025-11-25/tutorials/sessions#typescript"
"""Of the example of :data:`TUTORIAL`."""


def git(folder: Path, *arguments: str, day: str | None = None) -> str:
    """Run git as somebody, on some day."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    when = {"GIT_COMMITTER_DATE": f"{day}T12:00:00Z"} if day else {}
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True, env=os.environ | when
    )
    return done.stdout.strip()


def write_docs(folder: Path, pages: dict[str, str]) -> Path:
    """A committed docs tree with the sample's rules of every revision, and some pages; a branch is checked out.

    Beside it is ``state``, with the caches of docs that all tests share.
    """
    root = folder / "repo" / "site"
    root.mkdir(parents=True)
    warm_state(folder)
    shutil.copytree(SAMPLE / "specification", root / "specification")
    shutil.copy(SAMPLE / "bindings.toml", root)
    for page in SAMPLE.glob("docs/*/tutorials/security/security_best_practices.mdx"):
        (root / page.relative_to(SAMPLE)).parent.mkdir(parents=True)
        shutil.copy(page, root / page.relative_to(SAMPLE))
    (root / "docprobe.toml").write_text('profile = "mcp"\nbindings = "bindings.toml"\n')
    for name, text in pages.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root.parent, "init", "-q", "-b", "main", "--template=")
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-qm", "base")
    git(root.parent, "checkout", "-qb", "change")
    return root


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first occurrence, which must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@dataclass
class Checked:
    """What one run of docprobe on a change gave."""

    code: int
    shown: str
    """The terminal report, in one line."""
    document: dict[str, Any]
    annotations: str
    ran: list[str] = field(default_factory=list)
    """The code of each text that was run, in order."""
    days: list[str | None] = field(default_factory=list)
    """For each, the day of the commit whose packages would be tried."""

    def example(self, id: str) -> dict[str, Any]:
        """The result of one example."""
        return next(example for example in self.document["examples"] if example["id"] == id)

    def changes(self, id: str) -> dict[str, str]:
        """What the change did to the violated requirements of an example, under the revision that decides."""
        example = self.example(id)
        own = {example["judged_under"], ""}
        return {
            finding["requirement"]: finding["change"]
            for finding in example["findings"]
            if finding["verdict"] == "violated" and finding["revision"] in own and finding["basis"] == "text"
        }


def check(
    docs: Path,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    talk: Callable[[str], Transcript | str],
    *more: str,
    under: Callable[[Config, Mapping[str, str]], str] = lambda config, locks: "",
) -> Checked:
    """Run ``docprobe check --changed-since main`` with no engine.

    Args:
        docs: the docs root.
        state: the state folder.
        monkeypatch: replaces the engine and what is recorded with it.
        talk: from the code of an example to the conversation with it, or to why it does not start.
        more: arguments.
        under: from what a text runs under and with to what is put in front of its code for ``talk``.
    """
    ran: list[str] = []
    days: list[str | None] = []

    @asynccontextmanager
    async def no_engine(config: object) -> AsyncIterator[None]:
        yield None

    async def record(
        engine: object, bundle: Bundle, config: Config, *_: object, committed: Any, locks: Mapping[str, str], **__: object
    ) -> Recording:
        code = "\n".join(file.text for file in bundle.files)
        ran.append(code)
        days.append(await committed())
        said = talk(under(config, locks) + code)
        if isinstance(said, str):
            if said.startswith("blocked: "):
                return Recording((), None, blocked=said)
            return Recording((Run("today", None, {}, StartOutcome.EXITED, said, (LogLine(0, "stderr", said),)),), None)
        serving = Run("today", None, {}, StartOutcome.SERVING, "it starts")
        return Recording((serving,), replace(said, example_id=bundle.example_id))

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr(connect, "open_engine", no_engine)
    out, github = state.parent / "out.json", state.parent / "out.github"
    arguments = ["check", str(docs), "--state", str(state), "--changed-since", "main", "--jobs", "1", "--no-trace"]
    formats = ["--format", f"json:{out}", "--format", f"github:{github}", "--format", "terminal"]
    done = CliRunner().invoke(cli, [*arguments, *formats, *more])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Checked(
        done.exit_code, " ".join(done.output.split()), json.loads(out.read_text()), github.read_text(), ran, days
    )


def talk(code: str) -> Transcript | str:
    """Answer as the code of the tutorial says: its POST branch handles a missing and an unknown id together."""
    if "syntax error" in code:
        return "exited with code 1: SyntaxError: Unexpected token '>'"
    if "no registry" in code:
        return "blocked: the registry does not answer"
    post = 404 if "status(404).json" in code else 400
    rest = 404 if "status(404).send" in code else 400
    return lived(terminated=(post, post, rest, rest), missing=(post, post, rest, rest)).transcript()
