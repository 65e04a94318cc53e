"""What clients send, and what they must not: one message in each POST, ids, cancellations, tasks, responses.

Sentences: Streamable HTTP page, "Sending Messages" (transports page, "Sending Messages to the Server" and "Listening
for Messages from the Server"); basic/index, "Requests"; cancellation page; tasks page.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base import jsonrpc
from harness.judge.findings import not_applicable, satisfied, violated
from harness.profiles.mcp.messages import SESSION_HEADER
from harness.profiles.mcp.revisions import ALL, MODERN, SESSIONS, STREAMABLE
from harness.profiles.mcp.rules.answers import is_success
from harness.profiles.mcp.rules.preconditions import CLIENT
from harness.profiles.mcp.rules.sent_requests import (
    client_requirement,
    judge_each,
    name_of,
    not_accepted,
    params_of,
    posts_of,
    received,
)
from harness.profiles.mcp.rules.transcript import EVENT_STREAM, header, issued_id, method_of, sent
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript


def single_message(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the body of a POST MUST be a single request or notification."""

    def fault_of(exchange: Exchange) -> str | None:
        messages = jsonrpc.messages(exchange.body)
        if messages is None or exchange.body.lstrip().startswith("["):
            return "was posted with a body that is not one JSON-RPC message"
        return None

    right = "Every POST carried one message"
    return judge_each(transcript, bound, posts_of(transcript, bound.revision), fault_of, right)


def no_responses(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the client MUST NOT send JSON-RPC responses."""

    def fault_of(exchange: Exchange) -> str | None:
        messages = jsonrpc.messages(exchange.body) or ()
        return "carried a JSON-RPC response" if any(jsonrpc.is_response(message) for message in messages) else None

    right = "The client sent requests and notifications only"
    return judge_each(transcript, bound, posts_of(transcript, bound.revision), fault_of, right)


def request_ids(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that requests MUST include a string or integer as id; up to 2025-11-25, none that the session had before.

    One that was not answered 2xx may be sent again.
    """
    posts = [e for e in posts_of(transcript, bound.revision) if "id" in (sent(e) or {}) and method_of(e)]

    def fault_of(exchange: Exchange) -> str | None:
        id = (sent(exchange) or {}).get("id")
        return None if isinstance(id, (str, int)) and not isinstance(id, bool) else f"has the id {id!r}"

    right = "The id of every request was a string or an integer"
    if bound.revision in MODERN or any(fault_of(exchange) for exchange in posts):
        return judge_each(transcript, bound, posts, fault_of, right)
    begun = Counter(exchange.process for exchange in posts if method_of(exchange) == "initialize")
    seen: dict[tuple[int, str | None], dict[tuple[str, object], Exchange]] = {}
    for exchange in posts:
        opens = method_of(exchange) == "initialize"
        session = issued_id(exchange) if opens else header(exchange, SESSION_HEADER)
        key, id = (exchange.process, session), (sent(exchange) or {}).get("id")
        if session is None and begun[exchange.process] > 1:
            continue  # sessions without an id cannot be told apart
        used = seen.setdefault(key, {})
        named = (type(id).__name__, id)
        if named in used:
            summary = f"{name_of(exchange)} had the id {id!r}, which {name_of(used[named])} had in the same session."
            return violated(bound, summary, [used[named], exchange], quoting="previously used")
        if is_success(exchange):
            used[named] = exchange
    return judge_each(transcript, bound, posts, fault_of, f"{right}, and new in its session")


def posts_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that every JSON-RPC message MUST be a POST of its own."""

    def fault_of(exchange: Exchange) -> str | None:
        return None if exchange.method == "POST" or not jsonrpc.messages(exchange.body) else "carried a message"

    return judge_each(transcript, bound, received(transcript), fault_of, "Every message was a POST")


def get_accepts_stream(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that the GET that opens a stream MUST accept one."""
    gets = [exchange for exchange in received(transcript) if exchange.method == "GET"]
    if not gets:
        return not_applicable(bound, "The client opened no stream by GET.")

    def fault_of(exchange: Exchange) -> str | None:
        return f"does not accept {EVENT_STREAM}" if EVENT_STREAM in not_accepted(exchange) else None

    return judge_each(transcript, bound, gets, fault_of, "Every GET accepted a stream")


def cancels_own(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a client MUST only cancel requests that it sent itself, in the run that it cancels them in."""
    sent_ids: dict[int, list[object]] = {}
    seen = None
    for exchange in posts_of(transcript, bound.revision):
        message = sent(exchange) or {}
        own = sent_ids.setdefault(exchange.process, [])
        if method_of(exchange) == "notifications/cancelled":
            seen = exchange
            params = params_of(exchange)
            if "requestId" in params and params["requestId"] not in own:
                return violated(bound, "The client cancelled a request that it had not sent.", [exchange])
        elif "id" in message and method_of(exchange):
            own.append(message["id"])
    if seen is None:
        return not_applicable(bound, "The client cancelled nothing.")
    return satisfied(bound, "The client cancelled requests of its own.", [seen])


def no_undeclared_tasks(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that tools MUST NOT be called as tasks, since the scripted server declares none."""
    calls = [e for e in posts_of(transcript, bound.revision) if method_of(e) == "tools/call"]
    if not calls:
        return not_applicable(bound, "The client called no tool.")

    def fault_of(exchange: Exchange) -> str | None:
        return "asked for a task, and the server declares none" if "task" in params_of(exchange) else None

    return judge_each(transcript, bound, calls, fault_of, "No tool was called as a task")


RULES: Final = (
    Rule(
        client_requirement(
            "client.single-message",
            "A POST carries one message",
            Level.MUST,
            "Servers refuse batches.",
            "Send each message in a POST of its own.",
            (*SESSIONS[1:], *MODERN),
        ),
        Decision(single_message, CLIENT),
    ),
    Rule(
        client_requirement(
            "client.posts-messages",
            "Messages are sent by POST",
            Level.MUST,
            "Servers read no message from a request with another method.",
            "Send each message in a POST of its own.",
            STREAMABLE,
        ),
        Decision(posts_messages, CLIENT),
    ),
    Rule(
        client_requirement(
            "client.get-accepts-stream",
            "A GET accepts a stream",
            Level.MUST,
            "Servers refuse it with 406, and the client receives nothing that they send.",
            "Send `Accept: text/event-stream` with the GET.",
            SESSIONS,
        ),
        Decision(get_accepts_stream, CLIENT),
    ),
    Rule(
        client_requirement(
            "client.cancels-own",
            "A client cancels only its own requests",
            Level.MUST,
            "Servers cancel nothing, or what another client waits for.",
            "Keep the ids of requests that wait for a response, and cancel those.",
            ALL,
        ),
        Decision(cancels_own),
    ),
    Rule(
        client_requirement(
            "client.no-undeclared-tasks",
            "Tools are called as tasks only where the server declares tasks",
            Level.MUST_NOT,
            "Servers refuse the call, or answer it as an ordinary one.",
            "Look for `tasks.requests.tools.call` in the server's capabilities before sending `task`.",
            SESSIONS[2:],
        ),
        Decision(no_undeclared_tasks),
    ),
    Rule(
        client_requirement(
            "client.no-responses",
            "The client sends no responses",
            Level.MUST_NOT,
            "Servers of this revision send no requests, and refuse a response.",
            "Answer an InputRequiredResult by retrying the request with the input.",
        ),
        Decision(no_responses),
    ),
    Rule(
        client_requirement(
            "client.request-ids",
            "The id of a request is a string or an integer, and its own",
            Level.MUST,
            "The client cannot tell which request an answer belongs to.",
            "Number the requests.",
            ALL,
        ),
        Decision(request_ids),
    ),
)
