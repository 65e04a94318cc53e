"""Page to blocks: every fenced block with its exact text and the place where it stands."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.components import Role, callout_of, items_of, role_of, shown_name, title_of
from extractor.markdown.info import split_info
from extractor.markdown.nesting import pair_tags
from extractor.mdx import inline_tokens, plain_text
from extractor.model import Block, Directive, Heading, Page, Place, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token

CONTEXT_CHARACTERS: Final = 600
_MAX_CONTAINERS: Final = 32
"""Components recorded per block, innermost first kept: hostile depth must not multiply with the number of blocks."""


def blocks_of(page: Page) -> tuple[Block, ...]:
    """The blocks of a parsed page (its tokens must be there), in order."""
    lines = page.source.split("\n")
    groups = _groups(page.tokens)
    blocks: list[Block] = []
    above = _Above()
    for index, token in enumerate(page.tokens):
        if token.type == "fence" and token.map:
            first, end = token.map
            span = Span(page.path, first + 1, end, lines[first].find(token.markup) + 1)
            text = token.content if token.content.endswith("\n") or not token.content else token.content + "\n"
            blocks.append(
                Block(
                    span=span,
                    info=split_info(token.info),
                    text=text,
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                    place=above.place(groups),
                    ordinal=len(blocks),
                    directives=_directives(page, index),
                    revision=page.revision,
                    context=above.take_context(page),
                    includes=token.meta.get("includes", ()),
                )
            )
        else:
            above.pass_by(index, token, page.tokens, groups)
    return tuple(blocks)


@dataclass(frozen=True, slots=True)
class _Groups:
    """What has to be known ahead: the partners of tags, the titles of tabs, the labels of code groups."""

    closes: Mapping[int, int]
    """Index of each component's opening token to that of its closing token."""
    titles: Mapping[int, tuple[str, ...]]
    """Titles of the tabs of a group, by the index of each tab's opening token."""
    labels: Mapping[int, tuple[str, ...]]
    """Labels of a code group's blocks, by the index of its opening token."""
    title: Mapping[int, str]
    """Title of each tab and step, by the index of its opening token."""


def _groups(tokens: Sequence[Token]) -> _Groups:
    closes = dict(pair_tags(tokens).closes)
    title: dict[int, str] = {}
    members: dict[int, list[int]] = {}
    labels: dict[int, list[str]] = {}
    open_components: list[int] = []
    counts: dict[int, int] = {}
    group_of_tabs = -1
    for index, token in enumerate(tokens):
        if token.type == "container_open":
            open_components.append(index)
            closes.setdefault(index, -1)
        elif token.type == "container_close" or (token.type == "tag" and token.meta["kind"] == "close"):
            while open_components and (closes[open_components[-1]] in (index, -1)):
                closed = open_components.pop()
                if closes[closed] == -1:
                    closes[closed] = index
                    break
        elif token.type == "tag" and index in closes:
            open_components.append(index)
        elif token.type == "fence":
            group = next((i for i in reversed(open_components) if role_of(tokens[i]) is Role.CODE_GROUP), None)
            if group is not None:
                info = split_info(token.info)
                labels.setdefault(group, []).append(info.label or info.name or info.language)
            continue
        else:
            continue
        if not open_components or open_components[-1] != index:
            continue
        role = role_of(token)
        parent = open_components[-2] if len(open_components) > 1 else -1
        if role is Role.TAB:
            if token.type == "container_open":
                group_of_tabs = index if token.meta.get("starts_group") else group_of_tabs
                parent = group_of_tabs
            elif parent < 0 or role_of(tokens[parent]) is not Role.TABS:
                parent = index
            siblings = members.setdefault(parent, [])
            items = items_of(tokens[parent]) if parent >= 0 else ()
            given = items[len(siblings)] if len(siblings) < len(items) else None
            title[index] = given or title_of(token) or str(len(siblings) + 1)
            siblings.append(index)
        elif role is Role.STEP:
            counts[parent] = counts.get(parent, 0) + 1
            title[index] = title_of(token) or str(counts[parent])
    titles = {i: tuple(title[j] for j in group) for group in members.values() for i in group}
    return _Groups(closes, titles, {i: tuple(found) for i, found in labels.items()}, title)


@dataclass(slots=True)
class _Above:
    """What stands above and around the token that is next: headings, open components, lists, quotes, prose."""

    headings: tuple[Heading, ...] = ()
    components: list[int] = field(default_factory=list)
    tokens: Sequence[Token] = ()
    list_depth: int = 0
    quotes: list[str | None] = field(default_factory=list)
    """For each open block quote its alert kind, if it is one."""
    prose: deque[Token] = field(default_factory=deque)
    prose_length: int = 0

    def pass_by(self, index: int, token: Token, tokens: Sequence[Token], groups: _Groups) -> None:
        """Go past a token that is no fence."""
        self.tokens = tokens
        match token.type:
            case "heading_open":
                level = int(token.tag[1:])
                line = token.map[0] + 1 if token.map else 1
                heading = Heading(level, token.meta["text"], token.meta["slug"], line)
                self.headings = (*(h for h in self.headings if h.level < level), heading)
            case "inline" if tokens[index - 1].type != "heading_open":
                self._remember(token)
            case "list_item_open":
                self.list_depth += 1
            case "list_item_close":
                self.list_depth -= 1
            case "blockquote_open":
                self.quotes.append(_alert(tokens, index))
            case "blockquote_close":
                self.quotes.pop()
            case "container_open" | "tag" if index in groups.closes:
                self.components.append(index)
                if role_of(token) is Role.TAB:
                    self.forget()
            case "container_close" | "tag":
                while self.components and groups.closes[self.components[-1]] <= index:
                    self.components.pop()
            case _:
                pass

    def place(self, groups: _Groups) -> Place:
        """The place of a block here."""
        tab = step = callout = None
        siblings: tuple[str, ...] = ()
        code_group: tuple[str, ...] = ()
        inner = self.components[-_MAX_CONTAINERS:]
        for index in inner:
            token = self.tokens[index]
            match role_of(token):
                case Role.TAB:
                    tab, siblings = groups.title[index], groups.titles[index]
                case Role.STEP:
                    step = groups.title[index]
                case Role.CODE_GROUP:
                    code_group = groups.labels.get(index, ())
                case Role.CALLOUT:
                    callout = callout_of(token)
                case _:
                    pass
        return Place(
            headings=self.headings,
            tab=tab,
            tab_siblings=siblings,
            code_group=code_group,
            step=step,
            list_depth=self.list_depth,
            callout=next((kind for kind in reversed(self.quotes) if kind), None) or callout,
            quoted=bool(self.quotes),
            containers=tuple(shown_name(self.tokens[index]) for index in inner),
        )

    def take_context(self, page: Page) -> str:
        """The prose since the last block, at most CONTEXT_CHARACTERS of its end; it is then used up."""
        words = "\n".join(plain_text(inline_tokens(page.flavour, token)).strip() for token in self.prose)
        self.forget()
        return words.strip()[-CONTEXT_CHARACTERS:]

    def forget(self) -> None:
        """Drop the prose."""
        self.prose.clear()
        self.prose_length = 0

    def _remember(self, token: Token) -> None:
        self.prose.append(token)
        self.prose_length += len(token.content)
        while len(self.prose) > 1 and self.prose_length - len(self.prose[0].content) > 2 * CONTEXT_CHARACTERS:
            self.prose_length -= len(self.prose.popleft().content)


def _alert(tokens: Sequence[Token], index: int) -> str | None:
    """The kind of a GitHub alert (``> [!NOTE]``) that opens at ``index``."""
    inline = tokens[index + 2] if index + 2 < len(tokens) else None
    if inline is None or inline.type != "inline" or not inline.content.startswith("[!"):
        return None
    return inline.content[2:].partition("]")[0].lower() or None


def _directives(page: Page, index: int) -> tuple[Directive, ...]:
    """The directives in the comments directly above the token at ``index``."""
    found: list[Directive] = []
    while index > 0 and page.tokens[index - 1].type == "comment":
        index -= 1
        token = page.tokens[index]
        values = token.meta.get("directive")
        if values is not None and token.map:
            found.append(Directive(Span(page.path, token.map[0] + 1, token.map[1]), values))
    return tuple(reversed(found))
