"""Names that do not exist, by conversations made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Basis, Verdict
from harness.profiles.mcp import steps
from tests.support.transcripts import JSON, Talk, based
from tests.support.verdicts import I, S, V, finding_of


def asked(talk: Talk, step: str, code: int | None, status: int = 200, *, method: str = "tools/list") -> None:
    id = len(talk.exchanges) + 1
    answer: dict[str, Any] = {"result": {"tools": []}} if code is None else {"error": {"code": code, "message": "no"}}
    message = {"jsonrpc": "2.0", "id": id, "method": method}
    control = next(e.number for e in talk.exchanges if e.step == steps.BASELINE_REQUEST)
    answer |= {"jsonrpc": "2.0", "id": id}
    talk.say(step, status, message=message, answer=answer, kind=JSON, control=control)


@pytest.mark.parametrize(
    ("code", "status", "expected"), [(-32602, 200, S), (-32602, 400, S), (-32000, 200, V), (None, 200, V), (0, 429, I)]
)
def test_an_invalid_cursor_gets_its_code(code: int | None, status: int, expected: Verdict) -> None:
    talk = based()
    asked(talk, steps.FEATURE_CURSOR, code, status)
    found = finding_of(talk.transcript(), "page.invalid-cursor")
    assert (found.verdict, found.basis) == (expected, Basis.ADVICE)


def test_a_server_with_pages_has_to_know_its_cursors() -> None:
    talk = Talk()
    talk.initialize(steps.BASELINE_INITIALIZE)
    talk.notification(steps.BASELINE_INITIALIZED)
    talk.request(steps.BASELINE_REQUEST, result={"tools": [], "nextCursor": "2"})
    asked(talk, steps.FEATURE_CURSOR, None)
    found = finding_of(talk.transcript(), "page.invalid-cursor")
    assert (found.verdict, found.basis) == (V, Basis.TEXT)


@pytest.mark.parametrize(
    ("leg", "code", "expected"),
    [
        ("prompt", -32602, S),
        ("prompt", 0, V),
        ("prompt", None, V),
        ("level", -32601, V),
        ("argument", -32602, S),
        # nothing completes here
        ("completion", -32601, S),
        ("completion", -32602, V),
    ],
)
def test_a_name_that_does_not_exist_gets_its_code(leg: str, code: int | None, expected: Verdict) -> None:
    talk = based()
    asked(talk, f"{steps.FEATURE_INVALID}.{leg}", code, method="completion/complete")
    assert finding_of(talk.transcript(), "errors.invalid-params").verdict is expected
