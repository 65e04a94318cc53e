"""Made-up input, and a state that is changed on the way."""

from __future__ import annotations

import base64
import json

import pytest

from harness.profiles.mcp.probes.input_answers import changed_state, made_up_answers


def test_each_kind_of_request_gets_an_answer() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    answers = made_up_answers(
        {
            "form": {"method": "elicitation/create", "params": {"requestedSchema": schema}},
            "odd": {"method": "elicitation/create", "params": {"requestedSchema": {"type": "weird"}}},
            "url": {"method": "elicitation/create", "params": {"mode": "url", "url": "https://x.example"}},
            "model": {"method": "sampling/createMessage", "params": {}},
            "roots": {"method": "roots/list"},
            "nothing": 7,
        }
    )
    assert answers["form"] == {"action": "accept", "content": {"n": 2}}
    assert answers["odd"] == {"action": "decline"}
    assert answers["url"] == {"action": "accept"}
    assert answers["model"]["role"] == "assistant"
    assert answers["roots"] == {"roots": []}
    assert "nothing" not in answers
    assert made_up_answers(None) == {}


def test_json_stays_json_and_says_something_else() -> None:
    assert changed_state('{"step":{"price":5}}') == '{"step":{"price":6}}'
    code = base64.b64encode(json.dumps({"done": False}).encode()).decode()
    assert json.loads(base64.b64decode(changed_state(code))) == {"done": True}


def test_of_a_signed_state_the_signature_stays() -> None:
    body = base64.urlsafe_b64encode(b'{"user":"a"}').decode().rstrip("=")
    changed, signature = changed_state(f"{body}.c2lnbmF0dXJl").split(".")
    assert json.loads(base64.urlsafe_b64decode(changed + "=" * (-len(changed) % 4))) == {"user": "ax"}
    assert signature == "c2lnbmF0dXJl"


@pytest.mark.parametrize("state", ["", "A", "opaque", "{}", "[]", "\udcff", "a.b.c", "[" * 5000])
def test_any_other_state_changes_too(state: str) -> None:
    assert changed_state(state) != state
