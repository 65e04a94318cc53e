"""Messages: what SendMessage returns, and the version of the protocol that it is sent with.

Sentences: sections 3.2.2, 3.4.2, 3.4.3, 3.6.2, 5.5 and 5.6.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.judge.findings import inconclusive, not_applicable, satisfied, violated
from harness.profiles.a2a import steps
from harness.profiles.a2a.reading import described, exchange_of, response_of, result_of, task_of, values_in
from harness.profiles.a2a.rules.common import asked, held, rule, shown

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Finding, Transcript

_STATE: Final = re.compile(r"TASK_STATE_[A-Z_]+")
_ROLE: Final = re.compile(r"ROLE_[A-Z_]+")
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_MESSAGES: Final = (steps.SEND, steps.SECOND)
_NO_TASK: Final = "The agent answers messages without making tasks."


def blocking(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that SendMessage MUST wait until the task has ended or is interrupted, unless told to return at once."""
    exchange = held(transcript, steps.SEND)
    task = task_of((result_of(exchange) or {}).get("task"))
    if task is None:
        return not_applicable(bound, _NO_TASK, [exchange])
    if task.state in steps.TERMINAL | steps.INTERRUPTED:
        return satisfied(bound, f"SendMessage returned the task in state {task.state}.", [exchange])
    if not _STATE.fullmatch(task.state):
        return inconclusive(bound, "The state of the task cannot be read (see json.enum-names).", [exchange])
    return violated(bound, f"SendMessage returned while the task was in state {task.state[:40]}.", [exchange])


def foreign_context(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that agents MUST reject a message whose contextId is not that of its task."""
    exchange = held(transcript, steps.FOREIGN_CONTEXT)
    if response_of(exchange) is None:
        return inconclusive(bound, f"The message was answered {described(exchange)}.", [exchange])
    if result_of(exchange) is not None:
        return violated(bound, "A message for a task in another context was answered by a result.", [exchange])
    return satisfied(bound, f"A message for a task in another context was answered {described(exchange)}.", [exchange])


def unknown_task(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that agents MUST answer TaskNotFoundError to a message for a task that does not exist."""
    exchange = held(transcript, steps.UNKNOWN_TASK)
    if jsonrpc.error_code(response_of(exchange)) == steps.TASK_NOT_FOUND:
        return satisfied(bound, "A message for an unknown task is answered by TaskNotFoundError.", [exchange])
    return violated(
        bound,
        f"A message for an unknown task was answered {described(exchange)}",
        [exchange],
        expected=str(steps.TASK_NOT_FOUND),
    )


def unsupported_version(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that agents MUST answer VersionNotSupportedError to a version that they do not support."""
    exchange = held(transcript, steps.NEW_VERSION)
    if jsonrpc.error_code(response_of(exchange)) == steps.VERSION_NOT_SUPPORTED:
        return satisfied(
            bound, f"`A2A-Version: {steps.NO_VERSION}` is answered by VersionNotSupportedError.", [exchange]
        )
    return violated(
        bound,
        f"`A2A-Version: {steps.NO_VERSION}` was answered {described(exchange)}; "
        f"expected {steps.VERSION_NOT_SUPPORTED}.",
        [exchange],
    )


def empty_version(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that agents MUST take a request without a version for one of 0.3, which has no method SendMessage."""
    exchange = held(transcript, steps.EMPTY_VERSION)
    if response_of(exchange) is None:
        return inconclusive(bound, f"A message without A2A-Version was answered {described(exchange)}.", [exchange])
    if result_of(exchange) is not None:
        return violated(bound, "SendMessage without A2A-Version was served as version 1.0.", [exchange])
    return satisfied(bound, f"SendMessage without A2A-Version was answered {described(exchange)}.", [exchange])


def enum_names(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that enum values MUST be written by their names in the Protocol Buffers definition."""
    exchange = held(transcript, steps.SEND)
    wrong = [
        str(value)[:40]
        for name, value in values_in(result_of(exchange))
        if (name == "state" and not (isinstance(value, str) and _STATE.fullmatch(value)))
        or (name == "role" and not (isinstance(value, str) and _ROLE.fullmatch(value)))
    ]
    if wrong:
        return violated(bound, f"{shown(wrong)} is not a name of the enum.", [exchange])
    if result_of(exchange) is None:
        return inconclusive(bound, f"The message was answered {described(exchange)}.", [exchange])
    return satisfied(bound, "States and roles are written by their names.", [exchange])


def timestamps(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that timestamps MUST be ISO 8601 strings in UTC."""
    exchange = held(transcript, steps.SEND)
    found = [value for name, value in values_in(result_of(exchange)) if name == "timestamp"]
    wrong = [str(value)[:40] for value in found if not (isinstance(value, str) and _TIMESTAMP.fullmatch(value))]
    if wrong:
        return violated(bound, f"The timestamp {shown(wrong)} is not ISO 8601 in UTC.", [exchange])
    if not found:
        return not_applicable(bound, "The answer has no timestamp.", [exchange])
    return satisfied(bound, f"The timestamp {shown([str(found[0])])} is ISO 8601 in UTC.", [exchange])


def unique_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that agents MUST give each new task an id of its own."""
    exchanges = [exchange_of(transcript, step) for step in _MESSAGES]
    tasks = [task_of((result_of(exchange) or {}).get("task")) for exchange in exchanges]
    ids = [task.id for task in tasks if task is not None]
    if len(ids) < len(exchanges):
        return not_applicable(bound, _NO_TASK, exchanges)
    if len(set(ids)) < len(ids):
        return violated(bound, f"Two new messages got the same task, {shown(ids[:1])}.", exchanges)
    return satisfied(bound, "Two new messages got tasks with ids of their own.", exchanges)


_SENT: Final = asked(steps.SEND, "The agent does not speak JSON-RPC.")

RULES: Final = (
    rule(
        "message.blocking",
        "SendMessage returns when the task has ended or is interrupted",
        blocking,
        _SENT,
        effect="Clients mistake an unfinished task for its result.",
        fix="Wait for the task, unless `returnImmediately` is set.",
    ),
    rule(
        "message.unknown-task",
        "A message for an unknown task is refused as such",
        unknown_task,
        asked(steps.UNKNOWN_TASK, "The agent does not speak JSON-RPC."),
        effect="A client believes that it continues a task, and starts another one.",
        fix="Return error -32001 if no task has that `taskId`.",
    ),
    rule(
        "message.foreign-context",
        "A message for a task in another context is refused",
        foreign_context,
        asked(steps.FOREIGN_CONTEXT, _NO_TASK),
        effect="Conversations of different contexts are mixed.",
        fix="Compare `contextId` with that of the task, and answer with an error if they differ.",
    ),
    rule(
        "version.unsupported",
        "A version that is not supported is refused as such",
        unsupported_version,
        asked(steps.NEW_VERSION, "The agent does not speak JSON-RPC."),
        effect="Clients of another version misunderstand the answers.",
        fix="Compare `A2A-Version` with the versions of the interface; answer with error -32009 for any other.",
    ),
    rule(
        "version.empty",
        "A request without a version is not served as version 1.0",
        empty_version,
        asked(steps.EMPTY_VERSION, "The agent does not speak JSON-RPC."),
        effect="Clients of version 0.3 get answers that they cannot read.",
        fix="Treat a missing `A2A-Version` as 0.3; answer with error -32009 if that is not supported.",
    ),
    rule(
        "json.enum-names",
        "States and roles are written by their names",
        enum_names,
        _SENT,
        effect="Clients cannot tell whether a task has ended.",
        fix="Serialize by ProtoJSON: `TASK_STATE_COMPLETED`, `ROLE_AGENT`.",
    ),
    rule(
        "json.timestamps",
        "Timestamps are ISO 8601 in UTC",
        timestamps,
        _SENT,
        effect="Clients misread when a task changed.",
        fix="Write timestamps as `2025-10-28T10:30:00.000Z`.",
    ),
    rule(
        "task.unique-ids",
        "Each new task has an id of its own",
        unique_ids,
        asked(steps.SECOND, "The agent does not speak JSON-RPC."),
        effect="Clients see the results of each other's tasks.",
        fix="Generate a new random id for each task.",
    ),
)
"""In the order in which reports show them."""
