from __future__ import annotations

from dataclasses import replace

from extractor.model import ExampleKind
from harness.model import Transcript, Verdict
from harness.report.evidence import exchange_lines, parties
from harness.report.html.exchanges import reply_text, request_text
from tests.harness.nightly.history.nights import verdict
from tests.support.report_pieces import exchange

WRONG = replace(
    verdict("session.terminated-404", Verdict.VIOLATED),
    summary="After DELETE (200), requests with the ended session id returned 400; expected 404. The rest was served.",
    expected={"8": "404"},
)
TALK = Transcript("x", ExampleKind.HTTP_SERVER, (
    exchange(5, "live.get", "GET", 200),
    exchange(6, "live.post", "POST", 200),
    exchange(7, "terminated.end", "DELETE", 200),
    exchange(8, "terminated.post", "POST", 400, control=6),
    exchange(9, "terminated.get", "GET", 404, control=5),
))  # fmt: skip


def test_a_line_on_stdout_goes_from_the_example_to_docprobe() -> None:
    noise = replace(exchange(2, "stdio.noise", "STDOUT", None, target="", headers={}), body="server is ready")
    assert (request_text(noise), reply_text(noise)) == ("(nothing was sent)", "server is ready")
    (line,) = exchange_lines(Transcript("x", ExampleKind.STDIO_SERVER, (noise,)), [2], replace(WRONG, expected={}))
    assert (line.unsolicited, line.wrong, line.status) == (True, True, "stdout: server is ready")


def test_in_the_conversation_with_a_client_the_example_asks() -> None:
    assert parties(ExampleKind.CLIENT) == ("example client", "docprobe")
    assert parties(ExampleKind.HTTP_SERVER) == ("docprobe", "example server")


def test_the_wrong_reply_is_marked_with_what_was_expected() -> None:
    lines = exchange_lines(TALK, [5, 6, 7, 8, 9], WRONG)
    assert [line.number for line in lines if line.wrong] == [8], "neither the preparation nor the right one"
    assert [line.expected for line in lines if line.wrong] == ["404"]
    assert [line.number for line in lines if line.control] == [5, 6]


def test_what_was_expected_is_a_value_and_is_not_read_back_from_the_sentence() -> None:
    finding = replace(WRONG, summary="GET returned 500; expected 204.", expected={"2": "a stream or a 4xx"})
    talk = Transcript("x", ExampleKind.HTTP_SERVER, (
        exchange(1, "a", "POST", 200), exchange(2, "get.resume", "GET", 500),
    ))  # fmt: skip
    lines = exchange_lines(talk, [1, 2], finding)
    assert [(line.number, line.expected) for line in lines if line.wrong] == [(2, "a stream or a 4xx")]


def test_a_result_without_the_value_marks_what_differs_from_its_control() -> None:
    lines = exchange_lines(TALK, [5, 6, 7, 8], replace(WRONG, expected={}))
    assert [(line.number, line.expected) for line in lines if line.wrong] == [(8, "")]
    lines = exchange_lines(TALK, [5, 6, 7, 8, 9], replace(WRONG, expected={}))
    assert not any(line.wrong for line in lines), "400 and 404: one of them may be right"


def test_a_violation_without_an_expected_reply_accuses_no_exchange_that_has_no_control() -> None:
    finding = replace(WRONG, summary="Session ids can be predicted.", expected={})
    talk = Transcript("x", ExampleKind.HTTP_SERVER, (exchange(1, "a", "POST", 200), exchange(2, "b", "POST", 200)))
    assert not any(line.wrong for line in exchange_lines(talk, [1, 2], finding))


def test_only_violations_have_wrong_replies() -> None:
    right = replace(WRONG, verdict=Verdict.SATISFIED, expected={})
    assert not any(line.wrong for line in exchange_lines(TALK, [5, 6, 7, 8, 9], right))
