"""Code of pages that an MDX page imports and shows as a component: ``import Server from "/snippets/server.mdx"``.

Only their fences are taken over: they stand where the component does, and their lines are those of the imported file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.markdown.parser import headings_only, parser
from extractor.model import Span

if TYPE_CHECKING:
    from markdown_it.token import Token

    from extractor.docs.includes import Includes
    from extractor.model import Flavour

_IMPORT: Final = re.compile(r"^[^\S\n]*import\s+([A-Z]\w*)\s+from\s+[\"']([^\"'\n]{1,300}\.mdx?)[\"']", re.MULTILINE)
_MAX_SHOWN: Final = 50
"""Components of one page whose files are read."""


def with_imported_code(tokens: list[Token], flavour: Flavour, includes: Includes) -> list[Token]:
    """Return the tokens of a page with the fences of imported pages behind the components that show them.

    Args:
        tokens: of the page.
        flavour: its dialect.
        includes: reads the files, and records what was read.
    """
    imported = dict(found for token in tokens if token.type == "esm" for found in _IMPORT.findall(token.content))
    if not imported:
        return tokens
    shown: list[Token] = []
    left = _MAX_SHOWN
    for token in tokens:
        shown.append(token)
        name = token.meta.get("name") if token.type == "tag" and token.meta["kind"] != "close" else None
        if name in imported and token.map and left:
            left -= 1
            shown += _fences(imported[name], token, flavour, includes)
    return shown


def _fences(path: str, at: Token, flavour: Flavour, includes: Includes) -> list[Token]:
    line = at.map[0] if at.map else 0
    file = includes.imported(line, path)
    if file is None or not any("```" in text or "~~~" in text for text in file[1]):
        return []
    name, lines = file
    fences = [t for t in parser(flavour).parse("\n".join([*lines, ""]), headings_only({})) if t.type == "fence"]
    for fence in fences:
        first = fence.map[0] + 2 if fence.map else 1
        count = fence.content.count("\n")
        fence.map = [line, line + 1]
        fence.meta["includes"] = (Span(name, first, first + count - 1),) if count else ()
    return fences
