"""markdown-it-py's parser, made faster: what is left out would not have matched, so the tokens are the same.

It tries every block rule on every line, and within a paragraph all those that may end it. Here only those are tried
that may begin with the line's first character: most lines are prose, where none does. Likewise in inline content only
the characters stop that a rule is about.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markdown_it import MarkdownIt
    from markdown_it.parser_block import RuleFuncBlockType
    from markdown_it.token import Token

_STARTS: Final[Mapping[str, str]] = {
    "blockquote": ">",
    "colon_container": ":",
    "definition": ":",
    "fence": "`~",
    "footnote": "[",
    "heading": "#",
    "highlight": "{",
    "hr": "*-_",
    "html_block": "<",
    "html_comment": "<",
    "list": "*+-0123456789",
    "mdx_esm": "ie",
    "mdx_flow": "<{",
    "mkdocs_container": "!?=",
    "myst_directive": "`~:",
    "reference": "[",
    "site_fence": "`~",
    "snippet": "<",
    "template_tag": "{",
}
"""What a rule's construct begins with, by the rule's name. A rule that is not listed is tried on every line."""
_UNDERLINES: Final = frozenset("|-:")
"""What the line below the head of a table begins with."""


_STOPS: Final = re.compile(r"[\n!&*<\[\\\]_`{~]")
"""Characters of inline content that a rule is about; up to the next of them it is text."""
_TAB: Final = 4


def index_rules(md: MarkdownIt) -> None:
    """Index the active rules of a parser, once they are set up: later changes of block rules have no effect."""
    md.block = _IndexedBlocks(md.block.ruler)
    md.inline.terminator_re = _STOPS


def is_plain(text: str) -> bool:
    """Return whether inline content is nothing but text."""
    return _STOPS.search(text) is None


class _IndexedBlocks(ParserBlock):
    """markdown-it-py's block parser with an index of its rules."""

    def __init__(self, rules: Ruler[RuleFuncBlockType]) -> None:
        self.ruler = _IndexedRuler(rules)

    def parse(self, src: str, md: MarkdownIt, env: Any, outTokens: list[Token]) -> list[Token] | None:
        """Put the tokens of a text into ``outTokens``."""
        if not src:
            return None
        state = _LineState(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class _LineState(StateBlock):
    """markdown-it-py's state, whose lines are measured as wholes and not by their characters."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
        super().__init__("", md, env, tokens)
        self.src = src
        lines = src.split("\n")
        if not lines[-1].strip(" \t"):
            # what follows the last line end is a line if there is more than space
            lines.pop()
        ends = list(accumulate((len(line) + 1 for line in lines), initial=-1))
        self.bMarks = [end + 1 for end in ends]
        self.bMarks[-1] = len(src)
        self.eMarks = [*ends[1:], len(src)]
        self.tShift = [len(line) - len(line.lstrip(" \t")) if line[:1] in (" ", "\t") else 0 for line in lines]
        self.sCount = [
            _columns(line[:indent]) if indent and "\t" in line[:indent] else indent
            for line, indent in zip(lines, self.tShift, strict=True)
        ]
        self.tShift.append(0)
        self.sCount.append(0)
        self.bsCount = [0] * len(self.bMarks)
        self.lineMax = len(lines)


def _columns(indent: str) -> int:
    """The columns that tabs and spaces at the start of a line take."""
    columns = 0
    for character in indent:
        columns += _TAB - columns % _TAB if character == "\t" else 1
    return columns


class _IndexedRuler(Ruler["RuleFuncBlockType"]):
    """Chains of rules as one rule each, which tries those that the line's first character may begin."""

    def __init__(self, rules: Ruler[RuleFuncBlockType]) -> None:
        super().__init__()
        self._active = rules.get_active_rules()
        self._names = dict(zip(rules.getRules(), self._active, strict=True))
        self._rules = rules
        self._chains: dict[str, list[RuleFuncBlockType]] = {}

    def getRules(self, chainName: str = "") -> list[RuleFuncBlockType]:
        """Return the rule that stands for a chain."""
        chain = self._chains.get(chainName)
        if chain is None:
            chain = self._chains[chainName] = [self._as_one(self._rules.getRules(chainName))]
        return chain

    def get_active_rules(self) -> list[str]:
        """Return the names of the rules."""
        return self._active

    def _as_one(self, rules: Iterable[RuleFuncBlockType]) -> RuleFuncBlockType:
        named = [(name := self._names[rule], _below_a_head(rule) if name == "table" else rule) for rule in rules]
        anywhere = tuple(rule for name, rule in named if name not in _STARTS)
        starts = {character for name, _ in named for character in _STARTS.get(name, "")}
        by_start = {
            character: tuple(rule for name, rule in named if character in _STARTS.get(name, character))
            for character in starts
        }

        def first_match(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
            start = state.bMarks[start_line] + state.tShift[start_line]
            for rule in by_start.get(state.src[start : start + 1], anywhere):
                if rule(state, start_line, end_line, silent):
                    return True
            return False

        return first_match


def _below_a_head(table: RuleFuncBlockType) -> RuleFuncBlockType:
    """The rule of tables, tried where the line may be a head and the one below it a line of dashes."""

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        below = start_line + 1
        if below >= end_line:
            return False
        start = state.bMarks[below] + state.tShift[below]
        return (
            state.src[start : start + 1] in _UNDERLINES
            and state.src.find("|", state.bMarks[start_line], state.eMarks[start_line]) >= 0
            and table(state, start_line, end_line, silent)
        )

    return rule
