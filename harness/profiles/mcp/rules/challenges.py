"""How a server asks for a token: the status, where its metadata is, and for which scope.

Sentences: authorization page, "Error Handling", "Protected Resource Metadata" and "Scope Challenge Handling".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base import jsonrpc
from harness.judge.findings import inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import RESOURCE_METADATA
from harness.profiles.mcp.revisions import MODERN, SESSIONS, STREAMABLE, level, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_left_open,
    is_served,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import AUTHORIZED, judge_refusal, must_answer, not_asked, tokens_issued
from harness.profiles.mcp.rules.transcript import control_of, exchange_of, exchanges_of
from harness.profiles.mcp.tokens import NO_SCOPE
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_NONE: Final = f"{steps.AUTH}.none"
_NO_SCOPE: Final = f"{steps.AUTH}.no-scope"
_WITHOUT_SCOPES: Final = tokens_issued(NO_SCOPE)
_WITH_METADATA: Final = (*SESSIONS[1:], *MODERN)
_HEADER_ALONE: Final = SESSIONS[1:2]
"""The revision whose text wants the header; later ones leave the choice between it and the well-known path."""
_WITH_SCOPES: Final = (*SESSIONS[2:], *MODERN)
_UNAUTHORIZED: Final = 401
_BEARER: Final = re.compile(r"(?:^|,)\s*bearer\b", re.IGNORECASE)
_SAID_OF: Final = {
    "the scheme `Bearer`": "Bearer scheme",
    '`error="insufficient_scope"`': "indicating the specific type",
    "`scope`": "specifying the minimum scopes",
    "`resource_metadata`": "URI of the Protected Resource Metadata",
}
"""Words of the sentence about each part of a challenge."""
_PARAMETER: Final = re.compile(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


def missing_401(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a request without a token MUST get 401, where one is demanded."""
    return must_answer(transcript, bound, _NONE, 401, "A request without a token")


MISSING_401: Final = Rule(
    Requirement(
        id="auth.missing-401",
        title="A request without a token gets 401",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients start authorization only on a 401; on any other status they give up.",
        fix="Answer 401 with WWW-Authenticate to every request that needs a token and has none.",
        avoid="Don't answer 403: it says that the token is not sufficient.",
    ),
    Decision(missing_401, AUTHORIZED),
)


def resource_metadata(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the metadata of the resource MUST be found by the 401 or at its well-known path, and name a server."""
    asked = exchange_of(transcript, bound.revision, _NONE)
    if asked is None:
        return not_asked(transcript, bound, "A request without a token")
    fetched = exchanges_of(transcript, None, steps.DISCOVER_METADATA)
    evidence = [asked, *fetched]
    pointer = RESOURCE_METADATA.search(_challenge(asked))
    if pointer is None and bound.revision in _HEADER_ALONE:
        if asked.status != _UNAUTHORIZED:
            return inconclusive(bound, _no_challenge(asked), evidence)
        return violated(
            bound,
            "The challenge of the 401 (WWW-Authenticate) does not name `resource_metadata`.",
            evidence,
            quoting="WWW-Authenticate",
        )
    documents = [document for exchange in fetched if (document := _document(exchange)) is not None]
    if not documents:
        if pointer is not None and not fetched:
            return inconclusive(
                bound, "The challenge of the 401 points to another server, which is not asked.", [asked]
            )
        late = [exchange for exchange in fetched if is_left_open(transcript, exchange)]
        if late:
            return inconclusive(
                bound,
                f"A request for the metadata of the resource was inconclusive: {why_undecided(late[0])}.",
                evidence,
            )
        where = "where the challenge points" if pointer is not None else "by a challenge or at the well-known paths"
        return violated(
            bound, f"The metadata of the resource (RFC 9728) is not found {where}", evidence,
            expected="`resource_metadata` in WWW-Authenticate", wrong=[asked],
        )  # fmt: skip
    servers = documents[0].get("authorization_servers")
    if not isinstance(servers, list) or not servers:
        return violated(
            bound, "The metadata of the resource names no authorization server", evidence, quoting="at least one",
            expected="`authorization_servers` with one at least", wrong=fetched[-1:],
        )  # fmt: skip
    if not isinstance(documents[0].get("resource"), str):
        return violated(bound, "The metadata of the resource has no `resource`.", evidence)
    return satisfied(bound, "The metadata of the resource is found and names an authorization server.", evidence)


METADATA: Final = Rule(
    Requirement(
        id="auth.resource-metadata",
        title="Clients can find the authorization server",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_METADATA),
        basis=text(_WITH_METADATA),
        effect="A client that is asked for a token cannot find out where to get one.",
        fix="Serve the protected resource metadata (RFC 9728) with `resource` and `authorization_servers`, and name "
        "its URL as `resource_metadata` in the WWW-Authenticate header of every 401.",
    ),
    Decision(resource_metadata, AUTHORIZED),
)


def challenge_scope(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the challenge of a 401 SHOULD name the scopes that the server needs, and never offline_access."""
    asked = exchange_of(transcript, bound.revision, _NONE)
    if asked is None:
        return not_asked(transcript, bound, "A request without a token")
    fetched = exchanges_of(transcript, None, steps.DISCOVER_METADATA)
    supported = [scope for exchange in fetched for scope in _supported(_document(exchange))]
    named = _parameters(asked).get("scope", "").split()
    if bound.revision in MODERN and "offline_access" in (*named, *supported):
        return violated(
            bound,
            "The scope offline_access is named; only clients add it.",
            [asked, *fetched],
            quoting="offline_access",
        )
    if asked.status != _UNAUTHORIZED:
        return inconclusive(bound, _no_challenge(asked), [asked])
    if (unknown := _WITHOUT_SCOPES(transcript, bound)) is not None:
        return unknown
    refused = exchange_of(transcript, bound.revision, _NO_SCOPE)
    if refused is None or answer_to_fault(transcript, refused) not in NOT_SERVED:
        return not_applicable(bound, "The server requires no scope.", [asked, refused])
    if named:
        return satisfied(bound, f"The challenge of the 401 names the scope {join_words(named)}.", [asked])
    return violated(
        bound, "The server requires a scope, and the challenge of the 401 does not name it", [asked, refused],
        expected="`scope` in WWW-Authenticate", wrong=[asked],
    )  # fmt: skip


CHALLENGE_SCOPE: Final = Rule(
    Requirement(
        id="auth.challenge-scope",
        title="The challenge names the scopes that are needed",
        side=Side.SERVER,
        levels=level(Level.SHOULD, _WITH_SCOPES),
        basis=text(_WITH_SCOPES),
        effect="A client asks the user for too much or too little, and is refused afterwards.",
        fix='Put `scope="..."` into the WWW-Authenticate header of the 401.',
    ),
    Decision(challenge_scope, AUTHORIZED),
)


def insufficient_scope(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a token without the scope SHOULD get 403 with error, scope and metadata in the challenge."""
    asked = exchange_of(transcript, bound.revision, _NO_SCOPE)
    if asked is not None and is_served(asked):
        both = [control_of(transcript, asked), asked]
        return not_applicable(bound, "The server requires no scope: a token without any is served.", both)

    def judge(refused: Exchange, both: Sequence[Exchange | None]) -> Finding:
        if refused.status != 403:
            summary = f"A token without the scope returned {describe(refused)}"
            return violated(bound, summary, both, quoting="403 Forbidden", expected="403")
        given = _parameters(refused)
        wrong = [] if _BEARER.search(_challenge(refused)) else ["the scheme `Bearer`"]
        wrong += [] if given.get("error") == "insufficient_scope" else ['`error="insufficient_scope"`']
        wrong += [f"`{name}`" for name in ("scope", "resource_metadata") if not given.get(name)]
        if wrong:
            lacks = f"lacks {join_words(wrong)}"
            summary = f"The challenge of the 403 for a token without the scope {lacks}."
            return violated(bound, summary, both, quoting=_SAID_OF.get(wrong[0], ""))
        return satisfied(bound, "A token without the scope got 403 and a challenge that says so.", both)

    return judge_refusal(transcript, bound, _NO_SCOPE, "A token without scopes", judge)


INSUFFICIENT_SCOPE: Final = Rule(
    Requirement(
        id="auth.insufficient-scope",
        title="A token without the required scope gets a 403 that names it",
        side=Side.SERVER,
        levels=level(Level.SHOULD, _WITH_SCOPES),
        basis=text(_WITH_SCOPES),
        effect="A client cannot tell an insufficient token from an invalid one, and cannot ask for more.",
        fix='Answer 403 with `WWW-Authenticate: Bearer error="insufficient_scope", scope="...", '
        'resource_metadata="..."`.',
    ),
    Decision(insufficient_scope, (*AUTHORIZED, _WITHOUT_SCOPES)),
)

RULES: Final = (MISSING_401, METADATA, CHALLENGE_SCOPE, INSUFFICIENT_SCOPE)


def _no_challenge(asked: Exchange) -> str:
    return f"A request without a token returned {describe(asked)}; only a 401 carries the challenge."


def _challenge(exchange: Exchange) -> str:
    return (exchange.reply.header("www-authenticate") if exchange.reply is not None else None) or ""


def _parameters(exchange: Exchange) -> Mapping[str, str]:
    """Return the parameters of a Bearer challenge (RFC 9110, section 11.2)."""
    found = _PARAMETER.finditer(_challenge(exchange))
    return {match.group(1).lower(): match.group(2) or match.group(3) or "" for match in found}


def _document(exchange: Exchange) -> Message | None:
    if exchange.status != 200 or exchange.reply is None:
        return None
    return jsonrpc.message(exchange.reply.body)


def _supported(document: Message | None) -> list[str]:
    scopes = (document or {}).get("scopes_supported")
    return [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []
