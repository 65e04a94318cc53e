"""Edits of a page's install lines: they name the packages that the code imports and the lines leave out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.model import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Bundle
    from harness.model import Finding

INSTALLER: Final = re.compile(
    r"\b(npm (?:install|i|add)|pnpm (?:add|install|i)|yarn add|bun (?:add|install)|(?:uv )?pip3? install|uv add"
    r"|poetry add|pipenv install|pdm add|go get|cargo add)(?= )"
)
"""What installs packages, up to the first of them; its group is the client with its command."""
_DEVELOPMENT: Final = re.compile(r" (?:-D|--save-dev|--dev|--group)\b")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9@][\w@./-]*", re.ASCII)
_ENDS: Final = frozenset("&|;>#`)")
"""What ends a command, outside of quotes: ``#`` after a space only."""


def install_edits(finding: Finding, bundle: Bundle, sources: Mapping[str, str]) -> tuple[Edit, ...]:
    """Return edits that add what is missing to the first install line of each package client.

    Args:
        finding: that packages are missing: what other packages bring is not, and its import is not blamed.
        bundle: of the same copy of the text; its lines and packages are those of that copy's page.
        sources: text by path, of every page and included file that the lines are on.

    Returns:
        In order of lines; empty if nothing is missing, or a line is not written as docprobe knows it.
    """
    unlisted = [one for one in bundle.unlisted_imports if one.span in finding.blame]
    missing = dict.fromkeys(one.package for one in unlisted)
    if not missing or not all(_PLAIN_NAME.fullmatch(name) for name in missing):
        return ()
    edits: dict[str, Edit] = {}
    for span in unlisted[0].installs:
        lines = sources.get(span.file, "").split("\n")[span.first - 1 : span.last]
        found = INSTALLER.search(lines[0]) if lines else None
        if found is None or is_for_development("\n".join(lines)):
            continue
        at = _end_of_command(lines[-1], found.end() if len(lines) == 1 else 0)
        last = f"{lines[-1][:at]} {' '.join(missing)}{lines[-1][at:]}\n"
        edits.setdefault(found[1].split(" ")[0], Edit(span.file, span.last, span.last, last))
    return tuple(sorted(edits.values(), key=lambda edit: (edit.file, edit.first)))


def is_for_development(command: str) -> bool:
    """Return whether an install command is for packages that only those need who work on the program."""
    return _DEVELOPMENT.search(command) is not None


def _end_of_command(line: str, start: int) -> int:
    """Return where the words of a command end in a line of a shell, or of prose that quotes it."""
    quote = ""
    for at in range(start, len(line)):
        char = line[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _ENDS and (char != "#" or line[at - 1].isspace()):
            return len(line[:at].rstrip())
    return len(line.rstrip())
