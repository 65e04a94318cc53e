"""Which statements give a wrong answer: what ran for it and not for its control, or changed the state between. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import enclosing, lines_of, text_of
from harness.base import jsonrpc
from harness.judge.blame.executed import callers
from harness.judge.blame.faults import is_right, kind_of
from harness.judge.blame.suspects import (
    PRINTS,
    Hints,
    Suspect,
    decided_by,
    narrow,
    through,
    touches,
)
from harness.judge.findings import REFUSAL
from harness.model import STDOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.blame.executed import Executed
    from harness.model import Exchange, Finding

NEAR: Final = 3
"""Lines in which a condition stands close above what hangs on it."""
CONDITIONS: Final = frozenset({"if_statement", "elif_clause"})
_REFUSED: Final = re.compile(r"(?:an )?(?:error |code )?(?:[45]\d\d\b|-32\d{3})|an error|a refusal|a 4xx")
"""What is expected is another refusal."""
_SERVED: Final = re.compile(r"(?:a|an)\s(?:\w+\s)?(?:result|stream|answer|response|one)\b")
"""What is expected is that it is served."""
_STATUS: Final = re.compile(r"\b[1-5]\d\d\b")


def is_refused(exchange: Exchange) -> bool:
    """Return whether an answer is an error, by its status or as JSON-RPC."""
    return (exchange.status is not None and exchange.status >= 400) or is_error(exchange)


def is_error(exchange: Exchange) -> bool:
    """Return whether an answer is a JSON-RPC error."""
    return any("error" in (jsonrpc.message(text) or {}) for text in texts_of(exchange))


def refusal_is_due(finding: Finding, fault: Exchange) -> bool:
    """Return whether a request should have been refused, or refused otherwise."""
    due = finding.expected.get(str(fault.number), "")
    return due == REFUSAL or _REFUSED.match(due) is not None


def is_alike(one: Exchange, other: Exchange) -> bool:
    """Return whether two requests are of one kind."""
    return kind_of(one) == kind_of(other) and jsonrpc.methods(one.body) == jsonrpc.methods(other.body)


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An exchange that is wrong, with what ran for it."""

    finding: Finding
    fault: Exchange
    control: Exchange | None
    """What it is compared with; None if there is nothing."""
    executed: Executed

    @property
    def is_linked(self) -> bool:
        """Whether it differs from its control by one thing only."""
        return self.control is not None and self.fault.control == self.control.number

    @property
    def refusal_is_due(self) -> bool:
        """Whether it should have been refused, or refused otherwise."""
        return refusal_is_due(self.finding, self.fault)

    @property
    def of_other_kind(self) -> bool:
        """Whether its control asks for something else."""
        return self.control is not None and not is_alike(self.fault, self.control)

    @property
    def is_about_answer(self) -> bool:
        """Whether it is wrong that, or how, it was served or refused, and not what the reply holds."""
        if self.refusal_is_due or self.fault.status is None:
            return True
        due = self.finding.expected.get(str(self.fault.number), "")
        if statuses := _STATUS.findall(due):
            return str(self.fault.status) not in statuses or "no body" in due
        return is_refused(self.fault) and (_SERVED.match(due) is not None if due else self.fault.control is not None)

    @property
    def is_served_alike(self) -> bool:
        """Whether it was served like its control, and nothing ran for it alone: what is not checked does not run."""
        control = self.control
        if control is None or not self.is_linked or not is_right(self.fault) or not is_right(control):
            return False
        if is_error(self.fault) != is_error(control) or self.of_other_kind:
            return False
        return not (self.refusal_is_due and self.executed.traced.only)

    @property
    def values(self) -> tuple[str, ...]:
        """What is wrong in the answer: the code of its error, or its HTTP status; empty if it is neither."""
        code = error_code_of(self.fault)
        if code is not None and any("-32" in due for due in self.finding.expected.values()):
            return (str(code),)
        is_wrong = is_refused(self.fault) or (self.is_about_answer and not self.refusal_is_due)
        return (str(self.fault.status),) if self.fault.status is not None and is_wrong else ()


def different(
    wrong: WrongAnswer, hints: Hints, new_values: Sequence[str] = (), *, by_noise: bool = False
) -> tuple[list[Suspect], bool]:
    """Return what ran for a wrong request and not for its control, narrowed, and whether it is sure.

    Args:
        wrong: the request.
        hints: what else is known.
        new_values: names and values of the request that its control has not.
        by_noise: whether it is wrong that something was written.
    """
    was_served = not is_refused(wrong.fault)
    if wrong.refusal_is_due and was_served and wrong.of_other_kind:
        # it is served by a handler of its own
        return [*wrong.executed.own], False
    code, traced = wrong.executed.code, wrong.executed.traced
    pool: Sequence[Suspect] = wrong.executed.pool
    if by_noise:
        printing = [each for each in pool if PRINTS.search(text_of(each.node))]
        calling = [caller for each in printing for caller in callers(each, pool) if caller not in printing]
        pool = [*printing, *calling] or pool
    elif not wrong.is_about_answer:
        # what differs is what was asked for: only what the rule reads tells
        pool = [each for each in pool if any(touches(each, *other) for other in hints.read)]
    if wrong.refusal_is_due and was_served:
        pool = _entrances(pool, wrong.executed) or pool
    chosen, is_sure = narrow(pool, hints, linked=wrong.is_linked)
    if wrong.refusal_is_due:
        # what let it through may be a value that is taken for a right one
        let = (each for value in new_values for each in through(pool, hints.settings, value)) if was_served else ()
        return [*chosen, *let], is_sure
    # nothing says that it should have been another refusal: the condition is wrong as likely as the answer
    branches = [branch for each in chosen if (branch := _condition_of(each, pool)) is not None]
    decisive = [each for branch in branches for each in decided_by(branch.node, code, traced.ran)]
    chosen, is_sure = [*chosen, *branches, *decisive], is_sure and bool(branches)
    if wrong.is_about_answer and not was_served and wrong.of_other_kind:
        # a page that refuses a kind of requests may do so in the handler, or in what all pass
        chosen, is_sure = [*chosen, *(each for each in wrong.executed.own if each not in chosen)], False
    return chosen, is_sure


def _entrances(pool: Sequence[Suspect], executed: Executed) -> list[Suspect]:
    """Return where a request leaves the way of others: not what is in functions that it alone called."""
    ids = {each.node.id for each in pool}
    return [each for each in pool if (first := executed.first_beside(each)) is None or first.id not in ids]


def is_noise(finding: Finding, exchanges: Mapping[int, Exchange]) -> bool:
    """Return whether a violation is about what was written to standard output."""
    return any(exchanges[number].method == STDOUT for number in finding.evidence if number in exchanges)


def _condition_of(one: Suspect, pool: Sequence[Suspect]) -> Suspect | None:
    """Return the condition that a statement hangs on, if it stands close above it; else that of the call to it."""
    branch = enclosing(one.node, CONDITIONS)
    if branch is not None and lines_of(one.node)[0] - lines_of(branch)[0] < NEAR:
        condition = branch.child_by_field_name("condition")
        return Suspect(one.file, condition) if condition is not None else None
    calling = callers(one, pool)
    return _condition_of(calling[0], ()) if len(calling) == 1 and branch is None else None


def error_code_of(exchange: Exchange) -> int | None:
    """Return the code of a JSON-RPC error that an exchange was answered by."""
    codes = (jsonrpc.error_code(jsonrpc.message(text)) for text in texts_of(exchange))
    return next((code for code in codes if code is not None), None)


def texts_of(exchange: Exchange) -> list[str]:
    """Return what may be messages of a reply."""
    reply = exchange.reply
    return [reply.body, *(event.data for event in reply.all_events)] if reply is not None else []
