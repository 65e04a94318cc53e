"""JSON-RPC messages that a page prints: in JSON blocks, and as the bodies of printed HTTP messages.

A page may shorten a message by dots, or say in its prose that its messages are shortened; both are recorded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.model import PrintedJson, Shortening
from harness.profiles.mcp.printed_messages import ELISIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.model import Block, Span
    from harness.profiles.mcp.printed_messages import PrintedPair

LANGUAGES: Final = ("json", "jsonc", "json5")
_STRING_OR_COMMENT: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*')
_IS_MESSAGE: Final = re.compile(r'"jsonrpc"\s*:\s*"2\.0"')
_SAYS_SO: Final = re.compile(r"\bfor brevity\b|\b(?:abbreviated|shortened)\b", re.IGNORECASE)


def is_json_message(block: Block) -> bool:
    """Return whether a block of JSON is a message, or several."""
    return block.language in LANGUAGES and _IS_MESSAGE.search(block.text) is not None


def printed_json(blocks: Sequence[Block], pairs: Iterable[PrintedPair], source: str) -> tuple[PrintedJson, ...]:
    """Return the messages of a page in the order of their lines.

    Args:
        blocks: of the page.
        pairs: HTTP messages that the page prints.
        source: of the page.
    """
    says_so = _SAYS_SO.search(_prose(source, blocks)) is not None
    found = [_message(block.text, block.line(0), says_so) for block in blocks if is_json_message(block)]
    for message in (message for pair in pairs for message in pair if message is not None):
        if _IS_MESSAGE.search(message.text):
            found.append(_message(message.text, message.span, says_so))
    return tuple(sorted(found, key=lambda each: each.span))


def _message(text: str, span: Span, says_so: bool) -> PrintedJson:
    dots = any(dots in text for dots in ELISIONS)
    shortening = Shortening.DOTS if dots else Shortening.STATED if says_so else None
    return PrintedJson(span, _STRING_OR_COMMENT.sub(_without_comment, text), shortening)


def _without_comment(match: re.Match[str]) -> str:
    return match.group() if match.group().startswith('"') else ""


def _prose(source: str, blocks: Sequence[Block]) -> str:
    """Return the lines of a page that are not in a block."""
    inside = {line for block in blocks for line in range(block.span.first, block.span.last + 1)}
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in inside)
