"""docprobe as its users start it, on docs that need no registry, and what it may leave behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker

from harness.engine.owner import state_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENDS_S = 900.0
"""How long a run of docprobe is waited for, in seconds. On a quiet machine it takes a few: this is for one that hangs."""
PROGRAM = (sys.executable, "-c", "from harness.cli.main import main; main()")

SERVER = """
import http.server, json, uuid

class Mcp(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        version = asked.get("params", {}).get("protocolVersion", "2025-11-25")
        result = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "NAME", "version": "1"}}
        body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Mcp-Session-Id", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_DELETE = do_POST

http.server.ThreadingHTTPServer(("localhost", 3000), Mcp).serve_forever()
"""
"""Answers whatever it is asked: a long conversation, from the standard library alone."""


def write_docs(root: Path, count: int = 2) -> Path:
    """A docs tree of ``count`` pages with one such server each."""
    root.mkdir(parents=True, exist_ok=True)
    said = ["timeout-s = 1.0", "[limits]", "memory-mib = 128", "tmp-mib = 8"]
    for number in range(count):
        name = f"page{number}"
        code = SERVER.replace("NAME", name)
        (root / f"{name}.md").write_text(f"# A server\n\n```python\n{code}```\n", "utf-8")
        said += [
            f'[examples."{name}#python"]', 'kind = "http-server"', 'blocks = ["n:0"]', "dependencies = []",
            'command = ["python3", "server.py"]', 'endpoint = "/mcp"', 'files = { "n:0" = "server.py" }',
        ]  # fmt: skip
    (root / "docprobe.toml").write_text("\n".join(said) + "\n", "utf-8")
    return root


def start(
    docs: Path,
    state: Path,
    out: Path,
    *more: str,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = PROGRAM,
) -> subprocess.Popen[str]:
    """``docprobe check`` on ``docs``, results to ``out``, holding every conversation again."""
    command = (*program, "check", str(docs), "--state", str(state), "--format", f"json:{out}", *more)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[2],
        env=environment,
    )  # fmt: skip


def left_in(raw: docker.APIClient, state: Path, *, running: bool = False) -> list[str]:
    """Containers, volumes and networks that the engine knows of runs with this state folder."""
    label = {"label": f"docprobe.state={state_id(state)}"}
    listed = raw.containers(all=True, filters=label)
    if running:
        return [c["Id"] for c in listed if c["State"] == "running"]
    containers = [c["Id"] for c in listed if not _is_ghost(raw, c)]
    volumes = [v["Name"] for v in raw.volumes(filters=label)["Volumes"] or ()]
    return [*containers, *volumes, *(n["Id"] for n in raw.networks(filters=label))]


def _is_ghost(raw: docker.APIClient, container: dict[str, Any]) -> bool:
    """Whether the engine lists a container that it does not have: engine 20.10 does so after it was killed."""
    if container["State"] != "dead":
        return False
    try:
        raw.remove_container(container["Id"], v=True, force=True)
    except docker.errors.NotFound:
        return True
    return False


def until_none_runs(raw: docker.APIClient, state: Path, within_s: float = 60.0) -> None:
    """Wait for what ends by itself when its docprobe is gone. Fails if it does not."""
    until = time.monotonic() + within_s
    while (rest := left_in(raw, state, running=True)) and time.monotonic() < until:
        time.sleep(0.05)
    assert rest == []


def until_nothing_is_left(raw: docker.APIClient, state: Path, within_s: float = 60.0) -> None:
    """Wait until a killed run has left nothing in the engine, created containers included. Fails if it leaves some."""
    until = time.monotonic() + within_s
    while (rest := left_in(raw, state)) and time.monotonic() < until:
        time.sleep(0.1)
    assert rest == []


def until_one_runs(
    raw: docker.APIClient, state: Path, process: subprocess.Popen[str], role: str = "example", within_s: float = 300.0
) -> None:
    """Wait until a container of that role runs."""
    label = {"label": [f"docprobe.state={state_id(state)}", f"docprobe={role}"]}
    until = time.monotonic() + within_s
    while not raw.containers(filters=label):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.02)


def unfinished(state: Path) -> list[str]:
    """Files that a run must not leave: unfinished ones, and locks of nobody."""
    patterns = ("*.tmp", "*.part", "id.*", "runs/*", "locks/*")
    return [str(path.relative_to(state)) for pattern in patterns for path in state.rglob(pattern)]


def valid_files(folder: Path) -> int:
    """How many JSON files there are; every one is whole. Fails otherwise."""
    files = [path for path in folder.rglob("*.json") if path.is_file()]
    for path in files:
        json.loads(path.read_bytes())
    return len(files)


def report(out: Path) -> dict[str, Any]:
    """The results that were written."""
    document: dict[str, Any] = json.loads(out.read_bytes())
    assert document["schema"] == "docprobe/1"
    return document
