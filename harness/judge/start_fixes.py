"""What helps against a failed start, by its cause, and the words that the program itself had for it. Pure."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from harness.judge.failure_cause import INTERFACE, Trouble, absent_packages, imported_module, package_of_import
from harness.judge.findings import join_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Bundle, Span
    from harness.judge.failure_cause import FailureCause
    from harness.model import LogLine, Run
    from harness.rule import Serving

_OF_THE_EXAMPLE: Final = frozenset({"stdout", "stderr"})
_UNDEFINED: Final = re.compile(r"NameError: name '(\w+)'|ReferenceError: (\S+) is not defined|Cannot find name '(\w+)'")
_MEMBER: Final = re.compile(
    r"has no attribute '(\w+)'|[.)](\w+) is not a (?:function|constructor)|Property '(\w+)' does not exist"
    r"|cannot import name '(\w+)'|does not provide an export named '(\w+)'"
)
_ABSENT_PACKAGE: Final = re.compile(r" cannot be installed: package (\S+) does not exist$")
"""What an install says that was asked for a module, for a package that the module does not have."""
_TAKEN: Final = re.compile(r"EADDRINUSE|\[Errno 98\]|address already in use|[Pp]ort \d+ is (?:in use|taken)")
_TOKEN: Final = re.compile(r"demands a token|\banswered 40[13]\b|: 40[13]\b")
_NO_BODY: Final = re.compile(r"req\.body|reading '(?:method|jsonrpc|params|id)'|of 'undefined' as it is undefined")
_READS_BODY: Final = re.compile(r"\breq(?:uest)?\.body\b")
_PARSES_BODY: Final = re.compile(
    r"\b(?:express|bodyParser|body_parser)\.(?:json|raw|text)\(|\bjson\(\)|\bcreate\w*ExpressApp|koaBody|bodyParser\(|fastify"
)
_USED: Final = re.compile(r"\.use\(\s*\w+\.json\(")
_ROUTE: Final = re.compile(r"\.(?:post|all)\(\s*[\"'`/]")
_NO_WORDS: Final = re.compile(
    r"\s*(?:at\s|File \"|Node\.js v|[~^\s]+$|[\]})({,;\s]*$|[-=*_\s]*$|npm (?:notice|error A complete log))"
    r"|.*\"(?:GET|POST|DELETE|HEAD|OPTIONS) \S+ HTTP/"
)
"""Lines of a log in which nobody says what happened: frames, markers, rules, versions, requests."""
_DUMP: Final = re.compile(r"\s+at .*\{$")
"""The last frame of an error of Node whose properties follow, up to a line that is a closing brace."""
_LONGEST_WORDS: Final = 200


def fix_for(run: Run, bundle: Bundle, cause: FailureCause, otherwise: str, serving: Serving) -> str:
    """Return what to do about a failed start.

    Args:
        run: one that did not serve.
        bundle: what was run.
        cause: of the failure.
        otherwise: what helps where packages moved on and nothing more is known.
        serving: what the specification calls serving, and knows of failures.
    """
    log = "\n".join(own_lines(run.logs))
    match cause.trouble:
        case Trouble.SYNTAX:
            return "Correct the syntax at the line that the log names."
        case Trouble.COMPILE:
            return "Correct the line that the compiler names, for the packages that a reader gets today."
        case Trouble.INSTALL:
            if absent := _ABSENT_PACKAGE.search(run.sentence):
                return f"Correct the import of `{absent[1]}`: its module has no such package."
            if names := absent_packages(run, bundle):
                which = join_words([f"`{name}`" for name in names])
                return f"Correct the install line: the registry has no {which}, or no such version."
            return "Correct the install line: its packages cannot be installed together as written."
        case Trouble.NAME:
            return _define(log)
        case Trouble.IMPORT if not INTERFACE.search(log):
            return _provide(log, bundle)
        case Trouble.IMPORT | Trouble.OTHER:
            return _by_words(run, log, bundle, otherwise, serving)


def fixes_for(
    failed: Sequence[Run], bundle: Bundle, causes: Sequence[FailureCause], otherwise: str, serving: Serving
) -> str:
    """Return what to do about a program that starts with no packages: what ends it at its own date is wrong today too.

    Args:
        failed: all attempts, today's first; at least one.
        bundle: what was run.
        causes: of each.
        otherwise: as for :func:`fix_for`.
        serving: as for :func:`fix_for`.
    """
    first, last = failed[0], failed[-1]
    now = fix_for(first, bundle, causes[0], otherwise, serving)
    if first is last:
        return now
    then = fix_for(last, bundle, causes[-1], otherwise, serving)
    if last_words(first) == last_words(last) or now == then:
        return then
    return f"{now} With the packages of {last.date}: {then[:1].lower()}{then[1:]}"


def last_words(run: Run) -> str:
    """Return the last thing that the program itself wrote before it failed; empty if it wrote nothing."""
    words, in_dump = "", False
    for line in own_lines(run.logs):
        if in_dump:
            in_dump = line.rstrip() != "}"
        elif line.strip() and not _NO_WORDS.match(line):
            words = line.strip()
        else:
            in_dump = _DUMP.match(line) is not None
    return words[:_LONGEST_WORDS]


def lines_of_cause(run: Run, bundle: Bundle, cause: FailureCause) -> tuple[Span, ...]:
    """Return the docs lines to mark: those that the log names, else the first that is known to be wrong.

    That is one which reads a body nobody parses, or imports a package that its module does not have.
    """
    if absent := _ABSENT_PACKAGE.search(run.sentence):
        return _first_with(f'"{absent[1]}"', bundle)
    if cause.lines or not lacks_parser(run, "", bundle):
        return cause.lines
    for file in bundle.files:
        for number, text in enumerate(file.text.splitlines(), start=1):
            if _READS_BODY.search(text) and (span := file.docs_line(number)) is not None:
                return (span,)
    return ()


def _first_with(text: str, bundle: Bundle) -> tuple[Span, ...]:
    """The first docs line of the program that has a text."""
    for file in bundle.files:
        for number, line in enumerate(file.text.splitlines(), start=1):
            if text in line and (span := file.docs_line(number)) is not None:
                return (span,)
    return ()


def own_lines(logs: Sequence[LogLine]) -> list[str]:
    """Return what the program itself wrote, line by line."""
    return [line.text for line in logs if line.source in _OF_THE_EXAMPLE]


def undefined_name(log: str) -> str:
    """Return the name that a log says nothing defines; empty if it names none."""
    found = _UNDEFINED.search(log)
    return next((group for group in found.groups() if group), "") if found else ""


def _define(log: str) -> str:
    """What helps where a name is used that nothing defines."""
    name = undefined_name(log)
    if name in sys.stdlib_module_names and "NameError" in log:
        return f"Add `import {name}`."
    return f"Define or import `{name}`, or correct its spelling." if name else "Define or import the name."


def _correct_member(log: str, date: str) -> str:
    """What helps where not even the packages of the page's date have what the code uses."""
    found = _MEMBER.search(log)
    name = next((group for group in found.groups() if group), "") if found else ""
    what = f"`{name}`" if name else "the name or the arguments at the line that the log names"
    return f"Correct {what}: the packages of {date} do not have it either."


def _provide(log: str, bundle: Bundle) -> str:
    """What helps where an import finds no module: a file of the page, or a package of its install line."""
    module = imported_module(log)
    if module.startswith((".", "/", "file:")):
        return f"Show the file that is imported (`{module.rpartition('/')[2]}`) under its name, or correct the import."
    if package_of_import(log, bundle) is not None:
        return f"Import `{module}` from where the installed package has it today, or pin the version that has it."
    package = "/".join(module.split("/")[: 2 if module.startswith("@") else 1]) if module else ""
    return (
        f"Add the package of `{package or module}` to the page's install line."
        if module
        else ("List every package that the code imports on the page's install line.")
    )


def _by_words(run: Run, log: str, bundle: Bundle, otherwise: str, serving: Serving) -> str:
    """What helps by what the log or the conversation says."""
    if _TAKEN.search(log):
        return "The port is in use when the program opens it: listen once, on a port that nothing else here uses."
    if lacks_parser(run, log, bundle):
        return "Parse the body before the routes read it: without `app.use(express.json())` `req.body` is undefined."
    if _TOKEN.search(run.sentence):
        return "Show on the page how a client gets the token that the server requires, and the header that carries it."
    if known := serving.fix_for(run.sentence):
        return known
    if INTERFACE.search(log) and bundle.dependencies:
        return otherwise if run.date is None else _correct_member(log, run.date)
    return "Correct what the program says of its failure." if log else "Correct what keeps the program from serving."


def lacks_parser(run: Run, log: str, bundle: Bundle) -> bool:
    """Return whether the body of requests is read and nothing parses it, or what does comes behind the routes.

    Args:
        run: one that did not serve.
        log: what the program wrote.
        bundle: what was run.
    """
    text = "\n".join(file.text for file in bundle.files)
    if not run.outcome.listened or not _READS_BODY.search(text):
        return False
    if _PARSES_BODY.search(text) and not _parses_late(bundle):
        return False
    return "express" in text or _NO_BODY.search(log) is not None


def _parses_late(bundle: Bundle) -> bool:
    """Whether the only parser of a program is put to use behind a route that is written in the same file."""
    for file in bundle.files:
        parsers, route = list(_PARSES_BODY.finditer(file.text)), _ROUTE.search(file.text)
        if parsers and (len(parsers) > 1 or not _USED.search(file.text) or route is None):
            return False
        if parsers and route is not None and parsers[0].start() < route.start():
            return False
    return True
