"""A stdio server as a real process."""

from __future__ import annotations

from extractor.model import ExampleKind
from harness.base.codec import from_json, to_json
from harness.model import Transcript
from harness.profiles.mcp.probes.converse_stdio import converse_stdio
from tests.support.local_pod import bundle
from tests.support.process_pod import process_pod

REVISIONS = ("2025-06-18", "2025-11-25", "2026-07-28", "draft")

SERVER = """
import json, sys
VERSIONS = {versions!r}
{before}
for line in sys.stdin:
    message = json.loads(line)
    method = message["method"]
    if "id" not in message:
        continue
    {each}
    if method == "initialize":
        asked = message["params"]["protocolVersion"]
        result = {{"protocolVersion": asked if asked in VERSIONS else VERSIONS[0], "capabilities": {{}}}}
    elif method == "server/discover" and {modern}:
        result = {{"supportedVersions": ["2026-07-28"], "resultType": "complete"}}
    elif method == "tools/list":
        result = {{"tools": {tools}}}
    elif method == "tools/call":
        {call}
        result = {{"content": []}}
    else:
        result = None
    answer = {{"result": result}} if result else {{"error": {{"code": -32601, "message": "no"}}}}
    print(json.dumps({{"jsonrpc": "2.0", "id": message["id"], **answer}}), flush=True)
{after}
"""


def server(
    *,
    versions: tuple[str, ...] = ("2025-11-25", "2025-06-18"),
    before: str = "",
    each: str = "pass",
    after: str = "",
    modern: bool = False,
    tools: str = "[]",
    call: str = "pass",
) -> str:
    return SERVER.format(
        versions=versions, before=before, each=each, after=after, modern=modern, tools=tools, call=call
    )


async def hold(program: str, timeout_s: float = 30.0, start_s: float = 60.0) -> Transcript:
    async with process_pod(program) as pod:
        transcript = await converse_stdio(
            pod, bundle(kind=ExampleKind.STDIO_SERVER), revisions=REVISIONS, timeout_s=timeout_s, start_s=start_s
        )
    assert from_json(to_json(transcript), Transcript) == transcript
    return transcript
