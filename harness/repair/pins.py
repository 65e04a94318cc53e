"""Pins: a page's install line asks for the versions of a package that its program was written for. Pure.

If a package renamed or removed something that a program uses, pinning fixes the page without changing its code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.model import Manager, Origin
from harness.judge.failure_cause import INTERFACE, Trouble, cause_of
from harness.judge.findings import join_words
from harness.judge.start_failure import changed_packages
from harness.judge.start_fixes import own_lines
from harness.model import Edit, StartOutcome
from harness.repair.edits import patched
from harness.repair.install_edits import INSTALLER, install_edits, is_for_development

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Bundle
    from harness.model import Finding, Run

_OF_CODE: Final = frozenset({Trouble.IMPORT, Trouble.COMPILE})
"""Failures in which the code and its packages do not fit each other, whatever their words."""
_CLIENTS: Final = {
    Manager.NPM: frozenset({"npm", "pnpm", "yarn", "bun"}),
    Manager.PYPI: frozenset({"pip", "pip3", "uv", "poetry", "pipenv", "pdm"}),
}
_NUMBERS: Final = re.compile(r"(\d+)(?:\.(\d+))?")
_MOST: Final = 2
"""Pins that are worth a try."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A package in versions before the one that a program does not fit."""

    package: str
    manager: Manager
    below: str
    """The first versions that it does not fit: ``2``, ``0.9``."""
    last: str
    """The last versions that it may fit: ``1``, ``0.8``."""

    def __str__(self) -> str:
        """Return it as the package client takes it."""
        return f"{self.package}@{self.last}" if self.manager is Manager.NPM else f"{self.package}<{self.below}"


def pins_for(runs: Sequence[Run], bundle: Bundle) -> tuple[tuple[Pin, ...], ...]:
    """Return the pins that may make a program run, likeliest first.

    Args:
        runs: the attempts to start it, today's first. If one of another day serves, what differs is what is pinned;
            else a package is taken for the cause that a page installs in a second series of versions or a later one.
        bundle: what was run.
    """
    failed = next((run for run in runs if run.outcome is not StartOutcome.SERVING), None)
    if failed is None or bundle.manager not in _CLIENTS:
        return ()
    stated = [one.name for one in bundle.dependencies if one.origin is Origin.STATED and not one.development]
    good = next((run for run in runs if run.outcome is StartOutcome.SERVING), None)
    if good is not None:
        changed = (
            _pin(name, bundle.manager, new, old) for name, old, new in changed_packages(good, failed, stated) if new
        )
        pins = [pin for pin in changed if pin is not None]
        return tuple(dict.fromkeys([*((pin,) for pin in pins[:1]), tuple(pins)])) if pins else ()
    log = "\n".join(own_lines(failed.logs))
    if cause_of(failed, bundle).trouble not in _OF_CODE and not INTERFACE.search(log):
        return ()
    text = "\n".join(file.text for file in bundle.files)
    named = sorted(stated, key=lambda name: (name not in log, name not in text))
    found = (_pin(name, bundle.manager, failed.packages.get(name, ""), "") for name in named)
    return tuple((pin,) for pin in found if pin is not None)[:_MOST]


def _pin(package: str, manager: Manager, new: str, old: str) -> Pin | None:
    """Return the pin of a package below its series of versions now: to that of an older version, if that is known."""
    now = _NUMBERS.match(new)
    if now is None:
        return None
    major, minor = int(now[1]), int(now[2] or 0)
    below = str(major) if major else f"0.{minor}"
    if old:
        before = _NUMBERS.match(old)
        last = "" if before is None else before[1] if int(before[1]) else f"0.{before[2] or 0}"
    elif major:
        last = str(major - 1)
    else:
        last = f"0.{minor - 1}" if minor else ""
    return Pin(package, manager, below, last) if last and last != below else None


def pin_edits(pins: Sequence[Pin], sources: Mapping[str, str]) -> tuple[Edit, ...]:
    """Return edits that pin packages on every install line of a page that names them without an upper bound.

    Args:
        pins: for the program of the page.
        sources: text by path, of the page and of what it includes.

    Returns:
        In order of files and lines; empty if one of the packages is on no such line.
    """
    files = sorted(sources.items())
    if not all(any(any(_of_file(file, source, (pin,))) for file, source in files) for pin in pins):
        return ()
    return tuple(edit for file, source in files for edit in _of_file(file, source, pins))


def edits_of_installs(
    lacking: Finding | None, pins: Sequence[Pin], bundle: Bundle, sources: Mapping[str, str]
) -> tuple[Edit, ...]:
    """Return edits of a page's install lines that pin packages and add what is missing, each line once.

    Args:
        lacking: the finding that packages are missing; None if none are to be added.
        pins: what is to be pinned.
        bundle: of the copy whose page it is.
        sources: text by path, of the page and of what it includes.
    """
    edits = {(edit.file, edit.first): edit for edit in pin_edits(pins, sources)}
    if lacking is not None:
        pinned = {file: patched(text, [e for e in edits.values() if e.file == file]) for file, text in sources.items()}
        edits |= {(edit.file, edit.first): edit for edit in install_edits(lacking, bundle, pinned)}
    return tuple(edits[place] for place in sorted(edits))


def alternative_words(pins: Sequence[Pin], sources: Mapping[str, str]) -> str:
    """Return what is said, behind a fix of the code, of pins that were proved as well; empty without pins."""
    edits = pin_edits(pins, sources)
    if not edits:
        return ""
    where = join_words(f"{edit.file}:{edit.first}" for edit in edits)
    what = join_words(f"`{pin}`" for pin in pins)
    return f"; it also runs if the code stays as it is and the install line ({where}) asks for {what}"


def _of_file(file: str, source: str, pins: Sequence[Pin]) -> Iterator[Edit]:
    client = ""
    for number, line in enumerate(source.split("\n"), start=1):
        found = INSTALLER.search(line)
        if found is not None:
            client = "" if is_for_development(line) else found[1].split(" ")[0]
        at, new = found.end() if found is not None else 0, line
        for pin in pins:
            if client in _CLIENTS[pin.manager]:
                new = new[:at] + _pinned(new[at:], pin)
        if new != line:
            yield Edit(file, number, number, f"{new}\n")
        # a command that goes on in the next line
        client = client if line.rstrip().endswith("\\") else ""


def _pinned(words: str, pin: Pin) -> str:
    """Return the words of a command with the package pinned, where it has no upper bound yet."""
    name = re.escape(pin.package)
    if pin.manager is Manager.NPM:
        return re.sub(rf"(?<=\s){name}(?:@(?:latest|next|\*))?(?=[\s;&|`)]|\Z)", str(pin), words)

    def quoted(found: re.Match[str]) -> str:
        lower = f"{found['lower']}," if found["lower"] else ""
        return f'"{found["name"]}{found["extras"] or ""}{lower}<{pin.below}"'

    word = rf"(?P<name>{name})(?P<extras>\[[\w,.-]*\])?(?P<lower>>=?[\w.]+)?"
    return re.sub(rf"(?<=\s)(?P<quote>[\"']?){word}(?P=quote)(?=[\s;&|`)]|\Z)", quoted, words, flags=re.IGNORECASE)
