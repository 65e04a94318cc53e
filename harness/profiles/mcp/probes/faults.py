"""Transport errors as the few words a transcript uses (``Exchange.failure`` and ``Reply.fault``)."""

from __future__ import annotations

from typing import Final

import anyio
import h11
import httpcore
import httpx

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


def failure(error: BaseException) -> str:
    """Why there is no reply: ``timeout``, ``refused``, ``reset``, ``closed`` or ``malformed: …``."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)):
        return "timeout"
    if isinstance(error, (ConnectionRefusedError, httpx.ConnectError, httpcore.ConnectError)):
        return "refused"
    if isinstance(error, _CLOSED) or "without sending a response" in str(error):
        return "closed"
    if isinstance(error, _PROTOCOL):
        return f"malformed: {str(error)[:200]}"
    return "reset"


def body_fault(error: BaseException) -> str:
    """Why a body ended early: ``timeout``, ``closed-early``, ``bad-chunk`` or ``reset``."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException, httpcore.TimeoutException)):
        return "timeout"
    if isinstance(error, _CLOSED) or "without sending complete message body" in str(error):
        return "closed-early"
    if isinstance(error, _PROTOCOL):
        return "bad-chunk"
    return "reset"
