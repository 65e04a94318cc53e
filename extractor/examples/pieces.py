"""Code that a page shows in pieces: a class or a function that goes on in later blocks.

Such a piece does not parse by itself. The bracket that it closes says for certain where it belongs. Its indentation
does too where the prose above it names the class or function: without that it may be one of several ways to go on, and
where it belongs is inferred, as it is for methods that a page shows without their indent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import split_facts
from extractor.languages.common.files import normal
from extractor.languages.common.roles import Start
from extractor.languages.common.view import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.values import Snippet
    from extractor.model import Block

_MOST_TRIED: Final = 4
"""Texts above a piece that it may go on with."""
_MAX_PARSED: Final = 300_000
"""Characters of one page that are parsed to see where its pieces belong."""

_ADDS: Final = re.compile(r"\b(?:add|adds|implement|extend|append|write|define|complete|continue)\b", re.IGNORECASE)
"""Words by which a page has its reader put a method into the class above."""
_OTHERWISE: Final = re.compile(r"\b(?:or|either|alternatively|instead|otherwise)\b", re.IGNORECASE)
"""Words of a sentence that shows one of several ways."""


@dataclass(frozen=True, slots=True)
class _Text:
    """Snippets that are read as one text: the first, and what goes on with its last class or function."""

    snippets: tuple[Snippet, ...]
    text: str

    @property
    def head(self) -> Snippet:
        return self.snippets[0]


def in_context(snippets: Sequence[Snippet], profile: CodeProfile) -> tuple[Snippet, ...]:
    """Return the snippets of a page; those that go on with another one have the facts that they have there.

    Args:
        snippets: all code of the page, in order.
        profile: of the specification.
    """
    if not any(map(_is_piece, snippets)):
        return tuple(snippets)
    above: dict[tuple[str, tuple[str, ...]], list[_Text]] = defaultdict(list)
    found: dict[int, Snippet] = {}
    lines, left = lines_of(snippets), _MAX_PARSED
    for snippet in snippets:
        texts = above[snippet.language.name, scope_of(snippet.block)]
        for first, last, block in _places(snippet, texts, lines):
            parts = (*(s for text in texts[first:last] for s in text.snippets), replace(snippet, block=block))
            left -= sum(len(part.block.text) for part in parts)
            if left > 0 and (whole := _read_as_one(parts, profile)):
                texts[first:last] = [whole]
                found |= {s.block.ordinal: s for s in whole.snippets}
                break
        else:
            texts.append(_Text((snippet,), snippet.block.text))
    return tuple(found.get(snippet.block.ordinal, snippet) for snippet in snippets)


def _is_piece(snippet: Snippet) -> bool:
    error = snippet.facts.error
    return snippet.facts.loose_method is not None if error is None else not error.unread


def _places(
    snippet: Snippet, texts: Sequence[_Text], lines: Mapping[int, frozenset[str]]
) -> Iterator[tuple[int, int, Block]]:
    """Where a piece may belong, nearest first: the texts (first, end) that it may go on with, and its block there."""
    if not _is_piece(snippet) or is_excerpt(snippet, lines):
        return
    nearest = reversed(range(max(0, len(texts) - _MOST_TRIED), len(texts)))
    # the class or function that the words above it name comes first
    for index in sorted(nearest, key=lambda index: not _names(snippet, texts[index].head)):
        head = texts[index].head
        if head.facts.error is not None and head.facts.error.unread:
            continue
        if snippet.name and head.name and normal(snippet.name.path) != normal(head.name.path):
            continue
        runs = head.role.start is not Start.NONE and head.facts.error is None
        given = not runs and (snippet.facts.loose_method is None or _ADDS.search(_words_above(snippet)))
        placed = snippet.language.inside(texts[index].text, snippet.block.text) if given else None
        if placed is not None:
            yield index, index + 1, replace(snippet.block, text=placed)
        elif head.facts.error is not None:
            # what it closes may have been opened before the blocks in between
            yield index, len(texts), snippet.block


def lines_of(page: Sequence[Snippet]) -> Mapping[int, frozenset[str]]:
    """Return the lines of every snippet, without their indent, by the ordinal of its block."""
    return {s.block.ordinal: frozenset(map(str.strip, s.block.text.splitlines())) - {""} for s in page}


def is_excerpt(snippet: Snippet, lines: Mapping[int, frozenset[str]], *, of_more: bool = False) -> bool:
    """Return whether another block has all lines of a snippet: then it is shown again, to be explained.

    Args:
        snippet: any.
        lines: of the page, as :func:`lines_of` returns them.
        of_more: whether the other block must have further lines.
    """
    ordinal = snippet.block.ordinal
    own = lines[ordinal]
    return any(own <= other and not (of_more and own == other) for n, other in lines.items() if n != ordinal)


def _is_sure(piece: Snippet, head: Snippet) -> bool:
    """Whether a piece goes on with a text for certain: it closes its bracket, or stands there and is said to."""
    if head.facts.error is not None or piece.head is not None:
        return True
    otherwise = _OTHERWISE.search(_words_above(piece))
    return _names(piece, head) and piece.facts.loose_method is None and not otherwise


def _names(piece: Snippet, head: Snippet) -> bool:
    """Whether the words above a piece name something that a text defines."""
    words = _words_above(piece)
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words) for name in head.facts.defines)


def _words_above(snippet: Snippet) -> str:
    """The last paragraph before a block."""
    return snippet.block.context.strip().rpartition("\n")[2]


def _read_as_one(parts: Sequence[Snippet], profile: CodeProfile) -> _Text | None:
    """The parts as one text; None if that is not valid in its language."""
    language, head = parts[0].language, parts[0]
    rules = profile.of(language.name)
    text, first_lines = "", []
    for part in parts:
        # as in the file that is made of them
        text += "\n" if text else ""
        first_lines.append(text.count("\n") + 1)
        text += part.block.text
    code = language.parse(text, rules.registrations)
    if code.error or code.loose_method is not None:
        return None
    read = []
    for part, facts in zip(parts, split_facts(code, first_lines), strict=True):
        name = part.name or (head.name if _is_sure(part, head) else None)
        inside = None if part is head else head.block
        read.append(replace(part, facts=facts, role=rules.role((facts,)), name=name, head=inside))
    return _Text(tuple(read), text)
