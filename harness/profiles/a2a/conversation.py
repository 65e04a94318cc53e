"""The conversation with an agent over JSON-RPC: what is asked, in which order, and why.

1. *Card*: at its well-known address, of the root first, then below the paths that the code has routes for.
2. *Endpoint*: where the card says that JSON-RPC is spoken; else the routes, and the usual ones. It is known by an
   answer to a first message, which is also the control of what follows.
3. *Right requests*: another message, its task, the list of tasks, a stream.
4. *Wrong requests*, each with the control that it differs from: versions, unknown methods and tasks, a finished task, a
   task in another context, and what the card does not declare.

Nothing is asked that makes an agent call another machine. What the card makes impossible is not asked, and its rules
say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import loopback_for
from harness.profiles.a2a import steps
from harness.profiles.a2a.agent import Agent, Place, place_of
from harness.profiles.a2a.reading import card_of, interfaces_of, response_of, result_of, task_of
from harness.profiles.a2a.steps import message_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Bundle
    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.exchanges.recorder import Recorder
    from harness.model import ListeningSocket

USUAL_PATHS: Final = ("/", "/a2a", "/a2a/jsonrpc", "/rpc")
_WHO_ASKS: Final = frozenset({401, 403})
STREAM_S: Final = 10.0
"""Time that a stream is listened to."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of an agent before it is judged."""

    agent: Agent | None
    """None if JSON-RPC is spoken nowhere."""
    card: Message | None
    first: ProbeAnswer | None
    """The answer to the first message."""
    failure: str = ""
    """Why there is no agent, as part of a sentence."""


async def find_agent(
    recorder: Recorder, sockets: Sequence[ListeningSocket], bundle: Bundle, headers: tuple[tuple[str, str], ...]
) -> Found:
    """Find the card, and where JSON-RPC is spoken."""
    root = Place(loopback_for(sockets[0].address), sockets[0].port, "/")
    agent = Agent(recorder, root, headers)
    card = await _find_card(recorder, agent, sockets, bundle)
    ports = frozenset(socket.port for socket in sockets)
    near = agent.place
    declared = [place_of(one["url"], near, ports) for one in interfaces_of(card, steps.JSON_RPC)]
    last: ProbeAnswer | None = None
    for place, exact in (*filter(None, declared), *((place, False) for place in _candidates(near, bundle))):
        agent.place = place
        last = await agent.call(steps.SEND, "SendMessage", message_for(1))
        # an address that wants to know who asks, or takes its time, is one where somebody listens
        if response_of(last.exchange) is not None or last.status in _WHO_ASKS or last.exchange.timed_out:
            return Found(agent, card, last)
        recorder.amend(last.number, step=steps.DECLARED if exact else steps.LOOK_ENDPOINT)
    where = f" ({last.exchange.method} {last.exchange.target}: {last.status or last.exchange.failure})" if last else ""
    return Found(None, card, None, f"no path answers SendMessage as JSON-RPC{where}")


async def _find_card(
    recorder: Recorder, agent: Agent, sockets: Sequence[ListeningSocket], bundle: Bundle
) -> Message | None:
    """Read the card; the agent's place is then that of its server."""
    places = [
        Place(loopback_for(socket.address), socket.port, path) for path in _card_paths(bundle) for socket in sockets
    ]
    for number, place in enumerate(places, 1):
        answer = await agent.get(steps.CARD, place)
        card = card_of(answer.exchange)
        # what is served at the well-known address of the root is the card, or what is judged instead of it
        if card is not None or (answer.status == 200 and place.path == steps.CARD_PATH):
            agent.place = Place(place.ip, place.port, "/")
            return card
        if number < len(places):
            recorder.amend(answer.number, step=steps.LOOK_CARD)
    return None


def _card_paths(bundle: Bundle) -> list[str]:
    below = [path.rstrip("/") + steps.CARD_PATH for path in bundle.endpoint_paths]
    return list(dict.fromkeys((steps.CARD_PATH, *below)))[:6]


def _candidates(near: Place, bundle: Bundle) -> Iterator[Place]:
    """Places that might speak JSON-RPC, where the card names none that does."""
    for path in dict.fromkeys((*bundle.endpoint_paths, *USUAL_PATHS)):
        yield Place(near.ip, near.port, path, near.host)


async def converse(recorder: Recorder, found: Found) -> None:
    """Hold the conversation with an agent that answered the first message."""
    agent, first = found.agent, found.first
    if agent is None or first is None or response_of(first.exchange) is None:
        return
    capabilities = (found.card or {}).get("capabilities")
    declared = capabilities if isinstance(capabilities, dict) else {}
    await agent.call(steps.SECOND, "SendMessage", message_for(2))
    await _ask_versions(agent, first.number)
    await _ask_errors(agent, first.number)
    await _ask_tasks(agent, first)
    listen_s = max(STREAM_S, recorder.timeout_s)
    stream = await agent.call(steps.STREAM, "SendStreamingMessage", message_for(3), stream_s=listen_s)
    if found.card is None:
        return
    if not declared.get("streaming"):
        await agent.call(steps.SUBSCRIBE, "SubscribeToTask", {"id": steps.NO_TASK}, stream_s=listen_s)
    if not declared.get("pushNotifications"):
        await _ask_push(agent, first, stream.number)
    await agent.call(steps.EXTENDED_CARD, "GetExtendedAgentCard", {})


async def _ask_versions(agent: Agent, control: int) -> None:
    params = message_for(4)
    await agent.call(steps.NEW_VERSION, "SendMessage", params, version=steps.NO_VERSION, control=control)
    await agent.call(steps.EMPTY_VERSION, "SendMessage", params, version=None, control=control)


async def _ask_errors(agent: Agent, control: int) -> None:
    await agent.call(steps.UNKNOWN_METHOD, steps.NO_METHOD, {}, control=control)
    await agent.call(steps.MISSING_PARAMS, "SendMessage", {}, control=control)


async def _ask_tasks(agent: Agent, first: ProbeAnswer) -> None:
    """Ask about tasks that do not exist; and about that of the first message, if it made one."""
    await agent.call(steps.GET_UNKNOWN, "GetTask", {"id": steps.NO_TASK})
    await agent.call(steps.CANCEL_UNKNOWN, "CancelTask", {"id": steps.NO_TASK})
    await agent.call(steps.UNKNOWN_TASK, "SendMessage", message_for(5, taskId=steps.NO_TASK), control=first.number)
    task = task_of(result_of(first.exchange))
    if task is not None:
        await agent.call(steps.GET_TASK, "GetTask", {"id": task.id})
        params = message_for(6, taskId=task.id, contextId=steps.NO_CONTEXT)
        await agent.call(steps.FOREIGN_CONTEXT, "SendMessage", params, control=first.number)
        if task.state in steps.TERMINAL:
            await agent.call(steps.CANCEL_FINISHED, "CancelTask", {"id": task.id})
    await agent.call(steps.LIST_TASKS, "ListTasks", {})


async def _ask_push(agent: Agent, first: ProbeAnswer, control: int) -> None:
    """Ask for push notifications, which the card does not declare. Nothing is sent to the address: it is loopback."""
    task = task_of(result_of(first.exchange))
    name = task.id if task is not None else steps.NO_TASK
    for leg, method, params in (
        ("create", "CreateTaskPushNotificationConfig", {"taskId": name, "url": "http://localhost:9/docprobe"}),
        ("get", "GetTaskPushNotificationConfig", {"taskId": name, "id": "docprobe"}),
        ("list", "ListTaskPushNotificationConfigs", {"taskId": name}),
        ("delete", "DeleteTaskPushNotificationConfig", {"taskId": name, "id": "docprobe"}),
    ):
        await agent.call(f"{steps.PUSH}{leg}", method, params, control=control)
