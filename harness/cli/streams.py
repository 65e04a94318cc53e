"""The standard streams, as a command may rely on them: each is open, and an error of stdout says what it is about."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.base.errors import unwritable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDOUT: Final = 1
_MODES: Final = {0: os.O_RDONLY, STDOUT: os.O_RDONLY, 2: os.O_WRONLY}
"""How the null device takes the place of a closed stream: what is written to stdout fails, as the caller must learn."""


def prepare_streams() -> None:
    """Open the standard streams that the caller closed, and let stdout report its errors by its name.

    A closed one would be ``None`` in Python, and the next file or socket would get its number, to which child processes
    write. An arrow that the encoding of stdout lacks is spelt out: it costs nobody a report.
    """
    for number, mode in _MODES.items():
        try:
            os.fstat(number)
        except OSError:
            # the lowest free number is this one, as those below it are open
            os.set_inheritable(os.open(os.devnull, mode), True)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _named(sys.stdout)


def discard_stdout() -> None:
    """Discard further output to stdout, so that flushing its buffer does not fail when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)


def lost_reader() -> bool:
    """Return whether the reader of stdout ended before everything was written."""
    return _Stdout.is_broken


class _Stdout(io.FileIO):
    """Descriptor 1; a failed write is reported as one of stdout, and not of some file without a name."""

    is_broken = False
    """Whether its reader ended first: Click makes another exit of the error."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            type(self).is_broken = True
            raise
        except OSError as error:
            raise unwritable(Path("stdout"), error) from error


def _named(stream: object) -> io.TextIOWrapper:
    known = stream if isinstance(stream, io.TextIOWrapper) else None
    return io.TextIOWrapper(
        io.BufferedWriter(_Stdout(STDOUT, "w", closefd=False)),
        encoding=known.encoding if known else "utf-8",
        errors="backslashreplace",
        line_buffering=known is not None and known.line_buffering,
        write_through=known is not None and known.write_through,
    )
