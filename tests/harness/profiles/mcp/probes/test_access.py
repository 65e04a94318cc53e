"""Tokens: finding the audience, refused tokens beside a good one, and sessions asked for with another's token."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.model import NoteKind, ServiceRequest, Span, StatedHeader
from harness.judge.judge import judge
from harness.model import LogLine, Verdict
from harness.profile import ProbeSettings
from harness.profiles.mcp import steps
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.mcp.services.authorization import AuthorizationService
from harness.profiles.registry import MCP
from tests.support.local_pod import bundle, local_pod
from tests.support.tokens import PlainTokens
from tests.support.verdicts import rows

from .mcp_app import Manners, make

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model import Exchange, Transcript
    from harness.profiles.mcp.tokens import TokenSource

pytestmark = [pytest.mark.anyio, pytest.mark.long]
NEWEST = "2025-11-25"
AUDIENCE = "http://localhost:3000/docs/says"


def service(**settings: str) -> AuthorizationService:
    return AuthorizationService(ServiceRequest("authorization", "localhost", 8080, settings))


def verifier(made: AuthorizationService, audience: str, *, bad: int = 401) -> Callable[[str | None], str | int]:
    """A resource server's check, as by introspection."""

    def guard(bearer: str | None) -> str | int:
        if bearer is None:
            return 401
        found = made.state.issuer.find(bearer)
        if found is None or found.is_expired() or found.is_revoked():
            return bad
        allowed = found.claims["aud"] if isinstance(found.claims["aud"], list) else [found.claims["aud"]]
        return str(found.claims["sub"]) if audience in allowed else bad

    return guard


async def hold(made: AuthorizationService | None, manners: Manners) -> Transcript:
    async with local_pod(lambda: make(manners)) as pod:
        return await converse_http(pod, bundle(), ProbeSettings((NEWEST, "2026-07-28"), timeout_s=20.0, start_s=60.0), made)


def statuses(transcript: Transcript, prefix: str) -> dict[str, int | None]:
    return {e.step.removeprefix(prefix): e.status for e in transcript.exchanges if e.step.startswith(prefix)}


def of_step(transcript: Transcript, step: str) -> Exchange:
    return next(e for e in transcript.exchanges if e.step == step)


async def test_a_server_that_is_right_about_tokens() -> None:
    made = service(audience=AUDIENCE)
    transcript = await hold(made, Manners(guard=verifier(made, AUDIENCE), revisions=(NEWEST,)))
    assert transcript.demands_token
    assert transcript.facts.not_served is None
    assert transcript.facts.audience == AUDIENCE
    assert statuses(transcript, "auth.") == {
        "valid": 200,
        "none": 401,
        "inactive": 401,
        "expired": 401,
        "wrong-audience": 401,
        "audience-list": 200,
        "audience-list-reversed": 200,
        "no-scope": 200,
    }
    assert statuses(transcript, "hijack.user1.") == {
        "post-request": 200,
        "post-notification": 202,
        "get": 200,
        "delete": 200,
    }
    assert set(statuses(transcript, "hijack.no-token.").values()) == {401}
    assert set(statuses(transcript, "hijack.user2.").values()) == {404}
    assert set(statuses(transcript, "hijack.alive.").values()) == {200}


async def test_hijack_legs_differ_by_the_token_alone_and_deletes_come_last() -> None:
    made = service(audience=AUDIENCE)
    transcript = await hold(made, Manners(guard=verifier(made, AUDIENCE), revisions=(NEWEST,)))
    known = {e.number: e for e in transcript.exchanges}
    hijack = [e for e in transcript.exchanges if e.step.startswith("hijack.")]
    for exchange in hijack:
        if exchange.step.startswith(("hijack.no-token", "hijack.user2")):
            assert exchange.control is not None
            control = known[exchange.control]
            assert control.step == exchange.step.replace("no-token", "user1").replace("user2", "user1")
            assert {name for name, _ in set(control.headers) ^ set(exchange.headers)} <= {
                "Authorization",
                "Content-Length",
            }
            assert (exchange.token, control.token) in ((None, "user1"), ("user2", "user1"))
    deletes = [index for index, e in enumerate(hijack) if e.method == "DELETE"]
    assert min(deletes) > max(index for index, e in enumerate(hijack) if e.method == "GET")
    assert {e.session for e in hijack} == {"H"}


async def test_a_server_that_lets_the_second_user_in() -> None:
    made = service(audience=AUDIENCE)
    manners = Manners(guard=verifier(made, AUDIENCE, bad=500), binds_user=False, dead=400, revisions=(NEWEST,))
    transcript = await hold(made, manners)
    assert statuses(transcript, "auth.")["inactive"] == 500
    assert statuses(transcript, "hijack.user2.") == {
        "post-request": 200,
        "post-notification": 202,
        "get": 200,
        "delete": 200,
    }
    assert statuses(transcript, "hijack.alive.") == {"no-token": 200, "user2": 400}
    user1 = of_step(transcript, "hijack.user1.delete")
    assert (user1.status, user1.session) == (200, "H3")


async def test_the_audience_comes_from_the_resource_metadata_where_the_docs_name_none() -> None:
    made = service()
    transcript = await hold(made, Manners(guard=verifier(made, "urn:mine"), resource="urn:mine", revisions=(NEWEST,)))
    assert of_step(transcript, steps.DISCOVER_METADATA).status == 200
    assert transcript.facts.audience == "urn:mine"
    tried = [e for e in transcript.exchanges if e.step == steps.DISCOVER_TOKEN]
    assert [(e.status, e.note) for e in tried] == [(200, "audience urn:mine")]


@pytest.mark.parametrize("status", [400, 403])
async def test_a_server_that_refuses_a_missing_token_by_another_status_runs_and_demands_one(status: int) -> None:
    made = service(audience=AUDIENCE)
    check = verifier(made, AUDIENCE)
    manners = Manners(guard=lambda bearer: status if bearer is None else check(bearer), revisions=(NEWEST,))
    transcript = await hold(made, manners)
    assert transcript.demands_token
    assert transcript.facts.not_served is None
    assert statuses(transcript, "auth.")["none"] == status
    assert of_step(transcript, "baseline.initialize").token == "user1"


async def test_an_address_that_refuses_every_token_by_400_demands_none() -> None:
    transcript = await hold(service(audience=AUDIENCE), Manners(guard=lambda _: 400, revisions=(NEWEST,)))
    assert not transcript.demands_token
    assert transcript.negotiated == ()


async def test_no_token_accepted_is_said_with_the_audiences_that_were_tried() -> None:
    made = service(audience=AUDIENCE)
    transcript = await hold(made, Manners(guard=lambda _: 401, revisions=(NEWEST,)))
    assert transcript.negotiated == ()
    assert transcript.demands_token
    reason = transcript.facts.not_served or ""
    assert AUDIENCE in reason
    assert "last answer: 401" in reason


async def test_a_token_is_demanded_and_there_is_no_authorization_server() -> None:
    transcript = await hold(None, Manners(guard=lambda _: 401, revisions=(NEWEST,)))
    assert transcript.demands_token
    assert "names no authorization server" in (transcript.facts.not_served or "")


async def test_sessionless_requests_are_tried_with_every_token_too() -> None:
    made = service(audience=AUDIENCE)
    transcript = await hold(made, Manners(guard=verifier(made, AUDIENCE), revisions=(), modern=True))
    assert transcript.negotiated == ("2026-07-28",)
    assert statuses(transcript, "auth.")["valid"] == 200
    assert statuses(transcript, "auth.")["wrong-audience"] == 401
    assert not statuses(transcript, "hijack.")


async def test_a_server_of_one_client_is_asked_with_each_token_that_must_be_refused_before_its_session() -> None:
    made = service(audience=AUDIENCE)
    transcript = await hold(made, Manners(guard=verifier(made, AUDIENCE), revisions=(NEWEST,), single=True))
    refused = statuses(transcript, "auth.")
    assert refused == {"none": 401, "inactive": 401, "expired": 401, "wrong-audience": 401}
    opening = next(e for e in transcript.exchanges if e.step == "baseline.initialize" and e.revision == NEWEST)
    assert {e.control for e in transcript.exchanges if e.step.startswith("auth.")} == {opening.number}
    assert statuses(transcript, "hijack.user1.")["delete"] == 200


@pytest.mark.parametrize(("asked", "fact"), [("POST /realms/m/token/introspect -> 200", True), ("GET /certs", False)])
async def test_whether_the_server_asks_about_tokens_is_told_from_the_authorization_log(asked: str, fact: bool) -> None:
    made = service(audience=AUDIENCE)
    manners = Manners(guard=lambda _: 401, revisions=(NEWEST,))
    async with local_pod(lambda: make(manners)) as pod:
        pod.lines = (LogLine(time.monotonic(), "authorization", asked),)
        transcript = await converse_http(pod, bundle(), ProbeSettings((NEWEST,), timeout_s=20.0, start_s=60.0), made)
    assert transcript.facts.introspects is fact
    assert -5 < transcript.logs[0].at_s <= 0


def key(name: str, value: str) -> StatedHeader:
    return StatedHeader(name, value, Span("page.md", 30, 30))


def only(token: str) -> Callable[[str | None], str | int]:
    return lambda bearer: "somebody" if bearer == token else 401


async def talk_with(manners: Manners, *headers: StatedHeader, tokens: TokenSource | None = None) -> Transcript:
    stated = replace(bundle("/mcp"), stated_headers=headers)
    async with local_pod(lambda: make(manners)) as pod:
        return await converse_http(pod, stated, ProbeSettings((NEWEST,), timeout_s=20.0, start_s=60.0), tokens)


async def test_what_the_page_states_is_in_every_request() -> None:
    manners = Manners(guard=only("blue-door"), revisions=(NEWEST,))
    transcript = await talk_with(manners, key("Authorization", "Bearer blue-door"), key("X-Room", "7"))
    assert transcript.negotiated == (NEWEST,)
    assert transcript.facts.not_served is None
    carried = {dict(e.headers).get("authorization", dict(e.headers).get("Authorization")) for e in transcript.exchanges}
    assert carried == {"Bearer blue-door"}
    assert {e.status for e in transcript.exchanges}.isdisjoint({401, 403})
    assert transcript.facts.stated_headers == ("Authorization", "X-Room")
    assert not transcript.demands_token
    verdicts = {f.requirement: f for f in judge(transcript, rows(), MCP, page_revision=NEWEST)}
    assert verdicts["auth.invalid-401"].verdict is Verdict.NOT_APPLICABLE
    assert "Authorization" in verdicts["auth.invalid-401"].summary


async def test_the_value_that_is_accepted_is_kept() -> None:
    manners = Manners(guard=only("blue-door"), revisions=(NEWEST,))
    wrong_first = (key("Authorization", "Bearer wrong"), key("Authorization", "Bearer blue-door"))
    transcript = await talk_with(manners, *wrong_first)
    assert transcript.facts.not_served is None
    assert sum(e.status == 401 for e in transcript.exchanges) == 1


async def test_a_token_that_docprobe_does_not_have_is_a_guess() -> None:
    transcript = await talk_with(Manners(guard=only("blue-door"), revisions=(NEWEST,)))
    assert transcript.negotiated == ()
    assert "demands a token (401)" in (transcript.facts.not_served or "")
    assert [note.kind for note in transcript.facts.guesses] == [NoteKind.TOKEN]


async def test_a_stated_token_counts_where_the_authorization_server_s_are_refused() -> None:
    manners = Manners(guard=only("blue-door"), revisions=(NEWEST,))
    transcript = await talk_with(manners, key("Authorization", "Bearer blue-door"), tokens=PlainTokens())
    assert transcript.facts.not_served is None
    assert not transcript.demands_token
