"""Every language docprobe knows. A new one is a file beside this and a name in this list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.ecmascript.javascript import JAVASCRIPT
from extractor.languages.ecmascript.typescript import TYPESCRIPT
from extractor.languages.others import OTHERS
from extractor.languages.python.bundle import PYTHON

if TYPE_CHECKING:
    from tree_sitter import Node

    from extractor.languages.common.values import Language
    from extractor.model import Block

LANGUAGES: Final = (TYPESCRIPT, JAVASCRIPT, PYTHON, *OTHERS)

_BY_FENCE: Final = {fence: language for language in LANGUAGES for fence in language.fences}


def syntax_tree(path: str, text: str) -> Node | None:
    """Return the root of a file's syntax tree; None for a file of no language with a grammar here."""
    name = path.lower()
    language = next((language for language in LANGUAGES if name.endswith(language.suffixes)), None)
    return language.tree(text) if language and language.tree else None


def language_for(block: Block) -> Language | None:
    """The language of a block: what its directive says, else what its fence says."""
    said = [directive.values["language"] for directive in block.directives if "language" in directive.values]
    return language_of(said[-1] if said else block.language)


def language_of(fence: str) -> Language | None:
    """The language of an info string's first word; None for everything that is no program."""
    return _BY_FENCE.get(fence.lower())
