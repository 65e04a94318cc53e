"""The lock file of ``check --lock FILE``, read: resolved packages of every distinct text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA: Final = "docprobe-lock/1"
_HINT: Final = "remove it to start a new one"


def read_locks(path: Path | None) -> Mapping[str, Mapping[str, str]]:
    """Return the locks in a file, by digest and then by ``today`` or ``dated``; empty if the file does not exist yet.

    Raises:
        UsageError: it is not a lock file.
    """
    if path is None or not path.exists():
        return {}
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} is not a lock file: {error}", _HINT) from error
    return parse_locks(data, str(path))


def parse_locks(data: bytes, name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the locks that a file of that name holds. Raises UsageError if it is not a lock file."""
    try:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            found = document["schema"]
            raise UsageError(f"{name}: unknown schema {found!r}, expected {SCHEMA!r}", _HINT)
        return msgspec.convert(document["locks"], dict[str, dict[str, str]])
    except KeyError as error:
        raise UsageError(f"{name} is not a lock file: it lacks the key {error}", _HINT) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{name} is not a lock file: {error}", _HINT) from error
