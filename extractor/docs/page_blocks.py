"""Blocks of a parsed page, with exact text, placement, and the prose above them."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from markdown_it.token import Token

from extractor.docs.components import ComponentRole, role_of
from extractor.docs.placement import placements
from extractor.docs.prose_commands import ProseCommands
from extractor.markdown.info_string import looks_like_file_name, split_info
from extractor.markdown.parser import inline_tokens, plain_text
from extractor.model import Block, Directive, Flavour, Page, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTEXT_CHARACTERS: Final = 600
_MAX_PARAGRAPH: Final = 5_000
"""Characters; a longer paragraph is not parsed, and its source is used as its words."""


_SKIPPED: Final = frozenset((
    "paragraph_open", "paragraph_close", "heading_close", "table_close", "thead_open", "thead_close", "tbody_open",
    "tbody_close", "tr_close", "th_close", "td_close", "bullet_list_open", "bullet_list_close", "ordered_list_open",
    "ordered_list_close", "list_item_open", "list_item_close",
))  # fmt: skip
"""Types of tokens that neither blocks nor the prose around them are made of."""


def blocks_of(page: Page, loaders: tuple[str, ...] = ()) -> tuple[Block, ...]:
    """Return the blocks of a parsed page, in order.

    Args:
        page: with its tokens.
        loaders: first words of commands in the prose, in addition to package managers and interpreters.
    """
    if not any(token.type == "fence" for token in page.tokens):
        return ()
    blocks: list[Block] = []
    prose = _Prose(page.flavour)
    commands = ProseCommands(page.flavour, loaders)
    placement = placements(page.tokens)
    before = ""
    # no token without a meaning here stands between an inline token and what it is the text of
    read = [token for token in page.tokens if token.type not in _SKIPPED]
    for index, token in enumerate(read):
        kind, within, before = token.type, before, token.type
        if kind == "inline":
            if within != "heading_open":
                prose.add(token)
                commands.add(token, within=within)
        elif kind == "fence" and token.map:
            text = token.content if token.content.endswith("\n") or not token.content else token.content + "\n"
            blocks.append(
                Block(
                    span=Span(page.path, token.map[0] + 1, token.map[1], token.meta["column"]),
                    info=split_info(token.info),
                    text=text,
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                    place=next(placement),
                    ordinal=len(blocks),
                    directives=_directives(page.path, read, index),
                    revision=page.revision,
                    context=prose.take(),
                    includes=token.meta.get("includes", ()),
                    skipped=token.meta.get("skipped", 0),
                )
            )
            commands.block()
        elif kind == "table_open":
            commands.table()
        elif kind == "tr_open":
            commands.row()
        elif kind in ("tag", "container_open") and role_of(token) is ComponentRole.TAB:
            prose.forget()  # the prose of one tab is not about the next
            commands.tab()
        elif kind == "heading_open":
            prose.forget()  # the prose at the end of a section is about the block above
            commands.section()
    spoken, values = commands.by_block(), commands.values_by_block()
    for ordinal in spoken.keys() | values.keys():
        said, stated = spoken.get(ordinal, ()), values.get(ordinal, ())
        blocks[ordinal] = replace(blocks[ordinal], prose_commands=said, prose_values=stated)
    return tuple(blocks)


@dataclass(slots=True)
class _Prose:
    """The paragraphs since the last block: as many as a context can take."""

    flavour: Flavour
    paragraphs: deque[Token] = field(default_factory=deque)
    length: int = 0
    label: str = ""
    """The last paragraph that is nothing but the name of a file."""

    def add(self, paragraph: Token) -> None:
        """Add a paragraph, and drop the first ones if the later ones are long enough."""
        words = paragraph.content.strip("`*: ")
        if looks_like_file_name(words):
            self.label = words
        self.paragraphs.append(paragraph)
        self.length += len(paragraph.content)
        while len(self.paragraphs) > 1 and self.length - len(self.paragraphs[0].content) > 2 * CONTEXT_CHARACTERS:
            self.length -= len(self.paragraphs.popleft().content)

    def take(self) -> str:
        """Return the last CONTEXT_CHARACTERS of the words, with the label in front of them, and start afresh."""
        text = "\n".join(self._words(paragraph) for paragraph in self.paragraphs).strip()
        end, label = text[-CONTEXT_CHARACTERS:], self.label
        self.forget()
        first, _, rest = end.partition("\n")
        if not label or len(text) <= CONTEXT_CHARACTERS:
            return end
        return f"{label}\n{rest if label.endswith(first) else end}"

    def _words(self, paragraph: Token) -> str:
        if len(paragraph.content) > _MAX_PARAGRAPH:
            return paragraph.content[-CONTEXT_CHARACTERS:]
        if paragraph.children or paragraph.meta.get("references"):
            words = plain_text(inline_tokens(self.flavour, paragraph)).strip()
        else:
            words = _repeated_words(self.flavour, paragraph.content)
        return words.partition("]")[2].strip() if words.startswith("[!") else words

    def forget(self) -> None:
        """Drop all paragraphs."""
        self.paragraphs.clear()
        self.length = 0
        self.label = ""


@lru_cache(maxsize=1_000)
def _repeated_words(flavour: Flavour, text: str) -> str:
    """The words of a paragraph that uses no link definitions; revisions of a page repeat most of them."""
    return plain_text(inline_tokens(flavour, Token("inline", "", 0, content=text))).strip()


def _directives(path: str, tokens: Sequence[Token], index: int) -> tuple[Directive, ...]:
    """The directives in the comments directly above the token at ``index``, in order."""
    directives: list[Directive] = []
    while index > 0 and tokens[index - 1].type == "comment":
        index -= 1
        token = tokens[index]
        values = token.meta.get("directive")
        if values is not None and token.map:
            directives.append(Directive(Span(path, token.map[0] + 1, token.map[1]), values))
    return tuple(reversed(directives))
