"""Result files: a ``docprobe/1`` document with the transcripts of its conversations beside it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.model import TRANSCRIPT_FORMAT, Transcript
from harness.results import document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import ExampleResult, Report, Requirement

LAST_RUN: Final = "last-run.json"
"""In the state folder, a link to the newest run of any docs; each docs root has its own last run beside it."""
LAST_RUNS: Final = "last-runs"
"""In the state folder: a folder for each docs root, with its last run and a file that holds the root's path."""
ROOT_FILE: Final = "docs-root"


def write(report: Report, path: Path) -> Report:
    """Write a report and its transcripts; each file whole or not at all, the document last.

    Transcripts go to the folder ``<stem>-transcripts``, one for each distinct text. Returns the report as written.
    """
    folder = path.parent / f"{path.stem}-transcripts"
    names: dict[str, str] = {}
    examples = []
    for example in report.examples:
        if example.transcript is not None or example.packed:
            if example.digest not in names:
                file = folder / f"{example.digest[:16]}.json"
                _write_changed(file, _whole(example) or to_json(example.conversation))
                names[example.digest] = file.relative_to(path.parent).as_posix()
            example = replace(example, transcript_file=names[example.digest])
        examples.append(example)
    written = replace(report, examples=tuple(examples))
    try:
        write_atomically(path, document.pieces(written))
    except UnicodeEncodeError:
        write_atomically(path, document.to_bytes(written))
    return written


def _write_changed(file: Path, data: bytes) -> None:
    """Write a file, unless it holds the same: most conversations of a run are cached ones of the run before."""
    try:
        if file.stat().st_size == len(data) and file.read_bytes() == data:
            return
    except OSError:
        pass
    write_atomically(file, data)


def _whole(example: ExampleResult) -> bytes | None:
    """The transcript from the file that has all of it; None if there is none, or not any more."""
    try:
        return Path(example.whole_transcript).read_bytes() if example.whole_transcript else None
    except OSError:
        return None


def read(path: Path, catalogue: Sequence[Requirement]) -> Report:
    """Read a report that :func:`write` wrote, with those transcripts that are still there.

    Args:
        path: the result file.
        catalogue: rows that say of a requirement, by id, what a result file does not.

    Raises:
        UsageError: the file cannot be read, or is not a result file.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "give a file that --format json wrote") from error
    try:
        report = document.from_text(text, catalogue)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", error.hint) from error
    return replace(report, examples=tuple(_with_transcript(example, path.parent) for example in report.examples))


def write_last_run(report: Report, state: Path, docs: Path) -> Report:
    """Write the last run of a docs root, in place of the one before; see :func:`write`."""
    folder = _folder_of(state, docs)
    written = write(report, folder / LAST_RUN)
    write_atomically(folder / ROOT_FILE, os.fsencode(docs.resolve()))
    fresh = folder / f"{LAST_RUN}.{os.getpid()}.link"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to((folder / LAST_RUN).relative_to(state))
    fresh.replace(state / LAST_RUN)
    return written


def last_run(state: Path, catalogue: Sequence[Requirement], docs: Path | None = None) -> Report:
    """Read the report of the last run of a docs root (see :func:`read`).

    Args:
        state: the state folder.
        catalogue: as for :func:`read`.
        docs: the docs root; None for the newest run of any.

    Raises:
        UsageError: there was none; the hint names the docs of the newest run, if that is of others.
    """
    path = state / LAST_RUN if docs is None else _folder_of(state, docs) / LAST_RUN
    if path.is_file():
        return read(path.resolve(), catalogue)
    if docs is None or not (state / LAST_RUN).is_file():
        raise UsageError("no earlier run was found", "run docprobe check, or name a result file with --results")
    other = newest_root(state) or Path(read(state / LAST_RUN, catalogue).docs_root)
    raise UsageError(
        f"the results are for the docs '{other.name}', not for '{docs.name}': the last run was of {other}",
        f"run docprobe check {docs}, or name the docs of the run: --docs {other}",
    )


def newest_root(state: Path) -> Path | None:
    """Return the docs root of the newest run; None if there was none."""
    file = (state / LAST_RUN).resolve().parent / ROOT_FILE
    return Path(os.fsdecode(file.read_bytes())) if file.is_file() else None


def _folder_of(state: Path, docs: Path) -> Path:
    return state / LAST_RUNS / hashlib.sha256(os.fsencode(docs.resolve())).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Header:
    """The part of a transcript that names its format."""

    example_id: str
    format: str = "docprobe-transcript/1"
    """Absent from the files of the first versions, whose facts were text."""


def read_transcript(data: bytes) -> Transcript:
    """Read a saved transcript.

    Raises:
        UsageError: it is not a transcript, or one of another version's format.
    """
    written = from_json(data, _Header, name="transcript").format
    if written != TRANSCRIPT_FORMAT:
        raise UsageError(
            f"the transcript has the format {written}; this version of docprobe reads {TRANSCRIPT_FORMAT}",
            "run docprobe check to write a new one",
        )
    return from_json(data, Transcript)


def _with_transcript(example: ExampleResult, folder: Path) -> ExampleResult:
    if example.transcript_file is None:
        return example
    # a result file may come from anywhere: it can name files beside itself and no others
    path = (folder / example.transcript_file).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return example
    try:
        transcript = read_transcript(path.read_bytes())
    except (OSError, UsageError):
        return example
    return replace(example, transcript=replace(transcript, example_id=example.id))
