"""Tools that are called as tasks: how one begins, what is said of it, and how it ends (2025-11-25).

Sentences: tasks page, "Capabilities" and "Behavior Requirements".
"""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.judge.findings import as_interpretation, inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import level, reading, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    first_left_open,
    is_result,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE
from harness.profiles.mcp.rules.transcript import control_of, exchange_of, exchanges_of, response
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_TASKS: Final = ("2025-11-25",)
_RELATED: Final = "io.modelcontextprotocol/related-task"
_FINISHED: Final = ("completed", "failed", "cancelled")
_UNFINISHED: Final = ("working", "input_required")
"""Between two looks a task may go through several states, but never leaves an end."""
_READ: Final = (steps.TASK_READ, steps.TASK_LISTED, steps.TASK_ENDED)
_NO_TASK: Final = "No tool of the server was called as a task."


def undeclared(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a call as a task, where no tasks are declared, MUST be served as an ordinary call.

    That a refusal violates it is a reading: the page forbids clients to ask, and SDKs refuse it. A task that is made
    without being declared violates the sentence on capabilities.
    """
    asked = exchange_of(transcript, bound.revision, steps.TASK_UNDECLARED)
    if asked is None:
        return not_applicable(bound, "The server declares tasks, or no tool was called.")
    both = [control_of(transcript, asked), asked]
    if _task_of(asked) is not None:
        return violated(
            bound, "The server declares no tasks, but answered a call with one.", both, quoting="MUST declare"
        )
    if is_result(asked):
        return satisfied(bound, "The server declares no tasks, and served a call as a task like any other.", both)
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"A call as a task was inconclusive: {why_undecided(asked)}.", both)
    finding = violated(
        bound, f"A call as a task, where none are declared, returned {describe(asked)}; without `task` it was served.",
        both, quoting="process requests of that type normally",
    )  # fmt: skip
    return as_interpretation(finding)


UNDECLARED: Final = Rule(
    Requirement(
        id="tasks.undeclared",
        title="A server that declares no tasks serves a call as a task like any other",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="Clients cannot tell from the capabilities how a call is answered.",
        fix="Ignore `task` in the params, or declare `tasks.requests.tools.call`.",
    ),
    Decision(undeclared, BASELINE),
)


def created(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a call that is accepted as a task MUST return a CreateTaskResult, with a string as the task's id."""
    asked = exchange_of(transcript, bound.revision, steps.TASK_CREATED)
    if asked is None:
        return not_applicable(bound, _NO_TASK)
    if not is_result(asked):
        return inconclusive(bound, f"A call as a task was not accepted: it returned {describe(asked)}.", [asked])
    task = _task_of(asked)
    if task is None:
        summary = "A call as a task was accepted, and its result has no `task`."
        return violated(bound, summary, [asked], quoting="CreateTaskResult")
    if not isinstance(task.get("taskId"), str):
        return violated(bound, "The id of a task is not a string.", [asked], quoting="string value")
    return satisfied(bound, "A call as a task returned a CreateTaskResult.", [asked])


CREATED: Final = Rule(
    Requirement(
        id="tasks.created",
        title="A call as a task returns the task",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="A client that asked for a task has no task to poll afterwards.",
        fix="Return `{ task: { taskId, status, createdAt, lastUpdatedAt, ttl } }` at once, and keep the result for "
        "`tasks/result`.",
    ),
    Decision(created, BASELINE),
)


def begins_working(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a task MUST begin as ``working``: its CreateTaskResult is taken to show it as it begins."""
    asked = exchange_of(transcript, bound.revision, steps.TASK_CREATED)
    task = _task_of(asked)
    if asked is None or task is None:
        return not_applicable(bound, _NO_TASK)
    if task.get("status") == "working":
        return satisfied(bound, "A new task is working.", [asked])
    return violated(bound, f"A new task has the status {_shown(task.get('status'))}", [asked], expected="'working'")


BEGINS_WORKING: Final = Rule(
    Requirement(
        id="tasks.begins-working",
        title="A task begins as working",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=reading(_TASKS),
        effect="Clients that follow the status from its beginning take the task for a broken one.",
        fix='Create tasks with `"status": "working"`, even where the work is done at once.',
    ),
    Decision(begins_working, BASELINE),
)


def described(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that every task MUST have its times, and in tasks/get its ``ttl``, which may be null."""
    seen = list(_tasks(transcript, bound.revision))
    if not seen:
        return not_applicable(bound, _NO_TASK)
    for exchange, task in seen:
        wrong = [name for name in ("createdAt", "lastUpdatedAt") if not _is_time(task.get(name))]
        if wrong:
            return violated(bound, f"A task has no ISO 8601 time in {join_words(wrong)}.", [exchange], quoting=wrong[0])
        ttl = task.get("ttl", "")
        if exchange.step in (steps.TASK_READ, steps.TASK_ENDED) and not _is_duration(ttl):
            summary = "tasks/get returned neither a duration nor null as `ttl`."
            return violated(bound, summary, [exchange], quoting="ttl duration")
    return _all_read(transcript, bound) or satisfied(
        bound, "Tasks have the times of their creation and last change.", [seen[0][0]]
    )


DESCRIBED: Final = Rule(
    Requirement(
        id="tasks.times",
        title="A task says when it was created and changed, and how long it is kept",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="Clients cannot tell how long they may still ask for the result.",
        fix="Put `createdAt` and `lastUpdatedAt` into every task as ISO 8601 times, and `ttl` in milliseconds or null.",
    ),
    Decision(described, BASELINE),
)


def lifecycle(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a task MUST have one of five statuses, and MUST NOT leave one that is its end."""
    seen = list(_tasks(transcript, bound.revision))
    if not seen:
        return not_applicable(bound, _NO_TASK)
    for exchange, task in seen:
        if task.get("status") not in (*_UNFINISHED, *_FINISHED):
            return violated(bound, f"A task has the status {_shown(task.get('status'))}.", [exchange])
    for (earlier, one), (later, other) in itertools.pairwise(seen):
        before, after = one["status"], other["status"]
        if before in _FINISHED and after != before:
            summary = f"A task that was {before} was {after} later."
            return violated(bound, summary, [earlier, later], quoting="terminal state")
    statuses = dict.fromkeys(task["status"] for _, task in seen)
    return _all_read(transcript, bound) or satisfied(
        bound, f"The task was {', then '.join(statuses)}.", [exchange for exchange, _ in seen]
    )


LIFECYCLE: Final = Rule(
    Requirement(
        id="tasks.lifecycle",
        title="A task that has ended stays as it is",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="A client that stopped asking does not see how the task ended.",
        fix="Let nothing change the status of a task once it is completed, failed or cancelled.",
    ),
    Decision(lifecycle, BASELINE),
)


def listed(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a task that tasks/get gives MUST be in tasks/list as well."""
    asked = exchange_of(transcript, bound.revision, steps.TASK_LISTED)
    later = exchange_of(transcript, bound.revision, steps.TASK_ENDED)
    if asked is None or later is None:
        return not_applicable(bound, "The server does not declare that it lists tasks, or made none.")
    if not is_result(asked):
        return inconclusive(bound, f"tasks/list returned {describe(asked)}.", [asked])
    result, id = _result(asked), _id_of(transcript, bound.revision)
    tasks = result.get("tasks")
    ids = [task.get("taskId") for task in tasks if isinstance(task, dict)] if isinstance(tasks, list) else []
    if id in ids:
        return satisfied(bound, "The task is in tasks/list.", [asked])
    if result.get("nextCursor") or not is_result(later):
        return inconclusive(bound, "The task is not on the first page of tasks/list.", [asked, later])
    return violated(bound, "tasks/get returned a task that is not in tasks/list.", [asked, later])


LISTED: Final = Rule(
    Requirement(
        id="tasks.listed",
        title="A task that tasks/get returns is listed",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="A client that lost an id never finds its task again.",
        fix="List every task that `tasks/get` returns to the same client.",
    ),
    Decision(listed, BASELINE),
)


def result(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that tasks/result MUST wait for the end, and give what the call would have given, with the task's id."""
    asked = exchange_of(transcript, bound.revision, steps.TASK_RESULT)
    ended = exchange_of(transcript, bound.revision, steps.TASK_ENDED)
    if asked is None:
        return not_applicable(bound, _NO_TASK)
    both = [asked, ended]
    if response(asked) is None:
        return inconclusive(bound, f"tasks/result was inconclusive: {why_undecided(asked)}.", both)
    status = _result(ended).get("status") if ended is not None else None
    if status in _UNFINISHED:
        summary = f"tasks/result was answered before the task ended: it was {status} afterwards."
        return violated(bound, summary, both, quoting="block the response")
    if not is_result(asked):
        return inconclusive(bound, f"tasks/result returned {describe(asked)}, which may be the call's own.", both)
    if not isinstance(_result(asked).get("content"), list):
        summary = "tasks/result did not return the result of the tool: it has no `content`."
        return violated(bound, summary, both, quoting="exactly what the underlying request")
    meta = _result(asked).get("_meta")
    related = meta.get(_RELATED) if isinstance(meta, dict) else None
    if not isinstance(related, dict) or related.get("taskId") != _id_of(transcript, bound.revision):
        summary = f"The result of a task does not name it in `_meta` under {_RELATED}."
        return violated(bound, summary, both, quoting="MUST include this metadata")
    if (late := first_left_open(transcript, [ended])) is not None:
        return inconclusive(bound, f"Whether the task had ended is not known: {why_undecided(late)}.", both)
    return satisfied(bound, "tasks/result returned the tool's result after the task ended, with the task's id.", both)


RESULT: Final = Rule(
    Requirement(
        id="tasks.result",
        title="tasks/result waits for the end and returns the result",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="Clients mistake an unfinished task for a finished one, or cannot tell whose result they got.",
        fix="Hold the answer until the task has ended, and return the tool's result with the task's id in "
        f"`_meta` under `{_RELATED}`.",
    ),
    Decision(result, BASELINE),
)


def same_id(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that tasks/get MUST go by the task id in its params: the task that it gives has that id."""
    read = exchange_of(transcript, bound.revision, steps.TASK_READ)
    if read is None:
        return not_applicable(bound, _NO_TASK)
    if not is_result(read):
        return inconclusive(bound, f"tasks/get returned {describe(read)}.", [read])
    id = _result(read).get("taskId")
    if id != _id_of(transcript, bound.revision):
        what = "a task without an id" if id is None else "a task with another id than was asked for"
        return violated(bound, f"tasks/get returned {what}.", [read])
    return satisfied(bound, "tasks/get returned the task with the id that was asked for.", [read])


SAME_ID: Final = Rule(
    Requirement(
        id="tasks.same-id",
        title="tasks/get returns the task that was asked for",
        side=Side.SERVER,
        levels=level(Level.MUST, _TASKS),
        basis=text(_TASKS),
        effect="A client mistakes another task's state for that of its own.",
        fix="Find the task by `taskId` in the params, and nothing else.",
    ),
    Decision(same_id, BASELINE),
)


def unrelated(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that results of tasks/get, tasks/list and tasks/cancel SHOULD NOT name the related task in ``_meta``."""
    read = [exchange_of(transcript, bound.revision, step) for step in (steps.TASK_READ, steps.TASK_LISTED)]
    asked = [exchange for exchange in read if exchange is not None and is_result(exchange)]
    if not asked:
        return not_applicable(bound, _NO_TASK)
    for exchange in asked:
        meta = _result(exchange).get("_meta")
        if isinstance(meta, dict) and _RELATED in meta:
            return violated(
                bound, f"A result that shows a task repeats its id in `_meta` under {_RELATED}.", [exchange]
            )
    if (late := first_left_open(transcript, read)) is not None:
        return inconclusive(bound, f"Not every result is known: {why_undecided(late)}.", [late, *asked])
    return satisfied(bound, "Results that show a task do not repeat its id in `_meta`.", asked)


UNRELATED: Final = Rule(
    Requirement(
        id="tasks.unrelated-meta",
        title="Results that show a task don't repeat its id in `_meta`",
        side=Side.SERVER,
        levels=level(Level.SHOULD_NOT, _TASKS),
        basis=text(_TASKS),
        effect="Clients that sort messages by related task take the answer for a message of the task's own work.",
        fix=f"Leave `{_RELATED}` to the result of `tasks/result`.",
    ),
    Decision(unrelated, BASELINE),
)


RULES: Final = (
    UNDECLARED,
    CREATED,
    BEGINS_WORKING,
    DESCRIBED,
    LIFECYCLE,
    LISTED,
    RESULT,
    SAME_ID,
    UNRELATED,
)


def _result(exchange: Exchange) -> Message:
    found = (response(exchange) or {}).get("result")
    return found if isinstance(found, dict) else {}


def _task_of(exchange: Exchange | None) -> Message | None:
    """Return the task that a call made; None if it made none."""
    task = _result(exchange).get("task") if exchange is not None else None
    return task if isinstance(task, dict) else None


def _id_of(transcript: Transcript, revision: str) -> Any:
    return (_task_of(exchange_of(transcript, revision, steps.TASK_CREATED)) or {}).get("taskId")


def _tasks(transcript: Transcript, revision: str) -> Iterator[tuple[Exchange, Message]]:
    """Yield the task as each exchange shows it, in order."""
    asked = exchange_of(transcript, revision, steps.TASK_CREATED)
    task = _task_of(asked)
    if asked is not None and task is not None:
        yield asked, task
    for step in _READ:
        read = exchange_of(transcript, revision, step)
        if read is not None and is_result(read):
            yield from ((read, shown) for shown in _shown_in(_result(read), _id_of(transcript, revision)))


def _all_read(transcript: Transcript, bound: BoundRequirement) -> Finding | None:
    """Return why not every state of the task is known; None if it is."""
    late = first_left_open(transcript, exchanges_of(transcript, bound.revision, *_READ))
    if late is None:
        return None
    return inconclusive(bound, f"A later state of the task is not known: {why_undecided(late)}.", [late])


def _shown_in(result: Message, id: Any) -> list[Message]:
    """Return the task as a list shows it, or as tasks/get does."""
    tasks = result.get("tasks")
    if not isinstance(tasks, list):
        return [result]
    return [task for task in tasks if isinstance(task, dict) and task.get("taskId") == id]


def _is_time(value: Any) -> bool:
    try:
        # RFC 3339 allows `t` and `z` as well
        return isinstance(value, str) and datetime.fromisoformat(value.upper()) is not None
    except ValueError:
        return False


def _is_duration(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _shown(status: Any) -> str:
    return repr(str(status)[:60])
