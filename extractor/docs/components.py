"""What the components of the sites mean: tabs, code groups, steps, callouts."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it.token import Token


class Role(StrEnum):
    """What a component is for a block inside it."""

    TABS = "tabs"
    TAB = "tab"
    CODE_GROUP = "code-group"
    STEP = "step"
    CALLOUT = "callout"
    OTHER = "other"


_ROLES: Final[Mapping[str, Role]] = {
    **dict.fromkeys(("tabs", "tabgroup", "tabbed"), Role.TABS),
    **dict.fromkeys(("tab", "tabitem", "tabpanel"), Role.TAB),
    **dict.fromkeys(("codegroup", "codetabs"), Role.CODE_GROUP),
    "step": Role.STEP,
}
_CALLOUTS: Final[Mapping[str, str | None]] = {
    **{name: name for name in ("note", "warning", "tip", "info", "check", "danger", "caution", "important", "error")},
    **dict.fromkeys(("callout", "admonition", "aside", "alert"), None),
}
"""Components that call out; None: their ``type`` says how."""
_ITEMS = re.compile(r""""([^"]*)"|'([^']*)'""")


def role_of(token: Token) -> Role:
    """The role of an opening ``tag`` or ``container_open`` token."""
    if token.type == "container_open":
        match token.meta["family"]:
            case "tab":
                return Role.TAB
            case "code-group":
                return Role.CODE_GROUP
            case _:
                return Role.CALLOUT
    name = _short_name(token)
    return _ROLES.get(name) or (Role.CALLOUT if name in _CALLOUTS else Role.OTHER)


def title_of(token: Token) -> str | None:
    """The title a component shows, if it has one."""
    if token.type == "container_open":
        return cast("str | None", token.meta["title"])
    attributes: Mapping[str, str] = token.meta["attributes"]
    return next((attributes[key] for key in ("title", "label", "value") if attributes.get(key)), None)


def items_of(token: Token) -> tuple[str, ...]:
    """The tab titles that a group lists itself: ``<Tabs items={["npm", "pnpm"]}>``."""
    items = token.meta.get("attributes", {}).get("items", "")
    return tuple(a or b for a, b in _ITEMS.findall(items)) if items.startswith("{[") else ()


def callout_of(token: Token) -> str:
    """``note``, ``warning`` and so on, for a component whose role is CALLOUT."""
    if token.type == "container_open":
        return str(token.meta["name"]).lower()
    name = _short_name(token)
    return _CALLOUTS.get(name) or token.meta["attributes"].get("type") or "note"


def shown_name(token: Token) -> str:
    """The component as it stands in ``Placement.containers``: ``Tab[title=Python]``."""
    title = title_of(token)
    return f"{token.meta['name']}[title={title}]" if title else str(token.meta["name"])


def _short_name(token: Token) -> str:
    """``tab`` for ``Tabs.Tab``."""
    return str(token.meta["name"]).rpartition(".")[2].lower()
