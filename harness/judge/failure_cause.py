"""What a failed start can come from: lines of the page that the log points at, and inputs that were guessed. Pure.

What the page states is what runs, and what docprobe made up cannot fail a page: a start that a guess may have failed
decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind, LeftKind, Manager, Note, NoteKind, Origin
from harness.judge.findings import join_words
from harness.model import StartOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Bundle, LeftToReader, SourceFile, Span
    from harness.model import LogLine, Run

_OF_THE_EXAMPLE: Final = frozenset({"stdout", "stderr"})
_SYNTAX: Final = re.compile(
    r"\b(?:SyntaxError(?!: The requested module)|IndentationError|TabError)\b|error TS1\d{3}\b"
    r"|Transform failed|Expected .+ but found"
    r"|\.go:\d+:\d+: syntax error"
    r"|\.rs:\d+:\d+: error: (?:expected|unexpected|unclosed|mismatched|unterminated|unknown start|this file contains)"
    r"|\.java:\d+: error: (?:\S{1,40} expected|illegal start of|class, interface, .{0,30} expected|reached end of file"
    r"|not a statement|unclosed )|\.kt:\d+:\d+: error: (?:syntax error|expecting )"
)
_NAME: Final = re.compile(
    r"\bNameError: name\b|\bReferenceError: \S+ is not defined|error TS(?:2304|2552)\b|\.go:\d+:\d+: undefined: "
    r"|\.rs:\d+:\d+: error(?:\[E0(?:405|412|425|433|531|574)\])?: (?:cannot find|failed to resolve)"
    r"|\.java:\d+: error: cannot find symbol|\.kt:\d+:\d+: error: unresolved reference"
)
_IMPORT: Final = re.compile(
    r"\b(?:ModuleNotFoundError|ImportError)\b|ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|Cannot find (?:package|module)"
    r"|ERR_PACKAGE_PATH_NOT_EXPORTED|does not provide an export|error TS(?:2305|2307|2614|7016)\b"
    r"|\.java:\d+: error: package \S+ does not exist|\bNoClassDefFoundError: |\bClassNotFoundException: "
    r"|no required module provides package|is not in std\b|cannot find module providing"
    r"|error\[E0(?:432|463)\]|error\[E0433\]: .*(?:crate|module)"
)
_COMPILED: Final = re.compile(r"\.go:\d+:\d+: |\.rs:\d+:\d+: error|\.java:\d+: error: |\.kt:\d+:\d+: error: ")
"""Any other message of a compiler: that lines of the program do not fit each other, or its packages."""
_MODULE_SYSTEM: Final = re.compile(r"outside a module|require is not defined|await is only valid|ERR_REQUIRE_ESM")
_ABSENT: Final = re.compile(
    r"no such (?:package|version)\b|no version of it had been published|was not found in the package registry"
    r"|there (?:is|are) no versions? of"
)
"""What installers say of a package or a version that does not exist."""
INTERFACE: Final = re.compile(
    r"AttributeError: |is not a (?:function|constructor)|unexpected keyword argument|positional arguments?\b"
    r"|missing \d+ required|has no (?:exported member|attribute)|does not provide an export|cannot import name"
    r"|ERR_PACKAGE_PATH_NOT_EXPORTED|is not defined by \"exports\""
    r"|error TS(?:2305|2339|2345|2353|2554|2614|2724|2769)\b"
)
"""A package's names and arguments are not those that the code uses."""
_PLACE: Final = r"(?<![\w.-]){path}(?:\", line (?P<python>\d+)|\((?P<paren>\d+),\d+\)|:(?P<colon>\d+))"
"""A line of a file as Python, compilers and Node.js write it, behind any folder."""


_INPUT_ENDED: Final = re.compile(
    r"\bEOFError\b|EOF when reading|readline was closed|unsettled top-level await|NoSuchElementException|No line found"
    r"|\bunexpected (?:EOF|end of (?:file|input))|ReadAfterEOFException|: EOF\b|^Aborted[.!]$",
    re.MULTILINE,
)
"""What a program says that reads a terminal where nobody types."""
_LOST: Final = re.compile(
    r"connection (?:was )?closed|not connected|\bE(?:NOENT|PIPE|CONNRESET|CONNREFUSED)\b|ConnectionRefused"
    r"|BrokenResource|BrokenPipe|ClosedResource|server (?:exited|disconnected)|failed to connect",
    re.IGNORECASE,
)
"""What a client says whose server is not there: one that docprobe put in its place may be why."""
_QUIET: Final = ("exited with code 0", " and sent nothing")
"""How the sentence on a run ends in which the program did nothing and complained of nothing."""


class Trouble(Enum):
    """The kinds of failures that differ in what they can come from, and in what helps."""

    INSTALL = auto()
    SYNTAX = auto()
    NAME = auto()
    IMPORT = auto()
    COMPILE = auto()
    OTHER = auto()


_MODULE: Final = re.compile(
    r"No module named '([\w.]+)'|cannot import name '\w+' from '([\w.]+)'"
    r"|Cannot find (?:package|module) '([^']+)'|requested module '([^']+)'"
    r"|node_modules/((?:@[^/\s]+/)?[^/\s]+)/package\.json"
    r"|unresolved import `(\w+)|unlinked crate `(\w+)`|undeclared crate or module `(\w+)`|can't find crate for `(\w+)`"
)
"""The module, or the package, that an import error is about."""

_ASSEMBLED: Final = frozenset({NoteKind.WHOLE_PROGRAM, NoteKind.JOINED, NoteKind.GLUE, NoteKind.ADAPTER})
"""Guesses about which lines make the program."""
_IMPORTED: Final = frozenset(
    {NoteKind.ADAPTER, NoteKind.DEPENDENCY, NoteKind.FILE, NoteKind.FILE_NAME, NoteKind.PACKAGE_FOLDER,
     NoteKind.FOLDER, NoteKind.MODULE, NoteKind.MODULE_TYPE, NoteKind.COMMAND}
)  # fmt: skip
"""Guesses that decide where an import is looked for."""
_HARMLESS: Final = frozenset({NoteKind.REMARK, NoteKind.FILE_NAME})
"""Guesses that a program which was read, and whose imports were found, cannot fail by."""
_PROVED: Final = frozenset(
    {NoteKind.COMMAND, NoteKind.MODULE_TYPE, NoteKind.FOLDER, NoteKind.PACKAGE_FOLDER, NoteKind.TRANSPORT}
)
"""Guesses that were right if the program answered an initialize."""


_STATED_BY: Final = {
    NoteKind.COMMAND: "the command that starts it (`command`)",
    NoteKind.DEPENDENCY: "the line that installs its packages (`dependencies`)",
    NoteKind.MODULE: "the line that installs its packages (`dependencies`)",
    NoteKind.ENDPOINT: "the URL of its endpoint (`endpoint`)",
    NoteKind.ENVIRONMENT: "the values of its variables (`environment`)",
    NoteKind.VALUE: "the values of its variables (`environment`)",
    NoteKind.FILE: "the contents of its files (`glue`)",
    NoteKind.FILE_NAME: "the names of its files (`files`)",
    NoteKind.FOLDER: "the folder it runs in (`cwd`)",
    NoteKind.JOINED: "the name of the file in each fence that is a part of it (`blocks`)",
    NoteKind.WHOLE_PROGRAM: "that the block is a whole file, by its name (`files`), with all lines (`blocks`, `glue`)",
    NoteKind.INTERPRETER: "the versions of its packages (`dependencies`)",
    NoteKind.MODULE_TYPE: "the package.json of the program (`files`)",
    NoteKind.TRANSPORT: "the option or the variable that chooses how it serves (`kind`)",
    NoteKind.TOKEN: "the header that clients send, in a request or a client's configuration (`headers`)",
}
"""What a page says in place of a guess, and the key of docprobe.toml that does the same."""


@dataclass(frozen=True, slots=True)
class FailureCause:
    """What a failed start can come from."""

    trouble: Trouble
    lines: tuple[Span, ...]
    """The docs lines that the log points at; empty if it points at none of the page's."""
    guesses: tuple[Note, ...]
    """What docprobe inferred and the failure may come from; empty if all that it can come from was stated."""


def cause_of(run: Run, bundle: Bundle) -> FailureCause:
    """Return what the failed start ``run`` of ``bundle`` can come from.

    Args:
        run: one that did not serve.
        bundle: what was run, of the copy whose page is asked about.
    """
    return FailureCause(_trouble(run), failing_lines(run.logs, bundle), tuple(_possible_guesses(run, bundle)))


def left_that_explains(run: Run, bundle: Bundle) -> tuple[LeftToReader, ...]:
    """Return what the page leaves to its reader and the failed start ``run`` can come from.

    A value that nobody has explains neither a syntax error nor a package whose names have changed.
    """
    text = "\n".join(line.text for line in run.logs)
    trouble = _trouble(run)
    if trouble is Trouble.OTHER and INTERFACE.search(text) and "NoneType" not in text:
        return ()
    silent = run.sentence.endswith(_QUIET)
    return tuple(part for part in bundle.left_to_reader if _explains(part, trouble, text, silent=silent))


def _explains(part: LeftToReader, trouble: Trouble, text: str, *, silent: bool) -> bool:
    match trouble:
        case Trouble.OTHER if part.kind is LeftKind.INPUT:
            return silent or _INPUT_ENDED.search(text) is not None
        case Trouble.OTHER:
            return part.kind is not LeftKind.NAME or part.name in text
        case Trouble.NAME:
            return part.kind is LeftKind.NAME and part.name in text
        case Trouble.IMPORT:
            stem = part.name.rpartition("/")[2].partition(".")[0]
            return part.kind is LeftKind.FILE and bool(stem) and stem in imported_module(text)
        case Trouble.INSTALL | Trouble.SYNTAX | Trouble.COMPILE:
            return False


def how_to_state(guesses: Sequence[Note]) -> str:
    """Return what a page, or docprobe.toml, has to say in place of guesses, as words that follow "State".

    Empty if nothing that they say could take the place of a guess.
    """
    words = [_STATED_BY.get(note.kind, note.what) for note in guesses if note.kind is not NoteKind.STAND_IN]
    return join_words(dict.fromkeys(words)) if words else ""


def failing_lines(logs: Sequence[LogLine], bundle: Bundle) -> tuple[Span, ...]:
    """Return the docs line that the log names last (Python prints the innermost call last), or first (all others)."""
    for file, line in stack_lines(logs, bundle):
        if (span := file.docs_line(line)) is not None:
            return (span,)
    return ()


def stack_lines(logs: Sequence[LogLine], bundle: Bundle) -> list[tuple[SourceFile, int]]:
    """Return the lines of an example's files that its log names, innermost call first: Python prints that last."""
    text = "\n".join(line.text for line in logs if line.source in _OF_THE_EXAMPLE)
    places: list[tuple[int, bool, SourceFile, int]] = []
    for file in bundle.files:
        for match in re.finditer(_PLACE.format(path=_names_of(file.path)), text):
            number = match["python"] or match["paren"] or match["colon"]
            if len(number) < 8 and file.docs_line(int(number)) is not None:
                places.append((match.start(), match["python"] is not None, file, int(number)))
    places.sort(key=lambda place: place[0])
    if places and places[-1][1]:
        places.reverse()
    return [(file, line) for _, _, file, line in places]


def _names_of(path: str) -> str:
    """A file's path as an expression; a JVM's stack traces have its name alone."""
    names = (path, path.rpartition("/")[2]) if path.endswith((".java", ".kt")) else (path,)
    return f"(?:{'|'.join(map(re.escape, names))})"


def _trouble(run: Run) -> Trouble:
    if run.outcome is StartOutcome.INSTALL_FAILED:
        return Trouble.INSTALL
    text = "\n".join(line.text for line in run.logs if line.source in _OF_THE_EXAMPLE)
    kinds = ((_SYNTAX, Trouble.SYNTAX), (_IMPORT, Trouble.IMPORT), (_NAME, Trouble.NAME), (_COMPILED, Trouble.COMPILE))
    for pattern, trouble in kinds:
        if pattern.search(text):
            return trouble
    return Trouble.OTHER


def imported_module(log: str) -> str:
    """Return the module, or the package, that the last import error in a log is about; empty if there is none."""
    modules = [next(group for group in match.groups() if group) for match in _MODULE.finditer(log)]
    # Node.js names the file that a package does not have by its path
    return modules[-1].rpartition("/node_modules/")[2] if modules else ""


def package_of_import(log: str, bundle: Bundle) -> str | None:
    """Return the dependency that the last import error in a log is about; None if it is about none."""
    module = imported_module(log)
    if not module:
        return None
    names = {re.sub(r"[-_.]+", "-", dependency.name).lower(): dependency.name for dependency in bundle.dependencies}
    parts = re.split(r"[./]", module) if not module.startswith("@") else ["/".join(module.split("/")[:2])]
    return names.get(re.sub(r"[-_.]+", "-", parts[0]).lower())


def absent_packages(run: Run, bundle: Bundle) -> tuple[str, ...]:
    """Return the packages that the page names and an install failed by, since they, or their versions, do not exist.

    No package that docprobe inferred can cause that: the message would name it.
    """
    detail = run.sentence.partition(" cannot be installed: ")[2]
    if _ABSENT.search(detail) is None:
        return ()
    inferred = {note.name for note in bundle.guesses if note.kind is NoteKind.DEPENDENCY}
    named = {d.name for d in bundle.dependencies if re.search(rf"(?<![\w@/.-]){re.escape(d.name)}(?![\w/-])", detail)}
    return () if named & inferred else tuple(sorted(named))


def _possible_guesses(run: Run, bundle: Bundle) -> Iterator[Note]:
    trouble = _trouble(run)
    guesses = bundle.guesses
    known = bundle.endpoint_paths or bundle.stated_endpoints or run.endpoint
    text = "\n".join(line.text for line in run.logs)
    started = any(note.kind is NoteKind.STAND_IN for note in bundle.notes)
    lost = started and trouble is Trouble.OTHER and _LOST.search(text) is not None
    if bundle.kind is ExampleKind.CLIENT and (run.outcome.listened or lost):
        guesses = (*guesses, Note(NoteKind.STAND_IN, Origin.INFERRED, "the client's own"))
    elif run.outcome.listened and not known and bundle.kind is ExampleKind.HTTP_SERVER:
        guesses = (*guesses, Note(NoteKind.ENDPOINT, Origin.INFERRED, detail=" at one of the usual paths"))
    as_module = _MODULE_SYSTEM.search(text) is not None
    package = package_of_import(text, bundle)
    absent = trouble is Trouble.INSTALL and bool(absent_packages(run, bundle))
    # what was lacking in this run, or decided by docprobe's own interpreter, may have any effect
    yield from run.guesses
    for note in guesses:
        # a program that fails in a line of its own does so over every transport
        if note.kind is NoteKind.TRANSPORT and failing_lines(run.logs, bundle):
            continue
        # a package that is a word of the command is what starts the program
        if run.endpoint and (note.kind in _PROVED or note.name in bundle.command):
            continue
        match trouble:
            case Trouble.INSTALL:
                possible = note.kind is NoteKind.DEPENDENCY and not absent
            case Trouble.SYNTAX | Trouble.NAME | Trouble.COMPILE:
                possible = note.kind in _ASSEMBLED or (note.kind is NoteKind.MODULE_TYPE and as_module)
                # a crate without its features lacks names, types and methods
                possible |= bundle.manager is Manager.CARGO and note.kind is NoteKind.DEPENDENCY
            case Trouble.IMPORT if package is not None:
                possible = note.kind is NoteKind.DEPENDENCY and note.name == package
            case Trouble.IMPORT:
                possible = note.kind in _IMPORTED
            case Trouble.OTHER:
                possible = note.kind not in _HARMLESS and (note.kind is not NoteKind.MODULE_TYPE or as_module)
        if possible:
            yield note
