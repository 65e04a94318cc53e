"""Servers whose process dies of one request: that is one fault, and everything else is asked of a new process."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from extractor.languages.common.files import added_file
from harness.model import Verdict
from harness.profile import ProbeSettings
from harness.profiles.mcp.probes.converse_http import converse_http
from tests.support.local_pod import bundle
from tests.support.program_pod import DOCUMENTED_PORT, ProgramEngine

from .conversations import NEWEST, TIMEOUT_S, by_step, judged

if TYPE_CHECKING:
    from pathlib import Path

    from harness.engine.protocol import Pod

pytestmark = [pytest.mark.anyio, pytest.mark.processes]

SERVER = f"""
import json, os, sys, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEADLY = sys.argv[1]
sessions = set()


class Handler(BaseHTTPRequestHandler):
    def reply(self, status, body=None, **headers):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            message = json.loads(text)
        except ValueError:
            if DEADLY == "no-json":
                os._exit(1)
            return self.reply(400)
        if DEADLY in text:
            os._exit(1)
        id, session = message.get("id"), self.headers.get("Mcp-Session-Id")
        if message.get("method") == "initialize":
            session = str(uuid.uuid4())
            sessions.add(session)
            version = message["params"]["protocolVersion"]
            if version not in ("2025-11-25", "2025-06-18"):
                version = "2025-11-25"
            capabilities = {{"tools": {{}}, "resources": {{}}}}
            result = {{
                "protocolVersion": version, "capabilities": capabilities, "serverInfo": {{"name": "x", "version": "1"}}
            }}
            return self.reply(200, {{"jsonrpc": "2.0", "id": id, "result": result}}, Mcp_Session_Id=session)
        if session is None:
            return self.reply(400)
        if session not in sessions:
            return self.reply(404)
        if id is None:
            return self.reply(202)
        known = {{"tools/list": {{"tools": []}}, "resources/list": {{"resources": []}}, "ping": {{}}}}
        if message["method"] not in known:
            return self.reply(
                200, {{"jsonrpc": "2.0", "id": id, "error": {{"code": -32601, "message": "no such method"}}}}
            )
        self.reply(200, {{"jsonrpc": "2.0", "id": id, "result": known[message["method"]]}})

    def do_GET(self):
        self.reply(405)

    def do_DELETE(self):
        session = self.headers.get("Mcp-Session-Id")
        if session not in sessions:
            return self.reply(400 if session is None else 404)
        sessions.discard(session)
        self.reply(200)


ThreadingHTTPServer(("127.0.0.1", {DOCUMENTED_PORT}), Handler).serve_forever()
"""


@pytest.mark.parametrize("deadly", ["no-json", '"cursor"', "resources/read"])
async def test_what_one_request_kills_is_asked_of_a_new_process(tmp_path: Path, deadly: str) -> None:
    program = replace(
        bundle("/mcp"), files=(added_file("server.py", SERVER),), command=(sys.executable, "-B", "server.py", deadly)
    )
    async with ProgramEngine(tmp_path).pod(program, cast("Any", None), ()) as pod:
        settings = ProbeSettings((NEWEST, "2025-06-18"), timeout_s=TIMEOUT_S, start_s=60.0)
        transcript = await converse_http(cast("Pod", pod), program, settings, None)
    assert transcript.negotiated == ("2025-06-18", NEWEST)
    assert transcript.facts.crashed is not None
    assert transcript.facts.crashed.sentence == "exited with code 1"
    verdicts = judged(transcript)
    assert verdicts["server.survives"] is Verdict.VIOLATED
    assert verdicts["http.origin-validate"] is Verdict.VIOLATED
    assert verdicts["session.terminated-404"] is Verdict.SATISFIED
    assert verdicts["session.missing-400"] is Verdict.SATISFIED
    for revision in (NEWEST, "2025-06-18"):
        found = by_step(transcript, revision)
        assert found["post.unreadable"].status == (None if deadly == "no-json" else 400)
        assert found["origin.foreign-request"].status == 200
