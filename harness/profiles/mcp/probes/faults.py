"""Transport errors in the terms of a transcript: :class:`~harness.model.Failure` and :class:`~harness.model.Fault`."""

from __future__ import annotations

from typing import Final

import anyio
import h11
import httpcore
import httpx

from harness.model import Failure, FailureKind, Fault

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
"""What a peer can make a transport raise. Errors of ours (PodError) are not among them."""

_CLOSED: Final = (anyio.EndOfStream, anyio.ClosedResourceError, anyio.IncompleteRead)
_PROTOCOL: Final = (httpx.ProtocolError, httpcore.ProtocolError, h11.ProtocolError)


def failure(error: BaseException) -> Failure:
    """Classify an error that came before the head of a reply."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)):
        return Failure(FailureKind.TIMEOUT)
    if isinstance(error, (ConnectionRefusedError, httpx.ConnectError, httpcore.ConnectError)):
        return Failure(FailureKind.REFUSED)
    if isinstance(error, _CLOSED) or "without sending a response" in str(error):
        return Failure(FailureKind.CLOSED)
    if isinstance(error, _PROTOCOL):
        return Failure(FailureKind.MALFORMED, str(error)[:200])
    return Failure(FailureKind.RESET)


def body_fault(error: BaseException) -> Fault:
    """Classify an error that came while a body was read."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)):
        return Fault.TIMEOUT
    if isinstance(error, _CLOSED) or "without sending complete message body" in str(error):
        return Fault.CLOSED_EARLY
    if isinstance(error, _PROTOCOL):
        return Fault.BAD_CHUNK
    return Fault.RESET
