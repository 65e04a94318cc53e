"""The rows on the example as a whole, by conversations made by hand."""

from __future__ import annotations

import pytest

from extractor.languages.registry import syntax_tree
from harness.model import Facts, Failure, FailureKind, Incident, Verdict
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.transcripts import Talk, based
from tests.support.verdicts import I, S, V, finding_of, verdicts_of

ONE_CLIENT = Facts(single_session=True)


def second_client(status: int | None, *, failure: Failure | None = None) -> Talk:
    talk = based()
    talk.initialize(steps.CLIENTS_SECOND, status=status, failure=failure)
    return talk


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_second_client_that_is_refused_is_shown_beside_the_first(status: int) -> None:
    talk = second_client(status)
    finding = finding_of(talk.transcript(facts=ONE_CLIENT), "example.clients")
    assert (finding.verdict, finding.evidence) == (V, (1, len(talk.exchanges)))
    assert str(status) in finding.summary
    assert not finding.gates
    assert MCP.catalogue.requirement("example.clients").always_warns


def test_a_second_client_that_ends_the_process() -> None:
    talk = second_client(None, failure=Failure(FailureKind.CLOSED))
    ended = Incident(len(talk.exchanges), "exited with code 1")
    facts = Facts(single_session=True, crashed=ended)
    assert verdicts_of(talk.transcript(facts=facts))["example.clients"] is V


@pytest.mark.parametrize("status", [429, 503])
def test_load_is_no_sign_of_one_client(status: int) -> None:
    assert verdicts_of(second_client(status).transcript(facts=ONE_CLIENT))["example.clients"] is I


def test_silence_is_no_sign_of_one_client() -> None:
    talk = second_client(None, failure=Failure(FailureKind.TIMEOUT))
    assert verdicts_of(talk.transcript())["example.clients"] is I


def test_two_clients_of_one_process_satisfy_and_of_two_processes_do_not() -> None:
    talk = based()
    talk.initialize(steps.OPEN_INITIALIZE, id="b" * 32, label="B")
    assert verdicts_of(talk.transcript())["example.clients"] is S
    talk = based()
    talk.process = 1
    talk.initialize(steps.OPEN_INITIALIZE, id="b" * 32, label="B")
    assert verdicts_of(talk.transcript())["example.clients"] is I


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("const transport = new StreamableHTTPServerTransport({});\n", [1]),
        ("app.post('/', async () => {\n  const t = new StreamableHTTPServerTransport({});\n});\n", []),
        ("const transport = new StdioServerTransport();\n", []),
    ],
)
def test_the_transport_that_all_clients_share_is_blamed(code: str, lines: list[int]) -> None:
    rule = MCP.catalogue.rule("example.clients")
    transcript = second_client(400).transcript(facts=ONE_CLIENT)
    root = syntax_tree("server.ts", code)
    assert root is not None
    assert rule.blame is not None
    found = rule.blame(root, finding_of(transcript, "example.clients"), transcript)
    assert [node.start_point[0] + 1 for node in found] == lines


def test_a_process_of_one_client_cannot_serve_another_one_afterwards() -> None:
    verdict = verdicts_of(second_client(400).transcript(facts=ONE_CLIENT))["server.survives"]
    assert verdict is Verdict.NOT_APPLICABLE
