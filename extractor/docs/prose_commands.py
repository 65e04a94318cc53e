"""What the prose of a page states for its programs: commands, addresses, headers and variables.

Commands are inline code such as ``npm install express``. The others are called values here: URLs of this machine
wherever they are written, and inline code such as ``/mcp``, ``Authorization: Bearer abc`` or ``PORT=3000``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import URL_HOST
from extractor.markdown.parser import inline_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from markdown_it.token import Token

    from extractor.model import Flavour

    _ByBlock = dict[int, list[tuple[int, str]]]

COMMANDS: Final = (
    "npm", "npx", "pnpm", "yarn", "bun", "pip", "pip3", "uv", "uvx", "poetry", "pdm", "pipenv", "python", "python3",
    "node", "tsx", "bunx", "deno", "ts-node", "nodemon", "curl",
    "uvicorn", "hypercorn", "gunicorn", "granian", "daphne", "waitress-serve", "flask", "quart", "litestar", "fastapi",
    "cargo", "go", "mvn", "./mvnw", "gradle", "./gradlew", "java", "kotlin", "jbang",
)  # fmt: skip
"""First words of the commands that install or start something, or send a request."""
MAX_PARAGRAPH: Final = 5_000
"""Characters; a longer paragraph is not read."""
MAX_COMMAND: Final = 500
"""Characters; longer inline code is neither a command nor a value."""
MAX_COMMANDS: Final = 200
"""Commands per block, and values per block; more are left out."""
_URL: Final = re.compile(
    rf"https?://(?:{URL_HOST}|0\.0\.0\.0)(?::\d{{1,5}})?(?:[/?][^\s`\"'<>|)\]\x80-\U0010ffff]*)?", re.ASCII
)
"""Of ASCII alone, as URLs are: words and full stops of Chinese or Japanese follow without a space."""
_PATH: Final = re.compile(r"(?:(?:GET|POST|DELETE|ALL) )?/[\w./~%@:-]*(?:\?[\w=&%.+-]*)?", re.ASCII)
_PATH_IN_CODE: Final = re.compile(r"`\s?(?:(?:GET|POST|DELETE|ALL)\s)?/", re.ASCII)
"""What the source of a paragraph has if any of its inline code is a path."""
_HEADER: Final = re.compile(r"(?:Authorization|[A-Za-z]+(?:-[A-Za-z0-9]+)+): ?\S.*|Bearer \S+", re.ASCII)
_ASSIGNMENT: Final = re.compile(r"(?:export |set )?[A-Z][A-Z0-9_]*=\S+", re.ASCII)
_ADDRESSED: Final = re.compile(
    r"\b(?:endpoints?|urls?|address|paths?|routes?|connects?|served?s?|serving|mounted|available|reachable|listens?|"
    r"servers?|answers?)\b",
    re.IGNORECASE,
)
"""Words of a sentence in which a path alone is that of an endpoint."""
_VALUED: Final = re.compile(r"(?:example |your )?values?|examples?|set (?:it )?to|defaults?", re.IGNORECASE)
"""Heading of a table's column whose cells are values of what the first cell of their row names."""
_VARIABLE: Final = re.compile(r"`?([A-Z][A-Z0-9_]*)`?", re.ASCII)
_HEADER_NAME: Final = re.compile(r"`?(Authorization|[A-Za-z]+(?:-[A-Za-z0-9]+)+)`?", re.ASCII)
_CODE_CELL: Final = re.compile(r"`([^`]+)`")
_SET_TO: Final = re.compile(
    r"(?:environment )?(?:variable )?(?:to|to be|=|as|with(?: the)? value)(?: the)?(?: value| port)?:?", re.IGNORECASE
)
"""What stands between a variable and its value in "Set `PORT` to `3000`"."""
_SETS: Final = re.compile(r"\b(?:set|sets|setting|export|assign|configure|change|give|with)\b[^.;]*$", re.IGNORECASE)
_MAX_SENTENCE: Final = 200
_DISCOURAGED: Final = re.compile(
    r"\b(?:don['’]?t|do not|never|instead of|rather than|avoid|without|unlike|not|no longer)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
"""What stands before a command that a reader is not to run."""


@cache
def _start_of_command(loaders: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:export |env )?(?:[A-Za-z_]\w*=\S+ +)*(?:{_first_words(loaders)}) ")


@cache
def _worth_parsing(loaders: tuple[str, ...]) -> re.Pattern[str]:
    """What the source of a paragraph has if inline code is a command or a value but a path; others may have it too."""
    begins = rf"(?:export|env|set|Bearer|{_first_words(loaders)})\s|Authorization:|[A-Za-z]+(?:-[A-Za-z0-9]+)+:|\w+="
    return re.compile(rf"`\s?(?:{begins})|`[A-Z][A-Z0-9_]*`[^`.;]{{1,40}}`", re.ASCII)


def _first_words(loaders: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, (*COMMANDS, *loaders)))


@dataclass(slots=True)
class ProseCommands:
    """Finds the block that each command and value in the prose is about, while a page is read from top to bottom.

    It is about the block above it in the same section; else about the next one; on a page's last lines about the last.
    """

    flavour: Flavour
    loaders: tuple[str, ...] = ()
    """First words of further commands: those of the specification that start something."""
    _commands: _ByBlock = field(default_factory=lambda: defaultdict(list))
    """Line (1-based) and text, by ordinal of the block; -1 holds what the next block will get."""
    _values: _ByBlock = field(default_factory=lambda: defaultdict(list))
    """The same of values."""
    _columns: list[str] = field(default_factory=list)
    """Headings of the columns of the table that is being read."""
    _cells: list[str] = field(default_factory=list)
    """Cells of the row that is being read."""
    _blocks: int = 0
    _block_above: bool = False
    """Whether the section has had a block."""

    def add(self, paragraph: Token, *, within: str = "") -> None:
        """Read a paragraph's inline token. Only one that may hold a command or a value is parsed.

        Args:
            paragraph: its token.
            within: type of the token around it: a cell of a table (``td_open``) may be nothing but a path, or the
                value of what the first cell of its row names.
        """
        text = paragraph.content
        if len(text) > MAX_PARAGRAPH:
            return
        line = paragraph.map[0] + 1 if paragraph.map else 1
        at = self._blocks - 1 if self._block_above else -1
        if "http" in text:
            _extend(self._values[at], self._urls(text, line))
        cell = within == "td_open"
        if cell:
            _extend(self._values[at], self._value_of_row(text.strip(), line))
        elif within == "th_open":
            self._columns.append(text.strip("`* "))
        if cell and _PATH.fullmatch(text.strip("` ")) and text.strip("` /"):
            _extend(self._values[at], [(line, text.strip("` "))])
        elif "`" in text:
            addressed = _PATH_IN_CODE.search(text) is not None and _ADDRESSED.search(text) is not None
            if addressed or _worth_parsing(self.loaders).search(text):
                self._add_inline_code(paragraph, line, at, addressed=addressed)

    def _add_inline_code(self, paragraph: Token, line: int, at: int, *, addressed: bool) -> None:
        starts = _start_of_command(self.loaders)
        before = name = sentence = ""
        for token in inline_tokens(self.flavour, paragraph):
            line += token.type in {"softbreak", "hardbreak"}
            code = token.content
            if token.type != "code_inline":
                before += code if token.type == "text" else " "
                continue
            if len(code) <= MAX_COMMAND:
                if starts.match(code):
                    if not _DISCOURAGED.search(before):
                        _extend(self._commands[at], [(line, code)])
                elif name and " " not in code and _SET_TO.fullmatch(before.strip()) and _is_set(sentence):
                    _extend(self._values[at], [(line, f"{name}={code}")])
                elif (addressed and _PATH.fullmatch(code)) or _HEADER.fullmatch(code) or _ASSIGNMENT.fullmatch(code):
                    _extend(self._values[at], [(line, code)])
            sentence = f"{sentence}{before}"[-_MAX_SENTENCE:]
            name = code if _VARIABLE.fullmatch(code) else ""
            before = ""

    def _value_of_row(self, text: str, line: int) -> Iterator[tuple[int, str]]:
        """The value in a cell of code, as ``NAME=value`` or ``Name: value`` by the first cell of the row."""
        self._cells.append(text)
        column, value = len(self._cells) - 1, _CODE_CELL.fullmatch(text)
        if not column or column >= len(self._columns) or value is None or len(text) > MAX_COMMAND:
            return
        if _VALUED.fullmatch(self._columns[column]):
            if (name := _VARIABLE.fullmatch(self._cells[0])) and " " not in value[1]:
                yield line, f"{name[1]}={value[1]}"
            elif name := _HEADER_NAME.fullmatch(self._cells[0]):
                yield line, f"{name[1]}: {value[1]}"

    def table(self) -> None:
        """Pass the start of a table."""
        self._columns.clear()

    def row(self) -> None:
        """Pass the start of a row."""
        self._cells.clear()

    @staticmethod
    def _urls(text: str, line: int) -> Iterator[tuple[int, str]]:
        """URLs of this machine in the source of a paragraph: in text, code, links and their targets."""
        for match in _URL.finditer(text):
            yield line + text.count("\n", 0, match.start()), match.group().rstrip(".,;:!?*_")

    def block(self) -> None:
        """Pass a block."""
        for found in (self._commands, self._values):
            found[self._blocks] += found.pop(-1, [])
        self._blocks += 1
        self._block_above = True

    def section(self) -> None:
        """Pass a heading: what follows is not about the block above."""
        self._block_above = False

    def tab(self) -> None:
        """Pass the start of a tab: what the tab before said is about nothing in this one."""
        self._commands.pop(-1, None)
        self._values.pop(-1, None)
        self._block_above = False

    def by_block(self) -> Mapping[int, tuple[tuple[int, str], ...]]:
        """Return the commands (line, text) by ordinal of the block; to be called at the end of the page."""
        return self._ended(self._commands)

    def values_by_block(self) -> Mapping[int, tuple[tuple[int, str], ...]]:
        """Return the values (line, text) by ordinal of the block; to be called at the end of the page."""
        return self._ended(self._values)

    def _ended(self, found: _ByBlock) -> Mapping[int, tuple[tuple[int, str], ...]]:
        waiting = found.pop(-1, [])
        if self._blocks:
            _extend(found[self._blocks - 1], waiting)
        return {ordinal: tuple(lines) for ordinal, lines in found.items() if lines}


def _is_set(sentence: str) -> bool:
    """Whether a sentence tells its reader to set the variable that it ends before."""
    return _SETS.search(sentence) is not None and not _DISCOURAGED.search(sentence)


def _extend(found: list[tuple[int, str]], more: Iterable[tuple[int, str]]) -> None:
    for one in more:
        if len(found) < MAX_COMMANDS:
            found.append(one)
