"""Bundles: files, packages and a command that make an example runnable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from extractor.model.notes import LeftToReader, Note, NoteKind, Origin, StatedEndpoint, StatedHeader, UnlistedImport
from extractor.model.spans import Span


class ExampleKind(StrEnum):
    """What the code does, decided from the code."""

    HTTP_SERVER = "http-server"
    STDIO_SERVER = "stdio-server"
    CLIENT = "client"
    OTHER = "other"


SERVERS: Final = frozenset({ExampleKind.HTTP_SERVER, ExampleKind.STDIO_SERVER})

NAMED_PARTS: Final = 0.8
"""Confidence that blocks are one file where the page names the file of one of them."""


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
    CARGO = "cargo"
    """Crates of Rust."""
    MAVEN = "maven"
    """Packages for the JVM, from Maven Central."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One package an example needs."""

    name: str
    specifier: str = ""
    """Version range in the manager's own syntax; empty for any."""
    origin: Origin = Origin.INFERRED
    extras: tuple[str, ...] = ()
    """Of a Go module the packages that are imported: ``/mcp``, ``/`` for its root. Of a crate its features: ``?name``
    is taken where the version has it, ``!default`` leaves out the default ones. Of a package of Maven ``bom``: it only
    says which versions others have."""
    development: bool = False

    def __str__(self) -> str:
        listed = [extra for extra in self.extras if not extra.startswith(("/", "?"))]
        extras = f"[{','.join(listed)}]" if listed else ""
        # npm writes a bare range behind @, the index's specifiers begin with an operator
        npm_range = (
            self.specifier[:1].isalnum()
            or self.specifier[:1] in {"^", "*"}
            or (self.specifier.startswith("~") and not self.specifier.startswith("~="))
        )
        if ":" in self.name and self.specifier:
            return f"{self.name}:{self.specifier}{extras}"
        return f"{self.name}{extras}{'@' if npm_range else ''}{self.specifier}"


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A service the example expects beside it."""

    kind: str
    """``authorization``; ``spawned`` for the server that a client starts by a command."""
    host: str
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    """For ``authorization``: realm, client_id, client_secret, scope, audience."""


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
    """Name of the base image: ``node``, ``python``, ``go``, ``rust``."""
    files: tuple[SourceFile, ...]
    manager: Manager
    dependencies: tuple[Dependency, ...]
    command: tuple[str, ...]
    """Argument vector, run in ``cwd``; never a shell. Empty for what is built only."""
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
    def is_put_together(self) -> bool:
        """Whether its blocks are one file by a guess: the page names the file of none of them."""
        return any(note.kind is NoteKind.JOINED and note.confidence < NAMED_PARTS for note in self.notes)

    @property
    def is_cut(self) -> bool:
        """Whether the page leaves lines of it out, or may: what nothing of it does may be done by those."""
        return any(note.kind is NoteKind.WHOLE_PROGRAM and note.origin is Origin.INFERRED for note in self.notes)

    @property
    def guesses(self) -> tuple[Note, ...]:
        """Every input of the run that docprobe inferred: any of them may be why the example fails."""
        return tuple(n for n in self.notes if n.origin is Origin.INFERRED)
