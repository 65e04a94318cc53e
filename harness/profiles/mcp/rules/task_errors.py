"""What servers refuse about tasks, and with which error (2025-11-25).

Sentences: tasks page, "Tool-Level Negotiation" and "Protocol Errors".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base.jsonrpc import METHOD_NOT_FOUND
from harness.judge.findings import as_interpretation, not_applicable
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import level, text
from harness.profiles.mcp.rules.preconditions import BASELINE, must_get_error
from harness.profiles.mcp.rules.transcript import error_code, exchange_of
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

_TASKS: Final = ("2025-11-25",)
_INVALID_PARAMS: Final = -32602
_INVALID_REQUEST: Final = -32600


def _refusal(
    id: str,
    *,
    title: str,
    step: str,
    request: str,
    code: int,
    otherwise: str,
    effect: str,
    fix: str,
    strength: Level = Level.MUST,
    needs: str | None = None,
    allowed: int | None = None,
) -> Rule:
    """Make the rule that the request of a step gets an error.

    Args:
        id: of the requirement.
        title: of the requirement.
        step: the step that sent the request.
        request: what was sent, as the start of a sentence.
        code: the one right JSON-RPC error code.
        otherwise: why the requirement does not apply where the request was not sent, as a sentence.
        effect: what the fault does to clients.
        fix: what helps.
        strength: level of the sentence.
        needs: a step that has to have been sent as well, which shows that the server declares tasks.
        allowed: a code that another sentence of the page allows for this: that it violates this one is a reading.
    """

    def check(transcript: Transcript, bound: BoundRequirement) -> Finding:
        asked = exchange_of(transcript, bound.revision, step)
        if asked is None or (needs is not None and exchange_of(transcript, bound.revision, needs) is None):
            return not_applicable(bound, otherwise)
        finding = must_get_error(transcript, bound, asked, request, code)
        return as_interpretation(finding) if allowed is not None and error_code(asked) == allowed else finding

    row = Requirement(
        id=id, title=title, side=Side.SERVER, levels=level(strength, _TASKS), basis=text(_TASKS), effect=effect, fix=fix
    )
    # what `explain` says of how it is decided
    check.__doc__ = f"Judge that {request[:1].lower()}{request[1:]} {strength} get error {code}."
    return Rule(row, Decision(check, BASELINE))


RULES: Final = (
    _refusal(
        "tool.task-required",
        title="A tool that must be called as a task refuses plain calls",
        step=steps.TASK_REQUIRED,
        needs=steps.TASK_UNKNOWN,
        request="A plain call of a tool that must be called as a task",
        code=METHOD_NOT_FOUND,
        # "Protocol Errors": receivers may answer so where they require task augmentation for a request type
        allowed=_INVALID_REQUEST,
        otherwise="No tool of the server must be called as a task.",
        effect="Clients without tasks wait for a result that takes longer than they can.",
        fix='Answer -32601 to a call without `task`, or say `"taskSupport": "optional"`.',
    ),
    _refusal(
        "tasks.forbidden",
        title="A tool that does not support tasks refuses to be called as one",
        step=steps.TASK_FORBIDDEN,
        request="A call as a task of a tool that does not support tasks",
        code=METHOD_NOT_FOUND,
        otherwise="The server declares no tasks, or all of its tools can be tasks.",
        effect="A client waits for a task that was never made.",
        fix='Answer -32601 to a call with `task`, or say `"taskSupport": "optional"`.',
        strength=Level.SHOULD,
    ),
    _refusal(
        "tasks.unknown-id",
        title="A task that does not exist gets error -32602",
        step=steps.TASK_UNKNOWN,
        request="tasks/get of a task that does not exist",
        code=_INVALID_PARAMS,
        otherwise="The server declares no tasks.",
        effect="A client cannot tell an expired task from a broken server, and keeps asking.",
        fix="Answer -32602 (invalid params) to task ids that you don't know.",
    ),
    _refusal(
        "tasks.invalid-cursor",
        title="An invalid cursor in tasks/list gets error -32602",
        step=steps.TASK_CURSOR,
        request="tasks/list with an invalid cursor",
        code=_INVALID_PARAMS,
        otherwise="The server does not declare that it lists tasks.",
        effect="A client with an outdated cursor gets the first page again, and may repeat itself forever.",
        fix="Answer -32602 (invalid params) to a cursor that you did not issue.",
    ),
    _refusal(
        "tasks.cancel-finished",
        title="A task that has ended cannot be cancelled",
        step=steps.TASK_CANCELLED,
        request="tasks/cancel of a task that has ended",
        code=_INVALID_PARAMS,
        otherwise="The server does not declare that it cancels tasks, or none was seen to end.",
        effect="A client believes that it stopped work that was already done.",
        fix="Answer -32602 (invalid params) to `tasks/cancel` of a task that is completed, failed or cancelled.",
    ),
)
