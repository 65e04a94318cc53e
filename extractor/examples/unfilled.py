"""Fences that stand for code of another file, which their site puts there and docprobe has not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import CodeError, CodeFacts
from extractor.markdown.unread import unfilled_line

if TYPE_CHECKING:
    from extractor.model import Block

_SOURCES: Final = ("file", "src", "source", "path")
"""Attributes of a fence that name the file whose code a site puts there."""


def unfilled_facts(block: Block) -> CodeFacts | None:
    """Return the facts of a fence whose code, or a part of it, is in a file that was not read; None of any other."""
    line, path = unfilled_line(block.text) or (0, "")
    if not path and not block.text.strip():
        given = (block.info.attributes.get(name, "") for name in _SOURCES)
        # a package's own file is often empty
        path = next((value for value in given if value and not value.endswith("__init__.py")), "")
    if not path:
        return None
    return CodeFacts(error=CodeError(f"stands for code of {path}, which docprobe did not read", line + 1, unread=True))
