"""markdown-it-py's parser, made faster: what is left out would not have matched, so the tokens are the same.

It tries every block rule on every line, and within a paragraph all those that may end it. Here only those are tried
that may begin with the line's first character: most lines are prose, where none does. Likewise in inline content only
the characters stop that a rule is about. Lines are measured and cut by :mod:`extractor.markdown.line_state`, and two
rules are those of :mod:`extractor.markdown.line_rules`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import Ruler
from markdown_it.rules_block import hr

from extractor.markdown.line_rules import heading, table
from extractor.markdown.line_state import LineState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it import MarkdownIt
    from markdown_it.parser_block import RuleFuncBlockType
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

    _Rules = tuple[RuleFuncBlockType, ...]
    _ByStart = dict[str, _Rules]

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
_THREE_MARKS: Final = re.compile(r"([*_-])[ \t]*\1[ \t]*\1")
"""What a thematic break begins with."""
_STOPS: Final = re.compile(r"[\n!&*<\[\\\]_`{~]")
"""Characters of inline content that a rule is about; up to the next of them it is text."""


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
        self._by_start, self._anywhere = self.ruler.by_start("")

    def parse(self, src: str, md: MarkdownIt, env: Any, outTokens: list[Token]) -> list[Token] | None:
        """Put the tokens of a text into ``outTokens``."""
        if not src:
            return None
        state = LineState(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:
        """Make tokens of lines, as markdown-it-py does."""
        by_start, anywhere = self._by_start, self._anywhere
        src, marks, shifts, ends, columns = state.src, state.bMarks, state.tShift, state.eMarks, state.sCount
        max_nesting = state.md.options.maxNesting
        line, has_empty_lines = startLine, False
        while line < endLine:
            while line < state.lineMax and marks[line] + shifts[line] >= ends[line]:
                line += 1
            state.line = line
            if line >= endLine or columns[line] < state.blkIndent:
                return
            if state.level >= max_nesting:
                state.line = endLine
                return
            start = marks[line] + shifts[line]
            for rule in by_start.get(src[start : start + 1], anywhere):
                if rule(state, line, endLine, False):
                    break
            if state.line <= line:
                raise RuntimeError("no block rule went on to the next line")
            state.tight = not has_empty_lines
            line = state.line
            # a paragraph in a list may have taken the empty line after it
            if line <= endLine and marks[line - 1] + shifts[line - 1] >= ends[line - 1]:
                has_empty_lines = True
            if line < endLine and marks[line] + shifts[line] >= ends[line]:
                has_empty_lines = True
                line += 1
                state.line = line


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
            chain = self._chains[chainName] = [_first_match(*self.by_start(chainName))]
        return chain

    def get_active_rules(self) -> list[str]:
        """Return the names of the rules."""
        return self._active

    def by_start(self, chain: str) -> tuple[_ByStart, _Rules]:
        """Return a chain's rules by the characters that a line may begin with, and those for every other line."""
        named = [(name := self._names[rule], _FASTER.get(name, rule)) for rule in self._rules.getRules(chain)]
        anywhere = tuple(rule for name, rule in named if name not in _STARTS)
        starts = {character for name, _ in named for character in _STARTS.get(name, "")}
        by_start = {
            character: tuple(rule for name, rule in named if character in _STARTS.get(name, character))
            for character in starts
        }
        return by_start, anywhere


def _first_match(by_start: _ByStart, anywhere: _Rules) -> RuleFuncBlockType:
    """The rules of a chain as one."""

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        start = state.bMarks[start_line] + state.tShift[start_line]
        for rule in by_start.get(state.src[start : start + 1], anywhere):
            if rule(state, start_line, end_line, silent):
                return True
        return False

    return rule


def _of_three_marks(hr: RuleFuncBlockType) -> RuleFuncBlockType:
    """The rule of thematic breaks, tried where a line begins with three of its marks: most are items of lists."""
    begins = _THREE_MARKS.match

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        start = state.bMarks[start_line] + state.tShift[start_line]
        return begins(state.src, start) is not None and hr(state, start_line, end_line, silent)

    return rule


def _below_a_head(table: RuleFuncBlockType) -> RuleFuncBlockType:
    """The rule of tables, tried where the line may be a head and the one below it a line of dashes."""

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        if state.src.find("|", state.bMarks[start_line], state.eMarks[start_line]) < 0:
            return False
        below = start_line + 1
        if below >= end_line:
            return False
        start = state.bMarks[below] + state.tShift[below]
        return state.src[start : start + 1] in _UNDERLINES and table(state, start_line, end_line, silent)

    return rule


_FASTER: Final[Mapping[str, RuleFuncBlockType]] = {
    "heading": heading,
    "hr": _of_three_marks(hr),
    "table": _below_a_head(table),
}
"""What stands for rules of markdown-it-py, by name; no dialect replaces these."""
