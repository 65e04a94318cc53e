"""Origin: whether a foreign one is served, how it is refused, and whether the own one is not.

Sentences: transports page, "Security Warning" (2026-07-28: "Security & Endpoint"), item 1.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.languages.common.syntax import CALLS, callee_of, statement, text_of, walk
from extractor.model import Level
from harness.judge.findings import (
    REFUSAL,
    as_interpretation,
    inconclusive,
    join_words,
    not_applicable,
    satisfied,
    violated,
)
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.messages import LOCAL_LOOKING_ORIGINS
from harness.profiles.mcp.revisions import ALL, MODERN, SESSIONS, advice, level, text
from harness.profiles.mcp.rules.answer_fixes import status_fix
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    Answer,
    answer_to_fault,
    describe,
    describe_each,
    is_left_open,
    is_served,
    why_undecided,
    with_controls,
)
from harness.profiles.mcp.rules.origin_options import check_origin
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import control_of, exchange_of
from harness.profiles.mcp.rules.wrong_answers import answers_about
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from harness.model import BoundRequirement, Exchange, Finding, ListeningSocket, Transcript

_PLAINLY_FOREIGN: Final = {
    steps.ORIGIN_FOREIGN_INITIALIZE: "initialize",
    steps.ORIGIN_FOREIGN_REQUEST: "a request",
}
"""What is asked with an Origin that nobody mistakes for a local one."""
_OFFERED: Final = {steps.ORIGIN_FOREIGN_GET: "a GET", steps.ORIGIN_FOREIGN_DELETE: "a DELETE"}
"""The same by the other methods, which a server need not offer: they count where it serves them without an Origin."""
_OF_SESSION: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""Answers to a GET that may be about its session: it is over, or has a stream."""
_FOREIGN: Final = {
    **_PLAINLY_FOREIGN,
    **{
        f"{steps.ORIGIN_LOCAL_LOOKING}.{leg}": f"a request from {origin}"
        for leg, origin in LOCAL_LOOKING_ORIGINS.items()
    },
}
_NULL: Final = f"a request from {LOCAL_LOOKING_ORIGINS['null']}"
_WITH_STATUS: Final = (SESSIONS[-1], *MODERN)
"""Revisions whose text gives the status of a refusal."""
_WILDCARD: Final = re.compile(r"""(origin|allow_origins)['"]?\s*[:=]\s*\[?\s*(['"]\*['"]|true)""")
_ORIGIN_ANSWERS: Final = answers_about(re.compile(r"\borigin\b"), "403")
_CORS: Final = re.compile(r"cors|add_middleware|.*\.add_middleware|CORSMiddleware")


def validate(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that servers MUST validate Origin: one that is foreign is not served.

    What is foreign a black box knows only of a server that binds loopback; elsewhere the finding is a reading. So is
    one about ``null`` alone: a server may name it among its own.
    """
    finding = _validate(transcript, bound)
    only_null = finding.failing_legs == {_NULL}
    return finding if _binds_loopback(transcript) and not only_null else as_interpretation(finding)


def open_origins(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield middleware that lets every origin pass. Where a check is missing, no line is to blame."""
    for node in walk(root):
        callee = text_of(node.child_by_field_name("function") or node) if node.type in CALLS else ""
        if _CORS.fullmatch(callee) and (_WILDCARD.search(text_of(node)) or text_of(node) == "cors()"):
            yield statement(node)


ORIGIN_VALIDATE: Final = Rule(
    Requirement(
        id="http.origin-validate",
        title="A foreign Origin is not served",
        side=Side.SERVER,
        levels=level(Level.MUST, ALL),
        # text where the server binds loopback; the check lowers the basis of its finding on other binds
        basis=text(ALL),
        effect="Any website that the user visits can drive the local server by DNS rebinding.",
        fix="Compare the whole Origin with a list of your own origins on every request and refuse the rest, `null` "
        "included; the SDKs have an option or middleware for it.",
        avoid='Don\'t set CORS to "*" and treat that as validation: it opens the server further.',
    ),
    Decision(validate, BASELINE),
    blame=open_origins,
    fix=check_origin,
)


def refused_403(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a foreign Origin that is refused MUST be refused by 403.

    One that is served is for http.origin-validate to judge. So are the ones that only look local: a server that fails
    on ``null`` refuses it, by whatever status.
    """
    asked = _asked(transcript, bound.revision, {**_PLAINLY_FOREIGN, **_OFFERED})
    if not asked:
        return not_asked(transcript, bound, "A request with a foreign Origin")
    evidence = with_controls(transcript, asked.values())
    refused = {what: e for what, e in asked.items() if answer_to_fault(transcript, e) in NOT_SERVED}
    wrong = {what: exchange for what, exchange in refused.items() if exchange.status != 403}
    if wrong:
        return violated(
            bound,
            f"With a foreign Origin the server returned {describe_each(wrong.items())}",
            evidence,
            {what: exchange.status == 403 for what, exchange in refused.items()},
            expected="403",
            wrong=wrong.values(),
            control="Without it the same was served.",
        )
    left = {what: e for what, e in asked.items() if answer_to_fault(transcript, e) is Answer.UNDECIDED}
    if refused and not left:
        answers = describe_each(refused.items())
        return satisfied(bound, f"With a foreign Origin the server returned {answers}.", evidence)
    if any(is_served(exchange) for exchange in asked.values()):
        return inconclusive(bound, "A foreign Origin was served, so there is no refusal to judge.", evidence)
    return inconclusive(bound, _why_nothing(transcript, left or asked), evidence)


def wrong_refusals(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield the answers with a wrong status in branches that look at Origin, and middleware that lets some pass."""
    yield from _ORIGIN_ANSWERS(root, finding, transcript)
    yield from open_origins(root, finding, transcript)


ORIGIN_403: Final = Rule(
    Requirement(
        id="http.origin-403",
        title="A foreign Origin is refused with 403",
        side=Side.SERVER,
        levels=level(Level.MUST, _WITH_STATUS),
        basis=text(_WITH_STATUS),
        effect="A client cannot distinguish a refused origin from a malformed request or a dead session.",
        fix="Answer 403 to a request whose Origin is present and not allowed.",
        avoid="Don't refuse requests without an Origin: clients that are not browsers send none.",
    ),
    Decision(refused_403, BASELINE),
    blame=wrong_refusals,
    fix=status_fix(_ORIGIN_ANSWERS, "403"),
)


def own_served(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, that the origin of the server's own pages is served: refusing everything is not validation."""
    asked = exchange_of(transcript, bound.revision, steps.ORIGIN_OWN)
    if asked is None:
        return not_asked(transcript, bound, "A request with the server's own Origin")
    both = [control_of(transcript, asked), asked]
    if is_served(asked):
        return satisfied(bound, "A request with the server's own Origin was served.", both)
    if answer_to_fault(transcript, asked) in NOT_SERVED:
        return violated(
            bound,
            f"With its own Origin the server returned {describe(asked)}; without it the same was served.",
            both,
        )
    return inconclusive(bound, f"Its own Origin was inconclusive: {why_undecided(asked)}.", both)


OWN_SERVED: Final = Rule(
    Requirement(
        id="http.origin-own",
        title="The server's own origin is served",
        side=Side.SERVER,
        levels=level(Level.SHOULD, ALL),
        basis=advice(ALL),
        effect="No page can use the server, not even one that it serves itself, such as an inspector.",
        fix="Put your own origins on the list of allowed ones: scheme, host and port.",
        avoid="Don't compare Origin with the Host header: after DNS rebinding both are the attacker's.",
    ),
    Decision(own_served, BASELINE),
)


def bind_localhost(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that runs locally SHOULD listen on loopback only. One that demands a token may be for others.

    That one without is to run locally is a reading. What listens is seen in the pod, on whichever interface.
    """
    sockets = _sockets(transcript)
    if not sockets:
        return inconclusive(bound, "Where the server listens was not seen.")
    if transcript.facts.listens_as_added is not None:
        return not_applicable(
            bound, f"docprobe added what decides where it listens: {transcript.facts.listens_as_added}."
        )
    open_to_all = [socket for socket in sockets if not socket.loopback]
    where = join_words(dict.fromkeys(f"{socket.address}, port {socket.port}" for socket in open_to_all or sockets))
    if not open_to_all:
        return satisfied(bound, f"The server listens on loopback only ({where}).")
    if transcript.demands_token:
        return not_applicable(
            bound, f"The server listens on {where} and requires a token: it may be meant for other machines."
        )
    # a page does not say for certain where its server is to run
    return as_interpretation(
        violated(bound, f"The server listens on {where}, not on loopback only, and serves without a token.")
    )


_EVERYWHERE: Final = re.compile(r"""["'](?:0\.0\.0\.0|::|\*|\[::\])(?::\d+)?["']|\bhost\s*=\s*["']{2}""")
_LISTENS: Final = re.compile(
    r"(?:.*[.:])?(?:listen|serve|run|run_app|ListenAndServe|bind|embeddedServer|serve_forever)"
)


def open_addresses(root: Node, finding: Finding, transcript: Transcript) -> Iterator[Node]:
    """Yield what names every interface; if nothing does, the calls that listen and name none."""
    leaves = [node for node in walk(root) if "string" in node.type and _EVERYWHERE.fullmatch(text_of(node))]
    if leaves:
        yield from (statement(node) for node in leaves)
        return
    for node in walk(root):
        if node.type in CALLS and _LISTENS.fullmatch(callee_of(node)) and not _NAMED.search(text_of(node)):
            yield node


_NAMED: Final = re.compile(r"localhost|127\.0\.0\.1|::1")

BIND_LOCALHOST: Final = Rule(
    Requirement(
        id="http.bind-localhost",
        title="A server without authorization listens on loopback only",
        side=Side.SERVER,
        levels=level(Level.SHOULD, ALL),
        basis=text(ALL),
        effect="Everybody in the same network can use the tools of the user's own server.",
        fix='Name the address: `app.listen(3000, "127.0.0.1")`, `host="127.0.0.1"`.',
        avoid="Don't leave the address out: many frameworks then listen on every interface.",
    ),
    Decision(bind_localhost, BASELINE),
    blame=open_addresses,
)

RULES: Final = (ORIGIN_VALIDATE, ORIGIN_403, OWN_SERVED, BIND_LOCALHOST)


def _validate(transcript: Transcript, bound: BoundRequirement) -> Finding:
    asked = _asked(transcript, bound.revision, {**_FOREIGN, **_OFFERED})
    if not asked:
        return not_asked(transcript, bound, "A request with a foreign Origin")
    evidence = with_controls(transcript, asked.values())
    served = {what: exchange for what, exchange in asked.items() if is_served(exchange)}
    refused = {what: e for what, e in asked.items() if answer_to_fault(transcript, e) in (Answer.REFUSED, Answer.CUT)}
    if served:
        answers = describe_each(served.items())
        by_origin = {what: what not in served for what in (*served, *refused)}
        summary = f"With a foreign Origin the server returned {answers}"
        return violated(bound, summary, evidence, by_origin, expected=REFUSAL, wrong=served.values())
    left = {what: e for what, e in asked.items() if answer_to_fault(transcript, e) is Answer.UNDECIDED}
    if left or not refused:
        return inconclusive(bound, _why_nothing(transcript, left or asked), evidence)
    return satisfied(
        bound,
        f"With a foreign Origin the server returned {describe_each(refused.items())}; without it the same was served.",
        evidence,
    )


def _asked(transcript: Transcript, revision: str, names: Mapping[str, str]) -> dict[str, Exchange]:
    """Return the exchange of each request with a foreign Origin, by what it asked; ``names`` gives that by step.

    Methods that are not offered are left out, and what may be about something else than the Origin.
    """
    exchanges = {what: exchange_of(transcript, revision, step) for step, what in names.items()}
    return {
        what: exchange
        for what, exchange in exchanges.items()
        if exchange is not None
        if exchange.step not in _OFFERED or _may_be_offered(transcript, control_of(transcript, exchange))
        if not _is_of_session(transcript, revision, exchange)
    }


def _may_be_offered(transcript: Transcript, control: Exchange | None) -> bool:
    return is_served(control) or (control is not None and is_left_open(transcript, control))


def _is_of_session(transcript: Transcript, revision: str, exchange: Exchange) -> bool:
    """Whether an answer may be about the session: it is over, or has its one stream already."""
    if exchange.step == steps.ORIGIN_FOREIGN_GET:
        return exchange.status in _OF_SESSION
    alive = exchange_of(transcript, revision, steps.ISOLATION_REQUEST_B)
    return exchange.step == steps.ORIGIN_FOREIGN_DELETE and alive is not None and not is_served(alive)


def _why_nothing(transcript: Transcript, asked: dict[str, Exchange]) -> str:
    exchange = next(iter(asked.values()))
    control = control_of(transcript, exchange)
    if not is_served(control):
        return f"The same request without an Origin returned {describe(control)}."
    return f"A foreign Origin was inconclusive: {why_undecided(exchange)}."


def _binds_loopback(transcript: Transcript) -> bool:
    """Return whether every socket of the endpoint's port is reachable from its own host only, as seen in the pod."""
    sockets = _sockets(transcript)
    return bool(sockets) and all(socket.loopback for socket in sockets)


def _sockets(transcript: Transcript) -> list[ListeningSocket]:
    port = urlsplit(transcript.endpoint or "").port
    return [socket for socket in transcript.sockets if port is None or socket.port == port]
