"""What tells the code of a wrong reply from other code: the names and values that are wrong, and how much each tells.

A name or value tells the more, the fewer replies to other requests have it. Pure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.base import jsonrpc
from harness.judge.answer_code import error_code_of, is_alike, is_refused, refusal_is_due, texts_of
from harness.judge.suspects import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.model import Exchange, Finding, Transcript

_CODE_LIKE: Final = re.compile(
    r"`([^`\n]+)`|'([^'\n]+)'|\b([a-z]+[A-Z]\w*|\w+_\w+|\w+(?:/[\w-]+)+|-32\d{3})\b"
)  # fmt: skip
"""Names in a sentence that are of code: quoted, of several words in one, of paths, and codes of errors."""
_IN_QUOTES: Final = re.compile(r'"([\w/.-]+)"')
_COUNTED: Final = re.compile(r"[A-Za-z][\w-]{3,}?(?=\d)")
"""What stands before a number in a value that counts."""
_ASIDE: Final = 0.1
"""Weight of what a reply merely has, beside what the finding is about."""
_COMMON_KEY: Final = 0.34
"""Part of the other replies in which a key can be that still tells something."""
_ORDER: Final = re.compile(r"\bcame (?:after|before)\b|\bin (?:the wrong|another) order\b|\bbefore the\b")
_DEEPEST: Final = 40
_USUAL: Final = 200
"""The status of most answers, which tells nothing."""
_OF_TRANSPORT: Final = frozenset({"content-length"})


@dataclass(frozen=True, slots=True)
class Values:
    """What a wrong reply has and what is said of it."""

    weights: Mapping[str, float]
    """Names and values, each with how much it tells."""
    subject: frozenset[str]
    """Those that are wrong, or missing."""
    words: frozenset[str]
    """Of the requirement and the finding."""
    is_about_order: bool = False
    """Whether one thing came before or after another."""


def values_of(finding: Finding, faults: Sequence[Exchange], transcript: Transcript, title: str) -> Values:
    """Return what tells the code of a wrong reply from other code.

    Args:
        finding: the violation.
        faults: the exchanges that are wrong.
        transcript: the conversation.
        title: of the requirement, for its words.
    """
    exchanges = {exchange.number: exchange for exchange in transcript.exchanges}
    kinds = {(one.method, jsonrpc.methods(one.body)) for one in faults}
    others = [
        tokens_of_reply(one)
        for one in transcript.exchanges
        if one.reply is not None and (one.method, jsonrpc.methods(one.body)) not in kinds
    ]
    had = Counter(token for tokens in others for token in tokens)
    words = words_of(re.sub(r"\S+/\S+", " ", finding.summary)) | words_of(title)
    asked = {method for _, method in kinds}
    if any(refusal_is_due(finding, one) and not is_refused(one) for one in faults):
        # what it was served with is not what is wrong, but what it was asked with
        subject = {token for one in faults for token in _differing(one, exchanges.get(one.control or 0))}
    else:
        subject = named_in(finding.summary) - asked
        subject |= {
            token
            for one in faults
            for key, value in _members_of_reply(one)
            if key in subject or (not subject and _is_meant(key, words) and had[key] <= _COMMON_KEY * len(others))
            for token in (key, value)
        }
        codes = (error_code_of(one) for one in faults if any("-32" in due for due in finding.expected.values()))
        subject |= {str(code) for code in codes if code is not None}
        subject |= {str(one.status) for one in faults if one.status is not None and one.status != _USUAL}
    subject |= {matched[0] for token in subject if (matched := _COUNTED.match(token))}
    subject -= {""}
    own = {token for one in faults for token in tokens_of_reply(one)}
    weights = {token: _ASIDE * math.log((1 + len(others)) / (1 + had[token])) for token in own}
    most = math.log(2 + len(others))
    weights |= {token: max(most - math.log(1 + had[token]), 1.0) for token in subject}
    return Values(
        {token: weight for token, weight in weights.items() if weight > 0},
        frozenset(subject),
        frozenset(words),
        _ORDER.search(finding.summary) is not None,
    )


def named_in(summary: str) -> set[str]:
    """Return what a sentence names of code, with the parts of paths."""
    named = {text for groups in _CODE_LIKE.findall(summary) for text in groups if text}
    named |= {name for text in named for name in _IN_QUOTES.findall(text)}
    named |= {part for text in named if "/" not in text for part in text.split(".") if len(part) > 2}
    # io.modelcontextprotocol/serverInfo
    return named | {text.rpartition("/")[2] for text in named if "." in text.partition("/")[0]}


def _is_meant(key: str, words: set[str]) -> bool:
    """Return whether a sentence is about a member: it has all words of its name."""
    of_key = words_of(key)
    return bool(of_key) and of_key <= words


def _differing(one: Exchange, other: Exchange | None) -> set[str]:
    """Return the names and values in which two requests of one kind differ."""
    if other is None or not is_alike(one, other):
        return set()
    headers = {name.lower() for name, _ in set(one.headers) ^ set(other.headers)} - _OF_TRANSPORT
    bodies = [set(members(jsonrpc.parse(each.body))) for each in (one, other)]
    return headers | {token for pair in bodies[0] ^ bodies[1] for token in pair if pair[0] != "id"}


def values_of_request(exchange: Exchange) -> set[str]:
    """Return the names and values of a request's body and the values of its headers."""
    body = {token for pair in members(jsonrpc.parse(exchange.body)) for token in pair}
    return {*body, *(value for _, value in exchange.headers)} - {""}


def names_of_request(exchange: Exchange) -> set[str]:
    """Return the names and values of a request, with those of its headers."""
    return values_of_request(exchange) | {name for name, _ in exchange.headers}


def tokens_of_reply(exchange: Exchange) -> set[str]:
    """Return the names and values of a reply: of its messages, its media type and its status."""
    if exchange.reply is None:
        return set()
    tokens = {token for pair in _members_of_reply(exchange) for token in pair}
    return tokens | {exchange.reply.media_type or "", str(exchange.reply.status)} - {""}


def _members_of_reply(exchange: Exchange) -> Iterator[tuple[str, str]]:
    for text in texts_of(exchange):
        yield from members(jsonrpc.parse(text))


def members(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield each key and plain value of a JSON value; values in lists have the list's key."""
    match value:
        case _ if depth > _DEEPEST:
            return
        case dict():
            for name, inner in value.items():
                yield name, ""
                yield from members(inner, name, depth + 1)
        case list():
            for inner in value:
                yield from members(inner, key, depth + 1)
        case str() | int() | float() if not isinstance(value, bool):
            yield key, str(value)
        case _:
            return
