"""``--format NAME[:FILE]``: which formats are written, and where. :mod:`harness.run.saving` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.cli.completion import complete_formats
from harness.cli.context import print_error
from harness.report.formats import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.run.saving import Saved

Output = tuple[str, Path | None]
"""Format and file; None is stdout."""

format_option = click.option(
    "--format", "formats", multiple=True, metavar="NAME[:FILE]", shell_complete=complete_formats,
    help=f"Report to write, to stdout or to FILE: {', '.join(BY_NAME)}. Repeatable. [default: terminal]",
)  # fmt: skip


def outputs_of(texts: Sequence[str]) -> tuple[Output, ...]:
    """Return the outputs that ``--format`` options name; the terminal report if there are none.

    Raises:
        UsageError: a format is unknown, two outputs would go to one file, or a document would be mixed with another
            output on stdout. It is raised before a run that may take an hour.
    """
    outputs = tuple(map(_output, texts)) or (("terminal", None),)
    files: dict[Path, str] = {}
    for name, path in outputs:
        if path is None or not _is_plain(path):
            continue
        if (other := files.get(path.resolve())) is not None:
            raise UsageError(f"{other} and {name} cannot both go to {path}", "give each a file of its own")
        files[path.resolve()] = name
    on_stdout = [name for name, path in outputs if path is None]
    whole = [name for name in on_stdout if BY_NAME[name].whole]
    if whole and len(on_stdout) > 1:
        names = " and ".join(on_stdout)
        which = "both" if len(on_stdout) == 2 else "all"
        raise UsageError(f"{names} cannot {which} go to stdout", f"write one to a file: --format {whole[0]}:FILE")
    return outputs


def _output(text: str) -> Output:
    name, colon, file = text.partition(":")
    if name not in BY_NAME:
        raise UsageError(f"unknown format '{name}'", suggestion(name, BY_NAME))
    if not colon:
        return name, None
    if not file:
        raise UsageError(f"--format {text} has no file name", f"write {name} for stdout, or {name}:FILE")
    return name, Path(file)


def _is_plain(path: Path) -> bool:
    """Return whether it is a file, or will be one: a pipe or /dev/stdout may take several outputs."""
    return path.parts[:2] != ("/", "dev") and (path.is_file() or not path.exists())


def end_with(saved: Saved) -> NoReturn:
    """Print what could not be written, and end with the exit code that the report states."""
    for error in saved.errors:
        print_error(error.message, error.hint)
    raise click.exceptions.Exit(saved.report.exit_code)
