"""Tokens that must be refused, and one form of a good token that often is.

Sentences: authorization page, "Token Handling": "Invalid or expired tokens MUST receive a HTTP 401 response".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.findings import inconclusive, listed, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules.reading import Answer, control_of, first, is_served, said, weigh, why_undecided
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

INVALID_TOKENS: Final = ("inactive", "expired", "wrong-audience")
_NO_AUDIENCE_RULE: Final = ("2025-03-26",)
"""Revisions whose text never asks whether the token is for this server."""
AUDIENCE_LISTS: Final = ("audience-list", "audience-list-reversed")


def invalid_401(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """An inactive, expired or (from 2025-06-18 on) wrong-audience token MUST get 401: no 2xx, no 5xx, no other 4xx."""
    tokens = [token for token in INVALID_TOKENS if token != "wrong-audience" or bound.revision not in _NO_AUDIENCE_RULE]
    if transcript.facts.introspects is False:
        # it verifies signatures itself, and cannot know that a token was revoked before it expires
        tokens.remove("inactive")
    asked = _asked(transcript, bound.revision, tokens)
    if not asked:
        return not_asked(transcript, bound, "A token that must be refused")
    evidence = _evidence(transcript, asked)
    decided = {token: exchange for token, exchange in asked.items() if _decides(transcript, exchange)}
    if not decided:
        return inconclusive(bound, _why_nothing(transcript, asked), evidence)
    answers = "; ".join(f"{_named(token)}: {said(exchange)}" for token, exchange in decided.items())
    if all(exchange.status == 401 for exchange in decided.values()):
        return satisfied(bound, f"Requests with a token that must be refused were answered 401 ({answers}).", evidence)
    return violated(
        bound,
        f"Requests with a token that must be refused were answered otherwise than 401 ({answers}); a valid token was "
        "served.",
        evidence,
    )


def audience_list(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Advice: a token whose ``aud`` is a list with this server in it is served, in either order."""
    asked = _asked(transcript, bound.revision, AUDIENCE_LISTS)
    if not asked:
        return not_asked(transcript, bound, "A token whose audience is a list")
    evidence = _evidence(transcript, asked)
    decided = {token: exchange for token, exchange in asked.items() if _decides(transcript, exchange)}
    if not decided:
        return inconclusive(bound, _why_nothing(transcript, asked), evidence)
    answers = listed(
        f"{said(exchange)} ({'account first' if token == 'audience-list' else 'server first'})"
        for token, exchange in decided.items()
    )
    if all(is_served(exchange) for exchange in decided.values()):
        return satisfied(bound, f"Tokens whose audience is a list with this server in it got {answers}.", evidence)
    return violated(
        bound,
        f"Tokens whose audience is a list with this server in it got {answers}; the same token with the server's name "
        "alone was served.",
        evidence,
    )


def _asked(transcript: Transcript, revision: str, tokens: list[str] | tuple[str, ...]) -> dict[str, Exchange]:
    found = {token: first(transcript, f"{steps.AUTH}.{token}", revision) for token in tokens}
    return {token: exchange for token, exchange in found.items() if exchange is not None}


def _decides(transcript: Transcript, exchange: Exchange) -> bool:
    control = control_of(transcript, exchange)
    return is_served(control) and weigh(transcript, exchange, control) is not Answer.UNDECIDED


def _evidence(transcript: Transcript, asked: dict[str, Exchange]) -> list[Exchange | None]:
    return [other for exchange in asked.values() for other in (control_of(transcript, exchange), exchange)]


def _why_nothing(transcript: Transcript, asked: dict[str, Exchange]) -> str:
    exchange = next(iter(asked.values()))
    control = control_of(transcript, exchange)
    if not is_served(control):
        return f"No token was served: a valid one was answered {said(control) if control else 'nothing'}."
    return f"Nothing was decided: {why_undecided(exchange)}."


def _named(token: str) -> str:
    return token.replace("-", " ")
