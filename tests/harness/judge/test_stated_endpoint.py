"""The address that a page states, against the one where its server answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import (
    Bundle,
    Example,
    ExampleKind,
    ExampleStatus,
    Manager,
    Note,
    NoteKind,
    Origin,
    Span,
    StatedEndpoint,
)
from harness.judge.example import judge_example
from harness.judge.example_rules import example_rules
from harness.model import Basis, Exchange, Finding, Recording, Reply, Transcript, Verdict
from harness.results.severity import counts_as_violated
from harness.rule import Catalogue

CATALOGUE = Catalogue(example_rules(("2025-11-25",)))
LINE = Span("page.md", 40, 40)


def example(*stated: StatedEndpoint, notes: tuple[Note, ...] = ()) -> Example:
    bundle = Bundle(
        example_id="page#python",
        language="python",
        kind=ExampleKind.HTTP_SERVER,
        toolchain="python",
        files=(),
        manager=Manager.PYPI,
        dependencies=(),
        command=("python", "server.py"),
        stated_endpoints=stated,
        notes=notes,
    )
    status = ExampleStatus.RUNNABLE
    return Example("page#python", "page.md", None, "python", bundle.kind, status, None, (), "d", bundle=bundle)


def post(number: int, target: str, status: int | None, location: str = "") -> Exchange:
    headers = (("Location", location),) if location else ()
    reply = None if status is None else Reply(status, headers, "", 0)
    return Exchange(number, "discover.endpoint", None, 0, "POST", target, (), "", reply, None, 0.0, 0.0)


def judged(page: Example, served: str, *exchanges: Exchange) -> Finding | None:
    transcript = Transcript(page.id, page.kind, exchanges, endpoint=served)
    findings = judge_example(page, Recording((), transcript), CATALOGUE)
    return next((f for f in findings if f.requirement == "example.endpoint"), None)


ROOMS = StatedEndpoint("/rooms", LINE, "localhost", 7000)
MOVED = post(1, "/rooms", 307, "http://localhost:7000/rooms/")


@pytest.mark.parametrize(
    ("exchanges", "says"),
    [
        ((post(1, "/rooms", 404), post(2, "/mcp", 200)), "that answers 404"),
        ((MOVED, post(2, "/rooms/", 404), post(3, "/mcp", 200)), "that redirects to /rooms/, which answers 404"),
        ((post(1, "/rooms", 302, "https://elsewhere.example/"), post(2, "/mcp", 200)), "redirects (302)"),
        ((post(1, "/rooms", None), post(2, "/mcp", 200)), "that does not answer"),
        ((post(1, "/rooms", 200), post(2, "/mcp", 200)), "answers a first request and not what follows"),
    ],
)
def test_a_stated_address_that_does_not_answer_is_a_finding(exchanges: tuple[Exchange, ...], says: str) -> None:
    found = judged(example(ROOMS), "http://localhost:7000/mcp", *exchanges)
    assert found is not None
    assert (found.verdict, found.basis, found.gates, found.blame) == (Verdict.VIOLATED, Basis.ADVICE, False, (LINE,))
    assert found.summary.startswith("The page says http://localhost:7000/rooms; ")
    assert says in found.summary
    assert "http://localhost:7000/mcp." in found.summary
    assert found.evidence


def test_it_warns() -> None:
    found = judged(example(ROOMS), "http://localhost:7000/mcp", post(1, "/rooms", 404))
    assert found is not None
    assert counts_as_violated(found, {row.id: row for row in CATALOGUE.requirements})


@pytest.mark.parametrize(
    ("served", "exchanges"),
    [
        ("http://localhost:7000/rooms", (post(1, "/rooms", 200),)),
        ("http://localhost:7000/rooms/", (MOVED, post(2, "/rooms/", 200))),
    ],
)
def test_an_address_that_answers_or_redirects_to_the_endpoint(served: str, exchanges: tuple[Exchange, ...]) -> None:
    found = judged(example(ROOMS), served, *exchanges)
    assert found is not None
    assert found.verdict is Verdict.SATISFIED


def test_one_of_several_addresses_is_enough() -> None:
    page = example(ROOMS, StatedEndpoint("/mcp?room=1", LINE))
    found = judged(page, "http://localhost:7000/mcp?room=1", post(1, "/rooms", 404), post(2, "/mcp?room=1", 200))
    assert found is not None
    assert found.verdict is Verdict.SATISFIED


def test_a_port_that_the_server_does_not_have() -> None:
    found = judged(example(ROOMS), "http://localhost:8000/rooms", post(1, "/rooms", 200))
    assert found is not None
    assert found.verdict is Verdict.VIOLATED
    assert "does not listen on port 7000" in found.summary


@pytest.mark.parametrize("kind", [NoteKind.ADAPTER, NoteKind.COMMAND])
def test_nothing_is_decided_where_docprobe_decided_the_address(kind: NoteKind) -> None:
    page = example(ROOMS, notes=(Note(kind, Origin.INFERRED, "uvicorn server:app"),))
    found = judged(page, "http://localhost:8000/rooms", post(1, "/rooms", 200))
    assert found is not None
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "uvicorn server:app" in found.summary


def test_an_address_that_was_not_asked_decides_nothing() -> None:
    found = judged(example(ROOMS), "http://localhost:7000/mcp", post(1, "/mcp", 200))
    assert found is not None
    assert found.verdict is Verdict.NOT_APPLICABLE


def test_a_page_without_an_address_and_an_example_without_one() -> None:
    page = example(ROOMS)
    assert page.bundle is not None
    client = replace(page, bundle=replace(page.bundle, kind=ExampleKind.CLIENT))
    for other in (example(), client):
        found = judged(other, "http://localhost:7000/mcp", post(1, "/rooms", 404))
        assert found is not None
        assert found.verdict is Verdict.NOT_APPLICABLE
    assert not any(f.requirement == "example.endpoint" for f in judge_example(page, Recording((), None), CATALOGUE))
