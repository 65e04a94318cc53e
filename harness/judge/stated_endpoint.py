"""Whether the server answers where its page says. Pure.

A page that states another address than the one that answers gives its readers a client that cannot connect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from extractor.model import ExampleKind, NoteKind
from harness.judge.findings import join_words, not_applicable, satisfied, violated

if TYPE_CHECKING:
    from extractor.model import Example, StatedEndpoint
    from harness.model import BoundRequirement, Exchange, Finding, Recording, Transcript

_INFERRED: Final = frozenset({NoteKind.ADAPTER, NoteKind.COMMAND, NoteKind.ENVIRONMENT, NoteKind.VALUE})
"""Guesses that may have moved the server away from the address that the page states."""
_MOST_REDIRECTS: Final = 5


def answers_where_stated(example: Example, recording: Recording, bound: BoundRequirement) -> Finding | None:
    """Judge whether one of the addresses that the page states is where the server answers.

    Args:
        example: the copy whose page is asked about.
        recording: of its text.
        bound: the requirement.

    Returns:
        None for an example that does not serve.
    """
    bundle, transcript = example.bundle, recording.transcript
    if transcript is None or bundle is None:
        return None
    if bundle.kind is not ExampleKind.HTTP_SERVER or transcript.endpoint is None:
        return not_applicable(bound, "The example is not a server with an address.")
    if not bundle.stated_endpoints:
        return not_applicable(bound, "The page states no address of its server.")
    if guesses := [note.what for note in bundle.guesses if note.kind in _INFERRED]:
        return not_applicable(bound, f"docprobe added what decides where it listens: {join_words(guesses)}.")
    served = _target(transcript.endpoint)
    failed: list[tuple[StatedEndpoint, str, list[Exchange]]] = []
    for stated in bundle.stated_endpoints:
        chain = _chain(transcript, stated.path)
        port = urlsplit(transcript.endpoint).port
        if stated.path == served or (chain and chain[-1].target == served):
            if stated.port in (None, port):
                return satisfied(bound, f"The page says {stated}; the server answers there.", chain)
            failed.append((stated, f"the server does not listen on port {stated.port}", chain))
        elif chain:
            failed.append((stated, _described(chain), chain))
    if not failed:
        named = join_words(map(str, bundle.stated_endpoints))
        return not_applicable(
            bound, f"The page says {named}, which was not asked: the server answered at another address first."
        )
    first, how, chain = failed[0]
    text = f"The page says {first}; {how}. The server answers at {transcript.endpoint}."
    return replace(violated(bound, text, chain), blame=(first.span,))


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _chain(transcript: Transcript, target: str) -> list[Exchange]:
    """The first request to a target, and those that follow its redirects."""
    posts = [exchange for exchange in transcript.exchanges if exchange.method == "POST"]
    chain: list[Exchange] = []
    while len(chain) < _MOST_REDIRECTS:
        after = chain[-1].number if chain else 0
        found = next((exchange for exchange in posts if exchange.target == target and exchange.number > after), None)
        if found is None:
            break
        chain.append(found)
        location = found.reply.header("location") if found.reply and 300 <= found.reply.status < 400 else None
        if location is None:
            break
        target = _target(urljoin(f"http://localhost{found.target}", location))
    return chain


def _described(chain: list[Exchange]) -> str:
    """How the last address of a chain answers, as a clause that names the first as "that"."""
    last = chain[-1]
    if last.status is None:
        answer = "does not answer"
    elif last.status < 300:
        answer = "answers a first request and not what follows"
    elif last.status < 400:
        answer = f"redirects ({last.status}) to another machine"
    else:
        answer = f"answers {last.status}"
    return f"that {answer}" if len(chain) == 1 else f"that redirects to {last.target}, which {answer}"
