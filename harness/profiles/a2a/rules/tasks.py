"""Tasks that do not exist, a task that has ended, and the list of tasks.

Sentences: sections 3.1.4, 3.3.2 and 5.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.judge.findings import inconclusive, satisfied, violated
from harness.profiles.a2a import steps
from harness.profiles.a2a.reading import described, exchange_of, response_of, result_of
from harness.profiles.a2a.rules.common import asked, held, rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

_UNKNOWN: Final = {"GetTask": steps.GET_UNKNOWN, "CancelTask": steps.CANCEL_UNKNOWN}
_SPEAKS_NONE: Final = "The agent does not speak JSON-RPC."


def not_found(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that servers MUST answer a not found error for a task that does not exist, however it is asked for."""
    exchanges = {method: exchange_of(transcript, step) for method, step in _UNKNOWN.items()}
    legs = {
        method: jsonrpc.error_code(response_of(exchange)) == steps.TASK_NOT_FOUND
        for method, exchange in exchanges.items()
        if exchange is not None and exchange.reply is not None
    }
    wrong = [method for method, met in legs.items() if not met]
    if wrong:
        got = " and ".join(
            f"{m} was answered {described(e)}" for m, e in exchanges.items() if m in wrong and e is not None
        )
        return violated(
            bound,
            f"For an unknown task, {got}",
            exchanges.values(),
            legs,
            expected=f"error {steps.TASK_NOT_FOUND}",
            wrong=[exchanges[method] for method in wrong],
        )
    return satisfied(bound, "An unknown task is answered by TaskNotFoundError.", exchanges.values())


def cancel_finished(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that TaskNotCancelableError MUST be mapped to its code: for a task that has ended.

    TaskNotFoundError is right as well: the task may be purged.
    """
    exchange = held(transcript, steps.CANCEL_FINISHED)
    code = jsonrpc.error_code(response_of(exchange))
    if code in (steps.TASK_NOT_CANCELABLE, steps.TASK_NOT_FOUND):
        return satisfied(bound, f"Cancelling a task that has ended is answered by error {code}.", [exchange])
    return violated(
        bound,
        f"Cancelling a task that has ended was answered {described(exchange)}",
        [exchange],
        expected=str(steps.TASK_NOT_CANCELABLE),
    )


def next_page_token(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that nextPageToken MUST always be in the response of ListTasks."""
    exchange = held(transcript, steps.LIST_TASKS)
    result = result_of(exchange)
    if result is None:
        return inconclusive(bound, f"ListTasks was answered {described(exchange)}.", [exchange])
    if not isinstance(result.get("nextPageToken"), str):
        return violated(bound, "The response of ListTasks has no `nextPageToken`.", [exchange])
    return satisfied(bound, "The response of ListTasks has `nextPageToken`.", [exchange])


def no_artifacts(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that listed tasks MUST have no field artifacts, unless they are asked for."""
    exchange = held(transcript, steps.LIST_TASKS)
    listed = (result_of(exchange) or {}).get("tasks")
    if not isinstance(listed, list) or not listed:
        return inconclusive(bound, f"ListTasks was answered {described(exchange)}, with no task.", [exchange])
    if any(isinstance(task, dict) and "artifacts" in task for task in listed):
        return violated(bound, "A listed task has the field `artifacts`, which was not asked for.", [exchange])
    return satisfied(bound, "Listed tasks have no field `artifacts`.", [exchange])


_LISTED: Final = asked(steps.LIST_TASKS, _SPEAKS_NONE)

RULES: Final = (
    rule(
        "task.not-found",
        "An unknown task is answered by a not found error",
        not_found,
        asked(steps.GET_UNKNOWN, _SPEAKS_NONE),
        asked(steps.CANCEL_UNKNOWN, _SPEAKS_NONE),
        effect="Clients wait for a task that will never end.",
        fix="Answer GetTask and CancelTask with error -32001 for ids that name no task.",
    ),
    rule(
        "task.cancel-finished",
        "A task that has ended cannot be cancelled",
        cancel_finished,
        asked(steps.CANCEL_FINISHED, "No task that has ended could be cancelled."),
        effect="A client mistakes a finished task for a cancelled one.",
        fix="Answer CancelTask with error -32002 for tasks in a terminal state.",
    ),
    rule(
        "list.next-page-token",
        "ListTasks returns nextPageToken",
        next_page_token,
        _LISTED,
        effect="Clients cannot tell whether there are more tasks.",
        fix="Return `nextPageToken` always, empty on the last page.",
    ),
    rule(
        "list.no-artifacts",
        "Listed tasks have no artifacts unless they are asked for",
        no_artifacts,
        _LISTED,
        effect="Lists get large, and clients take an empty list of artifacts for the truth.",
        fix="Leave the field `artifacts` out unless `includeArtifacts` is true.",
    ),
)
"""In the order in which reports show them."""
