"""After the run: baseline, gating and exit code; then everything that is written down."""

from __future__ import annotations

import datetime
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.base.storage import write_atomically
from harness.base.errors import DocprobeError, unwritable
from harness.baseline import known
from harness.judge.gating import apply_fail_on, decide
from harness.model import FailOn, Report
from harness.report.formats import render
from harness.results import files as results
from harness.run.locks import write_locks
from harness.run.source import describe_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from harness.baseline.file import Baseline
    from harness.config import Config


def conclude(report: Report, baseline: Baseline) -> Report:
    """The report with what gates decided: ``--fail-on``, the baseline, the exit code."""
    return decide(known.apply(apply_fail_on(report), baseline))


def nothing_to_check(config: Config) -> Report:
    """The report on a change that concerns no example: empty, so that what reads the files finds them."""
    source = describe_source(config.docs, config.host)
    return Report(
        version=version("docprobe"),
        started=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        duration_s=0.0,
        docs_root=config.docs.name,
        commit=source.commit,
        snapshot=source.snapshot,
        examples=(),
        strict=config.strict,
        fail_on=FailOn(config.fail_on),
        narrowed=True,
        shards=() if config.shard is None else (str(config.shard),),
        root_in_repository=source.root_in_repository,
    )


def save(
    report: Report,
    config: Config,
    outputs: Sequence[tuple[str, Path | None]],
    *,
    console: Console,
    links: str | None = None,
) -> Report:
    """Write the last run, the lock, the history and every output; give back the report as the last run has it.

    Files are written whole or not at all, each whatever becomes of the others. An output without a file goes to the
    console, in the order given, with links to the pages under the URI ``links``. Raises what went wrong, at the end.
    """
    kept = report
    errors: list[DocprobeError] = []
    with _noted(errors):
        kept = results.write(report, config.state / results.LAST_RUN)
    with _noted(errors):
        write_outputs(kept, outputs, console=console, links=links)
    if config.lock is not None:
        with _noted(errors):
            write_locks(config.lock, report)
    if config.history is not None:
        from harness.nightly.history import record

        with _noted(errors):
            record(report, config.history)
    _raise(errors)
    return kept


def write_outputs(
    report: Report, outputs: Sequence[tuple[str, Path | None]], *, console: Console, links: str | None = None
) -> None:
    """Write each output to its file, or to the console in the order given.

    Raises UsageError or StorageError if one cannot be written; the others are written all the same.
    """
    errors: list[DocprobeError] = []
    for name, path in outputs:
        with _noted(errors):
            _write_output(name, report, path, console, links)
    _raise(errors)


def _write_output(name: str, report: Report, path: Path | None, console: Console, links: str | None) -> None:
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
        raise unwritable(path or Path("stdout"), error) from error


def _raise(errors: list[DocprobeError]) -> None:
    """Raise what went wrong as one error, if anything did."""
    if errors:
        raise type(errors[0])("; ".join(error.message for error in errors), errors[0].hint)


@contextmanager
def _noted(errors: list[DocprobeError]) -> Iterator[None]:
    """Keep an error for later: what comes next is done all the same."""
    try:
        yield
    except DocprobeError as error:
        errors.append(error)


def _replaceable(path: Path) -> bool:
    """Whether a new file may take the place of ``path``: not for a pipe, a terminal or /dev/stdout."""
    return path.is_file() or not path.exists()
