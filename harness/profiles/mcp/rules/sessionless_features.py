"""What a server of a sessionless revision declares, and then does or does not do (2026-07-28 on).

Sentences: tools and resources pages, "Capabilities"; basic/patterns/cancellation; logging page, "Error Handling".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.findings import inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import MODERN, level, text
from harness.profiles.mcp.rules.answers import (
    NEVER_DECIDE,
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_json_error,
    is_result,
)
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import (
    control_of,
    discovery_of,
    error_code,
    exchange_of,
    messages,
    method_of,
    response,
    sent,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_LISTS: Final = {"tools": "tools/list", "resources": "resources/list", "prompts": "prompts/list"}
"""By capability: the request that a server with it answers."""
_INVALID_PARAMS: Final = -32602


def declared_is_listed(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that declares tools, resources or prompts MUST respond to their list request."""
    discovered = discovery_of(transcript, bound.revision)
    result = (response(discovered) or {}).get("result") if discovered is not None else None
    capabilities = result.get("capabilities") if isinstance(result, dict) else None
    if not isinstance(capabilities, dict):
        return not_asked(transcript, bound, "server/discover that declares capabilities")
    asked = {name: _first_of(transcript, bound.revision, _LISTS[name]) for name in _LISTS if name in capabilities}
    for name, exchange in asked.items():
        if exchange is None or exchange.reply is None or exchange.status in NEVER_DECIDE:
            continue
        if is_json_error(exchange):
            what = f"The server declares {name}, and {_LISTS[name]} returned {describe(exchange)}"
            return violated(bound, f"{what}.", [discovered, exchange], quoting=f"declare the {name} capability")
    if not asked:
        return not_applicable(bound, "The server declares no tools, resources or prompts.", [discovered])
    left = [_LISTS[name] for name, exchange in asked.items() if exchange is None or not is_result(exchange)]
    if left:
        what = f"{join_words(left)} {'was' if len(left) == 1 else 'were'} not answered, or not sent"
        return inconclusive(bound, f"{what}.", [discovered, *asked.values()])
    return satisfied(bound, f"The server declares {join_words(asked)}, and lists them.", [discovered, *asked.values()])


DECLARED_IS_LISTED: Final = Rule(
    Requirement(
        id="capability.listed",
        title="A server lists what it declares",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Clients ask for a list that the server announced, and get an error.",
        fix="Answer tools/list, resources/list and prompts/list where discovery declares the capability, with an empty "
        "list at least.",
    ),
    Decision(declared_is_listed, BASELINE),
)


def cancels_subscriptions_only(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server MUST NOT send notifications/cancelled but to end a subscription."""
    seen = [exchange for exchange in transcript.exchanges if exchange.revision == bound.revision and exchange.reply]
    for exchange in seen:
        for message in messages(exchange.reply):
            params = message.get("params")
            named = params.get("requestId") if isinstance(params, dict) else None
            own = (sent(exchange) or {}).get("id")
            listens = method_of(exchange) == "subscriptions/listen" and named == own
            if message.get("method") == "notifications/cancelled" and not listens:
                what = f"notifications/cancelled came on the stream of {method_of(exchange) or exchange.method}"
                return violated(bound, f"{what}; it may only end a subscription.", [exchange])
    if not seen:
        return not_asked(transcript, bound, "A request")
    return satisfied(bound, "The server cancelled nothing but subscriptions.", seen[:1])


CANCELS_SUBSCRIPTIONS_ONLY: Final = Rule(
    Requirement(
        id="cancel.only-subscriptions",
        title="A server cancels nothing but subscriptions",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST_NOT, MODERN),
        basis=text(MODERN),
        effect="A client that waits for a response stops waiting, or takes the notification for an error.",
        fix="Answer a request that you give up with a JSON-RPC error.",
    ),
    Decision(cancels_subscriptions_only, BASELINE),
)


def level_refused(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a log level that does not exist SHOULD get error -32602."""
    asked = exchange_of(transcript, bound.revision, steps.MODERN_LOG_LEVEL)
    if asked is None:
        return not_applicable(bound, "The server does not declare the capability logging.")
    both = [control_of(transcript, asked), asked]
    if is_result(asked):
        summary = "A request whose log level does not exist was served"
        return violated(bound, summary, both, expected="error -32602")
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"A log level that does not exist returned {describe(asked)}.", both)
    if error_code(asked) == _INVALID_PARAMS:
        return satisfied(bound, "A log level that does not exist got error -32602.", both)
    return violated(bound, f"A log level that does not exist returned {describe(asked)}", both, expected="error -32602")


LEVEL_REFUSED: Final = Rule(
    Requirement(
        id="log.level-refused",
        title="A log level that does not exist is refused",
        side=Side.SERVER,
        levels=level(Level.SHOULD, MODERN),
        basis=text(MODERN),
        effect="A client that misspells a level waits for messages that never come.",
        fix="Compare `io.modelcontextprotocol/logLevel` with the eight levels, and answer -32602 for any other word.",
    ),
    Decision(level_refused, BASELINE),
)

RULES: Final = (DECLARED_IS_LISTED, CANCELS_SUBSCRIPTIONS_ONLY, LEVEL_REFUSED)


def _first_of(transcript: Transcript, revision: str, method: str) -> Exchange | None:
    """Return the first plain request of a method: the control, or a step about the list itself."""
    plain = (
        steps.MODERN_CONTROL,
        steps.MODERN_RESOURCES,
        steps.MODERN_PROMPTS,
        steps.STDIO_TOOLS,
        steps.STDIO_LIST,
    )
    every = (e for step in plain for e in transcript.exchanges if e.step == step and e.revision == revision)
    return next((exchange for exchange in every if method_of(exchange) == method), None)
