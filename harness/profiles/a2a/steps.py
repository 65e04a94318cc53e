"""The names of the conversation's steps and the words of the protocol: what probe and rules share.

Every request but those under test is a right one of A2A 1.0 over JSON-RPC. ``Exchange.control`` is the right request
that a wrong one differs from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.model import LOOKING_STEP

if TYPE_CHECKING:
    from harness.base.jsonrpc import Message

REVISION: Final = "1.0"
"""The version of the protocol that is spoken, as in ``A2A-Version``."""
VERSION_HEADER: Final = "A2A-Version"
NO_VERSION: Final = "99.0"
"""A version that no agent supports."""
CARD_PATH: Final = "/.well-known/agent-card.json"
NO_TASK: Final = "docprobe-no-such-task"
"""An id that no agent gave to a task."""
NO_CONTEXT: Final = "docprobe-another-context"
NO_METHOD: Final = "DocprobeNoSuchMethod"

JSON_RPC: Final = "JSONRPC"
"""``protocolBinding`` of an interface that JSON-RPC is spoken at."""

TASK_NOT_FOUND: Final = -32001
TASK_NOT_CANCELABLE: Final = -32002
PUSH_NOT_SUPPORTED: Final = -32003
UNSUPPORTED_OPERATION: Final = -32004
VERSION_NOT_SUPPORTED: Final = -32009

TERMINAL: Final = frozenset({"TASK_STATE_COMPLETED", "TASK_STATE_FAILED", "TASK_STATE_CANCELED", "TASK_STATE_REJECTED"})
INTERRUPTED: Final = frozenset({"TASK_STATE_INPUT_REQUIRED", "TASK_STATE_AUTH_REQUIRED"})

PATIENCE: Final = 4
"""An end that does not come decides only if it was waited for this many times as long as ordinary requests took."""

LOOK_CARD: Final = f"{LOOKING_STEP}card"
"""GET of a place that might have had the Agent Card, and had none."""
LOOK_ENDPOINT: Final = f"{LOOKING_STEP}endpoint"
"""A message to an address that is not where JSON-RPC is spoken."""

CARD: Final = "card"
"""GET of the Agent Card: the one that is read, or the last that was not there."""
DECLARED: Final = "card.declared-url"
"""The first message to the URL that the card declares, where JSON-RPC is not spoken there."""
EXTENDED_CARD: Final = "card.extended"
SEND: Final = "message.send"
"""The first message that was answered as JSON-RPC answers: the control of what follows."""
SECOND: Final = "message.second"
"""Another message of its own."""
UNKNOWN_TASK: Final = "message.unknown-task"
FOREIGN_CONTEXT: Final = "message.foreign-context"
"""A message for the task of ``message.send`` in another context."""
NEW_VERSION: Final = "version.unsupported"
EMPTY_VERSION: Final = "version.empty"
UNKNOWN_METHOD: Final = "error.unknown-method"
MISSING_PARAMS: Final = "error.missing-params"
GET_TASK: Final = "task.get"
GET_UNKNOWN: Final = "task.get-unknown"
CANCEL_UNKNOWN: Final = "task.cancel-unknown"
CANCEL_FINISHED: Final = "task.cancel-finished"
LIST_TASKS: Final = "task.list"
STREAM: Final = "stream.send"
SUBSCRIBE: Final = "stream.subscribe"
"""SubscribeToTask, sent where streaming is not declared."""
PUSH: Final = "push."
"""``push.create``, ``push.get``, ``push.list``, ``push.delete``: sent where push notifications are not declared."""


def message_for(number: int, **fields: str) -> Message:
    """Return the parameters of SendMessage: a greeting, and further fields of the message."""
    parts = [{"text": "Hello! Please answer in one short sentence."}]
    return {"message": {"messageId": f"docprobe-{number}", "role": "ROLE_USER", "parts": parts, **fields}}
