"""``docprobe blocks``: every fenced code block of a docs tree."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from extractor.base.text import printable
from extractor.model import Block
from harness.base.codec import to_document
from harness.cli.context import Cli, docs_argument, pass_cli, state_option, table, table_or_json_option
from harness.load import load_corpus
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Corpus


@click.command("blocks", short_help="List every fenced code block.")
@docs_argument
@table_or_json_option
@state_option
@pass_cli
def command(cli: Cli, /, docs: Path | None, form: str, state: Path | None) -> None:
    """List every fenced code block of DOCS with its lines, language, name and place on the page.

    The table has one line per block and is made for grep and awk: columns are separated by two spaces and never cut.
    JSON has every field and the exact text. Problems of the docs go to stderr, each with file and line.

    \b
    docprobe blocks docs | grep python
    docprobe blocks docs --format json > blocks.json
    """
    config = load_config(docs, cli.config_file, state=state)
    corpus = load_corpus(config, statements=False)
    for problem in corpus.problems:
        cli.note(printable(f"{problem.span}: {problem.message}"))
    if form == "json":
        sys.stdout.write(to_json(corpus, config.docs))
    else:
        sys.stdout.write(to_table(corpus.blocks))
        cli.note(_summary(corpus))


def to_json(corpus: Corpus, docs: Path) -> str:
    """Return the blocks and problems of a corpus as one JSON document, the same for the same docs."""
    document: dict[str, Any] = {
        "schema": "docprobe-blocks/1",
        "docs": {"root": docs.as_posix(), "pages": len(corpus.pages)},
        "blocks": [_entry(block) for block in corpus.blocks],
        "problems": corpus.problems,
    }
    return to_document(document)


_RENAMED: Final = {"prose_commands": "spoken", "prose_values": "stated"}
_PUBLISHED: Final = {field.name: _RENAMED.get(field.name, field.name) for field in dataclasses.fields(Block)}
"""Key by field: what the prose around a block holds is published as ``spoken`` and ``stated``."""


def _entry(block: Block) -> dict[str, Any]:
    """Return the block's fields as they are published."""
    return {key: getattr(block, name) for name, key in _PUBLISHED.items()}


def to_table(blocks: tuple[Block, ...]) -> str:
    """Return one line per block under one line of column names."""
    return table(("WHERE", "LANGUAGE", "NAME", "LINES", "PLACE"), [_row(block) for block in blocks])


def _row(block: Block) -> tuple[str, str, str, str, str]:
    """Return the cells of a line; only the last one holds spaces, so that awk sees the columns."""
    name = block.info.name or block.info.label or "-"
    return (
        printable(str(block.span)),
        block.language or "-",
        printable(name).replace(" ", "_"),
        str(block.text.count("\n")),
        printable(_place(block)),
    )


def _place(block: Block) -> str:
    """Return heading path, tab, step and callout in one phrase."""
    place = block.place
    parts = [" > ".join(heading.text for heading in place.headings)]
    parts += [f"{what} {value}" for what, value in (("tab", place.tab), ("step", place.step)) if value]
    parts += [place.callout] if place.callout else []
    return " | ".join(part for part in parts if part)


def _summary(corpus: Corpus) -> str:
    distinct = len({block.sha256 for block in corpus.blocks})
    blocks, pages = len(corpus.blocks), len(corpus.pages)
    what = f"{blocks} {'block' if blocks == 1 else 'blocks'} ({distinct} distinct)"
    return f"{what} on {pages} {'page' if pages == 1 else 'pages'}"
