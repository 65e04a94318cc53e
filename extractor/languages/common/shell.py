"""Shell fences to words. Nothing is ever run: the words are looked at, and most of them are ignored."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Block

SHELLS: Final = frozenset({"bash", "sh", "shell", "zsh", "console", "terminal", "shellscript", "shell-session"})
"""Info strings of shell fences. PowerShell and cmd repeat what the others say, with other quoting."""
MAX_LINES: Final = 400
MAX_LINE_CHARS: Final = 2000
_SEPARATORS: Final = frozenset({"&&", "||", ";", "|", "&", "(", ")", ";;"})
_PROMPTS: Final = ("$ ", "% ", "> ")


@dataclass(frozen=True, slots=True)
class Words:
    """One simple command."""

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Assignments in front of it."""
    line: int = 1
    """1-based line of the fence's text."""


def commands_of(block: Block) -> tuple[Words, ...]:
    """The simple commands of a shell fence, in order. Lines that no shell would take are passed over."""
    if block.language not in SHELLS:
        return ()
    found: list[Words] = []
    pending, first = "", 1
    for number, line in enumerate(block.text.splitlines()[:MAX_LINES], 1):
        first = first if pending else number
        text = pending + _without_prompt(line.strip())
        if text.endswith("\\") and len(text) <= MAX_LINE_CHARS:
            pending = text[:-1] + " "
            continue
        pending = ""
        found += _split(text, first) if len(text) <= MAX_LINE_CHARS else ()
    return tuple(found)


def split_line(text: str) -> tuple[Words, ...]:
    """The simple commands of one line, such as a script of package.json."""
    return tuple(_split(text, 1))


def _without_prompt(line: str) -> str:
    for prompt in _PROMPTS:
        if line.startswith(prompt):
            return line[len(prompt) :]
    return line


def _split(text: str, line: int) -> list[Words]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:
        return []
    found: list[Words] = []
    current: list[str] = []
    for token in [*tokens, ";"]:
        if token in _SEPARATORS:
            if words := _words(current, line):
                found.append(words)
            current = []
        else:
            current.append(token)
    return found


def _words(tokens: list[str], line: int) -> Words | None:
    environment: dict[str, str] = {}
    rest = list(tokens)
    if rest[:1] in (["sudo"], ["env"]):
        rest.pop(0)
    while rest and "=" in rest[0] and rest[0].partition("=")[0].isidentifier():
        name, _, value = rest.pop(0).partition("=")
        environment[name] = value
    # what follows a redirection is no argument
    for index, token in enumerate(rest):
        if set(token) <= set("<>&") or token in {">>", "2>"}:
            rest = rest[:index]
            break
    return Words(tuple(rest), environment, line) if rest else None
