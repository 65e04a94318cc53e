"""Several clients of one server: a second one, one after all others, and what they may share.

The requirements that every specification has for an example as a whole are listed here too.

No sentence of the specification states them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, callee_of, enclosing, statement, text_of, walk
from extractor.model import Level
from harness.judge.example_rules import example_rules
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import ALL, ANYWHERE, HTTP_SSE, SESSIONS, advice, judged_under, level
from harness.profiles.mcp.rules.answers import (
    METHOD_NOT_OFFERED,
    NEVER_DECIDE,
    Answer,
    classify_answer,
    describe,
    is_left_open,
    is_served,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, IN_SESSION, not_asked
from harness.profiles.mcp.rules.session_per_client import open_per_client
from harness.profiles.mcp.rules.transcript import exchange_of, is_initialize_result
from harness.profiles.mcp.serving import SERVING
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_NEGOTIATION: Final = (steps.DISCOVER_INITIALIZE, steps.DISCOVER_MODERN, steps.STDIO_INITIALIZE)
"""Steps that ask for one revision each."""


_EXITS: Final = re.compile(
    r"(?:process\.(?:exit|abort)|sys\.exit|os\.(?:_exit|abort|Exit)|System\.exit|exitProcess|(?:std::)?process::exit"
    r"|SystemExit|quit|exit)"
)
_ENDED: Final = re.compile(r"\bclosed connection|\bexited\b")
"""Of a summary: the process may have ended."""


def exits(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield what ends the process, in functions, where that is what it did."""
    if not _ENDED.search(finding.summary):
        return
    for node in walk(root):
        if node.type in CALLS and _EXITS.fullmatch(callee_of(node)) and enclosing(node, FUNCTIONS) is not None:
            yield statement(node)


def survives(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that the server still initializes and serves after the whole conversation.

    Asked once for all revisions.
    """
    facts = transcript.facts
    if _refused_second(transcript) is not None:
        return not_applicable(bound, "The process serves only one client, so no other could be served after it.")
    for incident, what in ((facts.crashed, "exited"), (facts.died, "stopped serving")):
        if incident is not None:
            when = f", before exchange {incident.exchange}" if incident.exchange else ""
            return violated(bound, f"The server {what} during the conversation{when}: {incident.sentence}.")
    opening = exchange_of(transcript, None, steps.SURVIVES_INITIALIZE)
    request = exchange_of(transcript, None, steps.SURVIVES_REQUEST)
    asked = [exchange for exchange in (opening, request) if exchange is not None]
    if not asked:
        return not_asked(transcript, bound, "A new client after everything else")
    failed = next((exchange for exchange in asked if not is_served(exchange)), None)
    if failed is None:
        return satisfied(bound, "After the whole conversation a new client was served.", asked)
    second = exchange_of(transcript, None, steps.CLIENTS_SECOND)
    if second is not None and is_left_open(transcript, second):
        what = f"Whether the process serves a second client is not known: {why_undecided(second)}."
        return inconclusive(bound, what, [second, failed])
    control = exchange_of(transcript, None, steps.BASELINE_INITIALIZE)
    undecided = classify_answer(transcript, failed, control) is Answer.UNDECIDED
    if undecided and (failed.timed_out or failed.reply is not None):
        return inconclusive(bound, f"After the conversation {why_undecided(failed)}.", [failed])
    return violated(bound, f"After the conversation a new client got {describe(failed)}.", asked)


SERVER_SURVIVES: Final = Rule(
    Requirement(
        id="server.survives",
        title="The server still serves after the whole conversation",
        side=Side.SERVER,
        levels=level(Level.MAY, ANYWHERE),
        basis=advice(ANYWHERE),
        effect="One client's DELETE takes the server down for everybody.",
        fix="Make one transport per session and keep the listener apart from it.",
        avoid="Don't restart the process to paper over it: all other sessions are lost.",
    ),
    Decision(survives, BASELINE),
    blame=exits,
)


def shared_transports(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield what makes one transport for the whole process, so all clients share it, and what ends the process."""
    yield from exits(root, finding, transcript)
    for node in walk(root):
        made = node.child_by_field_name("constructor") if node.type == "new_expression" else None
        if made is not None and text_of(made).endswith("HTTPServerTransport") and enclosing(node, FUNCTIONS) is None:
            yield statement(node)


def _refused_second(transcript: Transcript) -> Exchange | None:
    """Return the second client's initialize if it was refused, or ended the process; None if it was not."""
    second = exchange_of(transcript, None, steps.CLIENTS_SECOND)
    if second is None or is_served(second) or not transcript.facts.single_session:
        return None
    ended = transcript.facts.crashed is not None and transcript.facts.crashed.exchange == second.number
    return second if ended or (second.reply is not None and second.status not in NEVER_DECIDE) else None


def clients(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that a process which has served a client serves a second one.

    Asked once for all revisions: the same initialize twice, or two of any version that one process served.
    """
    refused = _refused_second(transcript)
    served: dict[int, Exchange] = {}
    for exchange in transcript.exchanges:
        first = served.get(exchange.process)
        if is_initialize_result(exchange):
            if first is not None:
                return satisfied(bound, "One process served a second client beside its first.", [first, exchange])
            served[exchange.process] = exchange
        elif exchange is refused:
            answer = describe(exchange)
            return violated(
                bound,
                f"A process that had served one client returned {answer} to a second one's initialize.",
                [first, exchange],
            )
    second = exchange_of(transcript, None, steps.CLIENTS_SECOND)
    if second is None:
        return not_asked(transcript, bound, "A second client's initialize")
    return inconclusive(bound, f"A second client's initialize was inconclusive: {why_undecided(second)}.", [second])


_WITH_HANDSHAKE: Final = (*HTTP_SSE, *SESSIONS)

EXAMPLE_CLIENTS: Final = Rule(
    Requirement(
        id="example.clients",
        title="A second client is served too",
        side=Side.SERVER,
        levels=level(Level.SHOULD, _WITH_HANDSHAKE),
        basis=advice(_WITH_HANDSHAKE),
        effect="Whoever connects second, or connects again after a restart of the client, has no working server until "
        "somebody restarts it.",
        fix="Make a server object and a transport for each session in the handler of initialize, and keep them by "
        "session id.",
        avoid="Don't catch the error and answer 200: the second client still shares the first one's session.",
        always_warns=True,
    ),
    Decision(clients, BASELINE),
    blame=shared_transports,
    fix=open_per_client,
)


def isolation(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that ending session A leaves session B alive."""
    before = exchange_of(transcript, bound.revision, steps.ISOLATION_BEFORE_B)
    end = exchange_of(transcript, bound.revision, steps.ISOLATION_END_A)
    after = exchange_of(transcript, bound.revision, steps.ISOLATION_REQUEST_B)
    evidence = [before, end, after]
    if end is None or before is None:
        return not_asked(transcript, bound, "DELETE of one of two sessions")
    if end.status in METHOD_NOT_OFFERED:
        return not_applicable(bound, f"DELETE returned {end.status}: clients cannot end sessions here.", evidence)
    if after is None or not is_served(before) or not is_served(end):
        return inconclusive(
            bound, "Two sessions could not be used at the same time, or neither could be ended.", evidence
        )
    if is_served(after):
        return satisfied(bound, f"After DELETE of session A ({end.status}), a request on B was served.", evidence)
    if classify_answer(transcript, after, before) is Answer.UNDECIDED:
        return inconclusive(bound, f"After DELETE of session A, {why_undecided(after)}.", evidence)
    return violated(
        bound,
        f"After DELETE of session A ({end.status}), a request on session B returned {describe(after)}; before, it was "
        "served.",
        evidence,
    )


SESSION_ISOLATION: Final = Rule(
    Requirement(
        id="session.isolation",
        title="Ending one session leaves the others alive and apart",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=advice(SESSIONS),
        effect="When one user leaves, another user's work ends, or one user reads another's messages.",
        fix="Keep the state of a session under its id only, and remove nothing else when it ends.",
        avoid="Don't share one server object with per-client state between transports.",
    ),
    Decision(isolation, IN_SESSION),
)

RULES: Final = (
    *example_rules(ALL, _NEGOTIATION, steps.BASELINE_INITIALIZE, judged_under, SERVING),
    SERVER_SURVIVES,
    EXAMPLE_CLIENTS,
    SESSION_ISOLATION,
)
