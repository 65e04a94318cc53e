"""Shell commands of a page, split into words. Nothing is ever run: the words are read, and most of them ignored."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extractor.model import Block

SHELLS: Final = frozenset({"bash", "sh", "shell", "zsh", "console", "terminal", "shellscript", "shell-session"})
"""Info strings of shell fences. Those for PowerShell and cmd repeat the same commands with other quoting."""
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


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page. It is never run as written, only interpreted."""

    block: Block
    """Block that the line is in, or that the prose with the line is about."""
    span: Span
    """The line."""
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def commands_of(block: Block) -> Iterator[Command]:
    """Yield the simple commands of a shell fence, in order; nothing for other fences and lines that no shell takes."""
    if block.language not in SHELLS:
        return
    pending, first = "", 0
    for number, line in enumerate(block.text.splitlines()[:MAX_LINES]):
        first = first if pending else number
        text = pending + _without_prompt(line.strip())
        if text.endswith("\\") and len(text) <= MAX_LINE_CHARS:
            pending = text[:-1] + " "
            continue
        pending = ""
        for words in split_line(text):
            yield Command(block, block.line(first), words.words, words.environment)


def prose_commands_of(block: Block) -> Iterator[Command]:
    """Yield the simple commands in the prose that is about a block, in order."""
    for line, text in block.prose_commands:
        for words in split_line(text):
            yield Command(block, Span(block.span.file, line, line), words.words, words.environment)


def split_line(text: str) -> tuple[Words, ...]:
    """Return the simple commands of one line; nothing for a line that no shell takes, or that is too long."""
    if len(text) > MAX_LINE_CHARS:
        return ()
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:
        return ()
    commands: list[Words] = []
    current: list[str] = []
    for token in [*tokens, ";"]:
        if token in _SEPARATORS:
            if words := _words(current):
                commands.append(words)
            current = []
        else:
            current.append(token)
    return tuple(commands)


def _without_prompt(line: str) -> str:
    for prompt in _PROMPTS:
        if line.startswith(prompt):
            return line[len(prompt) :]
    return line


def _words(tokens: list[str]) -> Words | None:
    environment: dict[str, str] = {}
    rest = list(tokens)
    if rest[:1] in (["sudo"], ["env"]):
        rest.pop(0)
    while rest and "=" in rest[0] and rest[0].partition("=")[0].isidentifier():
        name, _, value = rest.pop(0).partition("=")
        environment[name] = value
    # what follows a redirection is not an argument
    for index, token in enumerate(rest):
        if set(token) <= set("<>&") or token in {">>", "2>"}:
            rest = rest[:index]
            break
    return Words(tuple(rest), environment) if rest else None
