"""Why an example did not start, in one sentence, read from the last lines of its log. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind
from harness.model import StartOutcome
from harness.rule import PLAIN_SERVING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from harness.model import LogLine, Run
    from harness.rule import Serving

_NO_MODULE: Final = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
PATTERNS: Final = (
    (_NO_MODULE, "there is no module {0}"),
    (re.compile(r"ImportError: cannot import name '(\w+)' from '([\w.]+)'"), "{1} has no {0}"),
    (re.compile(r"ImportError: (attempted relative import.*)"), "{0}"),
    (re.compile(r"Cannot find module '[^']*/node_modules/((?:@[^/']+/)?[^/']+)/([^']+)'"), "{0} has no file {1}"),
    (re.compile(r"Cannot find (?:package|module) '([^']+)'"), "module {0} is missing"),
    (re.compile(r"(Package subpath '[^']+') is not defined"), "{0} is not exported"),
    (re.compile(r"The requested module '([^']+)' does not provide an export named '([^']+)'"), "{0} exports no {1}"),
    (re.compile(r"EADDRINUSE.*?:(\d+)"), "port {0} is taken"),
    (re.compile(r"\[Errno 98\].*?'?,? ?(\d+)\)?"), "port {0} is taken"),
    (re.compile(r"^Caused by: (?:[\w$]+\.)*([\w$]+: .{1,160})"), "{0}"),
    (re.compile(r"^Exception in thread \"[^\"]{1,80}\" (?:[\w$]+\.)*([\w$]+(?:: .{1,160})?)"), "{0}"),
    (re.compile(r"^((?:Attribute|Type|Name|Syntax|Value|Key|Runtime|Reference|Range)Error: .{1,160})"), "{0}"),
    (re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception): .{1,160})"), "{0}"),
    (re.compile(r"^(panic: .{1,160})"), "{0}"),
    (re.compile(r"^(thread '[^']{1,80}'.{0,20} panicked at .{1,160})"), "{0}"),
    (re.compile(r"^((?:ERROR|Error|error)[: ].{1,160})"), "{0}"),
)
"""What interpreters print, most specific first, and how a reader would put it."""
_PATTERNS_OF_CHANGE: Final = ((_NO_MODULE, "module {0} is gone"), *PATTERNS[1:])
"""The same for a program that runs with older packages."""
_COMPILERS: Final = re.compile(
    r"^(?:\./)?([\w./@-]+(?:\(\d+,\d+\)|:\d+(?::\d+)?): error\b.{1,200}|[\w./@-]+\.go:\d+:\d+: .{1,200})"
)
"""``file(line,column): error …``, ``file:line:column: error: …``, Go's ``file.go:line:column: …``."""
_SYMBOL: Final = re.compile(r"^symbol:\s+(.{1,160})")
_JAVAC_LINES: Final = 6
_OF_THE_EXAMPLE: Final = frozenset({"stdout", "stderr"})
"""Sources of log lines that the example itself wrote."""
_VOLATILE: Final = re.compile(r"\(\d+,\d+\)|:\d+(?::\d+)?|,? line \d+|0x[0-9a-f]+|\b\d+(?:\.\d+)? (?:s|ms)\b")
"""Lines and columns, addresses of objects, and times in what interpreters and compilers print."""
_TAKEN: Final = re.compile(r"EADDRINUSE|\[Errno 98\]|address already in use|Port \d+ is in use", re.IGNORECASE)
"""What runtimes print about an address that is in use."""
_TAKEN_PORT: Final = re.compile(r"EADDRINUSE\D.*?:(\d+)\b|', (\d+)[,)]|\bport (\d+)\b", re.IGNORECASE)
"""The port in such a line; CPython's own ``OSError`` names none."""


_IMPORTED: Final = re.compile(
    r"No module named '([\w.]+)'|cannot import name '\w+' from '([\w.]+)'|requested module '([^'.][^']*)'"
)
_SITE: Final = re.compile(r"/site-packages/(\w+)[/.]")
_NODE_MODULES: Final = re.compile(r"/node_modules/((?:@[\w.-]+/)?[\w.-]+)/(?![\w./@-]*node_modules/)")
"""The package that a line of a stack is in."""


def cause_in(logs: Iterable[LogLine], patterns: Sequence[tuple[re.Pattern[str], str]] = PATTERNS) -> str | None:
    """Return the likeliest cause that the logs show, as half a sentence; None if they show none.

    A compiler's first message wins: others may follow from it. Else the last match of the most specific pattern does:
    interpreters print the decisive line at the end.

    Args:
        logs: what the programs of the pod wrote.
        patterns: of a line that says why, the most specific first, and the sentence for its groups.
    """
    lines = [line.text.strip() for line in logs if line.source != "authorization"]
    if compiled := next(_compiled(lines), None):
        return compiled
    for pattern, sentence in patterns:
        for text in reversed(lines):
            if found := pattern.search(text):
                return sentence.format(*found.groups())
    return None


def _compiled(lines: Sequence[str]) -> Iterator[str]:
    """The messages of a compiler, in order; of javac with the symbol that it says in a line of its own."""
    for number, text in enumerate(lines):
        if found := _COMPILERS.search(text):
            below = lines[number + 1 : number + _JAVAC_LINES] if found[1].endswith("cannot find symbol") else ()
            symbol = next((said[1] for line in below if (said := _SYMBOL.match(line))), "")
            yield f"{found[1]}: {symbol}" if symbol else found[1]


def comparable_causes(run: Run) -> tuple[str, ...]:
    """Return why a run did not serve, without what an edit elsewhere on the page changes: lines, times, addresses.

    Of a compiler every message counts, each once: one that joins others is another fault.
    """
    lines = [line.text.strip() for line in run.logs if line.source != "authorization"]
    causes = list(_compiled(lines)) or [cause_in(run.logs) or run.sentence or run.outcome.value]
    return tuple(dict.fromkeys(_VOLATILE.sub("", cause) for cause in causes))


def port_held_by_service(logs: Iterable[LogLine], held: Collection[int], *, listens: bool) -> int | None:
    """Return the port that an example could not open because a service of docprobe holds it.

    Args:
        logs: what the example wrote.
        held: ports of the services that docprobe runs next to it.
        listens: whether the example listened on a port of its own. One whose error names no port may then have opened
            that port twice; otherwise only one of the services can have been there first.

    Returns:
        None if that is not why the example failed.
    """
    errors = [line.text for line in logs if line.source in _OF_THE_EXAMPLE and _TAKEN.search(line.text)]
    ports = [int(port) for text in errors for match in _TAKEN_PORT.finditer(text) for port in match.groups() if port]
    if not errors or not held:
        return None
    if not ports:
        return None if listens else min(held)
    return next((port for port in ports if port in held), None)


def describe_start(
    outcome: StartOutcome,
    how: str,
    logs: Iterable[LogLine],
    serving: Serving = PLAIN_SERVING,
    kind: ExampleKind = ExampleKind.HTTP_SERVER,
) -> str:
    """Return one sentence, without its full stop, about how an attempt to start an example ended.

    Args:
        outcome: how it ended.
        how: ``exited with code 1``, ``killed: memory limit 512 MiB``; empty if the process still ran. Of one that
            serves, how it is known to; empty if it was conversed with.
        logs: what it wrote.
        serving: what the specification calls serving.
        kind: of the example.
    """
    client = kind is ExampleKind.CLIENT
    cause = cause_in(logs)
    tail = f": {cause}" if cause else ""
    match outcome:
        case StartOutcome.NEVER_LISTENED:
            return f"it started but did not listen on any port{tail}"
        case StartOutcome.NOT_SERVING | StartOutcome.NO_INITIALIZE:
            known = "; ".join(part for part in (how, f"its log says {cause}" if cause else "") if part)
            fails = serving.client_fails if client else serving.fails
            return f"{fails}{': ' if known else ''}{known}"
        case StartOutcome.SERVING:
            return how or (serving.client_does if client else serving.does)
        case StartOutcome.BUILD_FAILED:
            return f"{how or 'a build step failed'}{tail}"
        case StartOutcome.INSTALL_FAILED | StartOutcome.EXITED | StartOutcome.KILLED:
            return f"{how or outcome.value}{tail}"


def compare_runs(good: Run, bad: Run, direct: Iterable[str]) -> str:
    """Return what distinguishes a run that serves from one that does not, as half a sentence.

    Such as ``runs with mcp 1.22.0 (2025-11-25), not with 2.3.0: module mcp.server.fastmcp is gone``.

    Args:
        good: the run that serves.
        bad: the run that does not.
        direct: names of the packages that the example itself depends on.
    """
    date = f" ({good.date})" if good.date else ""
    cause = cause_in(bad.logs, _PATTERNS_OF_CHANGE) or bad.sentence
    apart = f"runs with the packages of {good.date or 'another date'}, not with today's"
    changed = changed_packages(good, bad, direct)
    if imported := _imported(good, bad):
        # whether the example itself depends on it or not
        changed = changed_packages(good, bad, [imported]) or changed
    elif (failing := _last_called(good, bad)) and good.packages[failing] == bad.packages.get(failing):
        # what has changed is something that it uses
        return f"{apart}, with which {failing} {good.packages[failing]} fails: {cause}"
    if not changed:
        return f"{apart}: {bad.sentence}"
    name, old, new = changed[0]
    without = f"not with {new}" if new else "which today's packages do not bring along"
    return f"runs with {name} {old}{date}, {without}: {cause}"


def _imported(good: Run, bad: Run) -> str | None:
    """The package of the module that the last import error of a run is about; None without one."""
    found = [match for line in bad.logs for match in _IMPORTED.finditer(line.text)]
    module = next((group for group in found[-1].groups() if group), "") if found else ""
    parts = module.split("/")
    return _known("/".join(parts[: 2 if module.startswith("@") else 1]).partition(".")[0], good)


def _last_called(good: Run, bad: Run) -> str | None:
    """The package with the innermost call in the log of a run: Python prints that last, Node.js first."""
    text = "\n".join(line.text for line in bad.logs if line.source in _OF_THE_EXAMPLE)
    python = _SITE.findall(text)
    modules = _NODE_MODULES.findall(text)
    name = python[-1] if python else modules[0] if modules else ""
    return _known(name, good)


def _known(module: str, run: Run) -> str | None:
    """The package of a run whose name is that of a module."""
    wanted = module.replace("_", "-").lower()
    return next((name for name in run.packages if wanted and name.replace("_", "-").lower() == wanted), None)


def changed_packages(good: Run, bad: Run, direct: Iterable[str]) -> list[tuple[str, str, str | None]]:
    """Return the direct dependencies whose version differs: name, version that serves, version that does not.

    The one that the logs of the bad run name comes first, then those whose major version changed.
    """
    log = " ".join(line.text for line in bad.logs).lower()
    rows = [
        (name, good.packages[name], bad.packages.get(name))
        for name in direct
        if name in good.packages and good.packages[name] != bad.packages.get(name)
    ]

    def order(row: tuple[str, str, str | None]) -> tuple[bool, bool, str]:
        name, old, new = row
        named = name.lower() in log or name.lower().replace("-", "_") in log
        return (not named, bool(new) and old.split(".")[0] == (new or "").split(".")[0], name)

    return sorted(rows, key=order)
