"""Commands that a page tells in passing: inline code of its prose, such as ``npm install express``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.markdown.parser import inline_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it.token import Token

    from extractor.model import Flavour

COMMANDS: Final = (
    "npm", "npx", "pnpm", "yarn", "bun", "pip", "pip3", "uv", "uvx", "poetry", "pdm", "pipenv", "python", "python3",
    "node", "tsx", "fastmcp", "mcp", "uvicorn",
)  # fmt: skip
"""First words of the commands that install or start something."""
MAX_PARAGRAPH: Final = 5_000
MAX_COMMAND: Final = 500
MAX_SPOKEN: Final = 200
"""Commands of one page that are kept."""
_STARTS: Final = tuple(f"{word} " for word in COMMANDS)
_BEGINNINGS: Final = tuple(f"`{start}" for start in _STARTS)


@dataclass(slots=True)
class Speech:
    """Tells which block each spoken command is about, while a page is read from top to bottom.

    It is about the block above it in the same section; else about the next one; on a page's last lines about the last.
    """

    flavour: Flavour
    _found: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    _waiting: list[tuple[int, str]] = field(default_factory=list)
    _blocks: int = 0
    _above: bool = False
    """Whether a block stands above in the same section."""

    def add(self, paragraph: Token) -> None:
        """A paragraph's inline token. Only one that looks as if it held a command is parsed."""
        text = paragraph.content
        if "`" not in text or len(text) > MAX_PARAGRAPH or not any(start in text for start in _BEGINNINGS):
            return
        line = paragraph.map[0] + 1 if paragraph.map else 1
        home = self._found[self._blocks - 1] if self._above else self._waiting
        for token in inline_tokens(self.flavour, paragraph):
            line += token.type in {"softbreak", "hardbreak"}
            said = token.type == "code_inline" and token.content.startswith(_STARTS)
            if said and len(token.content) <= MAX_COMMAND and len(home) < MAX_SPOKEN:
                home.append((line, token.content))

    def block(self) -> None:
        """A block stands here."""
        self._found[self._blocks] += self._waiting
        self._waiting = []
        self._blocks += 1
        self._above = True

    def section(self) -> None:
        """A heading: what follows is no longer about the block above."""
        self._above = False

    def forget(self) -> None:
        """A tab: what the one before said is about nothing in this one."""
        self._waiting = []
        self._above = False

    def by_block(self) -> Mapping[int, tuple[tuple[int, str], ...]]:
        """What was said, by ordinal of the block; at the end of the page."""
        if self._blocks:
            self._found[self._blocks - 1] += self._waiting
        return {ordinal: tuple(said) for ordinal, said in self._found.items() if said}
