"""What load left open of a requirement that several requests show is not satisfied by the right ones."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Failure, FailureKind
from harness.profiles.mcp import steps
from tests.support.transcripts import MODERN, Talk, based, plain, sessionless
from tests.support.verdicts import I, S, V, finding_of, verdicts_of


@pytest.mark.parametrize(("status", "expected"), [(200, S), (400, V), (503, I), (None, I)])
def test_a_name_in_base64_that_was_not_judged_is_not_satisfied(status: int | None, expected: Any) -> None:
    def call(step: str, status: int, control: int | None = None) -> int:
        given: dict[str, Any] = {"result": {"content": []}}
        if status != 200:
            given = {"error": {"code": -32020, "message": "no"}}
        return plain(talk, step, "tools/call", params={"name": "a"}, status=status, control=control, **given)

    talk = Talk(revision=MODERN)
    plain(talk, steps.MODERN_CONTROL, "tools/list", {"tools": [{"name": "a"}]})
    called = call(steps.MODERN_TOOL, 200)
    call(steps.MODERN_TOOL_NAME, 400, called)
    call(steps.MODERN_TOOL_NAMELESS, 400, called)
    if status is not None:
        call(steps.MODERN_TOOL_ENCODED, status, called)
    assert verdicts_of(sessionless(talk), MODERN)["header.name-match"] is expected


@pytest.mark.parametrize(("status", "expected"), [(401, S), (403, V), (503, I)])
def test_one_token_that_load_left_open_is_not_satisfied_by_the_others(status: int, expected: Any) -> None:
    talk = based()
    control = talk.request(steps.BASELINE_OTHER)
    talk.request(f"{steps.AUTH}.inactive", 401, control=control)
    talk.request(f"{steps.AUTH}.expired", 401, control=control)
    talk.request(f"{steps.AUTH}.wrong-audience", status, control=control)
    assert finding_of(talk.transcript(demands_token=True), "auth.invalid-401").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(401, S), (200, V), (503, I)])
def test_one_request_without_a_token_that_load_left_open_is_not_satisfied_by_the_others(
    status: int, expected: Any
) -> None:
    talk = based()
    controls = talk.request("live.post-request"), talk.get("live.get")
    talk.request(f"{steps.HIJACK_NO_TOKEN}.post-request", 401, control=controls[0])
    talk.get(f"{steps.HIJACK_NO_TOKEN}.get", status, control=controls[1])
    assert finding_of(talk.transcript(demands_token=True), "hijack.no-session-auth").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(403, S), (200, V), (503, I)])
def test_one_origin_that_load_left_open_is_not_satisfied_by_the_others(status: int, expected: Any) -> None:
    talk = based()
    control = talk.request(steps.ORIGIN_CONTROL_REQUEST)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, 403, control=control)
    talk.request(f"{steps.ORIGIN_LOCAL_LOOKING}.localhost", status, control=control)
    assert finding_of(talk.transcript(), "http.origin-validate").verdict is expected


@pytest.mark.parametrize(("status", "expected"), [(405, S), (404, V), (503, I)])
def test_a_delete_that_load_left_open_is_not_satisfied_by_the_get(status: int, expected: Any) -> None:
    talk = Talk(revision=MODERN)
    control = plain(talk, steps.MODERN_CONTROL, "tools/list", {"tools": []})
    talk.get(steps.MODERN_GET, 405, control=control)
    talk.delete(steps.MODERN_DELETE, status, control=control)
    assert verdicts_of(sessionless(talk), MODERN)["sessionless.get-delete-405"] is expected


@pytest.mark.parametrize(("status", "expected"), [(403, S), (400, V), (503, I)])
def test_one_refusal_that_load_left_open_is_not_satisfied_by_the_other(status: int, expected: Any) -> None:
    talk = based()
    control = talk.request(steps.ORIGIN_CONTROL_REQUEST)
    talk.request(steps.ORIGIN_FOREIGN_INITIALIZE, 403, control=control)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, status, control=control)
    assert finding_of(talk.transcript(), "http.origin-403").verdict is expected


@pytest.mark.parametrize(("duration_s", "expected"), [(0.01, I), (10.0, V)])
def test_one_notification_without_an_answer_is_not_satisfied_by_the_others(duration_s: float, expected: Any) -> None:
    talk = based()
    silence = Failure(FailureKind.TIMEOUT)
    talk.notification("live.post-notification", None, failure=silence, duration_s=duration_s)
    assert finding_of(talk.transcript(), "post.notification-202").verdict is expected
