"""What docs state about an example, what docprobe infers, and what they leave to the reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extractor.model.spans import Span


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
    STAND_IN = "scripted server in place of"
    """What a client starts as its server, as the command that starts it."""
    TOKEN = "token"
    """That requests need a token which neither the page states nor a service beside the program gives."""
    TRANSPORT = "transport"
    """Of a program that has several: the one that its command and its own conditions choose."""
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
    INPUT = "input"
    """What it asks its reader for at the terminal: it explains that a program ends, or waits, where it asks."""


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
