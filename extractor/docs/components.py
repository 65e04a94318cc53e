"""The components of a page, MDX tags or containers: which tags belong together, and what they mean.

Tags are leaves to the parser (as in MDX); components come from pairing them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token


class ComponentRole(StrEnum):
    """What a component means for a block inside it."""

    TABS = "tabs"
    TAB = "tab"
    CODE_GROUP = "code-group"
    STEP = "step"
    CALLOUT = "callout"
    OTHER = "other"


_ROLES: Final[Mapping[str, ComponentRole]] = {
    **dict.fromkeys(("tabs", "tabgroup", "tabbed"), ComponentRole.TABS),
    **dict.fromkeys(("tab", "tabitem", "tabpanel"), ComponentRole.TAB),
    **dict.fromkeys(("codegroup", "codetabs"), ComponentRole.CODE_GROUP),
    "step": ComponentRole.STEP,
}
_CALLOUTS: Final[Mapping[str, str | None]] = {
    **{name: name for name in ("note", "warning", "tip", "info", "check", "danger", "caution", "important", "error")},
    **dict.fromkeys(("callout", "admonition", "aside", "alert"), None),
}
"""Callout components; None: their ``type`` attribute is the kind."""
_VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_ITEMS = re.compile(r""""([^"]*)"|'([^']*)'""")


@dataclass(frozen=True, slots=True)
class Nesting:
    """How a page's ``tag`` tokens nest."""

    closes: Mapping[int, int]
    """Index of each opening tag that is closed, to the index of its closing tag."""
    problems: tuple[tuple[int, str], ...]
    """Line (0-based) and message of tags without a partner."""


def pair_tags(tokens: Sequence[Token]) -> Nesting:
    """Pair each closing tag with the nearest open tag of its name; tags opened in between stay unpaired."""
    closes: dict[int, int] = {}
    problems: list[tuple[int, str]] = []
    stack: list[int] = []
    open_names: Counter[str] = Counter()
    for index, token in enumerate(tokens):
        if token.type != "tag" or token.meta["kind"] == "self":
            continue
        name = token.meta["name"]
        if token.meta["kind"] == "open":
            if name.lower() not in _VOID:
                stack.append(index)
                open_names[name] += 1
            continue
        if not open_names[name]:
            problems.append((_line(token), f"</{name}> closes nothing"))
            continue
        while stack:
            opened = stack.pop()
            opened_name = tokens[opened].meta["name"]
            open_names[opened_name] -= 1
            if opened_name == name:
                closes[opened] = index
                break
            problems.append((_line(tokens[opened]), f"<{opened_name}> is never closed"))
    problems += [(_line(tokens[index]), f"<{tokens[index].meta['name']}> is never closed") for index in stack]
    return Nesting(closes, tuple(sorted(problems)))


def role_of(token: Token) -> ComponentRole:
    """Return the role of an opening ``tag`` or ``container_open`` token."""
    if token.type == "container_open":
        match token.meta["family"]:
            case "tab":
                return ComponentRole.TAB
            case "tabs":
                return ComponentRole.TABS
            case "code-group":
                return ComponentRole.CODE_GROUP
            case "other":
                return ComponentRole.OTHER
            case _:
                return ComponentRole.CALLOUT
    name = _short_name(token)
    return _ROLES.get(name) or (ComponentRole.CALLOUT if name in _CALLOUTS else ComponentRole.OTHER)


def title_of(token: Token) -> str | None:
    """Return the title that a component shows, if it has one."""
    if token.type == "container_open":
        return cast("str | None", token.meta["title"])
    attributes: Mapping[str, str] = token.meta["attributes"]
    return next((attributes[key] for key in ("title", "label", "value") if attributes.get(key)), None)


def items_of(token: Token) -> tuple[str, ...]:
    """Return the tab titles that a group itself lists: ``<Tabs items={["npm", "pnpm"]}>``."""
    items = token.meta.get("attributes", {}).get("items", "")
    return tuple(a or b for a, b in _ITEMS.findall(items)) if items.startswith("{[") else ()


def callout_of(token: Token) -> str:
    """Return ``note``, ``warning`` and so on, for a component whose role is CALLOUT."""
    if token.type == "container_open":
        return str(token.meta["name"]).lower()
    name = _short_name(token)
    return _CALLOUTS.get(name) or token.meta["attributes"].get("type") or "note"


def shown_name(token: Token) -> str:
    """Return the component as ``Placement.containers`` has it: ``Tab[title=Python]``."""
    title = title_of(token)
    return f"{token.meta['name']}[title={title}]" if title else str(token.meta["name"])


def _short_name(token: Token) -> str:
    """``tab`` for ``Tabs.Tab``."""
    return str(token.meta["name"]).rpartition(".")[2].lower()


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0
