"""Requests of the sessionless revisions (2026-07-28 on), and their probes.

The shape is that of the Streamable HTTP page's "Request Metadata" and "Server Validation", and of basic/index,
"Per-request protocol fields". Every fault differs from ``modern.control`` in one header or one field.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from harness.base import jsonrpc
from harness.exchanges.http_exchange import LINGER_S, WATCH_END_S, describe_answer
from harness.model import RevisionFacts
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import (
    ACCEPT_BOTH,
    EVENT_HEADER,
    FOREIGN_ORIGIN,
    LOCAL_LOOKING_ORIGINS,
    META,
    METHOD_HEADER,
    UNKNOWN_METHOD,
    UNSUPPORTED_VERSION,
    Caller,
    Headers,
)
from harness.profiles.mcp.probes import sessionless_features, sessions, state_handles

if TYPE_CHECKING:
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.probes.probed_server import ProbedServer

NOT_FOUND: Final = 404


async def send_request(
    peer: ProbedServer,
    step: str,
    caller: Caller,
    method: str,
    *,
    control: int | None = None,
    body_version: str | None = None,
    without: str | None = None,
    mirrored: Headers | None = None,
    more: Headers = (),
    linger_s: float = LINGER_S,
) -> ProbeAnswer:
    """POST one sessionless request.

    Args:
        peer: the server.
        step: of the exchange.
        caller: gives the version header, session id, token and Origin.
        method: of the body.
        control: number of the exchange it is compared with.
        body_version: version in the body, if not that of the header.
        without: name of a required ``_meta`` field to leave out.
        mirrored: headers that repeat the body, if not the right ones.
        more: further headers.
        linger_s: time that the stream may take to end after the response.
    """
    meta = messages.request_meta(body_version or caller.version or caller.revision or "")
    if without is not None:
        del meta[f"{META}{without}"]
    message = messages.request(peer.recorder.rpc_id(), method, {"_meta": meta})
    extra = (*(((METHOD_HEADER, method),) if mirrored is None else mirrored), *more)
    await sessions.restart_if_dead(peer)
    return await peer.post(step, caller, message, extra=extra, control=control, linger_s=linger_s)


async def served_method(peer: ProbedServer, version: str) -> str | None:
    """Return the method that the server serves without a handshake under ``version``; None if it does not speak it.

    A server of the older revisions may serve a bare tools/list as well; so either the result has a ``resultType``
    (which 2026-07-28 requires), or a version that does not exist is refused, by whatever words: then the server knows
    this one. A server that serves any version does not.
    """
    caller = Caller(version, version=version, token=peer.token)
    for method in ("tools/list", "server/discover"):
        answer = await send_request(peer, steps.DISCOVER_MODERN, caller, method)
        if answer.result is not None:
            if "resultType" in answer.result:
                return method
            other = replace(caller, version=UNSUPPORTED_VERSION)
            check = await send_request(peer, steps.DISCOVER_MODERN_CHECK, other, method, control=answer.number)
            return method if check.refused else None
        if answer.status != NOT_FOUND and jsonrpc.error_code(_any_error(answer)) != jsonrpc.METHOD_NOT_FOUND:
            return None
    return None


def _any_error(answer: ProbeAnswer) -> dict[str, Any] | None:
    """Return the response, or an error without an id (a refused request may not have been parsed)."""
    return answer.response or next((message for message in answer.messages if "error" in message), None)


async def probe_revision(peer: ProbedServer, revision: str, method: str) -> None:
    """Send the ``modern.*`` steps, the Origin steps and the handle steps of one sessionless revision."""
    caller = Caller(revision, version=revision, token=peer.token)
    control = await send_request(peer, steps.MODERN_CONTROL, caller, method, linger_s=WATCH_END_S)
    if control.result is None:
        peer.learn_revision(revision, RevisionFacts(f"{method} is answered {describe_answer(control)}"))
        return
    peer.learn_revision(revision, RevisionFacts(method=method))
    await _probe_faults(peer, caller, method, control.number)
    again = await send_request(peer, steps.ORIGIN_CONTROL_REQUEST, caller, method)
    own = replace(caller, origin=peer.address.origin)
    await send_request(peer, steps.ORIGIN_OWN, own, method, control=again.number)
    foreign = replace(caller, origin=FOREIGN_ORIGIN)
    await send_request(peer, steps.ORIGIN_FOREIGN_REQUEST, foreign, method, control=again.number)
    for leg, origin in LOCAL_LOOKING_ORIGINS.items():
        step = f"{steps.ORIGIN_LOCAL_LOOKING}.{leg}"
        await send_request(peer, step, replace(caller, origin=origin), method, control=again.number)
    await sessionless_features.probe_features(peer, caller, method, control)
    await state_handles.probe_handles(peer, caller, control.result)


async def _probe_faults(peer: ProbedServer, caller: Caller, method: str, control: int) -> None:
    """Send the control's request with one thing wrong, for each thing."""
    revision = caller.revision
    unsupported = replace(caller, version=UNSUPPORTED_VERSION)
    unversioned = replace(caller, version=None)

    async def send(step: str, sender: Caller = caller, method: str = method, **fault: Any) -> None:
        await send_request(peer, step, sender, method, control=control, **fault)

    await send(steps.MODERN_SESSION_ID, replace(caller, id=str(uuid.uuid4()), label="unknown"))
    await peer.get(steps.MODERN_GET, caller, control=control)
    if peer.ends_sessions:
        await peer.delete(steps.MODERN_DELETE, caller, control=control)
    await send(steps.MODERN_UNSUPPORTED, unsupported)
    await send(steps.MODERN_MISMATCH, body_version=UNSUPPORTED_VERSION)
    await send(steps.MODERN_MISMATCH_HEADER, unsupported, body_version=revision)
    await send(steps.MODERN_MISSING_HEADER, unversioned, body_version=revision)
    await send(steps.MODERN_UNKNOWN_METHOD, method=UNKNOWN_METHOD)
    for removed in steps.REMOVED_METHODS:
        await send(f"{steps.MODERN_REMOVED}.{removed}", method=removed)
    other = "server/discover" if method == "tools/list" else "tools/list"
    await send(steps.MODERN_MISMATCH_METHOD, mirrored=((METHOD_HEADER, other),))
    await send(steps.MODERN_MISSING_METHOD, mirrored=())
    await send(steps.MODERN_METHOD_CASE, mirrored=((METHOD_HEADER, method.upper()),))
    await send(steps.MODERN_LAST_EVENT_ID, more=((EVENT_HEADER, "docprobe-0"),))
    await _send_in_another_case(peer, caller, method, control)
    await send(steps.MODERN_MISSING_META, without="clientCapabilities")
    await send(steps.MODERN_MISSING_META_VERSION, without="protocolVersion")
    await _notify(peer, caller, control=control)
    mirrored = ((METHOD_HEADER, "notifications/initialized"),)
    await peer.post_unreadable(steps.POST_UNREADABLE, caller, extra=mirrored, control=control)


async def _send_in_another_case(peer: ProbedServer, caller: Caller, method: str, control: int) -> None:
    """Send the control's request with every header's name in another case: ``mCP-mETHOD``."""
    message = messages.request(peer.recorder.rpc_id(), method, {"_meta": messages.request_meta(caller.version or "")})
    request = peer.prepare(
        steps.MODERN_HEADER_CASE,
        caller,
        "POST",
        message,
        extra=((METHOD_HEADER, method),),
        control=control,
        accept=ACCEPT_BOTH,
    )
    odd = tuple((name.swapcase(), value) for name, value in request.headers)
    await peer.recorder.send(replace(request, headers=odd))


async def survives(peer: ProbedServer, revision: str, method: str) -> None:
    """Ask whether the ordinary request is still served after everything, in the same process."""
    await send_request(peer, steps.SURVIVES_REQUEST, Caller(revision, version=revision, token=peer.token), method)


async def _notify(peer: ProbedServer, caller: Caller, *, control: int) -> None:
    message = messages.notification("notifications/cancelled")
    message["params"] = {"requestId": 0, "_meta": messages.request_meta(caller.version or "")}
    extra = ((METHOD_HEADER, "notifications/cancelled"),)
    await peer.post(steps.MODERN_NOTIFICATION, caller, message, extra=extra, control=control)
