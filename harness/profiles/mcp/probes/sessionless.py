"""Requests of the sessionless revisions (2026-07-28 on), and their probes.

The shape is that of the Streamable HTTP page's "Request Metadata" and "Server Validation", and of basic/index,
"Per-request protocol fields". Every fault differs from ``modern.control`` in one header or one field.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from harness.base import jsonrpc
from harness.model import RevisionFacts
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.messages import FOREIGN_ORIGIN, META, UNSUPPORTED_VERSION, Caller
from harness.profiles.mcp.probes import tools
from harness.profiles.mcp.probes.exchanges import how
from harness.profiles.mcp.probes.first_session import WATCH_END_S
from harness.profiles.mcp.probes.tools import METHOD_HEADER

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.exchanges import Answer
    from harness.profiles.mcp.probes.peer import Peer

UNKNOWN_METHOD: Final = "docprobe/no-such-method"
UNSUPPORTED_VERSION_CODE: Final = -32022
METHOD_NOT_FOUND_CODE: Final = -32601


async def ask(
    peer: Peer,
    step: str,
    caller: Caller,
    method: str,
    *,
    control: int | None = None,
    body_version: str | None = None,
    header_method: str | None = "",
    without: str | None = None,
    linger_s: float = 0.05,
) -> Answer:
    """POST one sessionless request.

    Args:
        peer: the server.
        step: of the exchange.
        caller: gives the version header, id, token and Origin.
        method: of the body.
        control: number of the exchange it is compared with.
        body_version: version in the body, if not that of the header.
        header_method: value of Mcp-Method; empty for the body's; None for no such header.
        without: name of a required ``_meta`` field to leave out.
        linger_s: how long the stream may take to end after the response.
    """
    meta = messages.modern_meta(body_version or caller.version or caller.revision or "")
    if without is not None:
        del meta[f"{META}{without}"]
    message = messages.request(peer.conversation.rpc_id(), method, {"_meta": meta})
    extra = () if header_method is None else ((METHOD_HEADER, header_method or method),)
    return await peer.post(step, caller, message, extra=extra, control=control, linger_s=linger_s)


async def speaks(peer: Peer, version: str) -> str | None:
    """Whether the server speaks ``version``: the method that it serves without a handshake, or None.

    A server of the older revisions may serve a bare tools/list as well; so either the result says its ``resultType``
    (which 2026-07-28 requires), or an unknown version must be refused by the code that this revision reserves.
    """
    caller = Caller(version, version=version, token=peer.token)
    for method in ("tools/list", "server/discover"):
        answer = await ask(peer, steps.DISCOVER_MODERN, caller, method)
        if answer.result is not None:
            if "resultType" in answer.result:
                return method
            other = replace(caller, version=UNSUPPORTED_VERSION)
            check = await ask(peer, steps.DISCOVER_MODERN_CHECK, other, method, control=answer.number)
            return method if jsonrpc.error_code(_any_error(check)) == UNSUPPORTED_VERSION_CODE else None
        if jsonrpc.error_code(_any_error(answer)) != METHOD_NOT_FOUND_CODE:
            return None
    return None


def _any_error(answer: Answer) -> dict[str, Any] | None:
    """The response, or an error without an id (a refused request may not have been parsed)."""
    return answer.response or next((m for m in answer.messages if "error" in m), None)


async def probe(peer: Peer, revision: str, method: str) -> None:
    """The ``modern.*`` steps and the Origin steps of one sessionless revision."""
    caller = Caller(revision, version=revision, token=peer.token)
    control = await ask(peer, steps.MODERN_CONTROL, caller, method, linger_s=WATCH_END_S)
    if control.result is None:
        peer.learn_revision(revision, RevisionFacts(f"{method} is answered {how(control)}"))
        return
    peer.learn_revision(revision, RevisionFacts(method=method))
    against = control.number
    made_up = replace(caller, id=str(uuid.uuid4()), label="unknown")
    await ask(peer, steps.MODERN_SESSION_ID, made_up, method, control=against)
    await peer.get(steps.MODERN_GET, caller, control=against)
    await peer.delete(steps.MODERN_DELETE, caller, control=against)
    await ask(peer, steps.MODERN_UNSUPPORTED, replace(caller, version=UNSUPPORTED_VERSION), method, control=against)
    await ask(peer, steps.MODERN_MISMATCH, caller, method, control=against, body_version=UNSUPPORTED_VERSION)
    await ask(peer, steps.MODERN_MISMATCH_HEADER, replace(caller, version=UNSUPPORTED_VERSION), method, control=against,
              body_version=revision)  # fmt: skip
    await ask(peer, steps.MODERN_MISMATCH_METHOD, caller, method, control=against, header_method="prompts/list")
    await ask(peer, steps.MODERN_MISSING_HEADER, replace(caller, version=None), method, control=against,
              body_version=revision)  # fmt: skip
    await ask(peer, steps.MODERN_MISSING_METHOD, caller, method, control=against, header_method=None)
    await ask(peer, steps.MODERN_UNKNOWN_METHOD, caller, UNKNOWN_METHOD, control=against)
    await ask(peer, steps.MODERN_MISSING_META, caller, method, control=against, without="clientCapabilities")
    await ask(peer, steps.MODERN_MISSING_META_VERSION, caller, method, control=against, without="protocolVersion")
    await _notify(peer, caller, control=against)
    again = await ask(peer, steps.ORIGIN_CONTROL_REQUEST, caller, method)
    foreign = replace(caller, origin=FOREIGN_ORIGIN)
    await ask(peer, steps.ORIGIN_FOREIGN_REQUEST, foreign, method, control=again.number)
    await tools.probe(peer, caller, control.result)


async def survives(peer: Peer, revision: str, method: str) -> None:
    """After everything, in the same process: is the ordinary request still served?"""
    await ask(peer, steps.SURVIVES_REQUEST, Caller(revision, version=revision, token=peer.token), method)


async def _notify(peer: Peer, caller: Caller, *, control: int) -> None:
    message = messages.notification("notifications/cancelled")
    message["params"] = {"requestId": 0, "_meta": messages.modern_meta(caller.version or "")}
    extra = ((METHOD_HEADER, "notifications/cancelled"),)
    await peer.post(steps.MODERN_NOTIFICATION, caller, message, extra=extra, control=control)
