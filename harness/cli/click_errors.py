"""What docprobe says where Click refuses a command line: one sentence in docprobe's style, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from extractor.base.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS: Final[Mapping[str, str]] = {"float range": "number", "integer range": "whole number"}
"""Click's names of kinds of values that are not everybody's words."""


def worded(error: click.ClickException, command: str | None = None) -> tuple[str, str]:
    """Return the message and the hint for an error of Click's.

    Args:
        error: as it was raised.
        command: the command that the arguments name: not every error says what it is about.
    """
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = ctx.command_path if ctx else f"docprobe {command}" if command else "docprobe"
    hint = f"see {path} --help"
    if isinstance(error, click.NoSuchOption):
        names = list(_options(ctx.command)) if ctx else []
        return f"no such option '{error.option_name}'", suggestion(error.option_name, names, hint) or hint
    message = error.format_message()
    if isinstance(error, click.BadParameter):
        # "Invalid value for '--spec': Directory 'x' does not exist.": after a colon no word begins with a capital
        own = error.message
        for name, plain in _KINDS.items():
            own = own.replace(f"not a valid {name}", f"not a {plain}")
        message = message.replace(error.message, _lower(own))
    return _lower(message).rstrip("."), hint


def _options(command: click.Command) -> Iterator[str]:
    """Yield the long options of a command; a wrong word is not like a single letter."""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))
    yield "--help"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
