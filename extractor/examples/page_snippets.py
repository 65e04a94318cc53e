"""The code of a page, with what is looked up of it again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.examples.pieces import lines_of
from extractor.languages.common.files import normal, refusal
from extractor.languages.common.view import FileName, scope_of, sees
from extractor.markdown.info_string import looks_like_file_name
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Snippet

_NO_RUNNERS: Final = frozenset({"pytest", "unittest", "jest", "vitest", "mocha", "ruff", "mypy", "black", "eslint"})
"""Words of commands that look at files, and run none of them as a program."""


@dataclass(frozen=True, slots=True)
class PageSnippets:
    """The snippets of a page, with what is looked up again and again."""

    snippets: tuple[Snippet, ...]
    scopes: Mapping[int, tuple[str, ...]]
    """By ordinal of the block."""
    by_path: Mapping[str, tuple[Snippet, ...]]
    """Snippets by the name that the page gives their file."""
    parts: Mapping[int, tuple[Snippet, ...]]
    """By ordinal of the block that begins a class or function: that one, and what goes on with it."""
    commands: tuple[Command, ...]
    lines: Mapping[int, frozenset[str]]
    """Lines of the snippets, by ordinal of the block."""

    @classmethod
    def of(cls, snippets: Sequence[Snippet], commands: Sequence[Command]) -> PageSnippets:
        """Return the snippets of a page, which are given in order."""
        by_path: dict[str, tuple[Snippet, ...]] = {}
        for snippet in snippets:
            if snippet.name and not snippet.head and not refusal(snippet.name.path):
                path = normal(snippet.name.path)
                by_path[path] = (*by_path.get(path, ()), snippet)
        parts: dict[int, tuple[Snippet, ...]] = {}
        for snippet in snippets:
            head = (snippet.head or snippet.block).ordinal
            parts[head] = (*parts.get(head, ()), snippet)
        scopes = {snippet.block.ordinal: scope_of(snippet.block) for snippet in snippets}
        return cls(tuple(snippets), scopes, by_path, parts, tuple(commands), lines_of(snippets))

    def in_same_tab(self, snippet: Snippet) -> tuple[Snippet, ...]:
        """Return the snippets of the same language in the same tab."""
        scope = self.scopes[snippet.block.ordinal]
        same = (other for other in self.snippets if other.language is snippet.language)
        return tuple(other for other in same if self.scopes[other.block.ordinal] == scope)

    def run_file(self, first: Snippet, last: Snippet) -> FileName | None:
        """Return the file that the page runs with the last of a chain of blocks; None if that is not certain.

        It is the only file of its language that commands right behind the last block name, before any other code and
        under the same heading, or the sentences that introduce this block; no command in between names another, and no
        other block of the page has that name.

        Args:
            first: of the blocks.
            last: of them, which starts the program.
        """
        end, headings = last.block.span, last.block.place.headings
        next_line = min((s.block.span.first for s in self.snippets if s.block.span > end), default=math.inf)
        named = list(self._named_by_commands(last))
        run = {
            path
            for command, path in named
            if (end.last < command.span.first < next_line and command.block.place.headings == headings)
            or (command.block.ordinal == last.block.ordinal and command.span.first < end.first)
        }
        between = {path for command, path in named if first.block.span.first < command.span.first < end.first}
        if len(run) != 1 or not between <= run:
            return None
        path = run.pop()
        others = (s for s in self.by_path.get(path, ()) if not first.block.span <= s.block.span <= end)
        return None if any(others) else FileName(path, Origin.STATED, 0.8, "command")

    def _named_by_commands(self, snippet: Snippet) -> Iterator[tuple[Command, str]]:
        """The commands in view of a snippet that name files of its language, with each file; not those that test."""
        scope, suffixes = self.scopes[snippet.block.ordinal], snippet.language.suffixes
        cloned = {c.block.ordinal for c in self.commands if c.words[:2] == ("git", "clone")}
        for command in self.commands:
            strange = command.block.ordinal in cloned or _NO_RUNNERS.intersection(command.words)
            if sees(scope, command.block) and not strange:
                for word in command.words:
                    if word.endswith(suffixes) and looks_like_file_name(word) and not refusal(word):
                        yield command, normal(word)

    def as_one(self, snippets: Sequence[Snippet]) -> list[Snippet]:
        """Return snippets of a file with everything that goes on with their classes and functions, in the file's order.

        A piece brings what it goes on with.
        """
        heads = {(snippet.head or snippet.block).ordinal for snippet in snippets}
        return sorted((part for head in heads for part in self.parts[head]), key=lambda snippet: snippet.position)

    def needs_others(self, snippet: Snippet) -> bool:
        """Return whether a snippet uses names that it does not bind, or is a part of something."""
        is_part = len(self.parts[(snippet.head or snippet.block).ordinal]) > 1
        sound = snippet.facts.error is None and snippet.facts.loose_method is None
        return sound and (is_part or bool(snippet.facts.free))
