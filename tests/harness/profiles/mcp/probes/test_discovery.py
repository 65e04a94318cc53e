"""Where the endpoint is looked for, and under which host name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from extractor.model import Span, StatedEndpoint
from harness.model import ListeningSocket, LogLine, Verdict
from harness.profile import ProbeSettings
from harness.profiles.mcp import steps
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.mcp.probes.discovery import USUAL_PATHS, candidate_addresses
from tests.support.judged_server import findings, talk, violated
from tests.support.local_pod import bundle, local_pod
from tests.support.server_case import OLDEST

from .conversations import NEWEST, REVISIONS, TIMEOUT, hold
from .mcp_app import Manners, make

if TYPE_CHECKING:
    from starlette.requests import Request

pytestmark = [pytest.mark.anyio, pytest.mark.long]


def line(text: str) -> LogLine:
    return LogLine(0.0, "stdout", text)


def test_the_docs_come_first_then_the_servers_own_words_then_the_usual() -> None:
    sockets = (ListeningSocket("127.0.0.1", 3000),)
    found = [
        p.target
        for p in candidate_addresses(sockets, ("/api", "mcp"), [line("MCP on http://localhost:3000/deep/mcp.")])
    ]
    assert found[:3] == ["/api", "/mcp", "/deep/mcp"]
    assert found[3:] == [path for path in USUAL_PATHS if path != "/mcp"]


def test_every_port_is_tried_with_the_likeliest_path_first() -> None:
    sockets = (ListeningSocket("::", 4000), ListeningSocket("0.0.0.0", 3000))
    found = list(candidate_addresses(sockets, ("/mcp",), ()))
    assert [(p.port, p.target) for p in found[:4]] == [(3000, "/mcp"), (4000, "/mcp"), (3000, "/"), (4000, "/")]
    assert found[0].url == "http://127.0.0.1:3000/mcp"
    assert found[1].url == "http://[::1]:4000/mcp"
    assert found[1].public_url == "http://localhost:4000/mcp"


@pytest.mark.parametrize(
    "location", ["http://evil.example/mcp", "//evil.example/mcp", "http://localhost:1/mcp", "http://[", "file:///etc"]
)
async def test_a_redirect_elsewhere_is_recorded_and_not_followed(location: str) -> None:
    async def away(request: object) -> RedirectResponse:
        response = RedirectResponse("/", 307)
        response.headers["location"] = location
        return response

    async with local_pod(lambda: Starlette(routes=[Route("/mcp", away, methods=["POST"])])) as pod:
        transcript = await converse_http(
            pod, bundle("/mcp"), ProbeSettings(("2025-11-25",), timeout_s=20.0, start_s=60.0), None
        )
    first = transcript.exchanges[0]
    assert first.step == steps.DISCOVER_REDIRECT
    assert first.note is not None
    assert first.note.startswith("not followed")
    assert {e.target for e in transcript.exchanges if e.step == steps.DISCOVER_ENDPOINT} <= set(USUAL_PATHS)
    assert transcript.negotiated == ()


async def test_a_redirect_in_circles_ends() -> None:
    async def round_(request: object) -> RedirectResponse:
        return RedirectResponse("/mcp", 308)

    async with local_pod(lambda: Starlette(routes=[Route("/mcp", round_, methods=["POST", "GET"])])) as pod:
        transcript = await converse_http(
            pod, bundle("/mcp"), ProbeSettings(("2025-11-25",), timeout_s=20.0, start_s=60.0), None
        )
    assert sum(e.step == steps.DISCOVER_REDIRECT for e in transcript.exchanges) < 20


SOCKETS = (ListeningSocket("127.0.0.1", 8000),)


def test_localhost_with_its_port_unless_the_code_names_hosts() -> None:
    assert {address.authority for address in candidate_addresses(SOCKETS, ("/mcp",), ())} == {"localhost:8000"}


@pytest.mark.parametrize(
    ("hosts", "named"),
    [
        (("tools.example.com", "tools.example.com:*"), "tools.example.com"),
        (("tools.example.com:*",), "tools.example.com:8000"),
    ],
)
def test_the_first_name_that_the_code_allows_and_then_its_own(hosts: tuple[str, ...], named: str) -> None:
    found = list(candidate_addresses(SOCKETS, ("/mcp",), (), hosts))
    half = len(found) // 2
    assert [address.authority for address in found] == [named] * half + ["localhost:8000"] * half
    assert [address.target for address in found[:half]] == [address.target for address in found[half:]]
    assert found[0].url == "http://127.0.0.1:8000/mcp"


@pytest.mark.parametrize("name", ["localhost", "tools.example.com"])
async def test_names_that_another_server_of_the_code_allows_are_not_all_that_is_tried(name: str) -> None:
    def guarded() -> Starlette:
        app = make(Manners(revisions=(NEWEST,)))
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[name])
        return app

    named = replace(bundle("/mcp"), host_names=("tools.example.com",))
    async with local_pod(guarded) as pod:
        transcript = await converse_http(pod, named, ProbeSettings((NEWEST,), timeout_s=20.0, start_s=60.0), None)
    assert transcript.negotiated == (NEWEST,)
    assert (transcript.endpoint or "").startswith(f"http://{name}")


async def test_the_version_a_server_falls_back_to_is_negotiated_too() -> None:
    transcript = await hold(Manners(revisions=("2025-03-26",)))
    assert transcript.negotiated == ("2025-03-26",)


async def test_the_documented_path_comes_first_and_redirects_are_followed() -> None:
    transcript = await hold(Manners(path="/deep/mcp/", redirect_from="/deep/mcp", revisions=(NEWEST,)), "/deep/mcp")
    first, second = transcript.exchanges[:2]
    assert (first.step, first.status, first.note) == (steps.DISCOVER_REDIRECT, 307, "followed")
    assert (second.step, second.target) == (steps.DISCOVER_INITIALIZE, "/deep/mcp/")


def greets_anywhere(manners: Manners) -> Starlette:
    """A server that answers initialize at any path, and everything else at one."""
    inner = make(manners)

    async def anywhere(request: Request) -> Response:
        message = json.loads(await request.body() or b"{}")
        if message.get("method") != "initialize":
            return PlainTextResponse("no such page", 404)
        result = {"protocolVersion": NEWEST, "capabilities": {}, "serverInfo": {"name": "greeter", "version": "1"}}
        return JSONResponse({"jsonrpc": "2.0", "id": message["id"], "result": result}, headers={"mcp-session-id": "x"})

    methods = ["GET", "POST", "DELETE"]
    return Starlette(routes=[*inner.routes, Route("/{path:path}", anywhere, methods=methods)])


async def test_an_address_that_serves_nothing_after_initialize_is_not_the_endpoint() -> None:
    async with local_pod(lambda: greets_anywhere(Manners(path="/rooms/mcp", revisions=(NEWEST,)))) as pod:
        stated = bundle("/mcp", "/rooms/mcp")
        transcript = await converse_http(pod, stated, ProbeSettings((NEWEST,), timeout_s=20.0, start_s=60.0), None)
    assert (transcript.endpoint or "").endswith("/rooms/mcp")
    assert transcript.facts.not_served is None
    assert "x" not in {session.id for session in transcript.sessions}
    assert {e.target for e in transcript.exchanges if e.step == steps.DISCOVER_INITIALIZE} == {"/rooms/mcp"}


async def test_without_a_better_address_the_first_that_greets_is_the_endpoint() -> None:
    async with local_pod(lambda: greets_anywhere(Manners(path="/hidden", revisions=(NEWEST,)))) as pod:
        transcript = await converse_http(
            pod, bundle("/mcp"), ProbeSettings((NEWEST,), timeout_s=20.0, start_s=60.0), None
        )
    assert (transcript.endpoint or "").endswith("/mcp")
    assert "notifications/initialized is answered 404" in (transcript.facts.not_served or "")


def test_of_several_ports_the_stated_one_comes_first() -> None:
    sockets = (ListeningSocket("127.0.0.1", 3000), ListeningSocket("127.0.0.1", 7000))
    stated = (StatedEndpoint("/mcp", Span("page.md", 1, 1), "localhost", 7000),)
    found = candidate_addresses(sockets, ("/mcp", "/x"), (), stated=stated)
    assert [(p.target, p.port) for p in found][:4] == [("/mcp", 7000), ("/mcp", 3000), ("/x", 3000), ("/x", 7000)]


async def test_no_endpoint_anywhere_is_said_with_what_was_seen() -> None:
    transcript = await hold(Manners(path="/somewhere/else"))
    assert transcript.negotiated == ()
    assert transcript.negotiated == ()
    assert "404" in (transcript.facts.not_served or "")
    assert {e.step for e in transcript.exchanges} == {
        steps.DISCOVER_ENDPOINT,
        steps.DISCOVER_MODERN,
        steps.DISCOVER_SSE,
    }


async def test_a_server_that_answers_nothing_is_not_asked_for_long() -> None:
    async with local_pod(lambda: make(Manners(delay_s=60))) as pod:
        transcript = await converse_http(pod, bundle(), ProbeSettings(REVISIONS, timeout_s=0.3, start_s=0.3), None)
    assert transcript.facts.not_served == "no path answers an initialize (POST /mcp: no reply, timeout)"
    assert [e.failure for e in transcript.exchanges].count(TIMEOUT) == 2


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("server", "expected"), [("LateOnce", Verdict.SATISFIED), ("LateAlways", Verdict.INCONCLUSIVE)]
)
async def test_a_revision_whose_initialize_is_not_answered_in_time_stays_open(server: str, expected: Verdict) -> None:
    """As on a busy machine: it is asked for again, and its requirements do not vanish."""
    transcript = await talk("python", server, revisions=(OLDEST, NEWEST), timeout_s=1.0)
    assert transcript.negotiated == (OLDEST, NEWEST)
    found = {(f.requirement, f.revision): f for f in findings(transcript, page_revision=NEWEST)}
    assert found["session.terminated-404", NEWEST].verdict is Verdict.SATISFIED
    older = found["session.terminated-404", OLDEST]
    assert older.verdict is expected
    assert expected is Verdict.SATISFIED or "not answered in time" in older.summary
    assert violated(tuple(found.values())) == frozenset()
