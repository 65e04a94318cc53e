"""``--format NAME[:FILE]``: what is written where. Whether a file can be written is :mod:`harness.run.preflight`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.report.formats import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

Output = tuple[str, Path | None]
"""Format and file; None is stdout."""

format_option = click.option(
    "--format", "formats", multiple=True, metavar="NAME[:FILE]", help=f"{', '.join(BY_NAME)}. Repeatable."
)


def outputs_of(texts: Sequence[str]) -> tuple[Output, ...]:
    """The outputs asked for; the terminal report if none is.

    Raises UsageError for what would be lost or could not be read in the end: a run may take an hour, so it is said now.
    """
    outputs = tuple(map(_output, texts)) or (("terminal", None),)
    files: dict[Path, str] = {}
    for name, path in outputs:
        if path is None or not _is_plain(path):
            continue
        if (other := files.get(path.resolve())) is not None:
            raise UsageError(f"{path} is asked to hold {other} and {name}", "give each a file of its own")
        files[path.resolve()] = name
    on_stdout = [name for name, path in outputs if path is None]
    whole = [name for name in on_stdout if BY_NAME[name].whole]
    if whole and len(on_stdout) > 1:
        others = " and ".join(on_stdout)
        raise UsageError(f"{others} would stand in one stream", f"give one a file: --format {whole[0]}:FILE")
    return outputs


def _output(text: str) -> Output:
    name, colon, file = text.partition(":")
    if name not in BY_NAME:
        raise UsageError(f"unknown format '{name}'", suggestion(name, BY_NAME))
    if not colon:
        return name, None
    if not file:
        raise UsageError(f"--format {text} names no file", f"write {name} for stdout, or {name}:FILE")
    return name, Path(file)


def _is_plain(path: Path) -> bool:
    """Whether it is a file, or will be one: a pipe or /dev/stdout may take several outputs."""
    return path.parts[:2] != ("/", "dev") and (path.is_file() or not path.exists())
