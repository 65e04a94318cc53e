"""What a run writes at its end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.base.errors import internal_error
from extractor.base.storage import write_atomically
from harness.base.errors import BlockedError, DocprobeError, unwritable
from harness.judge.exit_code import INCOMPLETE
from harness.judge.results import unreported
from harness.model import ReportProblem
from harness.report.formats import render, undrawable
from harness.report.terminal.look import look_of
from harness.results import result_files
from harness.run.disk import remove_long_transcripts
from harness.run.locks import write_locks
from harness.run.outcome import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from harness.config import Config
    from harness.model import Report
    from harness.report.terminal.look import Look


@dataclass(frozen=True, slots=True)
class Saved:
    """A report as it was written."""

    report: Report
    """With the places of its transcripts; its exit code counts what could not be written."""
    errors: tuple[DocprobeError, ...] = ()
    """What could not be written."""


def save(
    report: Report,
    outputs: Sequence[tuple[str, Path | None]],
    *,
    console: Console,
    config: Config | None = None,
    links: str | None = None,
) -> Saved:
    """Write the last run, the lock, the history and every output.

    An interrupted run replaces none of the first three: only what was asked for is written. Files are written whole or
    not at all, and each is tried whatever happens to the others. If one cannot be written, or an example cannot be
    drawn in a format, the report says so and is written again, to the console too where nothing of it was written: its
    exit code, the one that the files state, and that of the process are the same.

    Args:
        report: of the run.
        outputs: formats, each with its file; one without goes to the console, in the order given, after all files.
        console: stdout.
        config: the state folder, the lock and the history; None writes none of them.
        links: URI of the docs root, for links to the pages in what goes to the console; None for no links.
    """
    config = None if report.exit_code == INTERRUPTED else config
    long = {e.whole_transcript for e in report.examples if e.whole_transcript is not None}
    files = [(name, path) for name, path in outputs if path is not None]
    shown = [(name, path) for name, path in outputs if path is None]
    trouble = _Trouble()
    written = _write_files(report, files, config, trouble)
    if trouble:
        report = trouble.added_to(report)
        written = _write_files(report, files, config, _Trouble())
    on_console = _Trouble()
    _write_outputs(written, shown, console, links, on_console)
    if on_console:
        report = on_console.added_to(report)
        written = _write_files(report, files, config, _Trouble())
        again = _Trouble()
        _write_outputs(written, on_console.undrawn, console, links, again)
        failed = [BlockedError(f"the {name} report: internal error", "please report this") for name, _ in again.undrawn]
        on_console.errors += [*again.errors, *failed]
    remove_long_transcripts(long)
    return Saved(written, (*trouble.errors, *on_console.errors))


@dataclass(slots=True)
class _Trouble:
    """What went wrong in writing a report."""

    errors: list[DocprobeError] = field(default_factory=list)
    spoiled: dict[str, str] = field(default_factory=dict)
    """Examples that a format cannot draw, by id, with the internal error."""
    undrawn: list[tuple[str, Path | None]] = field(default_factory=list)
    """The outputs in such formats."""

    def __bool__(self) -> bool:
        return bool(self.errors or self.spoiled)

    def added_to(self, report: Report) -> Report:
        """Return the report with that trouble in it, and an exit code that is not 0."""
        remarks = tuple(ReportProblem(error.message) for error in self.errors)
        examples = (
            unreported(example, self.spoiled[example.id]) if example.id in self.spoiled else example
            for example in report.examples
        )
        final = replace(report, examples=tuple(examples), problems=(*report.problems, *remarks))
        return replace(final, exit_code=report.exit_code or INCOMPLETE)


def _write_files(
    report: Report, files: Sequence[tuple[str, Path | None]], config: Config | None, trouble: _Trouble
) -> Report:
    """Write everything but the console's part, and return the report with the places of its transcripts."""
    written = report
    if config is not None:
        with _collecting(trouble.errors):
            written = result_files.write_last_run(report, config.state, config.docs)
    _write_outputs(written, files, None, None, trouble)
    if config is not None and config.lock is not None:
        with _collecting(trouble.errors):
            write_locks(config.lock, report)
    if config is not None and config.history is not None:
        from harness.nightly.history import record

        with _collecting(trouble.errors):
            record(report, config.history)
    return written


def _write_outputs(
    report: Report,
    outputs: Sequence[tuple[str, Path | None]],
    console: Console | None,
    links: str | None,
    trouble: _Trouble,
) -> None:
    for name, path in outputs:
        look = look_of(console, links) if console is not None else None
        with _collecting(trouble.errors):
            try:
                _write_output(name, report, path, console, look)
            except (DocprobeError, BrokenPipeError):
                raise
            except Exception as error:
                spoiled = undrawable(name, report, look)
                if not spoiled:
                    raise BlockedError(f"the {name} report: {internal_error(error)}", "please report this") from error
                trouble.spoiled.update(spoiled)
                trouble.undrawn.append((name, path))


def _write_output(name: str, report: Report, path: Path | None, console: Console | None, look: Look | None) -> None:
    text = "" if name == "json" and path is not None and _replaceable(path) else render(name, report, look)
    try:
        if path is None:
            assert console is not None
            console.file.write(text)
            console.file.flush()
        elif name == "json" and _replaceable(path):
            result_files.write(report, path)
        elif _replaceable(path):
            write_atomically(path, text.encode())
        else:
            path.write_text(text, encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path or Path("stdout"), error) from error


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
