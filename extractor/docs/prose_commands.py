"""Commands in the prose of a page: inline code such as ``npm install express``."""

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
    "node", "tsx", "uvicorn",
)  # fmt: skip
"""First words of the commands that install or start something."""
MAX_PARAGRAPH: Final = 5_000
"""Characters; a longer paragraph is not read."""
MAX_COMMAND: Final = 500
"""Characters; longer inline code is not a command."""
MAX_COMMANDS: Final = 200
"""Commands per block; more are left out."""


@dataclass(slots=True)
class ProseCommands:
    """Finds the block that each command in the prose is about, while a page is read from top to bottom.

    It is about the block above it in the same section; else about the next one; on a page's last lines about the last.
    """

    flavour: Flavour
    loaders: tuple[str, ...] = ()
    """First words of further commands: those of the specification that start something."""
    _commands: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """Line (1-based) and text, by ordinal of the block."""
    _waiting: list[tuple[int, str]] = field(default_factory=list)
    """Commands that the next block will get."""
    _blocks: int = 0
    _block_above: bool = False
    """Whether the section has had a block."""

    def add(self, paragraph: Token) -> None:
        """Read a paragraph's inline token. Only one that may hold a command is parsed."""
        text = paragraph.content
        if "`" not in text or len(text) > MAX_PARAGRAPH:
            return
        starts = tuple(f"{word} " for word in (*COMMANDS, *self.loaders))
        if not any(f"`{start}" in text for start in starts):
            return
        line = paragraph.map[0] + 1 if paragraph.map else 1
        commands = self._commands[self._blocks - 1] if self._block_above else self._waiting
        for token in inline_tokens(self.flavour, paragraph):
            line += token.type in {"softbreak", "hardbreak"}
            is_command = token.type == "code_inline" and token.content.startswith(starts)
            if is_command and len(token.content) <= MAX_COMMAND and len(commands) < MAX_COMMANDS:
                commands.append((line, token.content))

    def block(self) -> None:
        """Pass a block."""
        self._commands[self._blocks] += self._waiting
        self._waiting = []
        self._blocks += 1
        self._block_above = True

    def section(self) -> None:
        """Pass a heading: what follows is not about the block above."""
        self._block_above = False

    def tab(self) -> None:
        """Pass the start of a tab: what the tab before said is about nothing in this one."""
        self._waiting = []
        self._block_above = False

    def by_block(self) -> Mapping[int, tuple[tuple[int, str], ...]]:
        """Return the commands (line, text) by ordinal of the block; to be called at the end of the page."""
        if self._blocks:
            self._commands[self._blocks - 1] += self._waiting
        return {ordinal: tuple(commands) for ordinal, commands in self._commands.items() if commands}
