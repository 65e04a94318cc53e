"""What printed exchanges decide, from the fences that print them."""

from __future__ import annotations

import pytest

from harness.judge.judge import judge
from harness.model import Verdict
from harness.profiles.registry import MCP
from tests.support.printed_pages import INITIALIZE, RIGHT, transcript_of_page
from tests.support.verdicts import NEWEST, rows


def verdicts(text: str, revision: str = NEWEST) -> dict[str, Verdict]:
    found = judge(transcript_of_page(text, revision), rows(), MCP, page_revision=revision)
    assert all(f.gates == (f.verdict is Verdict.VIOLATED and f.level.value.startswith("MUST")) for f in found)
    return {f.requirement: f.verdict for f in found}


def test_a_right_page() -> None:
    seen = verdicts(RIGHT)
    assert set(seen.values()) == {Verdict.SATISFIED}
    assert set(seen) == {
        "session.terminated-404",
        "session.id-charset",
        "post.notification-202",
        "client.sends-session-id",
        "client.version-header",
        "client.accepts-both",
        "printed.message-schema",
    }


@pytest.mark.parametrize(
    ("old", "new", "requirement"),
    [
        ("404 Not Found", "400 Bad Request", "session.terminated-404"),
        ("202 Accepted", "200 OK", "post.notification-202"),
        ("    Mcp-Session-Id: 1868a90c-5f3e-4c0c\n", "", "client.sends-session-id"),
        ("Mcp-Session-Id: 1868a90c-5f3e-4c0c", "Mcp-Session-Id: another-one", "client.sends-session-id"),
        ("    MCP-Protocol-Version: 2025-11-25\n", "", "client.version-header"),
        ("Accept: application/json, text/event-stream", "Accept: application/json", "client.accepts-both"),
        ("1868a90c...", "1868 a90c", "session.id-charset"),
    ],
)
def test_one_wrong_line(old: str, new: str, requirement: str) -> None:
    seen = verdicts(RIGHT.replace(old, new))
    wrong = {id for id, verdict in seen.items() if verdict is Verdict.VIOLATED}
    assert requirement in wrong
    assert wrong <= {requirement, "client.sends-session-id"}


def test_headers_that_are_not_shown_are_not_missed() -> None:
    shortened = RIGHT.replace("    Host: localhost:3000\n", "").replace("    MCP-Protocol-Version: 2025-11-25\n", "")
    shortened = shortened.replace("    Mcp-Session-Id: 1868a90c-5f3e-4c0c\n", "")
    assert Verdict.VIOLATED not in verdicts(shortened).values()


def test_half_an_exchange_is_not_judged() -> None:
    assert (
        verdicts('HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"jsonrpc": "2.0", "id": 1, "result": {}}') == {}
    )


def test_an_id_in_a_sessionless_revision() -> None:
    seen = verdicts(INITIALIZE, revision="2026-07-28")
    assert seen["sessionless.ignore-session-id"] is Verdict.VIOLATED
    assert "session.id-charset" not in seen


def test_a_missing_id() -> None:
    refused = """\
    POST /mcp HTTP/1.1
    Host: localhost:3000
    MCP-Protocol-Version: 2025-11-25

    {"jsonrpc": "2.0", "id": 3, "method": "tools/list"}

    HTTP/1.1 400 Bad Request
"""
    assert verdicts(INITIALIZE + refused)["session.missing-400"] is Verdict.SATISFIED
    assert verdicts(INITIALIZE + refused.replace("400", "404"))["session.missing-400"] is Verdict.VIOLATED


LISTENS = """\
    GET /mcp HTTP/1.1
    Host: localhost:3000
    Accept: text/event-stream
    Mcp-Session-Id: 1868a90c...
    MCP-Protocol-Version: 2025-11-25

    HTTP/1.1 405 Method Not Allowed

"""


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("id", ["", "    Mcp-Session-Id: 1868a90c...\n"])
def test_a_method_that_the_server_does_not_have_says_nothing_of_a_session(method: str, id: str) -> None:
    unknown = LISTENS.replace("GET", method).replace("    Mcp-Session-Id: 1868a90c...\n", id)
    assert Verdict.VIOLATED not in {v for k, v in verdicts(RIGHT + unknown).items() if k.startswith("session.")}


@pytest.mark.parametrize(
    ("old", "new"),
    [("405 Method Not Allowed", "400 Bad Request"), ("GET", "POST"), ("405 Method Not Allowed", "200 OK")],
)
def test_any_other_answer_after_the_end_of_a_session_does(old: str, new: str) -> None:
    assert verdicts(RIGHT + LISTENS.replace(old, new))["session.terminated-404"] is Verdict.VIOLATED
