from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import ExampleKind
from harness.model import Failure, FailureKind, Transcript
from harness.report.evidence import exchange_lines
from harness.report.html.diagram import parties, sequence
from harness.report.html.exchanges import reply_text, request_text
from tests.support.hostile_report import HOSTILE
from tests.support.report_pieces import exchange


def test_a_line_on_stdout_goes_from_the_example_to_docprobe() -> None:
    noise = exchange(2, "stdio.noise", "STDOUT", None, target="", headers={})
    noise = replace(noise, body="server is ready")
    assert (request_text(noise), reply_text(noise)) == ("(nothing was sent)", "server is ready")
    talk = Transcript("x", ExampleKind.STDIO_SERVER, (noise,))
    assert sequence(exchange_lines(talk, [2]), parties(talk.kind)).split("\n")[3:] == [
        "  S->>P: no 2 stdout#58; server is ready"
    ]


def test_in_the_conversation_with_a_client_the_example_asks() -> None:
    assert parties(ExampleKind.CLIENT) == ("example client", "docprobe")
    assert parties(ExampleKind.HTTP_SERVER) == ("docprobe", "example server")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_is_left_in_a_diagram(hostile: str) -> None:
    talk = Transcript("x", ExampleKind.HTTP_SERVER, (
        exchange(1, "x", "POST", None, target=f"/{hostile}", failure=Failure(FailureKind.MALFORMED, hostile), session=hostile),
    ))  # fmt: skip
    lines = sequence(exchange_lines(talk, [1]), (hostile, hostile), [hostile]).split("\n")
    assert lines[0] == "sequenceDiagram"
    assert [line.split()[0] for line in lines[1:3]] == ["participant", "participant"]
    for line in lines[3:]:
        head, _, label = line.partition(": ")
        assert head.strip() in {"P->>S", "S--xP", "S-->>P", "Note over P,S"}
        assert not set(label) & set("<>\"'`;{}[]%&@") - {";"}
        assert all(part.rpartition("#")[2].isdigit() for part in label.split(";")[:-1])
