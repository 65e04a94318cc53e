"""How programs are started: by configuration, by a command of the page, or as their language usually is."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from extractor.languages.common.values import Startup
from extractor.model import Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Draft
    from extractor.model import Block, Dependency, Span


def configured_startup(draft: Draft) -> Startup | None:
    """Return the start by the override's command; None if it has none."""
    command = draft.override.command
    if command is None:
        return None
    return Startup(command, draft.kind, notes=(Note(NoteKind.COMMAND, draft.override_origin, " ".join(command)),))


def usual_startup(draft: Draft, command: tuple[str, ...], tools: tuple[Dependency, ...]) -> Startup:
    """Return the start by a command that the page does not state.

    Args:
        draft: the program.
        command: argument vector.
        tools: packages that the command needs.
    """
    note = Note(NoteKind.COMMAND, Origin.INFERRED, " ".join(command), confidence=0.9)
    return Startup(command, draft.kind, tools=tools, notes=(note,))


def stated_note(words: Iterable[str], span: Span) -> Note:
    """Return the note on a command that the page states."""
    return Note(NoteKind.COMMAND, Origin.STATED, " ".join(words), span=span)


def stated_commands(draft: Draft, *, named: bool) -> list[Command]:
    """Return the commands of the page that may be about the program, likeliest first.

    Those of fences come before those of prose, and Dockerfiles last. What asks a program for its help, and a synopsis,
    start nothing.

    Args:
        draft: the program.
        named: whether the page names its main file. If not, a command about a file is about this one only where the
            page shows no other program.
    """
    if not named and not draft.alone:
        return []
    last = draft.program.main.snippets[-1].block
    around = draft.around
    kinds = (around.commands, around.prose_commands, around.image_commands)
    every = (command for commands in kinds for command in nearest_first(last, commands))
    return [command for command in every if not _starts_nothing(command.words)]


def _starts_nothing(words: Sequence[str]) -> bool:
    """Whether a command asks for help or a version, or is a synopsis (``server.py [--port PORT]``)."""
    synopsis = any(word in {"...", "…"} or re.fullmatch(r"\[-.*|\[[\w-]+\]", word) for word in words[1:])
    return synopsis or words[-1] in {"--help", "-h", "--version", "-V"}


def nearest_first(block: Block, commands: Iterable[Command]) -> list[Command]:
    """Return commands by their distance from a block: its own section first, then those below it, then by lines."""

    def distance(command: Command) -> tuple[bool, bool, int]:
        first = command.block.span.first
        return is_elsewhere(command, block), first < block.span.first, abs(first - block.span.last)

    return sorted(commands, key=distance)


def is_elsewhere(command: Command, block: Block) -> bool:
    """Return whether a command is in another section than a block: also one in prose above the heading of its block."""
    headings = command.block.place.headings
    return headings != block.place.headings or any(heading.line > command.span.first for heading in headings)


def folder_of(command: Command, path: str) -> str:
    """Return the folder of the program that a command is run in: what its ``cd`` lines and the path share.

    Args:
        command: of the page.
        path: of the program's main file.
    """
    parts = PurePosixPath(command.folder).parts
    ends = ("/".join(parts[n:]) for n in range(len(parts)))
    return next((end for end in ends if path.startswith(f"{end}/")), "")


def means_file(word: str, path: str) -> bool:
    """Return whether a word of a command means the file at ``path``: that path, or an absolute one that ends in it."""
    named = PurePosixPath(word.replace("\\", "/"))
    return named == PurePosixPath(path) or (named.is_absolute() and str(named).endswith(f"/{path}"))
