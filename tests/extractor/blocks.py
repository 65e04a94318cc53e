"""Blocks made by hand, for tests of single functions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from extractor.markdown.info_string import split_info
from extractor.model import Block, Directive, Heading, Placement, Span

if TYPE_CHECKING:
    from collections.abc import Mapping


def block(
    info: str,
    text: str,
    *,
    line: int = 1,
    heading: str | None = None,
    tab: str | None = None,
    context: str = "",
    ordinal: int = 0,
    directive: Mapping[str, str] | None = None,
) -> Block:
    """A fence whose first line is ``line``."""
    text = text if text.endswith("\n") else text + "\n"
    headings = (Heading(2, heading, heading.lower().replace(" ", "-"), 1),) if heading else ()
    return Block(
        span=Span("page.mdx", line, line + text.count("\n") + 1),
        info=split_info(info),
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        place=Placement(headings=headings, tab=tab, containers=(f"Tab[title={tab}]",) if tab else ()),
        ordinal=ordinal,
        directives=(Directive(Span("page.mdx", line - 1, line - 1), directive),) if directive else (),
        context=context,
    )
