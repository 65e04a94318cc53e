"""Why an example did not start, in one clear sentence, read from its last log lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.model import StartOutcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.model import LogLine, Run

PATTERNS: Final = (
    (re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'"), "there is no module {0}"),
    (re.compile(r"ImportError: cannot import name '(\w+)' from '([\w.]+)'"), "{1} has no {0}"),
    (re.compile(r"ImportError: (attempted relative import.*)"), "{0}"),
    (re.compile(r"Cannot find (?:package|module) '([^']+)'"), "module {0} is missing"),
    (re.compile(r"(Package subpath '[^']+') is not defined"), "{0} is not exported"),
    (re.compile(r"The requested module '([^']+)' does not provide an export named '([^']+)'"), "{0} exports no {1}"),
    (re.compile(r"EADDRINUSE.*?:(\d+)"), "port {0} is taken"),
    (re.compile(r"\[Errno 98\].*?'?,? ?(\d+)\)?"), "port {0} is taken"),
    (re.compile(r"^((?:Attribute|Type|Name|Syntax|Value|Key|Runtime|Reference|Range)Error: .{1,160})"), "{0}"),
    (re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception): .{1,160})"), "{0}"),
    (re.compile(r"^((?:ERROR|Error|error)[: ].{1,160})"), "{0}"),
)
"""What interpreters say, most telling first, and how a reader would put it."""
_OF_THE_EXAMPLE: Final = frozenset({"stdout", "stderr"})
"""Sources of log lines that the example itself wrote."""
_TAKEN: Final = re.compile(r"EADDRINUSE|\[Errno 98\]|address already in use|Port \d+ is in use", re.IGNORECASE)
"""What runtimes say of an address that somebody else holds."""
_TAKEN_PORT: Final = re.compile(r"EADDRINUSE\D.*?:(\d+)\b|', (\d+)[,)]|\bport (\d+)\b", re.IGNORECASE)
"""The port in such a line; CPython's own ``OSError`` names none."""


def cause(logs: Iterable[LogLine]) -> str | None:
    """The likeliest cause told by the logs; None if they tell none.

    The last match of the most telling pattern wins: interpreters print the decisive line at the end.
    """
    lines = [line.text.strip() for line in logs if line.source != "authorization"]
    for pattern, sentence in PATTERNS:
        for text in reversed(lines):
            if found := pattern.search(text):
                return sentence.format(*found.groups())
    return None


def taken_by_us(logs: Iterable[LogLine], held: Collection[int], *, listens: bool) -> int | None:
    """The port that an example could not have because a service of docprobe's holds it; None if that is not why.

    Args:
        logs: what the example wrote.
        held: ports of the services beside it.
        listens: whether the example listened on a port of its own. One whose error names no port may then have asked
            twice for that one; else nothing but our services can have been there before it.
    """
    told = [line.text for line in logs if line.source in _OF_THE_EXAMPLE and _TAKEN.search(line.text)]
    ports = [int(port) for text in told for match in _TAKEN_PORT.finditer(text) for port in match.groups() if port]
    if not told or not held:
        return None
    if not ports:
        return None if listens else min(held)
    return next((port for port in ports if port in held), None)


def sentence(outcome: StartOutcome, how: str, logs: Iterable[LogLine]) -> str:
    """One sentence for a start that failed.

    Args:
        outcome: how it ended.
        how: ``exited with code 1``, ``killed: memory limit 512 MiB``; empty if the process still ran.
        logs: what it wrote.
    """
    why = cause(logs)
    tail = f": {why}" if why else ""
    match outcome:
        case StartOutcome.NEVER_LISTENED:
            return f"it started and listened on no port{tail}"
        case StartOutcome.NO_INITIALIZE:
            said = [part for part in (how, f"its log says {why}" if why else "") if part]
            return f"it listens and answers no correct initialize{': ' if said else ''}{'; '.join(said)}"
        case StartOutcome.SERVING:
            return "it starts and answers initialize"
        case StartOutcome.INSTALL_FAILED | StartOutcome.BUILD_FAILED | StartOutcome.EXITED | StartOutcome.KILLED:
            return f"{how or outcome.value}{tail}"


def packages_that_changed(
    good: Run, bad: Run, direct: Iterable[str], logs: Iterable[LogLine] = ()
) -> tuple[tuple[str, str, str | None], ...]:
    """Direct dependencies whose version differs between a run that serves and one that does not.

    Returns (name, version that serves, version that does not or None), the one that the logs of the bad run point
    at first, then those whose major version changed.
    """
    text = " ".join(line.text for line in logs).lower()
    rows = [
        (name, good.packages[name], bad.packages.get(name))
        for name in direct
        if name in good.packages and good.packages[name] != bad.packages.get(name)
    ]

    def order(row: tuple[str, str, str | None]) -> tuple[bool, bool, str]:
        name, old, new = row
        named = name.lower() in text or name.lower().replace("-", "_") in text
        return (not named, bool(new) and old.split(".")[0] == (new or "").split(".")[0], name)

    return tuple(sorted(rows, key=order))


def told_apart(good: Run, bad: Run, direct: Mapping[str, str] | Iterable[str]) -> str:
    """``runs with mcp 1.22.0 of 2025-11-25, not with 2.3.0: module mcp.server.fastmcp is gone``."""
    changed = packages_that_changed(good, bad, direct, bad.logs)
    of = f" of {good.date}" if good.date else ""
    if not changed:
        return f"runs with the packages{of}, not with today's: {bad.sentence}"
    name, old, new = changed[0]
    why = cause(bad.logs) or bad.sentence
    if missing := re.fullmatch(r"there is no module (\S+)", why):
        why = f"module {missing[1]} is gone"
    return f"runs with {name} {old}{of}, not with {new or 'none'}: {why}"
