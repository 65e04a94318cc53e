"""What tells the code of a wrong reply from other code: the names and values that are wrong, and how much each tells.

A name or value tells the more, the fewer replies to other requests have it. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc
from harness.judge.blame.answer_code import error_code_of, is_alike, is_refused, refusal_is_due
from harness.judge.blame.suspects import words_of
from harness.judge.blame.tokens import kind_of_request, members, members_of_reply, tokens_of_reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.judge.blame.tokens import Tokens
    from harness.model import Exchange, Finding

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


def values_of(finding: Finding, faults: Sequence[Exchange], conversation: Tokens, title: str) -> Values:
    """Return what tells the code of a wrong reply from other code.

    Args:
        finding: the violation.
        faults: the exchanges that are wrong.
        conversation: the names and values in it.
        title: of the requirement, for its words.
    """
    kinds = {kind_of_request(one) for one in faults}
    others = conversation.count_others(kinds)

    def had(token: str) -> int:
        return conversation.count_with(token, kinds)

    words = words_of(re.sub(r"\S+/\S+", " ", finding.summary)) | words_of(title)
    asked = {method for _, method in kinds}
    if any(refusal_is_due(finding, one) and not is_refused(one) for one in faults):
        # what it was served with is not what is wrong, but what it was asked with
        subject = {token for one in faults for token in _differing(one, conversation.exchanges.get(one.control or 0))}
    else:
        subject = named_in(finding.summary) - asked
        subject |= {
            token
            for one in faults
            for key, value in members_of_reply(one)
            if key in subject or (not subject and _is_meant(key, words) and had(key) <= _COMMON_KEY * others)
            for token in (key, value)
        }
        codes = (error_code_of(one) for one in faults if any("-32" in due for due in finding.expected.values()))
        subject |= {str(code) for code in codes if code is not None}
        subject |= {str(one.status) for one in faults if one.status is not None and one.status != _USUAL}
    subject |= {matched[0] for token in subject if (matched := _COUNTED.match(token))}
    subject -= {""}
    own = {token for one in faults for token in tokens_of_reply(one)}
    weights = {token: _ASIDE * math.log((1 + others) / (1 + had(token))) for token in own}
    most = math.log(2 + others)
    weights |= {token: max(most - math.log(1 + had(token)), 1.0) for token in subject}
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
