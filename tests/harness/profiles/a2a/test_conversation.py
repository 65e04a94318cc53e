"""What is asked of an agent, and of whom nothing is asked."""

from __future__ import annotations

import anyio
import pytest

from harness.model import Transcript, Verdict
from harness.profiles.a2a import steps

from .agent_app import FakeAgent
from .conversations import findings, talk, with_verdict

pytestmark = pytest.mark.loopback


def held(agent: FakeAgent, *paths: str) -> Transcript:
    return anyio.run(talk, agent, *paths)


def names(transcript: Transcript) -> list[str]:
    return [exchange.step for exchange in transcript.exchanges]


def test_the_card_says_where_json_rpc_is_spoken() -> None:
    transcript = held(FakeAgent(path="/deep/agent"))
    assert transcript.endpoint is not None
    assert transcript.endpoint.endswith("/deep/agent")
    assert names(transcript)[:2] == [steps.CARD, steps.SEND]


def test_a_url_of_another_machine_is_taken_for_its_path_here() -> None:
    transcript = held(FakeAgent(path="/a2a", declared_url="https://agent.example.com/a2a"))
    assert {exchange.target for exchange in transcript.exchanges[1:]} == {"/a2a"}


@pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:99999/", "http://localhost:{port}/a b", "/x", ""])
def test_a_strange_url_does_no_harm(url: str) -> None:
    transcript = held(FakeAgent(declared_url=url))
    assert steps.UNKNOWN_METHOD in names(transcript)
    assert with_verdict(findings(transcript), Verdict.VIOLATED) <= {"card.interface-url"}


def test_without_a_card_the_routes_are_asked() -> None:
    transcript = held(FakeAgent(frozenset({"no-card"}), path="/agents/one"), "/agents/one")
    assert transcript.endpoint is not None
    assert transcript.endpoint.endswith("/agents/one")
    assert [e.target for e in transcript.exchanges if e.step == steps.LOOK_CARD] == [steps.CARD_PATH]


def test_what_the_card_declares_is_not_asked_for_as_missing() -> None:
    declared = held(FakeAgent())
    assert steps.SUBSCRIBE not in names(declared)
    assert steps.SUBSCRIBE in names(held(FakeAgent(streaming=False)))
    assert [name for name in names(declared) if name.startswith(steps.PUSH)] == [
        "push.create", "push.get", "push.list", "push.delete",
    ]  # fmt: skip


def test_wrong_requests_name_their_control() -> None:
    transcript = held(FakeAgent())
    first = next(exchange.number for exchange in transcript.exchanges if exchange.step == steps.SEND)
    controls = {exchange.step: exchange.control for exchange in transcript.exchanges}
    wrong = (steps.NEW_VERSION, steps.EMPTY_VERSION, steps.UNKNOWN_METHOD, steps.MISSING_PARAMS, steps.UNKNOWN_TASK)
    assert {controls[step] for step in wrong} == {first}
