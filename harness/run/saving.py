"""What a run writes: before it starts, a check that it can; at its end, the files."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.base.storage import write_atomically
from harness.base.errors import DocprobeError, unwritable
from harness.report.formats import render
from harness.report.terminal.look import look_of
from harness.results import result_files
from harness.run.locks import read_locks, write_locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from harness.config import Config
    from harness.model import Report


def check_writable(config: Config, outputs: Iterable[Path] = ()) -> None:
    """Check that state folder, lock, history and output files can be used: an hour's run must not end in a refusal.

    Raises:
        UsageError: the lock file or the history cannot be read, or a file may not be written.
        StorageError: the disk is full or fails.
    """
    _usable(config.state)
    if config.lock is not None:
        read_locks(config.lock)
        _writable(config.lock)
    if config.history is not None:
        from harness.nightly.history.schema import connect

        _writable(config.history)
        with closing(connect(config.history)):
            pass
    for path in outputs:
        _writable(path)


def _usable(folder: Path) -> None:
    """Make the folder, and a file in it that has no name. Raises UsageError or StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def _writable(path: Path) -> None:
    """Check by its permissions that a file could be written at ``path``. Raises UsageError or StorageError."""
    if path.exists():
        code = errno.EISDIR if path.is_dir() else None if os.access(path, os.W_OK) else errno.EACCES
    else:
        nearest = next(parent for parent in path.absolute().parents if parent.exists())
        allowed = os.access(nearest, os.W_OK | os.X_OK)
        code = errno.ENOTDIR if not nearest.is_dir() else None if allowed else errno.EACCES
    if code is not None:
        raise unwritable(path, OSError(code, os.strerror(code)))


def save(
    report: Report,
    config: Config,
    outputs: Sequence[tuple[str, Path | None]],
    *,
    console: Console,
    links: str | None = None,
) -> Report:
    """Write the last run, the lock, the history and every output.

    Files are written whole or not at all, and each is tried whatever happens to the others.

    Args:
        report: of the run.
        config: the state folder, the lock and the history.
        outputs: formats, each with its file; one without goes to the console, in the order given.
        console: stdout.
        links: URI of the docs root, for links to the pages in what goes to the console; None for no links.

    Returns:
        The report as the last run has it: with the places of its transcripts.

    Raises:
        DocprobeError: what could not be written, after everything else was.
    """
    written = report
    errors: list[DocprobeError] = []
    with _collecting(errors):
        written = result_files.write(report, config.state / result_files.LAST_RUN)
    with _collecting(errors):
        write_outputs(written, outputs, console=console, links=links)
    if config.lock is not None:
        with _collecting(errors):
            write_locks(config.lock, report)
    if config.history is not None:
        from harness.nightly.history import record

        with _collecting(errors):
            record(report, config.history)
    _raise(errors)
    return written


def write_outputs(
    report: Report, outputs: Sequence[tuple[str, Path | None]], *, console: Console, links: str | None = None
) -> None:
    """Write each output to its file, or to the console in the order given; arguments as for :func:`save`.

    Raises:
        DocprobeError: an output that cannot be written, after the others were.
    """
    errors: list[DocprobeError] = []
    for name, path in outputs:
        with _collecting(errors):
            _write_output(name, report, path, console, links)
    _raise(errors)


def _write_output(name: str, report: Report, path: Path | None, console: Console, links: str | None) -> None:
    try:
        if path is None:
            console.file.write(render(name, report, look_of(console, links)))
            console.file.flush()
        elif name == "json" and _replaceable(path):
            result_files.write(report, path)
        elif _replaceable(path):
            write_atomically(path, render(name, report).encode())
        else:
            path.write_text(render(name, report), encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path or Path("stdout"), error) from error


def _raise(errors: list[DocprobeError]) -> None:
    """Raise all errors as one, if there are any."""
    if errors:
        raise type(errors[0])("; ".join(error.message for error in errors), errors[0].hint)


@contextmanager
def _collecting(errors: list[DocprobeError]) -> Iterator[None]:
    """Add an error to ``errors`` instead of raising it, so that what comes next is tried as well."""
    try:
        yield
    except DocprobeError as error:
        errors.append(error)


def _replaceable(path: Path) -> bool:
    """Return whether a new file may take the place of ``path``: not of a pipe, a terminal or /dev/stdout."""
    return path.is_file() or not path.exists()
