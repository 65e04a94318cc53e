"""Session hijacking: ids nobody can guess, and sessions that nobody else can use.

Sentences: security best practices page, "Session Hijacking", mitigation; transports page, "Session Management" item 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import inconclusive, listed, not_applicable, satisfied, violated
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.ids import ENOUGH, Sample, refute
from harness.profiles.mcp.rules.legs import legs
from harness.profiles.mcp.rules.reading import LEG_NAMES, SESSION_HEADER, Answer, first, is_served, of_step, said, weigh
from harness.profiles.mcp.rules.verdicts import not_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Exchange, Finding, Transcript


def unpredictable_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Ids MUST be non-deterministic, SHOULD be unique and secure. Refutable only; see :mod:`.ids`.

    All ids of the conversation are looked at: one generator makes them, whatever the revision.
    """
    samples = issued(transcript)
    numbers = {sample.exchange for sample in samples}
    exchanges = tuple(exchange for exchange in transcript.exchanges if exchange.number in numbers)
    return _randomness(bound, samples, exchanges, "session ids")


def issued(transcript: Transcript) -> list[Sample]:
    """Every id that an InitializeResult carried, in order of issue."""
    return [
        Sample(id, exchange.process, exchange.number)
        for exchange in transcript.exchanges
        if jsonrpc.is_initialize_result(exchange)
        and exchange.reply is not None
        and (id := exchange.reply.header(SESSION_HEADER))
    ]


def no_session_auth(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Servers MUST NOT use sessions for authentication: a valid id without a token is not served."""
    return _not_served(transcript, bound, steps.HIJACK_NO_TOKEN, "user 1's session id and no token", "no-token")


def bind_user(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Servers SHOULD bind session ids to user information: user 2 of the same client cannot use user 1's session."""
    return _not_served(transcript, bound, steps.HIJACK_USER2, "user 1's session id and user 2's token", "user2")


def nondeterministic_handles(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """State handles of the sessionless revisions SHOULD be non-deterministic, where an example has them.

    What a tool gave counts as a handle if another tool served it and refused one that was never given.
    """
    minted = of_step(transcript, steps.HANDLE_MINT, bound.revision)
    used = first(transcript, steps.HANDLE_USE, bound.revision)
    unknown = first(transcript, steps.HANDLE_UNKNOWN, bound.revision)
    if used is None or unknown is None or not jsonrpc.tool_served(used) or jsonrpc.tool_served(unknown):
        return not_applicable(
            bound, "No state handle was seen: no tool gives a value that another takes and tells from an invented one."
        )
    samples = [
        Sample(exchange.handle, exchange.process, exchange.number) for exchange in minted if exchange.handle is not None
    ]
    return _randomness(bound, samples, minted, "handles")


def _not_served(transcript: Transcript, bound: BoundRequirement, group: str, sent: str, alive: str) -> Finding:
    asked = legs(transcript, group, bound.revision)
    after = first(transcript, f"{steps.HIJACK_ALIVE}.{alive}", bound.revision)
    evidence: list[Exchange | None] = [exchange for leg in asked for exchange in (leg.control, leg.fault)]
    if not asked:
        return not_asked(transcript, bound, f"A request with {sent}")
    served = [leg for leg in asked if is_served(leg.fault)]
    if served:
        answers = ", ".join(said(leg.fault) for leg in served)
        return violated(bound, f"{listed(leg.name for leg in served)} with {sent} answered {answers}.", evidence)
    refused = [leg for leg in asked if leg.answer in (Answer.REFUSED, Answer.CUT)]
    delete_refused = any(leg.name == LEG_NAMES["delete"] for leg in refused)
    if delete_refused and after is not None and weigh(transcript, after, refused[0].control) is Answer.REFUSED:
        return violated(
            bound,
            f"DELETE with {sent} was refused and yet ended the session: user 1's next request got {said(after)}.",
            [*evidence, after],
        )
    if not refused:
        return inconclusive(bound, f"No control of the requests with {sent} was served.", evidence)
    answers = ", ".join(said(leg.fault) for leg in refused)
    return satisfied(
        bound, f"{listed(leg.name for leg in refused)} with {sent} answered {answers}; user 1 was served.", evidence
    )


def _randomness(bound: BoundRequirement, samples: Sequence[Sample], made: Sequence[Exchange], what: str) -> Finding:
    """What the values tell of their generator; ``made`` are the exchanges that carried them."""
    refuted = refute(samples)
    if refuted is not None:
        evidence = [exchange for exchange in made if exchange.number in refuted.exchanges]
        return violated(bound, f"Of {len(samples)} {what}, {refuted.reason}.", evidence)
    if len(samples) < ENOUGH:
        return inconclusive(
            bound, f"Nothing speaks against the {len(samples)} {what} seen, but {ENOUGH} are needed to say more.", made
        )
    restarted = ", nor the same after a restart" if len({sample.process for sample in samples}) > 1 else ""
    return satisfied(
        bound, f"Of {len(samples)} {what} none was repeated, counted or short{restarted}: not refuted.", made
    )
