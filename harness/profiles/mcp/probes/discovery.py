"""What the server is like, before anything is judged: whether it demands a token, and which revisions it negotiates."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import Caller
from harness.profiles.mcp.probes import opening
from harness.profiles.mcp.probes.exchanges import Ask
from harness.profiles.mcp.probes.peer import Spoken
from harness.profiles.mcp.probes.sessionless import speaks
from harness.profiles.mcp.revisions import with_handshake, without_handshake
from harness.profiles.mcp.tokens import USER1

if TYPE_CHECKING:
    from harness.profiles.mcp.probes.exchanges import Answer
    from harness.profiles.mcp.probes.peer import Peer

_RESOURCE_METADATA: Final = re.compile(r'resource_metadata="?([^",\s]+)"?')


async def authorize(peer: Peer, refused: Answer, version: str) -> str | None:
    """Find the audience whose token the server accepts, where it demanded one; None if so, else the reason why not.

    Candidates, best first: what the docs name, what the resource metadata (RFC 9728) says, the server's origin, the
    endpoint itself.
    """
    if peer.tokens is None:
        return "it demands a token (401) and the example names no authorization server that docprobe stands in for"
    origin = f"http://{peer.place.authority}"
    found = [peer.tokens.audience, await _resource(peer, refused), origin, peer.place.public_url, f"{origin}/"]
    candidates = list(dict.fromkeys(audience for audience in found if audience))
    last: Answer | None = None
    for audience in candidates:
        peer.audience = audience
        await opening.ready(peer)
        last, opened = await opening.initialize(peer, steps.DISCOVER_TOKEN, Caller(None, token=USER1), version)
        peer.conversation.amend(last.number, note=f"audience {audience}")
        if opened is not None or (last.status is not None and last.status < 500 and last.status not in (401, 403)):
            peer.token = USER1
            peer.facts = replace(peer.facts, audience=audience)
            return None
    status = last.status if last is not None else None
    return f"no token was accepted, for none of the audiences {', '.join(candidates)} (last answer: {status})"


async def _resource(peer: Peer, refused: Answer) -> str | None:
    """``resource`` of the metadata that the 401 points at, if it is on this server."""
    challenge = refused.reply.header("www-authenticate") if refused.reply else None
    pointed = _RESOURCE_METADATA.search(challenge or "")
    if pointed is None:
        return None
    try:
        parts = urlsplit(pointed.group(1))
        if parts.port != peer.place.port or not parts.path.startswith("/"):
            return None
    except ValueError:
        return None
    answer = await peer.conversation.send(
        Ask(
            step=steps.DISCOVER_METADATA,
            method="GET",
            url=replace(peer.place, target=parts.path).url,
            headers=(("Host", peer.place.authority), ("Accept", "application/json"), ("Connection", "close")),
        )
    )
    resource = answer.messages[0].get("resource") if answer.status == 200 and answer.messages else None
    return resource if isinstance(resource, str) else None


async def negotiate(peer: Peer, revisions: tuple[str, ...]) -> None:
    """Ask for every revision of the docs, newest first; ``peer.spoken`` says what was negotiated."""
    for version in with_handshake(revisions):
        if version not in peer.answered:
            await _initialize(peer, version)
    answered = set(peer.answered.values())
    for version in answered.difference(revisions):
        peer.facts = replace(peer.facts, unknown_version=version[:100])
    modern = {version: await speaks(peer, version) for version in without_handshake(revisions)}
    peer.spoken = Spoken(
        tuple(sorted(answered.intersection(revisions), reverse=True)),
        {version: method for version, method in modern.items() if method is not None},
    )


async def _initialize(peer: Peer, version: str) -> None:
    """Initialize with ``version``; what it negotiates is in ``peer.answered`` afterwards.

    A refusal may mean the version, or that the process serves no second initialize; one that was served before tells
    the two apart.
    """
    caller = Caller(None, token=peer.token)
    await opening.ready(peer)
    answer, opened = await opening.initialize(peer, steps.DISCOVER_INITIALIZE, caller, version)
    if opened is not None or not peer.answered:
        return
    process = peer.conversation.process
    await opening.fresh_initialize(peer, steps.OPEN_INITIALIZE, caller, next(iter(peer.answered)))
    if peer.conversation.process != process:
        peer.conversation.amend(answer.number, step=f"{steps.RETRY}.{steps.DISCOVER_INITIALIZE}")
        await opening.ready(peer)
        await opening.initialize(peer, steps.DISCOVER_INITIALIZE, caller, version)
