"""Session hijacking: ids that nobody can guess, and sessions that nobody else can use (2025-03-26 to 2025-11-25).

Sentences: security best practices page, "Session Hijacking", mitigation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, enclosing, text_of, walk
from extractor.model import Level
from harness.judge.findings import REFUSAL, as_interpretation, inconclusive, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import SESSIONS, level, reading, text
from harness.profiles.mcp.rules.answers import (
    LEG_NAMES,
    Answer,
    classify_answer,
    describe,
    describe_legs,
    evidence_of,
    is_left_open,
    is_served,
    legs_of,
    undecided_of,
    why_nothing_decided,
    why_undecided,
)
from harness.profiles.mcp.rules.id_makers import id_makers, random_ids
from harness.profiles.mcp.rules.preconditions import AUTHORIZED_SESSION, not_asked, session_issued, tokens_issued
from harness.profiles.mcp.rules.randomness import unpredictable_session_ids
from harness.profiles.mcp.rules.session_names import SESSION_HEADER
from harness.profiles.mcp.rules.transcript import exchange_of
from harness.profiles.mcp.rules.user_binding import bind_sessions, identities_without_subject
from harness.profiles.mcp.tokens import USER2
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import BoundRequirement, Finding, Transcript

_BASIS: Final = reading(SESSIONS[:1]) | text(SESSIONS[1:])
"""The specification links to the security page from 2025-06-18 on; 2025-03-26 never does, so there it is a reading."""
_LOOKUP: Final = re.compile(r"\.(get|has)$")
_SESSION_KEY: Final = re.compile(r"\w*[sS]ession\w*|sid|id")

ID_NONDETERMINISTIC: Final = Rule(
    Requirement(
        id="hijack.id-nondeterministic",
        title="Session ids cannot be predicted",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=_BASIS,
        effect="An attacker who sees one id can guess the others, and send messages into other users' sessions.",
        fix="Generate ids with a cryptographic random generator, with at least 64 bits that differ from id to id.",
        avoid="Don't add a random suffix of a few digits to a counter or a clock.",
    ),
    Decision(unpredictable_session_ids, (session_issued,)),
    blame=id_makers,
    fix=random_ids,
)


def no_session_auth(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that servers MUST NOT use sessions for authentication: a valid id without a token is not served."""
    return _must_not_serve(transcript, bound, steps.HIJACK_NO_TOKEN, "user 1's session id and no token", "no-token")


NO_SESSION_AUTH: Final = Rule(
    Requirement(
        id="hijack.no-session-auth",
        title="A session id is not accepted instead of a token",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=_BASIS,
        effect="Whoever learns a session id acts as its user, with no credentials at all.",
        fix="Put the token check in front of every method of the endpoint (POST, GET and DELETE), not only in front of "
        "initialize.",
        avoid="Don't skip the check for requests of a known session to save a lookup.",
    ),
    Decision(no_session_auth, AUTHORIZED_SESSION),
)


def bind_user(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that servers SHOULD bind ids to users: user 2 of the same client cannot use user 1's session."""
    return _must_not_serve(transcript, bound, steps.HIJACK_USER2, "user 1's session id and user 2's token", "user2")


def session_lookups(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield where a session is looked up by its id alone (``map[id]``, ``map.get(id)``), or users look alike."""
    for function in walk(root):
        if function.type in FUNCTIONS and SESSION_HEADER.search(text_of(function)):
            for node in walk(function):
                key = _lookup_key(node)
                if key is None or not _SESSION_KEY.fullmatch(text_of(key)):
                    continue
                holder = enclosing(node, frozenset({"if_statement"}))
                condition = holder.child_by_field_name("condition") if holder is not None else None
                if condition is not None and condition.start_byte <= node.start_byte < condition.end_byte:
                    yield condition
    yield from identities_without_subject(root)


BIND_USER: Final = Rule(
    Requirement(
        id="hijack.bind-user",
        title="A session belongs to the user who opened it",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=_BASIS,
        effect="Another user with a valid token can use, listen to or delete the session once its id leaks.",
        fix="Store the token's subject with the session and answer 404 when another subject presents its id.",
        avoid="Don't compare client ids only: two users of one client share it.",
    ),
    Decision(bind_user, (*AUTHORIZED_SESSION, tokens_issued(USER2))),
    blame=session_lookups,
    fix=bind_sessions,
)

RULES: Final = (ID_NONDETERMINISTIC, NO_SESSION_AUTH, BIND_USER)


def _must_not_serve(transcript: Transcript, bound: BoundRequirement, group: str, what: str, alive: str) -> Finding:
    """Judge requests that must be refused while user 1's session lives on.

    Args:
        transcript: the conversation.
        bound: the requirement.
        group: of the steps that sent them.
        what: what they carried, for the summary.
        alive: leg of the step with user 1's next request.
    """
    legs = legs_of(transcript, bound.revision, group)
    after = exchange_of(transcript, bound.revision, f"{steps.HIJACK_ALIVE}.{alive}")
    evidence = evidence_of(legs)
    if not legs:
        return not_asked(transcript, bound, f"A request with {what}")
    served = [leg for leg in legs if is_served(leg.fault)]
    if served:
        by_leg = {leg.name: leg not in served for leg in legs if leg in served or leg.answer is Answer.REFUSED}
        answers = describe_legs(served)
        return violated(
            bound,
            f"Requests with {what} returned {answers}",
            evidence,
            by_leg,
            expected=REFUSAL,
            wrong=[leg.fault for leg in served],
        )
    refused = [leg for leg in legs if leg.answer in (Answer.REFUSED, Answer.CUT)]
    delete_refused = any(leg.name == LEG_NAMES["delete"] for leg in refused)
    if delete_refused and after and classify_answer(transcript, after, refused[0].control) is Answer.REFUSED:
        finding = violated(
            bound,
            f"DELETE with {what} was refused and yet ended the session: user 1's next request returned "
            f"{describe(after)}.",
            [*evidence, after],
        )
        # a server may end a session at any time, for instance when somebody else tries to use it
        return as_interpretation(finding)
    if undecided_of(legs):
        return inconclusive(bound, f"Of the requests with {what}, {why_nothing_decided(legs)}.", evidence)
    if not refused:
        return inconclusive(bound, f"No control of the requests with {what} was served.", evidence)
    if delete_refused and after and is_left_open(transcript, after):
        why = f"Whether user 1's session lives on is not known: {why_undecided(after)}."
        return inconclusive(bound, why, [*evidence, after])
    return satisfied(bound, f"Requests with {what} returned {describe_legs(refused)}; user 1 was served.", evidence)


def _lookup_key(node: Node) -> Node | None:
    """Return the key of ``map[key]``, ``map.get(key)`` or ``map.has(key)``; None for other code and for assignments."""
    if node.type in {"subscript_expression", "subscript"}:
        if node.parent is not None and node.parent.child_by_field_name("left") == node:
            return None
        return node.child_by_field_name("index") or node.child_by_field_name("subscript")
    if node.type in CALLS and _LOOKUP.search(text_of(node.child_by_field_name("function") or node)):
        arguments = node.child_by_field_name("arguments")
        return arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
    return None
