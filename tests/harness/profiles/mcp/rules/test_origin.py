"""A foreign Origin, by conversations made by hand."""

from __future__ import annotations

import pytest

from harness.model import (
    Basis,
    Facts,
    ListeningSocket,
    Verdict,
)
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import LOCAL_LOOKING_ORIGINS
from tests.support.broken_code import blamed, exchange
from tests.support.transcripts import based
from tests.support.verdicts import I, S, V, finding_of, verdicts_of


@pytest.mark.parametrize(
    ("initialize", "request_", "validate", "status_403"),
    [
        (403, 403, S, S),
        (200, 200, V, I),
        (200, 403, V, S),
        (200, 400, V, V),
        (400, 400, S, V),
        (500, 500, S, V),
        (503, 503, I, I),
        (307, 307, S, V),
    ],
)
def test_origin(initialize: int, request_: int, validate: Verdict, status_403: Verdict) -> None:
    talk = based()
    for step, control, status in (
        (steps.ORIGIN_FOREIGN_INITIALIZE, steps.ORIGIN_CONTROL_INITIALIZE, initialize),
        (steps.ORIGIN_FOREIGN_REQUEST, steps.ORIGIN_CONTROL_REQUEST, request_),
    ):
        against = talk.request(control)
        talk.request(step, status, headers=(("Origin", "http://evil.example"),), control=against)
    found = finding_of(talk.transcript(), "http.origin-validate")
    assert (found.verdict, finding_of(talk.transcript(), "http.origin-403").verdict) == (validate, status_403)
    assert (found.basis, found.gates) == (Basis.TEXT, validate is V)
    anywhere = talk.transcript(sockets=(ListeningSocket("0.0.0.0", 3000),))
    found = finding_of(anywhere, "http.origin-validate")
    assert (found.verdict, found.basis, found.gates) == (validate, Basis.INTERPRETATION, False)


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1"])
def test_where_it_listens_is_not_the_pages_if_docprobe_added_it(address: str) -> None:
    facts = Facts(listens_as_added="adapter serve.ts")
    found = finding_of(based().transcript(sockets=(ListeningSocket(address, 3000),), facts=facts), "http.bind-localhost")
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "adapter serve.ts" in found.summary


@pytest.mark.parametrize("leg", LOCAL_LOOKING_ORIGINS)
def test_one_served_origin_that_only_looks_local_is_enough(leg: str) -> None:
    talk = based()
    against = talk.request(steps.ORIGIN_CONTROL_REQUEST)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, 403, control=against)
    for other in LOCAL_LOOKING_ORIGINS:
        talk.request(f"{steps.ORIGIN_LOCAL_LOOKING}.{other}", 200 if other == leg else 403, control=against)
    found = finding_of(talk.transcript(), "http.origin-validate")
    # a server may name `null` among its own origins: that it may not is a reading
    assert (found.verdict, found.gates) == (V, leg != "null")
    assert LOCAL_LOOKING_ORIGINS[leg] in found.summary
    assert finding_of(talk.transcript(), "http.origin-403").verdict is S


@pytest.mark.parametrize("alive", [200, 404])
def test_a_session_that_is_over_or_streams_says_nothing_of_an_origin(alive: int) -> None:
    origin = (("Origin", "http://evil.example"),)
    talk = based()
    against = talk.request(steps.ORIGIN_CONTROL_REQUEST)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, 403, headers=origin, control=against)
    stream = talk.get(steps.BASELINE_GET)
    talk.get(steps.ORIGIN_FOREIGN_GET, 409, headers=origin, control=stream)
    end = talk.delete(steps.ISOLATION_END_A)
    talk.request(steps.ISOLATION_REQUEST_B, alive)
    talk.delete(steps.ORIGIN_FOREIGN_DELETE, 404, headers=origin, control=end)
    found = verdicts_of(talk.transcript())
    # of a session that lives, 404 is another answer than 403
    assert (found["http.origin-validate"], found["http.origin-403"]) == (S, V if alive == 200 else S)


def test_a_server_that_fails_on_an_opaque_origin_refuses_it() -> None:
    talk = based()
    against = talk.request(steps.ORIGIN_CONTROL_REQUEST)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, 403, control=against)
    talk.request(f"{steps.ORIGIN_LOCAL_LOOKING}.null", 500, control=against)
    seen = verdicts_of(talk.transcript())
    assert (seen["http.origin-validate"], seen["http.origin-403"]) == (S, S)


def test_a_refusal_without_a_served_control_decides_nothing() -> None:
    talk = based()
    for step, control in (
        (steps.ORIGIN_FOREIGN_REQUEST, steps.ORIGIN_CONTROL_REQUEST),
        (steps.VERSION_UNSUPPORTED, ""),
    ):
        against = talk.request(control or steps.VERSION_CONTROL, 401)
        talk.request(step, 401, control=against)
    seen = verdicts_of(talk.transcript())
    assert {seen[id] for id in ("http.origin-validate", "http.origin-403", "version.unsupported-400")} == {I}


@pytest.mark.parametrize(
    ("line", "path", "blames"),
    [
        ('app.use(cors({ origin: "*", exposedHeaders: ["Mcp-Session-Id"] }));', "server.ts", True),
        ("app.use(cors());", "server.ts", True),
        ('app.add_middleware(CORSMiddleware, allow_origins=["*"])', "server.py", True),
        ('app.use(cors({ origin: "https://example.com" }));', "server.ts", False),
        ('app.use(json({ origin: "*" }));', "server.ts", False),
    ],
)
def test_middleware_that_lets_every_origin_pass_is_blamed(line: str, path: str, blames: bool) -> None:
    for requirement in ("http.origin-validate", "http.origin-403"):
        assert blamed(requirement, exchange(1, 200), text=f"before()\n{line}\n", path=path) == [(2, 2)] * blames
