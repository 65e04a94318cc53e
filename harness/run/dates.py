"""The day whose packages are tried when today's do not start: stated, that of the revision, or that of a commit."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from extractor.base.kept import today
from harness.base.errors import UsageError
from harness.base.git import Repository

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from extractor.model import Example
    from harness.base.host import HostEnvironment

MAX_SPANS: Final = 20
"""Blocks of one example whose history is read."""
_BLAME_S: Final = 20.0
_UNCOMMITTED: Final = re.compile(r"^0{40} ", re.MULTILINE)
_TIME: Final = re.compile(r"^committer-time (\d{1,12})$", re.MULTILINE)
_BOUNDARY: Final = re.compile(r"^boundary$", re.MULTILINE)


def date_of(revision: str | None, drafts: Collection[str]) -> str | None:
    """Return the day (ISO) that a revision is called by; None for a draft, and for one with a version number."""
    if revision is None or revision in drafts:
        return None
    try:
        return revision if date.fromisoformat(revision).isoformat() == revision else None
    except ValueError:
        return None


def cutoff_date(copies: Sequence[Example], drafts: Collection[str]) -> str | None:
    """Return the day (ISO) whose packages are tried when today's do not start; None if no day is known.

    Args:
        copies: every example with one text.
        drafts: revisions that are not released.

    Returns:
        The latest date that a copy is configured with, else the newest revision date of the copies.
    """
    configured = [example.resolve_date for example in copies if example.resolve_date]
    if configured:
        return max(configured)
    return max(filter(None, (date_of(example.revision, drafts) for example in copies)), default=None)


def last_commit_date(
    example: Example, docs: Path, host: HostEnvironment, at: str | None = None, *, drafts: Collection[str] = ()
) -> str | None:
    """Return the day (ISO, UTC) of the last commit that touched the blocks of an example.

    Args:
        example: of a page without a revision, or of one that is not called by its date.
        docs: the docs root.
        host: the environment that git is run in.
        at: the commit that the example is of; None for the working tree.
        drafts: revisions that are not released.

    Returns:
        None for a page of a draft or of a revision that has a date, for one that is not in git or has changes there,
        where a shallow clone hides the commit, or if it is of today.
    """
    if example.revision in drafts or date_of(example.revision, drafts) or not example.spans:
        return None
    spans = example.spans[:MAX_SPANS]
    file = spans[0].file
    ranges = [word for span in spans if span.file == file for word in ("-L", f"{span.first},{span.last}")]
    repository = Repository(docs, host)
    try:
        blame = repository.git("blame", "--porcelain", *ranges, *([at] if at else []), "--", file, timeout_s=_BLAME_S)
        shallow = repository.git("rev-parse", "--is-shallow-repository").strip() == b"true"
    except UsageError:
        return None
    text = blame.decode("utf-8", "replace")
    times = [int(match[1]) for match in _TIME.finditer(text)]
    if not times or _UNCOMMITTED.search(text) or (shallow and _BOUNDARY.search(text)):
        return None
    day = datetime.fromtimestamp(max(times), UTC).date().isoformat()
    return day if day < today() else None
