"""Tokens: the audience that the server accepts, which tokens it refuses, and whether a session id stands in for one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.model import Note, NoteKind, Origin
from harness.exchanges.http_exchange import ProbeRequest
from harness.profiles.mcp import steps, tokens
from harness.profiles.mcp.messages import RESOURCE_METADATA, Caller
from harness.profiles.mcp.probes import sessions
from harness.profiles.mcp.probes.sessionless_probes import send_request
from harness.profiles.mcp.tokens import USER1

if TYPE_CHECKING:
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.probes.probed_server import ProbedServer

MUST_BE_REFUSED: Final = (None, tokens.INACTIVE, tokens.EXPIRED, tokens.WRONG_AUDIENCE)
"""What a server that demands a token must refuse; None means that no Authorization header is sent."""
FAULTS: Final = (*MUST_BE_REFUSED, tokens.AUDIENCE_LIST, tokens.AUDIENCE_LIST_REVERSED, tokens.NO_SCOPE)
"""Each against user 1's token."""
WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
"""Path of a resource's metadata, with the path of the resource after it (RFC 9728, section 3.1)."""


async def authorize(peer: ProbedServer, refused: ProbeAnswer, version: str) -> str | None:
    """Find what the server accepts: a token for the right audience, which ``peer`` then sends as user 1, or a header.

    Audiences, best first: what the docs name, what the resource metadata (RFC 9728) says, the server's origin, the
    endpoint itself. Then the other headers that the page states.

    Args:
        peer: the server.
        refused: the answer that demanded a token.
        version: protocolVersion to offer.

    Returns:
        None if one is accepted, else the reason why none is.
    """
    reason = await _with_issued_token(peer, refused, version)
    if reason is None or await _with_stated_headers(peer, version):
        return None
    guess = Note(NoteKind.TOKEN, Origin.INFERRED, detail=" that requests need")
    peer.facts = replace(peer.facts, guesses=(*peer.facts.guesses, guess))
    return reason


async def _with_stated_headers(peer: ProbedServer, version: str) -> bool:
    """Try the further headers that the page states, and keep those that are accepted."""
    first, *others = peer.header_choices
    for choice in others:
        peer.stated_headers = choice
        await sessions.ready(peer)
        _, opened = await sessions.initialize(peer, steps.DISCOVER_TOKEN, Caller(None), version)
        if opened is not None:
            return True
    peer.stated_headers = first
    return False


async def _with_issued_token(peer: ProbedServer, refused: ProbeAnswer, version: str) -> str | None:
    """Find the audience whose token is accepted; return the reason if there is none."""
    if peer.tokens is None:
        sent = ", ".join(name for name, _ in peer.stated_headers)
        return (
            f"it demands a token ({refused.status}) and "
            + (f"refuses what the page states ({sent})" if sent else "the page states none")
            + ", and names no authorization server that docprobe stands in for"
        )
    if peer.facts.given_tokens is not None:
        await _resource(peer, refused)
        await sessions.ready(peer)
        answer, opened = await sessions.initialize(peer, steps.DISCOVER_TOKEN, Caller(None, token=USER1), version)
        if opened is None and not _says_something_else(answer):
            return f"it refuses the token that was given ({answer.status})"
        peer.token = USER1
        return None
    origin = f"http://{peer.address.authority}"
    named = [peer.tokens.audience, await _resource(peer, refused), origin, peer.address.public_url, f"{origin}/"]
    candidates = list(dict.fromkeys(audience for audience in named if audience))
    last: ProbeAnswer | None = None
    for audience in candidates:
        peer.audience = audience
        await sessions.ready(peer)
        last, opened = await sessions.initialize(peer, steps.DISCOVER_TOKEN, Caller(None, token=USER1), version)
        peer.recorder.amend(last.number, note=f"audience {audience}")
        if opened is not None or (refused.status == 401 and _says_something_else(last)):
            peer.token = USER1
            peer.facts = replace(peer.facts, audience=audience)
            return None
    status = last.status if last is not None else None
    return f"it accepts no token for any of the audiences {', '.join(candidates)} (last answer: {status})"


def _says_something_else(answer: ProbeAnswer) -> bool:
    """Return whether a token got past the check, whatever was wrong with the request then."""
    return answer.status is not None and answer.status < 500 and answer.status not in (401, 403)


async def _resource(peer: ProbedServer, refused: ProbeAnswer) -> str | None:
    """Return ``resource`` of the metadata that the 401 points at, or that is at a well-known path (RFC 9728)."""
    for path in _metadata_paths(peer, refused):
        answer = await peer.recorder.send(
            ProbeRequest(
                step=steps.DISCOVER_METADATA,
                method="GET",
                url=replace(peer.address, target=path).url,
                headers=(("Host", peer.address.authority), ("Accept", "application/json"), ("Connection", "close")),
            )
        )
        if answer.status == 200 and answer.messages:
            resource = answer.messages[0].get("resource")
            return resource if isinstance(resource, str) else None
    return None


def _metadata_paths(peer: ProbedServer, refused: ProbeAnswer) -> tuple[str, ...]:
    """Return the paths of this server where its metadata may be; none if the 401 points to another server."""
    challenge = refused.reply.header("www-authenticate") if refused.reply else None
    pointer = RESOURCE_METADATA.search(challenge or "")
    if pointer is None:
        path = peer.address.target.partition("?")[0].rstrip("/")
        return tuple(dict.fromkeys((f"{WELL_KNOWN}{path}", WELL_KNOWN)))
    try:
        parts = urlsplit(pointer.group(1))
        here = parts.port == peer.address.port and parts.path.startswith("/")
    except ValueError:
        return ()
    return (parts.path,) if here else ()


async def probe_tokens(peer: ProbedServer, revision: str) -> None:
    """Send initialize with each token; a fresh process each where one is needed."""
    caller = Caller(revision, token=peer.token)
    control, _ = await sessions.fresh_initialize(peer, steps.AUTH_VALID, caller, revision)
    for token in filter(peer.has_token, FAULTS):
        await sessions.ready(peer)
        step = f"{steps.AUTH}.{token or 'none'}"
        await sessions.initialize(peer, step, replace(caller, token=token), revision, control=control.number)


async def probe_sessionless_tokens(peer: ProbedServer, revision: str, method: str) -> None:
    """Send an ordinary request of a sessionless revision with each token."""
    caller = Caller(revision, version=revision, token=peer.token)
    control = await send_request(peer, steps.AUTH_VALID, caller, method)
    for token in filter(peer.has_token, FAULTS):
        step = f"{steps.AUTH}.{token or 'none'}"
        await send_request(peer, step, replace(caller, token=token), method, control=control.number)


async def probe_hijacking(peer: ProbedServer, revision: str, legs: tuple[str, ...]) -> None:
    """Use user 1's session without a token and with user 2's; the DELETEs last, each checked for what it ended.

    Without a token of user 2 only the former is asked, and no DELETE is sent where sessions may not be ended.
    """
    h = await sessions.open_session(peer, "H", revision)
    if h is None or h.id is None:
        return
    nobody, user2 = replace(h, token=None), replace(h, token=tokens.USER2)
    for leg in legs[:-1]:
        control = await peer.leg(leg, steps.HIJACK_USER1, h)
        await peer.leg(leg, steps.HIJACK_NO_TOKEN, nobody, control=control.number)
        if peer.has_token(tokens.USER2):
            await peer.leg(leg, steps.HIJACK_USER2, user2, control=control.number)
    if not peer.ends_sessions:
        return
    deletes: list[int] = []
    current: Caller | None = h
    for step, thief in ((steps.HIJACK_NO_TOKEN, nobody), (steps.HIJACK_USER2, user2)):
        if current is None or current.id is None:
            return
        if not peer.has_token(thief.token):
            continue
        stolen = await peer.delete(f"{step}.delete", replace(thief, id=current.id, label=current.label))
        deletes.append(stolen.number)
        alive = await peer.request(f"{steps.HIJACK_ALIVE}.{step.split('.')[1]}", current, control=stolen.number)
        if not alive.served:
            current = await sessions.open_session(peer, f"H{len(deletes) + 1}", revision)
    if current is None or current.id is None:
        return
    control = await peer.delete(f"{steps.HIJACK_USER1}.delete", current)
    for number in deletes:
        peer.recorder.amend(number, control=control.number)
