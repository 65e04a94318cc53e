"""docprobe's commands, run in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from harness.base.errors import UsageError
from harness.cli.main import cli

if TYPE_CHECKING:
    from click.testing import Result


def run(*arguments: object) -> Result:
    """Return how a command ended; an error is in ``exception``."""
    return CliRunner().invoke(cli, [str(word) for word in arguments])


def run_or_raise(*arguments: object) -> Result:
    """Return how a command ended, with whatever exit code. Raises its error."""
    result = run(*arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(result: Result) -> UsageError:
    """Return the usage error that a command ended with."""
    assert isinstance(result.exception, UsageError)
    return result.exception
