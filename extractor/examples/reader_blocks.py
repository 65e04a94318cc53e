"""The blocks of a page as its reader takes them over.

That is without the lines that are marked as removed, with the files that a shell fence writes, with commands that have
another label than a shell's, or none, as what they are, and with the commands of a notebook's cells apart from their
Python (IPython's documentation, "Built-in magic commands").
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.shell import SHELLS, heredocs_of
from extractor.languages.common.shell_lines import holds_commands
from extractor.languages.python.recover import is_sound
from extractor.languages.registry import LANGUAGES
from extractor.markdown.info_string import looks_like_file_name
from extractor.model import InfoString

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Block

_REMOVED: Final = re.compile(r"\[!code --(?::(?P<count>\d{1,4}))?\]")
"""A comment that marks lines as removed (Shiki's and VitePress's notation), this one and those below it."""
_DELETED: Final = re.compile(r"(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?")
"""Lines in ``del={2,4-5}`` (Expressive Code)."""
SHELL_WRITES: Final = "written-by-shell"
"""Attribute of a block that a shell writes with replacements of its own."""
_CELL_FILE: Final = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?(?P<path>\S+)[ \t]*\n")
"""The first line of a cell that is written to a file."""
_CELL_COMMAND: Final = re.compile(
    r"^(?:!|%(?=(?:pip|uv|conda)\b)|%(?P<other>[a-z_]\w*))(?P<command>[^\n]*)", re.MULTILINE
)
"""A line of a cell for a shell, or for IPython alone."""
_PYTHON: Final = frozenset({"python", "py", "python3", "ipython", "ipython3"})
_MAX_FILES: Final = 50
"""Files that the shell fences of one page write."""


def reader_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks of a page as its reader takes them over, with the files that shell fences write among them.

    Every line keeps its place on the page. What a shell writes gets ordinals behind those of the page's blocks.

    Args:
        blocks: of the page, in order.
    """
    found: list[Block] = []
    ordinal = len(blocks)
    for block in map(_labelled, blocks):
        code, commands = _cell(_without_removed(block))
        found.append(code)
        for written in (*_written(block), *commands):
            if ordinal < len(blocks) + _MAX_FILES:
                found.append(replace(written, ordinal=ordinal))
                ordinal += 1
    return tuple(found)


def _labelled(block: Block) -> Block:
    """The block as a shell's, where it holds commands alone."""
    return replace(block, info=replace(block.info, language="bash")) if holds_commands(block) else block


def _without_removed(block: Block) -> Block:
    """The block with empty lines in place of those that it marks as removed."""
    listed = block.info.attributes.get("del", "")
    if block.language in SHELLS or not (listed or "[!code --" in block.text):
        return block
    removed = {
        number - 1
        for found in _DELETED.finditer(listed)
        for number in range(int(found["first"]), min(int(found["last"] or found["first"]), 10_000) + 1)
    }
    lines = block.text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if found := _REMOVED.search(line):
            removed.update(range(number, number + int(found["count"] or 1)))
    return _with_text(block, "".join("\n" if n in removed else line for n, line in enumerate(lines)))


def _cell(block: Block) -> tuple[Block, tuple[Block, ...]]:
    """A notebook's cell as Python alone, and as a block of the commands in it; every line keeps its place."""
    if block.language not in _PYTHON or not ("%" in block.text or "!" in block.text):
        return block, ()
    if file := _CELL_FILE.match(block.text):
        lines = "\n" * file[0].count("\n")
        named = replace(block, info=replace(block.info, name=block.info.name or file["path"]))
        return _with_text(named, lines + block.text[file.end() :]), ()
    code = _CELL_COMMAND.sub("", block.text)
    if code == block.text or is_sound(block.text):
        return block, ()
    found = {block.text.count("\n", 0, c.start()): c for c in _CELL_COMMAND.finditer(block.text) if not c["other"]}
    lines = "".join(f"{found[n]['command'].strip() if n in found else ''}\n" for n in range(block.text.count("\n")))
    bare = replace(block, info=InfoString("bash", "bash"), directives=(), context="", includes=(), skipped=0)
    commands = _with_text(replace(bare, prose_commands=(), prose_values=()), lines)
    return _with_text(block, code), ((commands,) if found else ())


def _written(block: Block) -> Iterator[Block]:
    """The files that a shell fence writes, as blocks of their own; those of commands in between are not files."""
    for heredoc in heredocs_of(block):
        if not looks_like_file_name(heredoc.path) or not heredoc.lines:
            continue
        ending = heredoc.path.rpartition("/")[2].rpartition(".")[2].lower()
        language = next((one.fences[0] for one in LANGUAGES if heredoc.path.endswith(one.suffixes)), ending)
        info = InfoString(
            raw=f"{language} {heredoc.path}",
            language=language,
            name=heredoc.path,
            attributes={} if heredoc.literal else {SHELL_WRITES: ""},
        )
        above = block.line(heredoc.first - 1).first
        # its last line is that of the word that ends the text, as the last line of a fence is its mark
        span = replace(block.span, first=above, last=min(above + len(heredoc.lines) + 1, block.span.last))
        bare = replace(block, span=span, info=info, directives=(), context="", includes=(), skipped=0)
        text = "".join(f"{line}\n" for line in heredoc.lines)
        yield _with_text(replace(bare, prose_commands=(), prose_values=()), text)


def _with_text(block: Block, text: str) -> Block:
    return replace(block, text=text, sha256=hashlib.sha256(text.encode()).hexdigest())
