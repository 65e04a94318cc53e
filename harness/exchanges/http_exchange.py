"""What is sent in one exchange, what the prober needs of its answer, and what can go wrong on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import anyio
import h11
import httpcore
import httpx

from extractor.base.text import one_line
from harness.base import jsonrpc
from harness.model import BodyFault, Failure, FailureKind

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message
    from harness.model import Exchange, Reply


LINGER_S: Final = 0.05
"""How long to read on where nothing more is due."""
BRIEF_S: Final = 0.01
"""Least time to listen to a stream that was opened for its status alone."""
WATCH_END_S: Final = 2.0
"""Least time for which a stream is watched after the response: still open then, it counts as left open."""


class StoppedError(Exception):
    """The conversation cannot go on. Caught by the prober, which records the reason in the transcript."""


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One request to send."""

    step: str
    method: str
    url: str
    """Where to connect: scheme, address, port, target."""
    headers: tuple[tuple[str, str], ...]
    """All of them but Content-Length, in order; encoded as Latin-1."""
    body: bytes = b""
    rpc_id: int | None = None
    """JSON-RPC id that the reply should answer (that a resumed stream may replay, for a GET); None for none."""
    revision: str | None = None
    session: str | None = None
    token: str | None = None
    control: int | None = None
    """Number of the exchange that differs by exactly the fault under test."""
    linger_s: float = LINGER_S
    """Time a stream may take to end after the response."""
    listen_s: float | None = None
    """Time to listen to a stream that owes no response; None if its status is all that is asked for."""
    cuts: bool = False
    """Whether to close the connection after the first event with an id."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """An exchange and what the prober itself needs of it."""

    exchange: Exchange
    messages: tuple[Message, ...]
    response: Message | None
    """The JSON-RPC response to the request, result or error."""

    @property
    def number(self) -> int:
        """Number of the exchange."""
        return self.exchange.number

    @property
    def status(self) -> int | None:
        """HTTP status; None without a reply."""
        return self.exchange.status

    @property
    def reply(self) -> Reply | None:
        """The reply, if there is one."""
        return self.exchange.reply

    @property
    def served(self) -> bool:
        """Whether a request got its result, or a notification was accepted."""
        if self.status is None or not 200 <= self.status < 300:
            return False
        return self.response is None or "result" in self.response

    @property
    def refused(self) -> bool:
        """Whether it was answered by an error, of HTTP or of JSON-RPC, that is not about load."""
        if self.status is None or self.status in (429, 503):
            return False
        return self.status >= 400 or (self.response is not None and "error" in self.response)

    @property
    def result(self) -> Message | None:
        """The result object of a 200; None without one."""
        result = (self.response or {}).get("result")
        return result if self.status == 200 and isinstance(result, dict) else None


def describe_answer(answer: ProbeAnswer) -> str:
    """Return how a request was answered, in a few words that follow "is answered"."""
    if answer.reply is None:
        return f"by nothing ({answer.exchange.failure})"
    code = jsonrpc.error_code(answer.response)
    words = _words_of(answer)
    return (
        f"{answer.status}"
        + (f", JSON-RPC error {code}" if code is not None else "")
        + (f", “{words}”" if words else "")
        + (f", body {answer.reply.fault}" if answer.reply.fault not in (None, BodyFault.OPEN) else "")
    )


def _words_of(answer: ProbeAnswer) -> str:
    """What a server says of a refusal: the message of its error, or a short plain text; empty if it says nothing."""
    errors = [message.get("error") for message in answer.messages]
    said = next((error.get("message") for error in errors if isinstance(error, dict)), None)
    if said is None and answer.reply is not None and answer.status is not None and answer.status >= 400:
        said = answer.reply.body if answer.reply.body.lstrip()[:1] not in {"<", "{", "["} else None
    return one_line(said)[:_LONGEST_WORDS].strip() if isinstance(said, str) else ""


_LONGEST_WORDS: Final = 120
"""Characters of what a server says that are quoted."""
WIRE_ERRORS: Final = (
    httpx.TransportError,
    httpx.InvalidURL,
    httpx.DecodingError,
    httpcore.ConnectError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    h11.ProtocolError,
    OSError,
    anyio.EndOfStream,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.IncompleteRead,
)
"""What a peer can make a transport raise. Errors of the engine (PodError) are not among them."""

_CLOSED: Final = (anyio.EndOfStream, anyio.ClosedResourceError, anyio.IncompleteRead)
_PROTOCOL: Final = (httpx.ProtocolError, httpcore.ProtocolError, h11.ProtocolError)


def classify_failure(error: BaseException) -> Failure:
    """Classify an error that came before the head of a reply."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)):
        return Failure(FailureKind.TIMEOUT)
    if isinstance(error, (ConnectionRefusedError, httpx.ConnectError, httpcore.ConnectError)):
        return Failure(FailureKind.REFUSED, str(error)[:200] if "SSL" in str(error) else "")
    if isinstance(error, _CLOSED) or "without sending a response" in str(error):
        return Failure(FailureKind.CLOSED)
    if isinstance(error, _PROTOCOL):
        return Failure(FailureKind.MALFORMED, str(error)[:200])
    return Failure(FailureKind.RESET)


def classify_body_fault(error: BaseException) -> BodyFault:
    """Classify an error that came while a body was read."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)):
        return BodyFault.TIMEOUT
    if isinstance(error, _CLOSED) or "without sending complete message body" in str(error):
        return BodyFault.CLOSED_EARLY
    if isinstance(error, _PROTOCOL):
        return BodyFault.BAD_CHUNK
    return BodyFault.RESET
