"""JSON Schemas of a specification's messages, one per revision: ``<folder>/<revision>/schema.json``."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError
from harness.model import MessageSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.spec.bind import Bound

FOLDER: Final = "schema"
"""Beside the docs root, where no other is given."""
FILE: Final = "schema.json"
_DEFINITIONS: Final = ("$defs", "definitions")


def load_schemas(folder: Path, revisions: Iterable[str]) -> dict[str, MessageSchema]:
    """Return the schema of each revision that has one.

    Args:
        folder: with a folder for each revision.
        revisions: of the docs.

    Raises:
        UsageError: a schema cannot be read, or has no definitions.
    """
    files = {revision: folder / revision / FILE for revision in revisions}
    return {revision: _read(file) for revision, file in files.items() if file.is_file()}


def with_schemas(bound: Bound, schemas: Mapping[str, MessageSchema]) -> Bound:
    """Return bound requirements, each with the schema of its revision."""
    rows = {
        key: replace(row, schema=schemas[row.revision]) if row.revision in schemas else row
        for key, row in bound.requirements.items()
    }
    return replace(bound, requirements=rows)


def _read(file: Path) -> MessageSchema:
    hint = "give a folder with <revision>/schema.json: --schema DIR"
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: the JSON Schema cannot be read: {error}", hint) from error
    key = next(
        (key for key in _DEFINITIONS if isinstance(document, dict) and isinstance(document.get(key), dict)), None
    )
    if key is None:
        raise UsageError(f"{file}: not a JSON Schema of messages: it has neither $defs nor definitions", hint)
    return MessageSchema(f"{file.parent.name}/{file.name}", document, key)
