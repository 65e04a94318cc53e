"""Servers on standard input and output, by conversations made by hand."""

from __future__ import annotations

from extractor.model import ExampleKind
from harness.model import Failure, FailureKind, Transcript, Verdict
from harness.profiles.mcp import steps
from tests.support.transcripts import Talk
from tests.support.verdicts import NEWEST, I, S, V, verdicts_of


def spoken(noise: tuple[str, ...] = (), failure: Failure | None = None) -> dict[str, Verdict]:
    talk = Talk()
    talk.say(steps.STDIO_INITIALIZE, 200, method="STDIN", revision=None)
    for text in noise:
        talk.say(steps.STDIO_NOISE, None, method="STDOUT", body=text, revision=None)
    talk.say(steps.STDIO_CLOSE, None, method="CLOSE", failure=failure, duration_s=10.0, revision=None)
    transcript = talk.transcript(kind=ExampleKind.STDIO_SERVER)
    return verdicts_of(transcript)


def test_stdio() -> None:
    assert spoken() == {"stdio.only-messages": S, "stdio.exit-on-close": S, "revision.match": S}
    assert spoken(noise=("Server running",))["stdio.only-messages"] is V
    assert spoken(failure=Failure(FailureKind.TIMEOUT))["stdio.exit-on-close"] is V


def test_a_silent_stdio_server_is_not_accused() -> None:
    transcript = Transcript("e", ExampleKind.STDIO_SERVER, (), negotiated=(NEWEST,))
    assert {verdict for id, verdict in verdicts_of(transcript).items() if id.startswith("stdio.")} == {I}
