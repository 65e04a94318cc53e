"""Tokens that must be refused, and one form of a valid token that servers often refuse.

Sentence: authorization page, "Token Handling": "Invalid or expired tokens MUST receive a HTTP 401 response".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import enclosing, text_of, walk
from extractor.model import Level
from harness.judge.findings import inconclusive, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, STREAMABLE, advice, level, text
from harness.profiles.mcp.rules.answers import (
    Answer,
    answer_to_fault,
    describe,
    describe_each,
    is_served,
    why_undecided,
    with_controls,
)
from harness.profiles.mcp.rules.preconditions import AUTHORIZED, not_asked, tokens_issued
from harness.profiles.mcp.rules.transcript import control_of, exchange_of
from harness.profiles.mcp.rules.wrong_answers import wrong_statuses
from harness.profiles.mcp.tokens import AUDIENCE_LIST as LIST
from harness.profiles.mcp.tokens import AUDIENCE_LIST_REVERSED as LIST_REVERSED
from harness.profiles.mcp.tokens import EXPIRED, INACTIVE, WRONG_AUDIENCE
from harness.rule import Decision, Rule, TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_NO_AUDIENCE_RULE: Final = SESSIONS[:1]
"""Revisions whose text never asks whether the token is for this server."""
_AUDIENCE_TEST: Final = re.compile(
    r"audiences?\b|allowed|\baud\w*\.(some|includes|every)|\baud\w*\s*[!=]=", re.IGNORECASE
)
"""A test of the audience's value; ``!data.aud`` only asks whether there is one."""
_REFUSED_BY: Final = {
    "inactive": re.compile(r"\bactive\b"),
    "expired": re.compile(r"\bactive\b|\bexp(ires)?", re.IGNORECASE),
    "wrong-audience": _AUDIENCE_TEST,
    "audience-list": _AUDIENCE_TEST,
}
"""By the label of a token: what the condition that refuses it names in a verifier's code."""
_PLAIN_ERROR: Final = re.compile(r"(new\s+Error|raise\s+(Exception|ValueError|RuntimeError))\s*\(")
_TOKEN_ERROR: Final = "InvalidTokenError"
_TOKEN_ERROR_IMPORT: Final = 'import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";\n'


def invalid_401(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that an inactive, expired or (from 2025-06-18 on) wrong-audience token MUST get 401 and nothing else."""
    tokens = ["inactive", "expired"]
    if bound.revision not in _NO_AUDIENCE_RULE:
        tokens.append("wrong-audience")
    if transcript.facts.introspects is False:
        # it verifies signatures itself, and cannot know that a token was revoked before it expires
        tokens.remove("inactive")
    asked = _asked(transcript, bound.revision, tokens)
    if not asked:
        return not_asked(transcript, bound, "A token that must be refused")
    evidence = with_controls(transcript, asked.values())
    decided = _decided(transcript, asked)
    answers = describe_each((token.replace("-", " "), exchange) for token, exchange in decided.items())
    if all(exchange.status == 401 for exchange in decided.values()):
        if len(decided) < len(asked):
            return inconclusive(bound, _why_nothing(transcript, asked, decided), evidence)
        return satisfied(bound, f"Requests with a token that must be refused returned {answers}.", evidence)
    return violated(
        bound,
        f"Requests with a token that must be refused returned {answers}",
        evidence,
        {token: exchange.status == 401 for token, exchange in decided.items()},
        expected="401",
        wrong=[exchange for exchange in decided.values() if exchange.status != 401],
        control="A valid token was served.",
    )


def verifier_errors(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the plain errors that a verifier throws for an invalid token: middleware turns them into 500."""
    if "500" not in wrong_statuses(finding, transcript):
        return
    labels = {exchange.token for exchange in transcript.exchanges if exchange.number in finding.evidence}
    tested = [pattern for label, pattern in _REFUSED_BY.items() if label in labels]
    for node in walk(root):
        if node.type not in {"throw_statement", "raise_statement"} or not _PLAIN_ERROR.search(text_of(node)):
            continue
        # what is thrown inside a catch is trouble with the authorization server, not a bad token
        if enclosing(node, frozenset({"catch_clause", "except_clause"})) is not None:
            continue
        guard = enclosing(node, frozenset({"if_statement"}))
        condition = guard.child_by_field_name("condition") if guard is not None else None
        if condition is not None and any(pattern.search(text_of(condition)) for pattern in tested):
            yield node


def throw_token_errors(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Turn ``throw new Error`` in a verifier into the SDK's InvalidTokenError, which its middleware answers by 401."""
    any_thrown = False
    for error in verifier_errors(root, finding, transcript):
        for node in walk(error):
            constructor = node.child_by_field_name("constructor") if node.type == "new_expression" else None
            if constructor is not None and text_of(constructor) == "Error":
                any_thrown = True
                yield TextEdit(constructor.start_byte, constructor.end_byte, _TOKEN_ERROR)
    imports = [node for node in root.children if node.type == "import_statement"]
    if any_thrown and imports and _TOKEN_ERROR_IMPORT.strip() not in text_of(root):
        after = imports[-1].end_byte + 1
        yield TextEdit(after, after, _TOKEN_ERROR_IMPORT)


INVALID_401: Final = Rule(
    Requirement(
        id="auth.invalid-401",
        title="An invalid or expired token gets 401",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="With 2xx a dead token still works; with 5xx a client retries or gives up instead of asking for a new "
        "token.",
        fix="Let the verifier report every kind of refusal (inactive, expired, wrong audience) as an invalid token, "
        "and answer 401.",
        avoid="Don't throw a plain error from the verifier: frameworks turn it into a 500.",
    ),
    Decision(invalid_401, (*AUTHORIZED, tokens_issued(INACTIVE, EXPIRED, WRONG_AUDIENCE))),
    blame=verifier_errors,
    fix=throw_token_errors,
)


def audience_list(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that a token is served whose ``aud`` is a list with this server in it, in either order."""
    asked = _asked(transcript, bound.revision, ("audience-list", "audience-list-reversed"))
    if not asked:
        return not_asked(transcript, bound, "A token whose audience is a list")
    evidence = with_controls(transcript, asked.values())
    decided = _decided(transcript, asked)
    order = {"audience-list": "account first", "audience-list-reversed": "server first"}
    answers = describe_each((order[token], exchange) for token, exchange in decided.items())
    if all(is_served(exchange) for exchange in decided.values()):
        if len(decided) < len(asked):
            return inconclusive(bound, _why_nothing(transcript, asked, decided), evidence)
        return satisfied(bound, f"Tokens whose audience is a list with this server in it returned {answers}.", evidence)
    return violated(
        bound,
        f"Tokens whose audience is a list with this server in it returned {answers}",
        evidence,
        {order[token]: is_served(exchange) for token, exchange in decided.items()},
        expected="a result",
        wrong=[exchange for exchange in decided.values() if not is_served(exchange)],
        control="The same token with this server as its only audience was served.",
    )


AUDIENCE_LIST: Final = Rule(
    Requirement(
        id="auth.audience-list",
        title="A token whose audience is a list is accepted",
        side=Side.SERVER,
        levels=level(Level.MAY, STREAMABLE),
        basis=advice(STREAMABLE),
        always_warns=True,
        effect="Tokens of common authorization servers, whose audience is a list in any order, are refused or crash "
        "the server.",
        fix="Accept a token if the server's own identifier is the audience or one of a list of them (RFC 7519, 4.1.3).",
        avoid="Don't look at the first entry only, and don't parse every entry as a URL.",
    ),
    Decision(audience_list, (*AUTHORIZED, tokens_issued(LIST, LIST_REVERSED))),
    blame=verifier_errors,
)

RULES: Final = (INVALID_401, AUDIENCE_LIST)


def _asked(transcript: Transcript, revision: str, tokens: Sequence[str]) -> dict[str, Exchange]:
    """Return the exchange of each token that was sent, by its label."""
    exchanges = {token: exchange_of(transcript, revision, f"{steps.AUTH}.{token}") for token in tokens}
    return {token: exchange for token, exchange in exchanges.items() if exchange is not None}


def _decided(transcript: Transcript, asked: dict[str, Exchange]) -> dict[str, Exchange]:
    return {token: e for token, e in asked.items() if answer_to_fault(transcript, e) is not Answer.UNDECIDED}


def _why_nothing(transcript: Transcript, asked: dict[str, Exchange], decided: dict[str, Exchange]) -> str:
    """Return why the first request that is not among the decided ones decided nothing, as a sentence."""
    token, exchange = next((token, exchange) for token, exchange in asked.items() if token not in decided)
    control = control_of(transcript, exchange)
    if not is_served(control):
        return f"No token was accepted: a valid one returned {describe(control)}."
    return f"The request with the token {token.replace('-', ' ')} was inconclusive: {why_undecided(exchange)}."
