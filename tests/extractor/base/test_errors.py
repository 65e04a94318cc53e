from __future__ import annotations

import errno
from pathlib import Path

from extractor.base.errors import StorageError, UsageError, split_hint, unwritable


def test_what_cannot_be_written_is_the_disk_or_the_user() -> None:
    assert isinstance(unwritable(Path("f"), OSError(errno.ENOSPC, "full")), StorageError)
    assert isinstance(unwritable(Path("f"), OSError(errno.EACCES, "denied")), UsageError)


def test_an_error_in_one_line_has_its_hint() -> None:
    assert UsageError("what", "next").in_one_line() == "what (hint: next)"
    assert UsageError("what").in_one_line() == "what"


def test_the_hint_of_an_error_in_one_line_is_found_again() -> None:
    for error in (UsageError("what (it)", "next (step)"), UsageError("what"), UsageError("what (it)")):
        assert split_hint(error.in_one_line()) == (error.message, error.hint)
