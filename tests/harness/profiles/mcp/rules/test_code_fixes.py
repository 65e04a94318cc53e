"""What the rules' fixes make of code: each a small change of the syntax tree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.languages.registry import syntax_tree
from harness.profiles.registry import MCP
from tests.support.broken_code import exchange, transcript_of, violation

if TYPE_CHECKING:
    from harness.model import Exchange


def fixed(requirement: str, *exchanges: Exchange, text: str, path: str = "server.ts") -> str:
    """The text with every edit of the requirement's fix."""
    root, fix = syntax_tree(path, text), MCP.catalogue.rule(requirement).fix
    assert root is not None
    assert fix is not None
    data = text.encode()
    found = set(fix(root, violation(requirement, *exchanges), transcript_of(*exchanges)))
    for edit in sorted(found, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    return data.decode()


BRANCH = """\
const post = async (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  if (!sessionId || !transports[sessionId]) {
    res.status(STATUS).send("session");
    return;
  }
};
"""


@pytest.mark.parametrize(
    ("requirement", "status"),
    [("session.terminated-404", 400), ("session.terminated-404", 403), ("session.missing-400", 404)],
)
def test_one_branch_for_both_faults_tells_them_apart(requirement: str, status: int) -> None:
    text = BRANCH.replace("STATUS", str(status))
    assert "res.status(sessionId ? 404 : 400).send" in fixed(requirement, exchange(1, status), text=text)


def test_a_missing_id_that_has_a_branch_of_its_own_gets_400() -> None:
    text = 'function post(req, res) {\n  const id = req.headers["mcp-session-id"];\n  if (!id) return res.status(401).end();\n}\n'
    assert "res.status(400).end()" in fixed("session.missing-400", exchange(1, 401), text=text)


def test_get_without_a_stream_gets_405() -> None:
    text = 'app.get("/mcp", (req, res) => res.status(404).end());\n'
    assert fixed("get.sse-or-405", exchange(1, 404), text=text) == text.replace("404", "405")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server.ts", "const f = (m, res) => {\n  if (m.id === undefined) {\n    res.status(200).end();\n  }\n};\n"),
        ("server.py", 'def f(m):\n    if "id" not in m:\n        return Response(status_code=200)\n'),
    ],
)
def test_a_notification_gets_202(path: str, text: str) -> None:
    sent = replace(exchange(1, 200), body='{"jsonrpc": "2.0", "method": "notifications/initialized"}')
    assert fixed("post.notification-202", sent, text=text, path=path) == text.replace("200", "202")


def test_another_number_stays() -> None:
    text = 'app.get("/mcp", (req, res) => res.status(404).send({ port: 3000, code: 12 }));\n'
    assert "port: 3000, code: 12" in fixed("get.sse-or-405", exchange(1, 404), text=text)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("server.ts", "const t = new Transport({ sessionIdGenerator: () => `session-${++n}` });\n",
         "const t = new Transport({ sessionIdGenerator: () => crypto.randomUUID() });"),
        ("server.py", 'import json\n\ndef f():\n    number = f"s{count}"\n    return Response(headers={"Mcp-Session-Id": number})\n',
         "    number = str(uuid.uuid4())"),
        ("server.ts", 'import { randomUUID } from "node:crypto";\nnew Transport({ sessionIdGenerator: () => `s${++n}` });\n',
         "new Transport({ sessionIdGenerator: () => randomUUID() });"),
        ("server.py", 'import json\nfrom uuid import uuid4\n\ndef f():\n    number = f"s{count}"\n    return Response(headers={"Mcp-Session-Id": number})\n',
         "    number = str(uuid4())"),
        ("server.py", 'from uuid import uuid4\nNAME = "Mcp-Session-Id"\n\ndef f():\n    sid = str(next(numbers))\n    answer.headers[NAME] = sid\n',
         "    sid = str(uuid4())"),
    ],
)  # fmt: skip
def test_ids_become_random(path: str, text: str, line: str) -> None:
    after = fixed("session.id-secure", exchange(1, 200), text=text, path=path)
    assert line in after.split("\n")
    assert ("import uuid\nimport json\n" in after) is ("uuid.uuid4" in line)


@pytest.mark.parametrize(
    ("path", "text", "after"),
    [
        ("server.ts", 'console.log("it is up");\n', 'console.error("it is up");\n'),
        (
            "server.py",
            'import json\nprint("it is up")\n',
            'import sys\nimport json\nprint("it is up", file=sys.stderr)\n',
        ),
        ("server.py", "import sys\nprint()\n", "import sys\nprint(file=sys.stderr)\n"),
    ],
)
def test_what_is_printed_goes_to_stderr(path: str, text: str, after: str) -> None:
    assert fixed("stdio.only-messages", exchange(1, 200), text=text, path=path) == after
