"""Values of a history's columns, which anybody may have written: read by their types, or the file is damaged."""

from __future__ import annotations

import json
import sqlite3
from enum import Enum
from typing import Final, TypeVar

import msgspec

from harness.model import Verdict

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

StoredVerdict = tuple[Verdict, str, bool, str]
"""Verdict, level, whether it blocks, and the first digits of the sentence's fingerprint."""

DRIFT: Final = list[tuple[str, str, str, str]]
"""Identities of sentences that drifted: see :attr:`harness.model.Drift.identity`."""
COUNTS: Final = dict[str, int]
PACKAGES: Final = dict[str, str]
VERDICTS: Final = dict[str, StoredVerdict]
"""By requirement and revision, with a space between them."""


def read_json(text: str, kind: type[T]) -> T:
    """Return the value of a column of JSON. Raises sqlite3.DataError, as for other damage, if it is of another kind."""
    try:
        # names may hold lone surrogates, which json reads and msgspec's decoder refuses
        return msgspec.convert(json.loads(text), kind)
    except (msgspec.ValidationError, ValueError, RecursionError, TypeError) as error:
        raise sqlite3.DataError(f"{error} in a column of JSON") from error


def member(value: object, kind: type[E]) -> E:
    """Return the member of an enumeration that a column holds. Raises sqlite3.DataError if it has none of them."""
    try:
        return kind(value)
    except ValueError as error:
        raise sqlite3.DataError(str(error)) from error
