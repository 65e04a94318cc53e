"""``.env`` fences, and the values that a reader has to fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import joined, with_lines
from extractor.model import Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.view import Variables
    from extractor.model import Block, SourceFile

FENCES: Final = frozenset({"env", "dotenv", ".env", "properties", "ini"})
"""Info strings of fences that hold variables (``.env`` files are often fenced as one of the last two)."""
MAX_VARIABLES: Final = 200
MAX_CHARS: Final = 50_000
_PLACEHOLDER: Final = re.compile(
    r"^(?:<[^<>]+>|\[[^\[\]]+\]|\$?\{[^{}]+\}|\.\.\.|…|x{3,}|changeme|(?:bearer )?\S*\b(?:your|insert|replace)[-_ ].*|"
    r"\S*\.{3})$",
    re.IGNORECASE,
)


def variables_of(block: Block) -> dict[str, str]:
    """Return the variables of a dotenv text; none if any line is something else."""
    if len(block.text) > MAX_CHARS:
        return {}
    values: dict[str, str] = {}
    for line in block.text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, value = _assignment(line)
        if not name or len(values) >= MAX_VARIABLES:
            return {}
        values[name] = value
    return values


def filled_file(path: str, block: Block, values: Mapping[str, str]) -> SourceFile:
    """Return the fence as a ``.env`` file; lines whose value docprobe filled in are marked as added.

    Args:
        path: of the file.
        block: the fence.
        values: the variables as the program gets them.
    """
    changed: dict[int, str] = {}
    for number, line in enumerate(block.text.splitlines(), 1):
        name, value = _assignment(line)
        if name in values and values[name] != value:
            changed[number] = f"{name}={values[name]}\n"
    return with_lines(joined(path, [block]), changed)


def environment_notes(fences: Sequence[Variables]) -> tuple[Note, ...]:
    """Return a note for each ``.env`` fence, with the names of its variables."""
    return tuple(
        Note(NoteKind.ENVIRONMENT, Origin.STATED, ", ".join(held.values), span=held.block.span) for held in fences
    )


def is_environment_fence(block: Block, name: str | None) -> bool:
    """Return whether a fence is an ``.env`` file, by its info string or by its name."""
    called = (name or "").rpartition("/")[2]
    return called.startswith(".env") or (block.language in FENCES and "[" not in block.text)


def is_placeholder(value: str) -> bool:
    """Return whether a value is for the reader to replace: ``<YOUR_CLIENT_ID>``, ``your-api-key``."""
    return 0 < len(value.strip()) <= 200 and bool(_PLACEHOLDER.match(value.strip()))


def _assignment(line: str) -> tuple[str, str]:
    """Name and value of a line; an empty name if it is not an assignment.

    The format has no grammar of its own: this is what its readers share.
    """
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    return (name.strip(), _unquoted(value.strip())) if equals and name.strip().isidentifier() else ("", "")


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'`":
        inner = value[1:-1]
        return inner.replace("\\n", "\n") if value[0] == '"' else inner
    return value.partition(" #")[0].strip()
