"""What messages carry: embedded resources, URIs, the names of metadata keys, and what is not to be in them.

Sentences: prompts, resources, tools and logging pages; base protocol page, "_meta".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from extractor.model import Level
from harness.judge.findings import REFUSAL, inconclusive, not_applicable, satisfied, violated
from harness.model import Requirement, Side
from harness.profiles.mcp import steps
from harness.profiles.mcp.revisions import ALL, MODERN, SESSIONS, level, reading, text
from harness.profiles.mcp.rules.answers import (
    NOT_SERVED,
    answer_to_fault,
    describe,
    is_left_open,
    is_result,
    why_undecided,
)
from harness.profiles.mcp.rules.preconditions import BASELINE
from harness.profiles.mcp.rules.transcript import (
    capabilities_of,
    control_of,
    declaration_of,
    exchange_of,
    header,
    messages,
    method_of,
    response,
)
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Exchange, Finding, Transcript

_SINCE_2025_06: Final = (*SESSIONS[1:], *MODERN)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
_LABEL: Final = r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_META_KEY: Final = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*/)?(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?", re.ASCII)
_TRACE: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_OF_THE_EXAMPLE: Final = ("structuredContent", "inputSchema", "outputSchema", "arguments", "data", "_meta")
"""Keys below which the example's own data are, with metadata of their own or none."""
_PASSWORDS: Final = re.compile(r"^root:[^:\n]*:0:0:", re.MULTILINE)
"""How a password file begins, which no resource of an example is."""
_MOST_DEPTH: Final = 8
_LEAST_TOKEN: Final = 12
"""Characters from which on a token is not a word that a log may hold by chance: a page may state any."""
_SHOWN: Final = 60
_NO_URI: Final = "valid URI"
_NO_TYPE: Final = "valid MIME type"
_NO_CONTENTS: Final = "text and no data"
_SAID_OF: Final = {
    _NO_URI: "valid resource URI",
    _NO_TYPE: "appropriate MIME type",
    _NO_CONTENTS: "Either text content",
}
"""By what an embedded resource lacks: words of the sentence about it."""


def embedded_resource(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a resource in a prompt MUST have a URI, a MIME type, and a text or data."""
    seen = None
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision or method_of(exchange) != "prompts/get":
            continue
        for resource in _embedded(_result(exchange)):
            seen = exchange
            wrong = _lacking(resource)
            if wrong is not None:
                summary = f"A resource in a prompt has no {wrong}."
                return violated(bound, summary, [exchange], quoting=_SAID_OF[wrong])
    if seen is None:
        return not_applicable(bound, "No prompt of the server holds a resource.")
    return satisfied(bound, "Resources in prompts have a URI, a MIME type and contents.", [seen])


EMBEDDED_RESOURCE: Final = Rule(
    Requirement(
        id="content.embedded-resource",
        title="A resource in a prompt has a URI, a MIME type and contents",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, ALL),
        basis=text(ALL),
        effect="Clients do not know what to show, or where it comes from.",
        fix="Give `resource` a `uri` with a scheme, a `mimeType`, and `text` or `blob`.",
    ),
    Decision(embedded_resource, BASELINE),
)


def embeds_what_it_serves(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server whose tools return resources SHOULD have the capability ``resources``."""
    embedding = next(
        (
            exchange
            for exchange in transcript.exchanges
            if exchange.revision == bound.revision
            and method_of(exchange) == "tools/call"
            and next(_embedded(_result(exchange)), None) is not None
        ),
        None,
    )
    if embedding is None:
        return not_applicable(bound, "No tool returned a resource.")
    opening = declaration_of(transcript, bound.revision)
    if opening is None or not is_result(opening):
        return inconclusive(bound, "What the server declares is missing.", [opening, embedding])
    if "resources" in capabilities_of(opening):
        return satisfied(bound, "A tool returned a resource, and resources are declared.", [opening, embedding])
    return violated(
        bound,
        "A tool returned a resource, and the server does not declare the capability resources.",
        [opening, embedding],
    )


EMBEDS: Final = Rule(
    Requirement(
        id="capability.embedded-resources",
        title="A server whose tools return resources declares them",
        side=Side.ANY_SERVER,
        levels=level(Level.SHOULD, _SINCE_2025_06),
        basis=text(_SINCE_2025_06),
        effect="Clients cannot read the resource again, or follow its changes.",
        fix='Put `"resources": {}` into the capabilities and answer `resources/read`, or return text.',
    ),
    Decision(embeds_what_it_serves, BASELINE),
)


def uri_scheme(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that URI schemes of a server's own MUST be as RFC 3986 has them: letters, digits, ``+``, ``-``, ``.``."""
    seen = None
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision or method_of(exchange) != "resources/list":
            continue
        for resource in _objects(_result(exchange).get("resources")):
            scheme, colon, _ = str(resource.get("uri")).partition(":")
            if not colon or set(scheme) & set("/?#"):
                continue  # a relative reference, which has no scheme
            seen = exchange
            if not _SCHEME.fullmatch(scheme):
                return violated(bound, f"The URI scheme {scheme[:_SHOWN]!r} is not one by RFC 3986.", [exchange])
    if seen is None:
        return not_applicable(bound, "The server lists no resource whose URI has a scheme.")
    return satisfied(bound, "The URI schemes of all resources are valid.", [seen])


URI_SCHEME: Final = Rule(
    Requirement(
        id="resource.uri-scheme",
        title="URI schemes of resources are valid",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, _SINCE_2025_06),
        basis=text(_SINCE_2025_06),
        effect="Clients that parse URIs drop the resource.",
        fix="Begin the scheme with a letter, and use only letters, digits, `+`, `-` and `.`, no underscore.",
    ),
    Decision(uri_scheme, BASELINE),
)


def traversal(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that a server of ``file://`` resources MUST NOT be led out of their folder by ``..``.

    A server that gives the same file by its plain name serves it on purpose.
    """
    asked = exchange_of(transcript, bound.revision, steps.RESOURCE_TRAVERSAL)
    if asked is None:
        return not_applicable(bound, "The server lists no file:// resources.")
    plain = exchange_of(transcript, bound.revision, steps.RESOURCE_PLAIN)
    both = [control_of(transcript, asked), asked, plain]
    if _is_leak(asked):
        if plain is None or _is_leak(plain):
            return inconclusive(
                bound, "A path with `..` returned a file that the server also returns under its plain name.", both
            )
        if plain.reply is None or is_left_open(transcript, plain):
            what = f"A path with `..` returned a file; its plain name was inconclusive: {why_undecided(plain)}."
            return inconclusive(bound, what, both)
        return violated(
            bound, "A path with `..` returned the machine's password file", both, expected=REFUSAL, wrong=[asked]
        )
    if not is_result(asked) and answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"A path with `..` was inconclusive: {why_undecided(asked)}.", both)
    return satisfied(bound, f"A path with `..` returned {describe(asked)}.", both)


TRAVERSAL: Final = Rule(
    Requirement(
        id="resource.traversal",
        title="Paths of resources do not lead out of their folder",
        side=Side.SERVER,
        levels=level(Level.MUST, MODERN),
        basis=text(MODERN),
        effect="Whoever reaches the server reads every file that it may read.",
        fix="Resolve the path, and refuse it unless it is below the folder that you serve.",
        avoid="Don't look for `..` in the text: resolve links and encodings first.",
    ),
    Decision(traversal, BASELINE),
)


def meta_keys(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that keys of ``_meta`` MUST be names, with or without a prefix of dotted labels.

    From 2026-07-28 on, ``traceparent`` MUST have the form of W3C Trace Context, and extensions are named alike, with a
    prefix.
    """
    seen = None
    declaration = declaration_of(transcript, bound.revision) if bound.revision in MODERN else None
    extensions = capabilities_of(declaration).get("extensions")
    for name in extensions if isinstance(extensions, dict) else ():
        seen = declaration
        if "/" not in name or not _META_KEY.fullmatch(name):
            summary = f"The extension {name[:_SHOWN]!r} is not named by a prefix, a slash and a name."
            return violated(bound, summary, [declaration], quoting="Extension identifiers")
    for exchange in transcript.exchanges:
        if exchange.revision != bound.revision:
            continue
        for message in messages(exchange.reply):
            for meta in _metas([message.get("result"), message.get("params")]):
                seen = exchange
                wrong = next((key for key in meta if not _META_KEY.fullmatch(key)), None)
                trace = meta.get("traceparent")
                if bound.revision in MODERN and trace is not None and not _TRACE.fullmatch(str(trace)):
                    summary = "`traceparent` does not have the form of W3C Trace Context."
                    return violated(bound, summary, [exchange], quoting="W3C Trace Context")
                if wrong is not None:
                    prefix, slash, _ = wrong.rpartition("/")
                    of_name = not slash or _META_KEY.fullmatch(f"{prefix}/")
                    summary = f"The key {wrong[:_SHOWN]!r} of `_meta` is not a valid name."
                    quoting = "begin and end with" if of_name else "start with a letter"
                    return violated(bound, summary, [exchange], quoting=quoting)
    if seen is None:
        return not_applicable(bound, "No message of the server carries `_meta`, and it declares no extension.")
    return satisfied(bound, "Keys of `_meta`, and names of extensions, are valid.", [seen])


META_KEYS: Final = Rule(
    Requirement(
        id="meta.key-names",
        title="Keys of `_meta`, and names of extensions, are valid",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST, _SINCE_2025_06),
        basis=text(_SINCE_2025_06),
        effect="Clients that check messages drop them, and names may clash with those of others.",
        fix="Write keys as `com.example/name`: labels of letters, digits and hyphens, and a name that begins and ends "
        "with a letter or digit.",
    ),
    Decision(meta_keys, BASELINE),
)


def log_secrets(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that log messages MUST NOT hold credentials: the only ones that docprobe knows are its own tokens."""
    mine = [e for e in transcript.exchanges if e.revision == bound.revision]
    logs = [
        (exchange, json.dumps(message.get("params"), ensure_ascii=False))
        for exchange in mine
        for message in messages(exchange.reply)
        if message.get("method") == "notifications/message"
    ]
    if not logs:
        return not_applicable(bound, "The server sent no log message.")
    tokens = {token for exchange in mine if len(token := _token(exchange)) >= _LEAST_TOKEN}
    if not tokens:
        return not_applicable(bound, "The server sent log messages, and was given no token.")
    for exchange, said in logs:
        if any(token in said or json.dumps(token)[1:-1] in said for token in tokens):
            return violated(bound, "A log message holds the token of a request.", [exchange])
    return satisfied(bound, "No log message holds a token.", [logs[0][0]])


LOG_SECRETS: Final = Rule(
    Requirement(
        id="log.no-credentials",
        title="Log messages hold no tokens",
        side=Side.ANY_SERVER,
        levels=level(Level.MUST_NOT, (*SESSIONS, *MODERN)),
        basis=text((*SESSIONS, *MODERN)),
        effect="Whoever reads a client's log can act as its user.",
        fix="Leave the Authorization header out of log messages.",
    ),
    Decision(log_secrets, BASELINE),
)


def validates_input(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge that tool inputs MUST be validated: that a call without required arguments is refused is a reading."""
    asked = exchange_of(transcript, bound.revision, steps.TOOL_INCOMPLETE)
    if asked is None:
        return not_applicable(bound, "No tool of the server has required arguments.")
    both = [control_of(transcript, asked), asked]
    result = _result(asked)
    if result.get("isError") is True or result.get("resultType") == "input_required":
        return satisfied(bound, "A call of a tool without its required arguments was refused by the tool.", both)
    if is_result(asked):
        return violated(bound, "A call of a tool without its required arguments was served", both, expected=REFUSAL)
    if answer_to_fault(transcript, asked) not in NOT_SERVED:
        return inconclusive(bound, f"A call without arguments was inconclusive: {why_undecided(asked)}.", both)
    return satisfied(bound, f"A call of a tool without its required arguments returned {describe(asked)}.", both)


VALIDATES_INPUT: Final = Rule(
    Requirement(
        id="tool.validates-input",
        title="A call without required arguments is refused",
        side=Side.SERVER,
        levels=level(Level.MUST, (*SESSIONS, *MODERN)),
        basis=reading((*SESSIONS, *MODERN)),
        effect="A model that forgets an argument gets a result that means nothing, and goes on with it.",
        fix="Check arguments by the tool's own `inputSchema`, and return `isError: true` with what is wrong.",
    ),
    Decision(validates_input, BASELINE),
)

RULES: Final = (
    EMBEDDED_RESOURCE,
    EMBEDS,
    URI_SCHEME,
    TRAVERSAL,
    META_KEYS,
    LOG_SECRETS,
    VALIDATES_INPUT,
)


def _result(exchange: Exchange) -> Message:
    result = (response(exchange) or {}).get("result")
    return result if isinstance(result, dict) else {}


def _objects(value: Any) -> list[Message]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _embedded(result: Message) -> Iterator[Message]:
    """Yield the resources in the content of a tool's or a prompt's result."""
    contents = [result.get("content"), *(message.get("content") for message in _objects(result.get("messages")))]
    for content in contents:
        for item in _objects(content if isinstance(content, list) else [content]):
            resource = item.get("resource")
            if item.get("type") == "resource" and isinstance(resource, dict):
                yield resource


def _lacking(resource: Message) -> str | None:
    """Return what an embedded resource lacks; None if it is whole."""
    uri, type = resource.get("uri"), resource.get("mimeType")
    scheme, colon, _ = uri.partition(":") if isinstance(uri, str) else ("", "", "")
    if not colon or not _SCHEME.fullmatch(scheme):
        return _NO_URI
    if not isinstance(type, str) or not _MEDIA_TYPE.fullmatch(type):
        return _NO_TYPE
    if not any(isinstance(resource.get(name), str) for name in ("text", "blob")):
        return _NO_CONTENTS
    return None


def _is_leak(exchange: Exchange) -> bool:
    contents = _objects(_result(exchange).get("contents"))
    return any(isinstance(item.get("text"), str) and _PASSWORDS.search(item["text"]) for item in contents)


def _metas(values: list[Any], depth: int = 0) -> Iterator[Message]:
    """Yield every ``_meta`` of the protocol's own objects."""
    for value in values:
        if isinstance(value, list) and depth < _MOST_DEPTH:
            yield from _metas(value, depth + 1)
        if isinstance(value, dict) and depth < _MOST_DEPTH:
            if isinstance(value.get("_meta"), dict):
                yield value["_meta"]
            yield from _metas([inner for key, inner in value.items() if key not in _OF_THE_EXAMPLE], depth + 1)


def _token(exchange: Exchange) -> str:
    """Return the bearer token of a request, or what stands for it in a transcript; empty if it has none."""
    scheme, _, token = (header(exchange, "Authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
