"""One JSX or HTML tag: its name and attributes, and where it ends.

Follows the tag grammar of MDX (JSX specification, "JSXElement", with the deviations that MDX documents: no space
after ``<``, no comments inside). HTML's unquoted attribute values are accepted too, for HTML in Markdown.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from extractor.markdown.javascript_scanner import Scanner

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"(?!\d)[\w$](?:[\w$-]|\u200c|\u200d)*")
_UNQUOTED = re.compile(r"""[^\s"'=<>`{}]+""")
_COMMON = re.compile(
    r"""<(?:(/)([^\W\d][\w-]*+)\s*+> | ([^\W\d][\w-]*+)((?:\s++[^\W\d][\w-]*+="[^"]*+")*+)\s*+(/?)>)""",
    re.VERBOSE,
)
"""A tag as most are written: a plain name, and values in double quotes. Every kind of tag agrees on how it is read."""
_COMMON_ATTRIBUTE = re.compile(r'([\w-]++)="([^"]*+)"')
_PLAIN_STRING = re.compile(r"""\s*(?:"([^"\\]*)"|'([^'\\]*)'|`([^`\\$]*)`)\s*\Z""")


class Incomplete(Exception):
    """The text ends before the tag or expression does: more lines may complete it."""


class Malformed(Exception):
    """A tag starts here and cannot go on like this: a JSX parser refuses the page."""


class TagKind(StrEnum):
    """What a tag does to the nesting."""

    OPEN = "open"
    CLOSE = "close"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag as written."""

    name: str
    """Empty for a fragment; members joined by dots (``Tree.File``)."""
    kind: TagKind
    attributes: Mapping[str, str]
    """Literal strings decoded; a bare attribute is empty; any other expression keeps its braces."""
    end: int
    """Index just after ``>``."""


_BROKEN = Tag("", TagKind.SELF, {}, -1)


def scan_tag(text: str, pos: int, *, jsx: bool = True) -> Tag | None:
    """Return the tag that starts at ``text[pos]``, which is ``<``; None if there is none.

    Args:
        text: the source.
        pos: where the tag starts.
        jsx: whether values are strings in quotes or expressions in braces; otherwise HTML's rules apply.

    Raises:
        Incomplete: ``text`` ends inside the tag.
        Malformed: with ``jsx``, something after the name is not JSX.
    """
    if common := _COMMON.match(text, pos):
        return _common_tag(common)
    tag = _scan(text, pos, jsx=jsx)
    if tag is _BROKEN:
        if jsx:
            raise Malformed
        return None
    return tag


def _common_tag(match: re.Match[str]) -> Tag:
    closing, closed, opened, attributes, closes_itself = match.groups()
    if closing:
        return Tag(closed, TagKind.CLOSE, {}, match.end())
    values = {name: html.unescape(value) for name, value in _COMMON_ATTRIBUTE.findall(attributes)} if attributes else {}
    return Tag(opened, TagKind.SELF if closes_itself else TagKind.OPEN, values, match.end())


def _scan(text: str, pos: int, *, jsx: bool) -> Tag | None:
    """As :func:`scan_tag`; what goes wrong after the name is ``_BROKEN``."""
    pos += 1
    if pos >= len(text):
        return None
    closing = text[pos] == "/"
    if closing:
        pos = _skip_space(text, pos + 1) if jsx else pos + 1
    name, pos = _name(text, pos, jsx=jsx)
    if name is None:
        return None
    if not name:
        if not jsx or pos >= len(text) or text[pos] != ">":
            return None
        return Tag("", TagKind.CLOSE if closing else TagKind.OPEN, {}, pos + 1)
    attributes: dict[str, str] = {}
    while True:
        before, pos = pos, _skip_space(text, pos)
        if pos >= len(text):
            raise Incomplete
        character = text[pos]
        if character == ">":
            return Tag(name, TagKind.CLOSE if closing else TagKind.OPEN, attributes, pos + 1)
        if character == "/":
            pos = _skip_space(text, pos + 1) if jsx else pos + 1
            if pos >= len(text):
                raise Incomplete
            return Tag(name, TagKind.SELF, attributes, pos + 1) if text[pos] == ">" and not closing else _BROKEN
        if character == "{" and jsx:
            pos = _expression_end(text, pos)
            continue
        if pos == before and not jsx:
            return _BROKEN
        key, pos = _attribute_name(text, pos, jsx=jsx)
        if not key:
            return _BROKEN
        value, pos = _attribute_value(text, pos, jsx=jsx)
        if value is None:
            return _BROKEN
        attributes[key] = value


def _skip_space(text: str, pos: int) -> int:
    space = _SPACE.match(text, pos)
    return space.end() if space else pos


def _expression_end(text: str, pos: int) -> int:
    end = Scanner().feed(text, pos + 1)
    if end is None:
        raise Incomplete
    return end


def _name(text: str, pos: int, *, jsx: bool) -> tuple[str | None, int]:
    """A tag's name; empty for a fragment, None if this is not a tag."""
    if jsx and text[pos : pos + 1] == ">":
        return "", pos
    first = _NAME.match(text, pos)
    if first is None:
        return None, pos
    name, pos = first.group(), first.end()
    while text[pos : pos + 1] in (".", ":"):
        member = _NAME.match(text, pos + 1)
        if member is None:
            return None, pos
        name, pos = name + text[pos] + member.group(), member.end()
    if pos < len(text) and not (text[pos].isspace() or text[pos] in "/>{"):
        return None, pos
    return name, pos


_HTML_ATTRIBUTE = re.compile(r"""[^\s"'<>/=]+""")
_JSX_ATTRIBUTE = re.compile(r"(?!\d)[\w$](?:[\w$-]|\u200c|\u200d)*(?:\s*:\s*(?!\d)[\w$][\w$-]*)?")


def _attribute_name(text: str, pos: int, *, jsx: bool) -> tuple[str, int]:
    name = (_JSX_ATTRIBUTE if jsx else _HTML_ATTRIBUTE).match(text, pos)
    return (name.group(), name.end()) if name else ("", pos)


def _attribute_value(text: str, pos: int, *, jsx: bool) -> tuple[str | None, int]:
    """The value after an attribute's name, empty if there is none; None if what follows is not a value."""
    after = _skip_space(text, pos)
    if after >= len(text):
        raise Incomplete
    if text[after] != "=":
        return "", pos
    pos = _skip_space(text, after + 1)
    if pos >= len(text):
        raise Incomplete
    quote = text[pos]
    if quote in "\"'":
        end = text.find(quote, pos + 1)
        if end < 0:
            raise Incomplete
        return html.unescape(text[pos + 1 : end]), end + 1
    if quote == "{" and jsx:
        end = _expression_end(text, pos)
        literal = _PLAIN_STRING.match(text[pos + 1 : end - 1])
        if literal:
            return next(group for group in literal.groups() if group is not None), end
        return text[pos:end], end
    unquoted = None if jsx else _UNQUOTED.match(text, pos)
    return (unquoted.group(), unquoted.end()) if unquoted else (None, pos)
