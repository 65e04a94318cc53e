"""Which exchanges of a conversation a violation is about, and which right ones they are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.judge.findings import REFUSAL
from harness.model import STDIN, STDOUT, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.model import Exchange, Finding, Transcript

_KINDS: Final = frozenset({"POST request", "POST notification", "GET", "DELETE"})
"""Legs of findings that are kinds of requests."""


def pairs_to_trace(findings: Sequence[Finding], transcript: Transcript) -> dict[int, int]:
    """Return the exchanges to trace for some findings: of each that is wrong the number, and that of its control."""
    pairs: dict[int, int] = {}
    for finding in findings:
        for fault, control in faults(finding, transcript) if finding.verdict is Verdict.VIOLATED else ():
            pairs[fault.number] = control.number if control is not None else 0
            if (changer := changer_of(fault, finding, transcript)) is not None:
                pairs.setdefault(changer.number, 0)
    return pairs


def faults(finding: Finding, transcript: Transcript) -> Iterator[tuple[Exchange, Exchange | None]]:
    """Yield what a finding is about: each exchange that is wrong, with one that was served.

    That is its control; else another exchange of the evidence, or the last ordinary request before it; of one that
    begins a conversation, one that does so otherwise. None where there is none.
    """
    every = {exchange.number: exchange for exchange in transcript.exchanges}
    evidence = [every[number] for number in finding.evidence if number in every]
    # what begins a conversation is like no other request
    begins = jsonrpc.methods(transcript.exchanges[0].body) if transcript.exchanges else ""
    controls = {exchange.control for exchange in evidence}
    by_kind = not _KINDS.isdisjoint(finding.legs)
    if noise := [each for each in evidence if each.method == STDOUT]:
        yield from _noisy(noise, transcript)
        return
    refused = any(exchange.status is not None and not is_right(exchange) for exchange in evidence)
    named = {int(number) for number in finding.expected}
    for fault in evidence:
        if named and fault.number not in named:
            continue
        if by_kind and finding.legs.get(kind_of(fault)) is not Verdict.VIOLATED:
            continue
        if refused and not by_kind and fault.control is None and is_right(fault):
            # it shows that others are served, and is not wrong itself
            continue
        if (
            (fault.number in controls and not named)
            or (fault.status is None and not named)
            or _is_as_expected(fault, finding)
        ):
            continue
        if (control := every.get(fault.control or 0)) is not None:
            yield fault, control
        elif begins and jsonrpc.methods(fault.body) == begins:
            right = (one for one in transcript.exchanges if one.number not in finding.evidence and is_right(one))
            yield fault, next((one for one in right if _begins_otherwise(one, fault)), None)
        else:
            others = [one for one in evidence if one is not fault and one.number < fault.number and is_right(one)]
            before = (one for one in reversed(transcript.exchanges) if _is_ordinary(one, fault, begins))
            after = (one for one in transcript.exchanges if _is_ordinary(one, fault, begins, before=False))
            yield fault, next(iter([*others, *before, *after]), None)


def changer_of(fault: Exchange, finding: Finding, transcript: Transcript) -> Exchange | None:
    """Return the request that ended what a wrong one is about, where it was answered as its state has it.

    It was refused, and nothing says that it should have been; or it was served as before, and should not have been.
    The request between them caused the difference, by changing the state or by failing to. None if there is none.
    """
    due = finding.expected.get(str(fault.number), "")
    if fault.control is None or fault.status is None or (is_right(fault) and not due):
        return None
    if not is_right(fault) and due[:1] in ("4", "5", "a"):
        return None
    control = next((one for one in reversed(transcript.exchanges) if one.number == fault.control), None)
    if control is None:
        return None
    if control.method != "DELETE" and _asked(control) != _asked(fault):
        return None
    between = [one for one in transcript.exchanges if control.number <= one.number < fault.number]
    ends = [one for one in between if one.method == "DELETE" and one.process == fault.process]
    return ends[-1] if ends else None


def _asked(exchange: Exchange) -> tuple[object, ...]:
    """Return what a request asks for, without its id."""
    message = jsonrpc.message(exchange.body)
    body = exchange.body if message is None else str({**message, "id": None})
    return exchange.method, exchange.target, exchange.headers, body, exchange.session, exchange.token


def _noisy(noise: Sequence[Exchange], transcript: Transcript) -> Iterator[tuple[Exchange, Exchange | None]]:
    """Yield the message that each stray line on standard output followed, with one that none followed."""
    followed: dict[int, int] = {}
    asked = 0
    for each in transcript.exchanges:
        asked = each.number if each.method == STDIN else asked
        if each.method == STDOUT:
            followed[each.number] = asked
    messages = [each for each in transcript.exchanges if each.method == STDIN]
    quiet = [each for each in messages if each.number not in followed.values() and each.reply is not None]
    for number in sorted({followed[each.number] for each in noise}):
        for fault in (each for each in messages if each.number == number):
            same = (each for each in reversed(quiet) if each.process == fault.process)
            yield fault, next(same, None)


def _is_as_expected(fault: Exchange, finding: Finding) -> bool:
    """Return whether one of several requests got the refusal that the finding says was due to all of them."""
    due = set(finding.expected.values())
    return fault.status is not None and fault.status >= 400 and (str(fault.status) in due or REFUSAL in due)


def _begins_otherwise(one: Exchange, fault: Exchange) -> bool:
    """Return whether an exchange is of the same method and asks for something else."""
    return jsonrpc.methods(one.body) == jsonrpc.methods(fault.body) and one.body != fault.body


def kind_of(exchange: Exchange) -> str:
    """Name a kind of request as findings name their legs."""
    if exchange.method not in ("POST", STDIN):
        return exchange.method
    message = jsonrpc.message(exchange.body)
    return "POST notification" if message is not None and "id" not in message else "POST request"


def is_right(exchange: Exchange) -> bool:
    """Return whether a request was served."""
    return exchange.status is not None and 200 <= exchange.status < 300


def _is_ordinary(exchange: Exchange, fault: Exchange, begins: str, *, before: bool = True) -> bool:
    """Return whether an exchange is an ordinary request, of the same process and revision as ``fault``."""
    same = (exchange.process, exchange.revision) == (fault.process, fault.revision)
    in_order = exchange.number < fault.number if before else exchange.number > fault.number
    plain = kind_of(exchange) == "POST request" and jsonrpc.methods(exchange.body) != begins
    return same and in_order and plain and is_right(exchange) and exchange.control is None
