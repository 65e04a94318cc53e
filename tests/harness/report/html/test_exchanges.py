from __future__ import annotations

from harness.model import Failure, FailureKind
from harness.report.html.exchanges import BODY_LIMIT, exchange_view, reply_text, request_text, steps_of
from tests.support.report_pieces import exchange


def test_a_request_reads_as_it_went_over_the_wire() -> None:
    sent = exchange(7, "x", "POST", 200, body="tools/list", said="{}")
    assert request_text(sent) == (
        "POST / HTTP/1.1\nhost: localhost:3000\naccept: application/json, text/event-stream\n\n"
        '{"jsonrpc":"2.0","id":7,"method":"tools/list"}'
    )
    assert reply_text(sent) == "HTTP/1.1 200 OK\ncontent-type: application/json\n\n{}"


def test_no_reply_says_why() -> None:
    assert reply_text(exchange(7, "x", "GET", None, failure=Failure(FailureKind.TIMEOUT))) == "(no reply: timeout)"


def test_a_long_body_is_cut_and_says_so() -> None:
    text = reply_text(exchange(7, "x", "GET", 200, said="x" * (BODY_LIMIT + 1234)))
    assert text.endswith("\n… 1,234 more characters")


def test_a_conversation_is_divided_by_what_its_steps_are_named_for() -> None:
    steps = ["open.initialize", "open.initialized", "auth.none", "open.again"]
    views = [
        exchange_view(exchange(number, step, "POST", 200), "http://localhost", blamed=number == 2)
        for number, step in enumerate(steps, 1)
    ]
    found = [(part.name, part.numbers, part.blamed) for part in steps_of(views)]
    assert found == [("open", "#1–2", 1), ("auth", "#3", 0), ("open", "#4", 0)], "in the order of the conversation"
    assert sum(part.duration_ms for part in steps_of(views)) == sum(view.duration_ms for view in views)
