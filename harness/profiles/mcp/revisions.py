"""Groups of protocol revisions that share a rule, level tables over them, and what a conversation counts for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Level
    from harness.model import Basis, BoundRequirement, Transcript

HTTP_SSE: Final = ("2024-11-05",)
"""The revision whose HTTP transport is a pair of endpoints, with no session text."""
SESSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
"""The revisions with server-assigned sessions."""
MODERN: Final = ("2026-07-28", "draft")
"""The sessionless revisions. The draft takes the levels of the newest release."""
STREAMABLE: Final = (*SESSIONS, *MODERN)
"""Every revision with the Streamable HTTP transport."""
ALL: Final = (*HTTP_SSE, *STREAMABLE)
ANYWHERE: Final = (*ALL, "")
"""Every revision, and the empty string for pages that belong to none."""
FIRST_SESSIONLESS: Final = "2026-07-28"
"""From this revision on there is no initialize, no session, no GET and no DELETE (its Streamable HTTP page)."""
_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def with_handshake(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the revisions with an initialize handshake, newest first. ``draft`` is never on the wire."""
    return tuple(sorted((r for r in revisions if _DATED.fullmatch(r) and r < FIRST_SESSIONLESS), reverse=True))


def without_handshake(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the revisions without a handshake, newest first."""
    return tuple(sorted((r for r in revisions if _DATED.fullmatch(r) and r >= FIRST_SESSIONLESS), reverse=True))


def offered_versions(revisions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the versions to offer in an initialize, newest first: also to a server of sessionless revisions only."""
    return with_handshake(revisions) or (FIRST_SESSIONLESS,)


def level(level: Level, revisions: tuple[str, ...]) -> dict[str, Level]:
    """Return a level table: the same level in each of ``revisions``."""
    return dict.fromkeys(revisions, level)


def text(revisions: tuple[str, ...]) -> dict[str, Basis]:
    """Return a basis table: a sentence states it in each of ``revisions``."""
    return _basis(revisions, "text")


def reading(revisions: tuple[str, ...]) -> dict[str, Basis]:
    """Return a basis table: a reading that practice shares and no sentence states."""
    return _basis(revisions, "interpretation")


def advice(revisions: tuple[str, ...]) -> dict[str, Basis]:
    """Return a basis table: good engineering that no sentence asks for."""
    return _basis(revisions, "advice")


def _basis(revisions: tuple[str, ...], basis: str) -> dict[str, Basis]:
    # here, as below: a command that lists pages needs the numbers of revisions and no findings
    from harness.model import Basis

    return dict.fromkeys(revisions, Basis(basis))


def judged_under(transcript: Transcript, revision: str) -> bool:
    """Return whether the text of ``revision`` has the transport that was spoken: 2024-11-05 has no Streamable HTTP.

    A server may agree to the number of a revision that does not know its transport: nothing is judged by that text.
    """
    from harness.model import Transport

    if transcript.kind is not ExampleKind.HTTP_SERVER or transcript.facts.transport is Transport.HTTP_SSE:
        return True
    return revision in STREAMABLE or not revision[:1].isdigit()


def transcript_for_page(
    transcript: Transcript, bound: Sequence[BoundRequirement], page_revision: str | None
) -> Transcript:
    """Return the transcript as it counts for a page: for a draft's, the newest release is taken as the draft.

    A draft has no version on the wire; what grows from the newest release is spoken as that release.

    Args:
        transcript: the conversation.
        bound: the requirements in every revision, which give the newest release.
        page_revision: of the example's page; None if it belongs to none.
    """
    if page_revision is None or page_revision[:1].isdigit():
        return transcript
    newest = max((row.revision for row in bound if row.revision[:1].isdigit()), default=None)
    if newest is None or newest not in transcript.negotiated:
        return transcript
    return _renamed(transcript, newest, page_revision)


def _renamed(transcript: Transcript, revision: str, name: str) -> Transcript:
    """Return the transcript with ``name`` wherever it has ``revision``."""

    def named(label: str) -> str:
        return name if label == revision else label

    return replace(
        transcript,
        exchanges=tuple(
            replace(exchange, revision=named(exchange.revision) if exchange.revision is not None else None)
            for exchange in transcript.exchanges
        ),
        sessions=tuple(replace(session, revision=named(session.revision)) for session in transcript.sessions),
        negotiated=tuple(map(named, transcript.negotiated)),
        modern=tuple(map(named, transcript.modern)),
        facts=replace(
            transcript.facts,
            revisions={named(label): known for label, known in transcript.facts.revisions.items()},
        ),
    )
