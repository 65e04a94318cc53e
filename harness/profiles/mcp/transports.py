"""What a client says over each transport, which sentences about HTTP and about stdio are judged by. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.model import ExampleKind
from harness.base import jsonrpc
from harness.model import STDIN, Transport
from harness.profiles.mcp.messages import initialize_version

if TYPE_CHECKING:
    from harness.model import Exchange, Session, Transcript


def conversations(transcript: Transcript) -> tuple[Transcript, ...]:
    """Return the parts of a client's transcript that were spoken over one transport each; else the transcript.

    A client of several servers speaks to one over HTTP and to another over the streams of a program that it starts,
    with ids and revisions of their own.
    """
    by_stdio = [exchange for exchange in transcript.exchanges if exchange.method == STDIN]
    by_http = [exchange for exchange in transcript.exchanges if exchange.method != STDIN]
    if transcript.kind is not ExampleKind.CLIENT or not by_stdio or not by_http:
        return (transcript,)
    over_http = _part(transcript, by_http, transcript.facts.transport, transcript.sessions)
    return over_http, _part(transcript, by_stdio, Transport.STDIO, ())


def _part(
    whole: Transcript, exchanges: list[Exchange], transport: Transport | None, sessions: tuple[Session, ...]
) -> Transcript:
    spoken = {exchange.revision for exchange in exchanges} | {_agreed(exchange) for exchange in exchanges}
    return replace(
        whole,
        exchanges=tuple(exchanges),
        sessions=sessions,
        negotiated=tuple(revision for revision in whole.negotiated if revision in spoken),
        modern=tuple(revision for revision in whole.modern if revision in spoken),
        facts=replace(whole.facts, transport=transport),
    )


def _agreed(exchange: Exchange) -> str | None:
    """The revision that an initialize was answered by."""
    reply = exchange.reply
    texts = (reply.body, *(event.data for event in reply.events)) if reply is not None else ()
    return next((version for text in texts if (version := initialize_version(jsonrpc.message(text)))), None)
