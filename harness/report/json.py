"""``--format json``: a report as a ``docprobe/1`` document, and back. Pure.

What is written is sorted and complete, so identical input gives identical text apart from times and ``cached``.
Reading gives a report without transcripts (:mod:`harness.results.results` adds them from their files) and with
those lines of the pages that findings and examples point at.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from harness.base.codec import encodable
from harness.base.errors import UsageError
from harness.base.escape import json_text
from harness.report.document import SCHEMA, Document
from harness.report.from_document import to_report
from harness.report.to_document import to_document

if TYPE_CHECKING:
    from harness.model import Report

TIMES: Final = frozenset({"started", "duration_s", "at_s", "cached"})
"""The keys that differ between two runs over the same input."""


def render(report: Report) -> str:
    """The document, indented, ending with a line feed. Nothing in it can steer a terminal or a CI runner."""
    plain = encodable(msgspec.to_builtins(to_document(report), order="deterministic"))
    return json_text(json.dumps(plain, indent=1, ensure_ascii=False)) + "\n"


def read(text: str | bytes) -> Report:
    """Read a document back.

    Raises UsageError if it is none of this major version; the message says where it differs.
    """
    try:
        return to_report(msgspec.json.decode(text, type=Document))
    except msgspec.ValidationError as error:
        raise UsageError(f"not a {SCHEMA} document: {error}", _other_version(text)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"not a {SCHEMA} document: {error}", "give a file that --format json wrote") from error


def _other_version(text: str | bytes) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    named = found.get("schema") if isinstance(found, dict) else None
    if isinstance(named, str) and named != SCHEMA:
        return f"it says {named!r}: read it with the docprobe that wrote it"
    return "give a file that --format json wrote"


def without_times(report: Report) -> Any:
    """The document as plain values without what may differ between identical runs; for comparisons."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in TIMES}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return strip(msgspec.to_builtins(to_document(report), order="deterministic"))
