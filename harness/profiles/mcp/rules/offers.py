"""What a server declares, lists and gives: capabilities, the same lists for all, and contents that can be decoded.

Sentences: "Capabilities" of the pages of tools, resources, prompts and logging; "Data Types" of the same pages.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.judge.findings import as_interpretation, inconclusive, join_words, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import ALL, MODERN, STREAMABLE, level, text
from harness.profiles.mcp.rules.answers import describe, first_left_open, is_result, why_undecided
from harness.profiles.mcp.rules.preconditions import BASELINE, not_asked
from harness.profiles.mcp.rules.transcript import (
    capabilities_of,
    declaration_of,
    messages,
    method_of,
    plain_results,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_LISTS: Final = {"tools/list": "tools", "prompts/list": "prompts", "resources/list": "resources"}
"""By method: the capability, which is the name of the list as well."""
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
_SAID_OF: Final = {"an image": "image data", "audio": "audio data", "a resource": "Binary data"}
"""By piece of content: words of the sentence about it."""
_CHANGES_SEEN: Final = 2
"""Changes of a list from which on it is not one that changed once, over time."""


def capability_declared(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that lists tools, prompts or resources MUST declare the capability of that name."""
    opening, where = declaration_of(transcript, bound.revision), _where(transcript, bound.revision)
    listed = {
        _LISTS[method]: exchange
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision
        and (method := method_of(exchange) or "") in _LISTS
        and _result(exchange).get(_LISTS[method])
    }
    asked = {
        method_of(exchange): exchange
        for exchange in reversed(transcript.exchanges)
        if exchange.revision == bound.revision and method_of(exchange) in _LISTS
    }
    if opening is None or "tools/list" not in asked:
        return not_asked(transcript, bound, "tools/list")
    evidence = [opening, *asked.values()]
    if not listed:
        return not_applicable(bound, "The server lists no tools, prompts or resources.", evidence)
    if not is_result(opening):
        return inconclusive(bound, f"The {where} is missing: the server returned {describe(opening)}.", evidence)
    declared = capabilities_of(opening)
    missing = [name for name in listed if name not in declared]
    if missing:
        return violated(
            bound,
            f"The server lists {join_words(missing)}, and its {where} does not declare the capability "
            f"{join_words(missing)}.",
            [opening, *(listed[name] for name in missing)],
            quoting=f"support {missing[0]}",
        )
    if (late := first_left_open(transcript, asked.values())) is not None:
        return inconclusive(bound, f"Not every list was decided: {why_undecided(late)}.", [opening, late])
    return satisfied(bound, f"The server lists {join_words(list(listed))}, and declares it.", evidence)


CAPABILITY_DECLARED: Final = Rule(
    Requirement(
        id="capability.declared",
        title="A server declares the capability of what it lists",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients do not ask for what no capability announces: to them the server has none of it.",
        fix='Put `"tools": {}`, `"prompts": {}` or `"resources": {}` into the capabilities of the InitializeResult; '
        "from 2026-07-28 on, of the result of `server/discover`.",
    ),
    Decision(capability_declared, BASELINE),
)


def logging_declared(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server that sends log messages MUST declare the capability ``logging``."""
    logged = [
        exchange
        for exchange in transcript.exchanges
        if exchange.revision == bound.revision
        and any(message.get("method") == "notifications/message" for message in messages(exchange.reply))
    ]
    opening, where = declaration_of(transcript, bound.revision), _where(transcript, bound.revision)
    if not logged:
        return not_applicable(bound, "The server sent no log message.")
    evidence = [opening, logged[0]]
    if opening is None or not is_result(opening):
        return inconclusive(bound, f"The {where} is missing.", evidence)
    if "logging" in capabilities_of(opening):
        return satisfied(bound, "The server sends log messages, and declares the capability logging.", evidence)
    return violated(
        bound, f"The server sends log messages, and its {where} does not declare the capability logging.", evidence
    )


LOGGING_DECLARED: Final = Rule(
    Requirement(
        id="capability.logging",
        title="A server that logs to the client declares it",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="Clients drop the messages, or cannot set their level.",
        fix='Put `"logging": {}` into the capabilities, or write logs to stderr.',
    ),
    Decision(logging_declared, BASELINE),
)


def same_for_all(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that lists MUST NOT vary by connection: each request has one of its own. With a token they may vary by it.

    A list that changed once may have changed over time, which is allowed.
    """
    lists: dict[tuple[str, str | None], list[tuple[Exchange, list[str]]]] = {}
    for exchange, result in plain_results(transcript, bound.revision):
        method = method_of(exchange) or ""
        things = result.get(_LISTS.get(method, ""))
        if isinstance(things, list) and exchange.step not in (steps.FEATURE_CURSOR, steps.MODERN_PAGE):
            names = sorted(str(thing.get("name")) for thing in things if isinstance(thing, dict))
            lists.setdefault((method, exchange.token), []).append((exchange, names))
    for (method, _), seen in lists.items():
        pairs = itertools.pairwise(seen)
        changed = [(earlier, later) for (earlier, one), (later, other) in pairs if one != other]
        if len(changed) >= _CHANGES_SEEN:
            return violated(
                bound, f"{method} returned different lists for equal requests, {len(changed)} times.", list(changed[0])
            )
        if changed:
            return inconclusive(bound, f"{method} changed once, which it may over time.", list(changed[0]))
    often = [seen for seen in lists.values() if len(seen) > 1]
    if not often:
        return not_asked(transcript, bound, "The same list twice")
    return satisfied(bound, "Equal requests on several connections got the same lists.", [e for e, _ in often[0]])


SAME_FOR_ALL: Final = Rule(
    Requirement(
        id="list.same-for-all",
        title="Lists are the same on every connection",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST_NOT, MODERN),
        basis=text(MODERN),
        effect="What a client was offered on one connection is missing or different when it uses it on the next.",
        fix="Build lists from what the server has and what the token permits, not from earlier requests.",
    ),
    Decision(same_for_all, BASELINE),
)


def content_base64(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that binary content MUST be base64, with a media type: of prompts and resources; of tools it is a reading.

    The pages of prompts and of resources say so, and that of tools only shows it.
    """
    seen = None
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision:
            continue
        for what, item, field in _binary(_result(exchange)):
            seen = exchange
            type = item.get("mimeType")
            if not _is_base64(item.get(field)):
                summary = f"The data of {what} is not base64."
            elif field == "data" and not (isinstance(type, str) and _MEDIA_TYPE.fullmatch(type)):
                summary = f"{what[:1].upper()}{what[1:]} has no valid MIME type."
            else:
                continue
            finding = violated(bound, summary, [exchange], quoting=_SAID_OF[what])
            return as_interpretation(finding) if method_of(exchange) == "tools/call" else finding
    if seen is None:
        return not_applicable(bound, "The server returned no image, audio or binary resource.")
    return satisfied(bound, "Images, audio and binary resources are base64.", [seen])


CONTENT_BASE64: Final = Rule(
    Requirement(
        id="content.base64",
        title="Binary content is base64 with a MIME type",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, ALL),
        basis=text(ALL),
        effect="Clients fail to decode it, or show a broken image.",
        fix="Encode bytes with the standard base64 alphabet and padding, and name their type in `mimeType`.",
        avoid="Don't send a `data:` URL or base64url.",
    ),
    Decision(content_base64, BASELINE),
)

RULES: Final = (CAPABILITY_DECLARED, LOGGING_DECLARED, SAME_FOR_ALL, CONTENT_BASE64)


def _where(transcript: Transcript, revision: str) -> str:
    return "discovery" if revision in transcript.modern else "InitializeResult"


def _result(exchange: Exchange) -> Message:
    result = (response(exchange) or {}).get("result")
    return result if isinstance(result, dict) else {}


def _binary(result: Message) -> Iterator[tuple[str, Message, str]]:
    """Yield every piece of binary content of a result: what it is, the object, and its field with the data."""
    prompts = result.get("messages")
    given = [result.get("content"), result.get("contents")]
    given += [message.get("content") for message in _objects(prompts)]
    for item in (item for each in given for item in _objects(each if isinstance(each, list) else [each])):
        if item.get("type") in ("image", "audio"):
            yield f"an {item['type']}" if item["type"] == "image" else "audio", item, "data"
        for resource in _objects([item, item.get("resource")]):
            if "blob" in resource:
                yield "a resource", resource, "blob"


def _objects(value: Any) -> list[Message]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_base64(data: Any) -> bool:
    try:
        return isinstance(data, str) and base64.b64decode(data, validate=True) is not None
    except (binascii.Error, ValueError):
        return False
