"""``.env`` fences, and the values that a reader has to fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.assembly.files import joined, with_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Block, SourceFile

FENCES: Final = frozenset({"env", "dotenv", ".env", "properties", "ini"})
"""Info strings of fences that hold variables (``.env`` files are often fenced as one of the last two)."""
MAX_VARIABLES: Final = 200
_LINE: Final = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
"""A line of a dotenv file. That format has no grammar of its own: this is what its readers share."""
_PLACEHOLDER: Final = re.compile(
    r"^(?:<[^<>]+>|\[[^\[\]]+\]|\$?\{[^{}]+\}|\.\.\.|…|x{3,}|changeme|.*\b(?:your|my|insert|replace)[-_ ].*|.*\.{3})$",
    re.IGNORECASE,
)


def variables_of(block: Block) -> dict[str, str]:
    """The variables of a dotenv text; empty if any line is something else."""
    values: dict[str, str] = {}
    for line in block.text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        found = _LINE.match(line)
        if not found or len(values) >= MAX_VARIABLES:
            return {}
        values[found[1]] = _unquoted(found[2])
    return values


def filled_file(path: str, block: Block, values: Mapping[str, str]) -> SourceFile:
    """The fence as a ``.env`` file; lines whose value docprobe filled in are marked as added."""
    file = joined(path, [block])
    stated = variables_of(block)
    changed: dict[int, str] = {}
    for number, line in enumerate(block.text.splitlines(), 1):
        found = _LINE.match(line)
        if found and found[1] in values and values[found[1]] != stated.get(found[1]):
            changed[number] = f"{found[1]}={values[found[1]]}\n"
    return with_lines(file, changed)


def is_environment_fence(block: Block, name: str | None) -> bool:
    """Whether a fence is an ``.env`` file: by its info string or by its name."""
    called = (name or "").rpartition("/")[2]
    return called.startswith(".env") or (block.language in FENCES and "[" not in block.text)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one that the reader has to put in: ``<YOUR_CLIENT_ID>``, ``your-api-key``."""
    return bool(_PLACEHOLDER.match(value.strip())) if value.strip() else False


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'`":
        inner = value[1:-1]
        return inner.replace("\\n", "\n") if value[0] == '"' else inner
    return value.partition(" #")[0].strip()
