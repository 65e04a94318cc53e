"""Programs in compiled languages that write MCP's messages themselves, by a web framework or the language's library.

Such a program is recognised by the protocol's words in its texts, and by what it listens, reads or asks with, which is
each language's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.roles import Role, Start
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, CodeFacts

_SESSION: Final = "mcp-session-id"
_OPENS: Final = "initialize"
_ASKED: Final = "clientinfo"
_ANSWERED: Final = "serverinfo"
"""What opens an MCP conversation, and what answers it."""
_ALSO: Final = ("jsonrpc", "tools/list", "tools/call", "protocolversion", _ASKED, _ANSWERED)


@dataclass(frozen=True, slots=True)
class Means:
    """Calls of one language, by the end of their dotted names."""

    listens: tuple[str, ...]
    """What serves HTTP."""
    asks: tuple[str, ...]
    """What sends an HTTP request."""
    reads: tuple[tuple[str, str], ...]
    """What reads standard input: a call, and what it is given if that says so."""


def speaks_by_hand(code: CodeFacts) -> bool:
    """Return whether the texts of a file have the words of an MCP conversation."""
    texts = _texts((code,))
    return _has(texts, _SESSION) or (_has(texts, _OPENS) and any(_has(texts, word) for word in _ALSO))


def role_by_hand(files: Sequence[CodeFacts], start: Start, means: Means) -> Role | None:
    """Return the role of a program that writes MCP's messages itself; None if it does not, or is not a program.

    One that writes ``clientInfo`` and never ``serverInfo`` asks, whatever it serves beside that.

    Args:
        files: facts of the program's files.
        start: whether something in it starts it.
        means: what a program in its language listens, asks and reads with.
    """
    if not any(map(speaks_by_hand, files)):
        return None
    calls = [call for code in files for call in code.calls]
    texts = _texts(files)
    if _has(texts, _ASKED) and not _has(texts, _ANSWERED):
        asking = _first(calls, means.asks)
        line = asking.line if asking else 1
        return Role(ExampleKind.CLIENT, start, True, line, why="creates a client that nothing runs") if asking else None
    if not _has(texts, _SESSION) and (reading := next((c for c in calls if _reads(c, means)), None)):
        why = "serves stdio in a function that nothing calls"
        kind = ExampleKind.STDIO_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, True, reading.line, why=why)
    if listening := _first(calls, means.listens):
        why = "starts a server in a function that nothing calls"
        kind = ExampleKind.HTTP_SERVER if start is Start.RUN else ExampleKind.OTHER
        return Role(kind, start, True, listening.line, why=why)
    return None


def _texts(files: Sequence[CodeFacts]) -> tuple[str, ...]:
    return tuple(text.value.lower() for code in files for text in code.texts)


def _has(texts: Sequence[str], word: str) -> bool:
    """Whether a text is a word, or has it as a part: of JSON in one text, of a struct's tag."""
    return any(word in text for text in texts)


def _first(calls: Sequence[Call], ends: tuple[str, ...]) -> Call | None:
    """The first call whose dotted name, without the calls that it goes on from, ends so."""
    return next((call for call in calls if _dotted(call).endswith(ends)), None)


def _reads(call: Call, means: Means) -> bool:
    given = [value.text for value in call.arguments if isinstance(value, Ref)]
    return any(
        _dotted(call).endswith(end) and (not argument or any(argument in text for text in given))
        for end, argument in means.reads
    )


def _dotted(call: Call) -> str:
    return f".{call.name.replace('()', '')}"
