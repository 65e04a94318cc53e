"""After the run: baseline, gating and exit code; then everything that is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.baseline import known
from harness.cache import write_atomically
from harness.documents import results
from harness.errors import UsageError
from harness.gating import apply_fail_on, decide
from harness.report.formats import render
from harness.stages.locks import write_locks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from harness.baseline.file import Baseline
    from harness.config import Config
    from harness.model import Report


def conclude(report: Report, baseline: Baseline) -> Report:
    """The report with what gates decided: ``--fail-on``, the baseline, the exit code."""
    return decide(known.apply(apply_fail_on(report), baseline))


def save(
    report: Report,
    config: Config,
    outputs: Sequence[tuple[str, Path | None]],
    *,
    console: Console,
    links: str | None = None,
) -> Report:
    """Write the last run, the lock, the history and every output; give back the report as the last run has it.

    Files are written whole or not at all. An output without a file goes to the console, in the order given, with
    links to the pages under the URI ``links``.
    """
    kept = results.write(report, config.state / results.LAST_RUN)
    if config.lock is not None:
        write_locks(config.lock, report)
    if config.history is not None:
        from harness.history import record

        record(report, config.history)
    write_outputs(kept, outputs, console=console, links=links)
    return kept


def write_outputs(
    report: Report, outputs: Sequence[tuple[str, Path | None]], *, console: Console, links: str | None = None
) -> None:
    """Write each output to its file, or to the console in the order given.

    Raises UsageError if a file cannot be written.
    """
    for name, path in outputs:
        try:
            if path is None:
                console.file.write(render(name, report, console=console, links=links))
                console.file.flush()
            elif name == "json" and _replaceable(path):
                results.write(report, path)
            elif _replaceable(path):
                write_atomically(path, render(name, report).encode())
            else:
                path.write_text(render(name, report), encoding="utf-8")
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UsageError(f"{path or 'stdout'} cannot be written: {error.strerror}") from error


def _replaceable(path: Path) -> bool:
    """Whether a new file may take the place of ``path``: not for a pipe, a terminal or /dev/stdout."""
    return path.is_file() or not path.exists()
