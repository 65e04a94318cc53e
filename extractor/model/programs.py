"""Examples, and the bundles that make them runnable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from extractor.model.spans import Span


class ExampleKind(StrEnum):
    """What the code does, decided from the code."""

    HTTP_SERVER = "http-server"
    STDIO_SERVER = "stdio-server"
    CLIENT = "client"
    OTHER = "other"


class ExampleStatus(StrEnum):
    """What extraction knows of an example, before anything runs."""

    RUNNABLE = "runnable"
    FRAGMENT = "fragment"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    PRINTED = "printed"
    """An exchange that the page prints: judged without running anything."""
    FAILED = "failed"
    """An error or a limit of docprobe itself kept it from being put together; reported as not checked."""


class Origin(StrEnum):
    """Where a part of a bundle comes from. A directive beats the docs' statement, which beats inference."""

    DIRECTIVE = "directive"
    CONFIG = "config"
    STATED = "stated"
    INFERRED = "inferred"


class NoteKind(StrEnum):
    """What a note is about; the value is how its text begins."""

    REMARK = ""
    """A sentence of its own, in ``detail``."""
    ADAPTER = "adapter"
    """A file that docprobe adds to serve what the program only exports."""
    ALLOWED_SCRIPTS = "install scripts allowed"
    BUILD = "build step"
    COMMAND = "command"
    DEPENDENCY = "dependency"
    ENDPOINT = "endpoint"
    ENVIRONMENT = "environment"
    """The names of variables that are set."""
    FILE = "file"
    FILE_NAME = "file name"
    FOLDER = "folder"
    GLUE = "glue in"
    HEADER = "header"
    """One that every request to the server carries."""
    INTERPRETER = "interpreter of docprobe's own"
    """What its version decided."""
    JOINED = "lines"
    """Several blocks of the page as one file."""
    MODULE = "module"
    """That a package of the page has a module whose package is not known."""
    MODULE_TYPE = 'package.json with "type": "module"'
    PACKAGE_FOLDER = "package folder"
    SERVICE = "authorization server on"
    SERVICES = "services"
    TOKEN = "token"
    """That requests need a token which neither the page states nor a service beside the program gives."""
    VALUE = "value of"
    """A variable whose value the reader has to fill in."""
    WHOLE_PROGRAM = "whole program"
    """That the block is all of a program, although it lacks something that its interpreter would report."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about an example: what was stated, or what docprobe had to add."""

    kind: NoteKind
    origin: Origin
    name: str = ""
    """What it is about: ``server.ts`` for a file name, ``express`` for a dependency, the words of a command."""
    detail: str = ""
    """The rest of its text, with the separator in front: ``@5`` for a dependency, ``, stated by prose``."""
    confidence: float = 1.0
    """0 to 1; 1 for anything stated."""
    span: Span | None = None

    @property
    def what(self) -> str:
        """The note's text, short and complete: ``file name server.ts``, ``dependency express@5``."""
        return " ".join(part for part in (self.kind.value, self.name) if part) + self.detail

    @property
    def place(self) -> str | None:
        """Where the docs state it, ``page.mdx:12``; None if nowhere."""
        return str(self.span) if self.span is not None else None


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of lines of a source file, and where they are in the docs."""

    first: int
    """First line in the file, 1-based."""
    count: int
    """Number of lines."""
    span: Span | None
    """The docs lines, line by line; None for lines that docprobe added (never blamed on the docs)."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an example."""

    path: str
    """Relative POSIX path inside the bundle; validated: no escape is possible."""
    text: str
    segments: tuple[Segment, ...] = ()

    def docs_line(self, line: int) -> Span | None:
        """Return the docs line that line ``line`` (1-based) of this file came from; None if docprobe added it."""
        for segment in self.segments:
            if segment.first <= line < segment.first + segment.count and segment.span is not None:
                at = segment.span.first + line - segment.first
                return Span(segment.span.file, at, at)
        return None


class Manager(StrEnum):
    """Package manager."""

    NPM = "npm"
    PYPI = "pypi"
    GO = "go"
    """Go modules, from a module proxy."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One package an example needs."""

    name: str
    specifier: str = ""
    """Version range in the manager's own syntax; empty for any."""
    origin: Origin = Origin.INFERRED
    extras: tuple[str, ...] = ()
    """Of a Go module the packages that are imported: ``/mcp``, ``/`` for its root."""
    development: bool = False

    def __str__(self) -> str:
        listed = [extra for extra in self.extras if not extra.startswith("/")]
        extras = f"[{','.join(listed)}]" if listed else ""
        # npm writes a bare range behind @, the index's specifiers begin with an operator
        npm_range = (
            self.specifier[:1].isalnum()
            or self.specifier[:1] in {"^", "*"}
            or (self.specifier.startswith("~") and not self.specifier.startswith("~="))
        )
        return f"{self.name}{extras}{'@' if npm_range else ''}{self.specifier}"


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A service the example expects beside it."""

    kind: str
    """``authorization``."""
    host: str
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    """For ``authorization``: realm, client_id, client_secret, scope, audience."""


class LeftKind(StrEnum):
    """What a page leaves to its reader: it decides which failures it can explain."""

    VALUE = "value"
    """A placeholder for a credential, a host or a path that the code passes on when it is loaded."""
    VARIABLE = "variable"
    """A variable that the page does not set."""
    FILE = "file"
    """A file that the code reads and no block of the page shows."""
    NAME = "name"
    """A name that nobody defines, and that only a client's call uses: it explains failures of calls alone."""
    ANSWER = "answer"
    """An answer of a host that is not this machine, wanted while the code is loaded."""
    TOKEN = "token"
    """A token that only an authorization server elsewhere gives."""


@dataclass(frozen=True, slots=True)
class LeftToReader:
    """One thing that a page leaves to its reader and docprobe cannot know."""

    kind: LeftKind
    name: str
    """Name of the argument, the variable or the undefined name; path of the file; host."""
    what: str
    """As reports list it: ``client_secret (“your-secret”, line 12)``."""
    span: Span | None = None
    """The line of the page that uses it."""

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True)
class StatedEndpoint:
    """An address of the server as the page states it: in prose, a table, a link, a command, code or configuration."""

    path: str
    """With its query: ``/t/acme/mcp``, ``/mcp?key=value``; begins with ``/``."""
    span: Span
    """The line that states it."""
    host: str = ""
    """As written (``localhost``); empty where the page states a path alone."""
    port: int | None = None
    """None where the page states none."""

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"http://{self.host}{port}{self.path}" if self.host else self.path


@dataclass(frozen=True, slots=True)
class StatedHeader:
    """A request header that the page says clients send: ``Authorization: Bearer tutorial-token``."""

    name: str
    value: str
    """Never a placeholder."""
    span: Span
    """The line that states it."""


@dataclass(frozen=True, slots=True)
class UnlistedImport:
    """An import of a package that the install lines for this program leave out, although they list others."""

    module: str
    """As the code writes it: ``@modelcontextprotocol/sdk/server/mcp.js``."""
    package: str
    """The package it needs; docprobe adds it as inferred."""
    span: Span
    """The line of the import on the page."""
    installs: tuple[Span, ...]
    """The lines of the page that install packages for this program."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of docprobe's that looks at code inside a container, by the means of the code's language."""

    file: SourceFile
    """Its text, put beside the files of the code. It prints one JSON object a line."""
    command: tuple[str, ...]
    """Argument vector that runs it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """An example made runnable. Needs no engine to be made or tested."""

    example_id: str
    language: str
    """``typescript``, ``javascript`` or ``python``."""
    kind: ExampleKind
    toolchain: str
    """Name of the base image: ``node``, ``python``, ``go``."""
    files: tuple[SourceFile, ...]
    manager: Manager
    dependencies: tuple[Dependency, ...]
    command: tuple[str, ...]
    """Argument vector, run in ``cwd``; never a shell."""
    cwd: str = "."
    """Relative to the bundle's root."""
    build: tuple[tuple[str, ...], ...] = ()
    """Argument vectors run before the command, in the pod (no network)."""
    environment: Mapping[str, str] = field(default_factory=dict)
    services: tuple[ServiceRequest, ...] = ()
    endpoint_paths: tuple[str, ...] = ()
    """Paths the docs name for the endpoint, best first: what the page states, then what the code does."""
    stated_endpoints: tuple[StatedEndpoint, ...] = ()
    """Addresses of the server that the page states, likeliest first; empty if it states none."""
    stated_headers: tuple[StatedHeader, ...] = ()
    """Headers that the page says clients send with every request, nearest to the program first; a name that it states
    with several values is there with each of them."""
    installer: str = ""
    """The package client of the page's install lines (``pnpm``, ``yarn``, ``uv``); empty if it shows none. npm's
    conflicts between peers are nobody's fault on a page that says ``pnpm add``."""
    unlisted_imports: tuple[UnlistedImport, ...] = ()
    """Imports that the install lines for this program leave out."""
    host_names: tuple[str, ...] = ()
    """Values of the Host header that the code allows, if it names any; ``*`` is for any port."""
    allow_scripts: bool = False
    """Install scripts run only where the configuration allows it by example."""
    left_to_reader: tuple[LeftToReader, ...] = ()
    """What the docs leave to the reader and docprobe cannot know. A failure that can come from it says nothing
    against the docs."""
    type_check: Tool | None = None
    """Checks the types of its files, for a language that is started without that."""
    notes: tuple[Note, ...] = ()

    @property
    def added(self) -> tuple[str, ...]:
        """What docprobe had to add, as reports list it."""
        return tuple(n.what for n in self.guesses if n.kind not in {NoteKind.MODULE, NoteKind.WHOLE_PROGRAM})

    @property
    def guesses(self) -> tuple[Note, ...]:
        """Every input of the run that docprobe inferred: any of them may be why the example fails."""
        return tuple(n for n in self.notes if n.origin is Origin.INFERRED)


@dataclass(frozen=True, slots=True)
class ImportedName:
    """A name that code takes from a module, and the line of the page that has it."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class ShownImport:
    """An import of code that a page shows."""

    module: str
    """As written: ``@modelcontextprotocol/sdk/types.js``, ``mcp.server``."""
    package: str
    """The package that it is from."""
    span: Span
    """The line that it begins on."""
    names: tuple[ImportedName, ...] = ()
    """Names taken from it; empty for the module as a whole."""


@dataclass(frozen=True, slots=True)
class ShownImports:
    """The imports of a fragment, and what can look them up."""

    imports: tuple[ShownImport, ...]
    bundle: Bundle
    """The packages of these imports alone, with the tool that looks names up. The page's own code is not in it."""


@dataclass(frozen=True, slots=True)
class Example:
    """Blocks of one page that belong together as one program in one language."""

    id: str
    page: str
    revision: str | None
    language: str
    kind: ExampleKind
    status: ExampleStatus
    reason: str | None
    """Why it cannot run (fragment, unsupported, skipped); None if runnable."""
    spans: tuple[Span, ...]
    """The docs lines of its blocks."""
    digest: str
    """SHA-256 over everything that runs: equal for identical copies."""
    notes: tuple[Note, ...] = ()
    bundle: Bundle | None = None
    """Present exactly if runnable."""
    resolve_date: str | None = None
    """ISO date forced by configuration; else the revision's."""
    expected: str | None = None
    """Reason given in the configuration for not-runnable."""
    imports: ShownImports | None = None
    """Of a fragment whose imports are whole, if its language can look them up."""
    whole: bool = False
    """Whether the page gives it as a whole server or client: it can be run, or is complete and cannot be judged, or its
    file name or command is stated although something is missing."""


@dataclass(frozen=True, slots=True)
class ExampleOverride:
    """``[examples."<id or glob>"]`` of docprobe.toml: what the docs leave out, added by a maintainer."""

    kind: str | None = None
    blocks: tuple[str, ...] = ()
    """Blocks to join, in order: ``#heading-slug``, ``label:server.ts``, ``line:120`` or ``n:3`` (ordinal)."""
    files: Mapping[str, str] = field(default_factory=dict)
    """File name per block selector."""
    glue: Mapping[str, str] = field(default_factory=dict)
    """Text that docprobe adds per file, marked as added."""
    dependencies: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    cwd: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    endpoint: str | None = None
    """Path of the endpoint."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that every request to its server carries."""
    services: tuple[str, ...] | None = None
    resolve_date: str | None = None
    allow_scripts: bool = False
    skip: str | None = None
    """Reason for leaving it out (deliberately broken, before/after)."""
    not_runnable: str | None = None
    """``not-runnable = "reason"``: expected; the finding is known."""
