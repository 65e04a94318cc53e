"""State handles, where an example's tools give and take them (2026-07-28, server/tools, "Stateful Tools").

A handle is an ordinary string on the wire. One is recognized by what it does: a tool that demands nothing gives a
string of another value each time, under the name of an argument that a second tool demands; and the second tool serves
that value and refuses one that was never given. What fits less well (a number, a record made of what the caller sent)
may be a handle too, and is left alone.
"""

from __future__ import annotations

import itertools
import secrets
import string
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from harness.base import jsonrpc
from harness.profiles.mcp import messages, steps
from harness.profiles.mcp.tokens import USER2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.exchanges.http_exchange import ProbeAnswer
    from harness.profiles.mcp.messages import Caller
    from harness.profiles.mcp.probes.probed_server import ProbedServer
from harness.profiles.mcp.probes.tools import ServerTool, callable_tools

HANDLES: Final = 20
"""Handles that are collected: enough to judge how they are made."""
MOST_PAIRS: Final = 3
"""Pairs of tools that are tried."""
_MOST_DEPTH: Final = 4
_LONGEST: Final = 500
_LAST_WORDS: Final = ("id", "handle", "token", "key")


@dataclass(frozen=True, slots=True)
class HandlePair:
    """A tool that gives a value and another that takes it."""

    giver: ServerTool
    taker: ServerTool
    argument: str
    """Of ``taker``; a property of the same name is looked for in the result of ``giver``."""


def handle_pairs(listed: Message | None) -> Iterator[HandlePair]:
    """Return the pairs of a tools/list result that may give and take a handle."""
    tools = tuple(callable_tools(listed))
    for taker in tools:
        for argument in taker.arguments:
            if _bare(argument).endswith(_LAST_WORDS) and isinstance(taker.arguments[argument], str):
                for giver in tools:
                    if not giver.arguments:
                        yield HandlePair(giver, taker, argument)


def value_of(result: Message | None, name: str) -> str | None:
    """Return the string called ``name`` in a tool's structured content, or in a text content that is JSON."""
    if result is None or result.get("isError") is True:
        return None
    value = _find(result.get("structuredContent"), _bare(name), 0)
    content = result.get("content")
    for item in content if isinstance(content, list) else []:
        text = item.get("text") if isinstance(item, dict) else None
        if value is None and isinstance(text, str):
            value = next((v for m in jsonrpc.messages(text) or () if (v := _find(m, _bare(name), 0))), None)
    return value


async def probe_handles(peer: ProbedServer, caller: Caller, listed: Message | None) -> None:
    """Send the ``handle.*`` steps, for the first pair of tools that a handle goes between."""
    for pair in itertools.islice(handle_pairs(listed), MOST_PAIRS):
        first, second = await _take_handle(peer, caller, pair), await _take_handle(peer, caller, pair)
        if first is None or second is None or first[1] == second[1]:
            continue
        used = await _call(peer, steps.HANDLE_TRIED, caller, _with(pair, first[1]))
        invented = _with(pair, _like(first[1]))
        unknown = await _call(peer, steps.HANDLE_TRIED, caller, invented, control=used.number)
        if not _served(used) or _served(unknown):
            continue
        peer.recorder.amend(used.number, step=steps.HANDLE_USE)
        peer.recorder.amend(unknown.number, step=steps.HANDLE_UNKNOWN)
        if caller.token is not None:
            taken = _with(pair, first[1])
            await _call(peer, steps.HANDLE_NO_TOKEN, replace(caller, token=None), taken, control=used.number)
            if peer.has_token(USER2):
                await _call(peer, steps.HANDLE_USER2, replace(caller, token=USER2), taken, control=used.number)
        given = [first, second]
        while len(given) < HANDLES and (further := await _take_handle(peer, caller, pair)) is not None:
            given.append(further)
        for number, value in given:
            peer.recorder.amend(number, step=steps.HANDLE_MINT, handle=value)
        return


async def _take_handle(peer: ProbedServer, caller: Caller, pair: HandlePair) -> tuple[int, str] | None:
    """Call the giving tool; return the number of the exchange and the value, None if no value came."""
    answer = await _call(peer, steps.HANDLE_TRIED, caller, pair.giver)
    value = value_of(answer.result, pair.argument)
    return None if value is None else (answer.number, value)


def _served(answer: ProbeAnswer) -> bool:
    return answer.result is not None and answer.result.get("isError") is not True


async def _call(
    peer: ProbedServer, step: str, caller: Caller, tool: ServerTool, *, control: int | None = None
) -> ProbeAnswer:
    rpc_id = peer.recorder.rpc_id()
    params = tool.params(rpc_id)
    params["_meta"] |= messages.request_meta(caller.version or "")
    extra = messages.mirrored_headers("tools/call", params)
    return await peer.post(step, caller, messages.request(rpc_id, "tools/call", params), extra=extra, control=control)


def _with(pair: HandlePair, value: str) -> ServerTool:
    return replace(pair.taker, arguments={**pair.taker.arguments, pair.argument: value})


def _like(value: str) -> str:
    """Make another value of the same shape: letters stay letters, digits stay digits."""
    kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
    return "".join(next((secrets.choice(kind) for kind in kinds if c in kind), c) for c in value)


def _find(value: Any, name: str, depth: int) -> str | None:
    if not isinstance(value, dict) or depth > _MOST_DEPTH:
        return None
    for key, inner in value.items():
        if _bare(key) == name:
            return inner if isinstance(inner, str) and 0 < len(inner) <= _LONGEST else None
    return next((hit for inner in value.values() if (hit := _find(inner, name, depth + 1)) is not None), None)


def _bare(name: str) -> str:
    """Return the letters of a name: ``basket_id`` and ``basketId`` are one."""
    return name.replace("_", "").replace("-", "").lower()
