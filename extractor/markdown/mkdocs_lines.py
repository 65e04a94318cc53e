"""The lines of an MkDocs page as Python-Markdown reads them: its fences, and the marks that open a container.

Neither follows from CommonMark. PyMdown's superfences looks for fences before anything else, at any indentation; one
that is closed at another indentation is text, and one in an indented code block is part of that code. What is an
indented code block follows from steps of four columns: a list item or a container takes what is one step deeper.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

STEP: Final = 4
"""Columns by which the content of a list item or container is indented, and of a tab."""
CONTAINER: Final = re.compile(
    r"""(?:!!![ ]?(?P<type>[\w-]+(?:[ ]+[\w-]+)*)(?:[ ]+"(?P<title>.*?)")?
          |\?\?\?\+?[ ]?(?:(?P<fold>[\w-]+(?:[ ]+[\w-]+)*)?[ ]+"(?P<fold_title>.*?)"
                             |(?P<bare_fold>[\w-]+(?:[ ]+[\w-]+)*))
          |===(?P<tab>\+|\+!|!\+|!)?[ ]+"(?P<tab_title>.*?)")[ ]*\Z""",
    re.VERBOSE,
)
"""The mark of an admonition, of details or of a tab; titles stand in double quotes only."""
_FENCE: Final = re.compile(
    r"""(?P<fence>~{3,}|`{3,})(?:[ \t]*\.?(?P<language>[\w#.+-]+)(?=[\t ]|\Z))?
        (?:[ \t]*\{(?P<attributes>[^\n]*)\}
          |(?P<options>(?:[ \t]*[a-zA-Z][a-zA-Z0-9_]*(?:="[^"]*"|='[^']*')?(?=[\t ]|\Z))+))?[ \t]*\Z""",
    re.VERBOSE,
)
_OPTION: Final = re.compile(r"""(?P<key>[a-zA-Z][a-zA-Z0-9_]*)(?:=(?P<quote>["'])(?P<value>.*?)(?P=quote))?""")
_OPTIONS: Final[Mapping[str, re.Pattern[str]]] = {
    "hl_lines": re.compile(r"\d+(?:-\d+)?(?:[ \t]+\d+(?:-\d+)?)*\Z"),
    "linenums": re.compile(r"\d+"),
    "title": re.compile(r""),
    "title_mode": re.compile(r""),
}
"""What may stand behind a language; anything else makes the line no fence."""
_LONGEST_MARK: Final = 2_000
"""Characters; a longer line opens nothing."""
_ITEM: Final = re.compile(r"(?:\d+\.|[*+-])[ ]+")
_RULE: Final = re.compile(r"(?:(?:-[ ]{0,2}){3,}|(?:_[ ]{0,2}){3,}|(?:\*[ ]{0,2}){3,})\Z")
_DEFINITION: Final = re.compile(r":[ ]{1,3}\S")
_FOOTNOTE: Final = re.compile(r"\[\^[^\]]+\]:")


class _Holder(Enum):
    """What may hold content that is indented by one step more."""

    ITEM = "list item"
    DEFINITION = "definition"
    CONTAINER = "container"
    """Admonition, details, tab or footnote."""


@dataclass(frozen=True, slots=True)
class SiteFence:
    """A fence that the site shows as a block of code."""

    last: int
    """Line of the closing fence, 0-based."""
    column: int
    """Columns before the opening one."""
    info: str
    text: str


@dataclass(frozen=True, slots=True)
class SiteLines:
    """What the site makes of a page's lines."""

    fences: Mapping[int, SiteFence]
    """By the line of the opening fence, 0-based."""
    containers: frozenset[int]
    """Lines that open an admonition, details or a tab."""
    refused: tuple[tuple[int, str], ...]
    """Lines that look like a fence, and why the site shows them as text."""
    starts: tuple[int, ...]
    """Lines at which a fence or a container begins, in order."""

    def next_start(self, line: int, end: int) -> int:
        """Return the first line from ``line`` on at which a fence or container begins; ``end`` if it comes before."""
        at = bisect_left(self.starts, line)
        return min(self.starts[at], end) if at < len(self.starts) else end


_KEY: Final = "docprobe.mkdocs"


def keep_site_lines(env: MutableMapping[str, Any], lines: SiteLines) -> None:
    """Put what the site makes of a page's lines into markdown-it's ``env``."""
    env[_KEY] = lines


def site_lines(env: Mapping[str, Any]) -> SiteLines:
    """Return what the site makes of the lines of the page that is parsed."""
    lines = env[_KEY]
    assert isinstance(lines, SiteLines)
    return lines


def read_lines(source: str) -> SiteLines:
    """Return what Python-Markdown and superfences make of the lines of a page."""
    lines = source.split("\n")
    scan = _FenceScan()
    for number, line in enumerate(lines):
        scan.line(number, line)
    scan.end()
    nesting = _Nesting()
    number = 0
    while number < len(lines):
        nesting.line(number, lines[number].expandtabs(STEP))
        number = scan.fences[number].last + 1 if number in scan.fences else number + 1
    fences = {number: fence for number, fence in scan.fences.items() if number not in nesting.code}
    refused = tuple((number, reason) for number, reason in scan.refused if number not in nesting.code)
    containers = frozenset(nesting.containers)
    return SiteLines(fences, containers, refused, tuple(sorted({*fences, *containers})))


@dataclass(slots=True)
class _Open:
    """A fence that is not closed yet."""

    line: int
    prefix: str
    """Spaces and marks of quotations before it."""
    mark: str
    info: str
    text: list[str] = field(default_factory=list)
    ends_quote: bool = False
    """Whether a blank line makes the next line outside the quotation end it."""


@dataclass(slots=True)
class _FenceScan:
    """Superfences' search, line by line."""

    fences: dict[int, SiteFence] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    _open: _Open | None = None

    def line(self, number: int, raw: str) -> None:
        line = raw.expandtabs(STEP) if "\t" in raw else raw
        if self._open is None:
            self._begin(number, line)
        else:
            self._go_on(self._open, number, line, raw)

    def end(self) -> None:
        if self._open:
            self._refuse("it never ends")

    def _begin(self, number: int, line: str) -> None:
        content = line.lstrip("> ")
        if not content.startswith(("```", "~~~")) or len(line) > _LONGEST_MARK:
            return
        mark = _FENCE.match(content)
        if mark is None and "`" in content.lstrip("`"):
            return  # a code span
        if mark is None or not _are_known(mark["options"]):
            self.refused.append((number, _as_text("the site does not recognise the words after the language")))
            return
        info = content[len(mark["fence"]) :].strip()
        info = info.removeprefix(".") if mark["language"] else info
        self._open = _Open(number, line[: len(line) - len(content)], mark["fence"], info)

    def _go_on(self, fence: _Open, number: int, line: str, raw: str) -> None:
        indent = len(fence.prefix)
        lead = line[:indent]
        prefix = lead[: len(lead) - len(lead.lstrip("> "))]
        content = line[len(prefix) :]
        quotes, around = prefix.count(">"), fence.prefix.count(">")
        if quotes > around:
            self._refuse("a later line is in another block quote")
        elif not (content.strip() if around else line.strip()):
            fence.ends_quote = True
            fence.text.append("")
        elif len(prefix) < indent and not around:
            self._refuse("a later line is indented less than the fence")
        elif fence.ends_quote and quotes < around:
            self._refuse("the block quote ends before the fence does")
        elif content.startswith(fence.mark) and not content[len(fence.mark) :].strip():
            self.fences[fence.line] = SiteFence(number, indent, fence.info, "".join(f"{text}\n" for text in fence.text))
            self._open = None
        else:
            fence.ends_quote = False
            fence.text.append(_from_column(raw, indent) if quotes == around else content)

    def _refuse(self, reason: str) -> None:
        if self._open:
            self.refused.append((self._open.line, _as_text(reason)))
        self._open = None


def _as_text(reason: str) -> str:
    return f"a fence that the site shows as text: {reason}"


def _are_known(options: str | None) -> bool:
    """Whether superfences takes what stands behind the language."""
    found = _OPTION.finditer(options or "")
    return all(
        option["key"] in _OPTIONS and _OPTIONS[option["key"]].match(option["value"] or option["key"])
        for option in found
    )


def _from_column(raw: str, column: int) -> str:
    """A line from a column on; a tab that reaches over it is spread into spaces."""
    at = 0
    for index, character in enumerate(raw):
        if at >= column:
            return " " * (at - column) + raw[index:]
        at += STEP - at % STEP if character == "\t" else 1
    return " " * (at - column)


@dataclass(slots=True)
class _Nesting:
    """Which lines begin indented code, and which open a container: Python-Markdown's block by block, in one pass."""

    code: set[int] = field(default_factory=set)
    """Lines in indented code."""
    containers: set[int] = field(default_factory=set)
    _levels: list[_Holder] = field(default_factory=list)
    """What holds the content of each step of indentation, outermost first."""
    _begins: bool = True
    """Whether the next line begins a block: after a blank line, or where a container or a heading ends one."""
    _base: int = 0
    """Steps by which the block is indented."""
    _in_code: bool = False
    _in_list: bool = False

    def line(self, number: int, line: str) -> None:
        """Take the next line; of a fence the first alone."""
        text = line.lstrip(" ")
        if not text:
            self._begins = True
            return
        column = len(line) - len(text)
        step = column // STEP
        leaves_container = _Holder.CONTAINER in self._levels[step : self._base]
        if self._begins or (leaves_container and not self._in_code):
            self._begin(number, text, column)
        elif (
            column == STEP * step
            and step <= min(self._base, len(self._levels))
            and CONTAINER.match(text[:_LONGEST_MARK])
        ):
            self._open_container(number, step)
        elif self._in_code:
            self.code.add(number)  # a block that begins as code has no fences, indented or not
        elif self._in_list and self._base <= step <= len(self._levels) and _is_item(text):
            self._levels[step:] = [_Holder.ITEM]
        elif column < STEP * (self._base + 1) and _DEFINITION.match(text):
            self._define(self._base)
        elif column == STEP * self._base and text.startswith("#"):
            self._begins = True

    def _begin(self, number: int, text: str, column: int) -> None:
        step = column // STEP
        self._base = step
        self._in_code = step > len(self._levels)
        self._in_list = self._begins = False
        if self._in_code:
            self.code.add(number)
            return
        del self._levels[step:]
        if column == STEP * step and CONTAINER.match(text[:_LONGEST_MARK]):
            self._open_container(number, step)
        elif _is_item(text):
            self._in_list = True
            self._levels.append(_Holder.ITEM)
        elif _DEFINITION.match(text):
            self._define(step)
        elif _FOOTNOTE.match(text):
            self._levels.append(_Holder.CONTAINER)
        elif text.startswith("#"):
            self._begins = True

    def _open_container(self, number: int, step: int) -> None:
        self.containers.add(number)
        self._in_code = False
        self._levels[step:] = [_Holder.CONTAINER]
        self._begins = True

    def _define(self, step: int) -> None:
        """Take a definition; one directly in a list holds nothing but its own line."""
        del self._levels[step:]
        if not self._levels or set(self._levels) != {_Holder.ITEM}:
            self._levels.append(_Holder.DEFINITION)


def _is_item(text: str) -> bool:
    return bool(_ITEM.match(text)) and not _RULE.match(text[:_LONGEST_MARK])
