"""After the run: baseline, gating and exit code; then everything that is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.baseline import apply_baseline
from harness.cache import write_atomically
from harness.codec import to_json
from harness.errors import UsageError
from harness.gating import apply_fail_on, decide
from harness.locks import write_locks
from harness.report.formats import render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from harness.config import Config
    from harness.model import ExampleResult, Report

LAST_RUN = "last-run.json"


def conclude(report: Report, config: Config) -> Report:
    """The report with what gates decided: ``--fail-on``, the baseline, the exit code.

    Raises UsageError for a baseline that cannot be read or names an id that does not exist.
    """
    return decide(apply_baseline(apply_fail_on(report), config.baseline))


def save(report: Report, config: Config, outputs: Sequence[tuple[str, Path | None]], *, console: Console) -> Report:
    """Write transcripts, the last run, the lock, the history and every output; give back the report as written.

    Files are written whole or not at all. An output without a file goes to stdout, in the order given.
    """
    report = replace(report, examples=tuple(_with_transcript(example, config) for example in report.examples))
    write_atomically(config.state / LAST_RUN, render("json", report).encode())
    if config.lock is not None:
        write_locks(config.lock, report)
    if config.history is not None:
        from harness.history import record

        record(report, config.history)
    for name, path in outputs:
        text = render(name, report, console=console if path is None else None)
        if path is None:
            console.file.write(text)
            console.file.flush()
            continue
        try:
            write_atomically(path, text.encode())
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return report


def _with_transcript(example: ExampleResult, config: Config) -> ExampleResult:
    if example.transcript is None:
        return example
    path = config.state / "transcripts" / f"{example.digest[:16]}.json"
    write_atomically(path, to_json(example.transcript))
    return replace(example, transcript_file=str(path))
