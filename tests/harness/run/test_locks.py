"""Lock files: written once, replayed after, also where no registry can be reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from extractor.model import ExampleKind
from harness.base.errors import UsageError
from harness.base.lock_file import read_locks
from harness.model import ExampleResult, Report, Resolve, Run, StartOutcome, Status
from harness.run.locks import write_locks

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run(Resolve.TODAY, None, {"a": "1"}, StartOutcome.SERVING, "", lock="a==1\n")
RESULT = ExampleResult(
    id="p#python", page="p.md", revision=None, language="python", kind=ExampleKind.HTTP_SERVER, status=Status.JUDGED,
    reason=None, spans=(), digest="digest", runs=(RUN,),
)  # fmt: skip
REPORT = Report("1", "2026-01-01T00:00:00Z", 1.0, ".", None, None, (RESULT,))


def test_a_lock_is_written_and_read(tmp_path: Path) -> None:
    write_locks(tmp_path / "l.json", REPORT)
    assert read_locks(tmp_path / "l.json") == {"digest": {"today": "a==1\n"}}
    assert read_locks(tmp_path / "none.json") == read_locks(None) == {}


def test_what_is_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "l.json"
    write_locks(path, REPORT)
    newer = replace(RUN, lock="a==2\n")
    dated = replace(RUN, resolve=Resolve.DATED, lock="a==0\n")
    write_locks(path, replace(REPORT, examples=(replace(RESULT, runs=(newer, dated)),)))
    write_locks(path, replace(REPORT, examples=(replace(RESULT, digest="other"), replace(RESULT, runs=()))))
    assert read_locks(path) == {"digest": {"today": "a==1\n", "dated": "a==0\n"}, "other": {"today": "a==1\n"}}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": "docprobe-lock/9", "locks": {}}', '{"schema": "docprobe-lock/1", "locks": [1]}'],
)
def test_what_is_not_a_lock_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "l.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="lock"):
        read_locks(tmp_path / "l.json")


PAGE = """# Now

```bash
npm install zod@3
```

```javascript server.mjs
import { createServer } from "node:http";
import { z } from "zod";

createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const { id } = JSON.parse(body || "{}");
    response.statusCode = id === undefined ? 202 : 200;
    response.setHeader("content-type", "application/json");
    const result = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "now", version: z.string().parse("1") } };
    response.end(id === undefined ? "" : JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
}).listen(3000, "127.0.0.1");
```
"""
"""A server with one package, which had other versions in the past."""
NOWHERE = {"HTTPS_PROXY": "http://proxy.invalid", "HTTP_PROXY": "http://proxy.invalid"}


def check(tmp_path: Path, *options: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The one example's result."""
    out = tmp_path / "out.json"
    out.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "check", tmp_path / "docs", "--state", tmp_path / "state",
         "--fail-on", "never", "--lock", tmp_path / "lock.json", "--format", f"json:{out}", *options],
        env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert out.exists(), done.stderr
    (example,) = json.loads(out.read_text(encoding="utf-8"))["examples"]
    assert isinstance(example, dict)
    return example


@pytest.mark.engine
@pytest.mark.registry
def test_a_lock_is_replayed_with_its_very_versions_and_offline(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "now.md").write_text(PAGE, encoding="utf-8")
    (docs / "docprobe.toml").write_text(
        'profile = "plain"\n[examples."now#javascript"]\nresolve-date = "2025-06-30"\n', encoding="utf-8"
    )
    old = check(tmp_path, "--resolve", "dated")
    assert old["packages"] == {"zod": "3.25.67"}, old["reason"]
    locks = read_locks(tmp_path / "lock.json")
    ((digest, entry),) = locks.items()
    assert list(entry) == ["dated"]

    # as if the lock had been written on that day, and replayed today
    document = {"schema": "docprobe-lock/1", "locks": {digest: {"today": entry["dated"]}}}
    (tmp_path / "lock.json").write_text(json.dumps(document), encoding="utf-8")
    replayed = check(tmp_path)
    assert replayed["packages"] == {"zod": "3.25.67"}
    assert replayed["runs"][0]["resolve"] == "today"
    assert read_locks(tmp_path / "lock.json") == document["locks"]

    offline = check(tmp_path, "--no-cache", environment=NOWHERE)
    assert (offline["status"], offline["packages"]) == ("judged", {"zod": "3.25.67"})
    assert offline["cached"] is False

    (tmp_path / "lock.json").unlink()
    today = check(tmp_path)
    assert today["packages"]["zod"] not in {"3.25.67", ""}
    assert list(read_locks(tmp_path / "lock.json")[digest]) == ["today"]
