"""Where on its page each block is: headings, tabs, code groups, steps, lists, quotes, callouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.docs.components import ComponentRole, callout_of, items_of, pair_tags, role_of, shown_name, title_of
from extractor.markdown.info_string import split_info
from extractor.model import Heading, Placement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

_MAX_COMPONENTS: Final = 32
"""Components listed per block, the innermost ones: hostile depth must not multiply with the number of blocks."""

_PLACING: Final = frozenset((
    "heading_open", "list_item_open", "list_item_close", "blockquote_open", "blockquote_close", "tag", "container_open",
    "container_close",
))  # fmt: skip
"""Types of tokens that say where what follows is."""
_NOTED: Final = _PLACING | {"fence"}
_MAX_SIBLINGS: Final = 64
"""Titles of tabs and labels of a code group listed with each of its blocks, for the same reason."""


def placements(tokens: Sequence[Token]) -> Iterator[Placement]:
    """Yield the placement of each ``fence`` token, in order."""
    noted = [token for token in tokens if token.type in _NOTED]
    components = _survey(noted)
    around = _Around(_alerts(tokens))
    for index, token in enumerate(noted):
        if token.type == "fence":
            yield around.placement()
        else:
            around.pass_by(index, token, components)


@dataclass(slots=True)
class _Component:
    """A tag with its partner, or a container."""

    token: Token
    role: ComponentRole
    close: int
    """Index of its closing token."""
    parent: _Component | None
    title: str | None = None
    group: _Component | None = None
    """Of a tab: what it shares with its siblings; itself if it is alone."""
    code_group: _Component | None = None
    """The innermost code group around or at it."""
    tabs: list[str] = field(default_factory=list)
    """Titles of the tabs of this group."""
    labels: list[str] = field(default_factory=list)
    """Labels of the blocks of this code group."""
    steps: int = 0


def _survey(tokens: Sequence[Token]) -> dict[int, _Component]:
    """All components by the index of their opening token, with the siblings and labels that are known only later."""
    closes = {**pair_tags(tokens).closes, **_container_closes(tokens)}
    components_at: dict[int, _Component] = {}
    stack: list[_Component] = []
    tab_group: _Component | None = None
    for index, token in enumerate(tokens):
        while stack and stack[-1].close <= index:
            stack.pop()
        if token.type == "fence" and stack and stack[-1].code_group:
            info = split_info(token.info)
            stack[-1].code_group.labels.append(info.label or info.name or info.language)
        if index not in closes:
            continue
        parent = stack[-1] if stack else None
        component = _Component(token, role_of(token), closes[index], parent, title_of(token))
        component.code_group = component if component.role is ComponentRole.CODE_GROUP else parent and parent.code_group
        if component.role is ComponentRole.TAB:
            if token.type == "container_open":
                tab_group = component if token.meta["starts_group"] or tab_group is None else tab_group
                component.group = tab_group
            else:
                component.group = parent if parent and parent.role is ComponentRole.TABS else component
            _name_tab(component)
        elif component.role is ComponentRole.STEP:
            _name_step(component)
        components_at[index] = component
        stack.append(component)
    return components_at


def _container_closes(tokens: Sequence[Token]) -> dict[int, int]:
    """Containers come from the parser, so they nest: opening index to closing index."""
    closes: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token.type == "container_open":
            stack.append(index)
        elif token.type == "container_close":
            closes[stack.pop()] = index
    return closes


def _name_tab(tab: _Component) -> None:
    """A tab's title is its own, else the one its group lists for it, else its number."""
    group = tab.group or tab
    number = len(group.tabs)
    items = items_of(group.token)
    tab.title = items[number] if number < len(items) else tab.title or str(number + 1)
    group.tabs.append(tab.title)


def _name_step(step: _Component) -> None:
    if step.parent:
        step.parent.steps += 1
    step.title = step.title or str(step.parent.steps if step.parent else 1)


@dataclass(slots=True)
class _Around:
    """What is above and around the token that comes next."""

    alerts: Iterator[str | None]
    """For each block quote that is still to come the kind of its alert, if it is one."""
    headings: tuple[Heading, ...] = ()
    components: list[_Component] = field(default_factory=list)
    list_depth: int = 0
    quotes: list[str | None] = field(default_factory=list)
    """For each open block quote the kind of its alert, if it is one."""

    def pass_by(self, index: int, token: Token, components: dict[int, _Component]) -> None:
        """Pass a token that is not a fence."""
        while self.components and self.components[-1].close <= index:
            self.components.pop()
        if index in components:
            self.components.append(components[index])
            return
        match token.type:
            case "heading_open":
                level = int(token.tag[1:])
                line = token.map[0] + 1 if token.map else 1
                heading = Heading(level, token.meta["text"], token.meta["slug"], line)
                self.headings = (*(above for above in self.headings if above.level < level), heading)
            case "list_item_open":
                self.list_depth += 1
            case "list_item_close":
                self.list_depth -= 1
            case "blockquote_open":
                self.quotes.append(next(self.alerts))
            case "blockquote_close":
                self.quotes.pop()
            case _:
                pass

    def placement(self) -> Placement:
        """Return the placement of a block here."""
        inner = self.components[-_MAX_COMPONENTS:]
        innermost = {component.role: component for component in inner}
        tab, step = innermost.get(ComponentRole.TAB), innermost.get(ComponentRole.STEP)
        group, callout = innermost.get(ComponentRole.CODE_GROUP), innermost.get(ComponentRole.CALLOUT)
        alert = next((kind for kind in reversed(self.quotes) if kind), None)
        return Placement(
            headings=self.headings,
            tab=tab.title if tab else None,
            tab_siblings=tuple(tab.group.tabs[:_MAX_SIBLINGS]) if tab and tab.group else (),
            code_group=tuple(group.labels[:_MAX_SIBLINGS]) if group else (),
            step=step.title if step else None,
            list_depth=self.list_depth,
            callout=alert or (callout_of(callout.token) if callout else None),
            quoted=bool(self.quotes),
            containers=tuple(shown_name(component.token) for component in inner),
        )


def _alerts(tokens: Sequence[Token]) -> Iterator[str | None]:
    """The kinds of GitHub's alerts among the block quotes of a page, in order; None for other quotes."""
    return (_alert(tokens, index) for index, token in enumerate(tokens) if token.type == "blockquote_open")


def _alert(tokens: Sequence[Token], index: int) -> str | None:
    """The kind of a GitHub alert (``> [!NOTE]``) that opens at ``index``."""
    inline = tokens[index + 2] if index + 2 < len(tokens) else None
    if inline is None or inline.type != "inline" or not inline.content.startswith("[!"):
        return None
    return inline.content[2:].partition("]")[0].lower() or None
