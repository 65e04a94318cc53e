"""The values that travel from the docs to a runnable bundle. All frozen; stages are functions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from markdown_it.token import Token


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in the docs. Every value that came from the docs carries one."""

    file: str
    """Path relative to the docs root, POSIX separators."""
    first: int
    """First line, 1-based, inclusive."""
    last: int
    """Last line, 1-based, inclusive."""
    column: int = 1
    """Column of the fence or text, 1-based."""

    def __str__(self) -> str:
        return f"{self.file}:{self.first}" if self.first == self.last else f"{self.file}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Bad input that was reported and stepped over: the rest of the tree is still processed."""

    span: Span
    message: str


class Flavour(StrEnum):
    """The Markdown dialect a page is written in; decides the parser set-up."""

    MINTLIFY = "mintlify"
    DOCUSAURUS = "docusaurus"
    VITEPRESS = "vitepress"
    MKDOCS = "mkdocs"
    GITHUB = "github"


class PageKind(StrEnum):
    """What a page is to docprobe."""

    SPECIFICATION = "specification"
    GUIDE = "guide"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a docs tree is laid out. Built from the ``mcp`` profile or ``docprobe.toml``."""

    revisions: tuple[str, ...] = ()
    """Revisions, oldest first; ``draft`` last. A page belongs to the revision that is a folder of its path."""
    specification: tuple[str, ...] = ()
    """Globs (relative to the root) of the pages whose sentences are normative."""
    ignore: tuple[str, ...] = ()
    """Globs of pages that are left out."""
    flavour: Flavour | None = None
    """Forced dialect; None: told from the tree (docs.json, mkdocs.yml, .vitepress, docusaurus.config.*)."""
    drafts: tuple[str, ...] = ("draft",)
    """Revisions that are not released; drift there warns and does not gate."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above a block or statement."""

    level: int
    text: str
    slug: str
    """Anchor as the site makes it."""
    line: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where on its page a block stands."""

    headings: tuple[Heading, ...] = ()
    """Heading path, outermost first."""
    tab: str | None = None
    """Title of the innermost tab, and ``tab_siblings`` the titles of all tabs of its group, in order."""
    tab_siblings: tuple[str, ...] = ()
    code_group: tuple[str, ...] = ()
    """Labels of the code group the block is one of; empty outside a group."""
    step: str | None = None
    list_depth: int = 0
    callout: str | None = None
    """``note``, ``warning``, ``tip`` … of the innermost callout or admonition."""
    quoted: bool = False
    containers: tuple[str, ...] = ()
    """All enclosing components, outermost first, e.g. ``("Tabs", "Tab[title=Python]", "Step")``."""


@dataclass(frozen=True, slots=True)
class InfoString:
    """A fence's info string, split."""

    raw: str
    language: str
    """First word, lower case; empty if none."""
    name: str | None = None
    """File name the info string gives (``server.ts``, ``title="server.ts"``, ``source=``)."""
    label: str | None = None
    """Label shown to the reader that is no file name."""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Directive:
    """A ``docprobe:`` directive in a comment directly above a block."""

    span: Span
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    span: Span
    """Fence lines included."""
    info: InfoString
    text: str
    """Exact text, columns kept, ends with a newline unless empty."""
    sha256: str
    """Hex digest of ``text`` in UTF-8."""
    place: Place
    ordinal: int
    """0-based position on the page."""
    directives: tuple[Directive, ...] = ()
    revision: str | None = None
    context: str = ""
    """The prose just before the block (up to 600 characters, plain text): where file names are often told."""
    includes: tuple[Span, ...] = ()
    """Files of the tree whose text was included into the block."""

    @property
    def language(self) -> str:
        """Language of the fence, lower case; empty if none."""
        return self.info.language

    def line(self, offset: int) -> Span:
        """The page's line for line ``offset`` (0-based) of ``text``."""
        at = min(self.span.first + 1 + offset, self.span.last)
        return Span(self.span.file, at, at)


class Level(StrEnum):
    """RFC 2119 and RFC 8174 keywords, reduced to their requirement level."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"


class Subject(StrEnum):
    """Whom a statement binds, where the grammar tells."""

    SERVER = "server"
    CLIENT = "client"
    EITHER = "either"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """One use of a normative keyword, with its whole sentence."""

    page: str
    """Path relative to the docs root, with extension."""
    revision: str | None
    anchor: str
    """Anchor of the section as the site makes it; empty before the first heading."""
    level: Level
    keyword: str
    """The keyword as written: MUST, REQUIRED, SHALL NOT, …"""
    text: str
    """The sentence as plain text; for a list item without its own keyword the lead-in sentence plus the item."""
    subject: Subject
    span: Span
    fingerprint: str
    """SHA-256 of the normalised text: stable under re-wrapping, emphasis, link targets, case of header names."""
    shingles: frozenset[str]
    """Hashed three-word shingles of the normalised text (12 hex digits each)."""
    ordinal: int = 0
    """0-based position of the keyword among those of the same sentence."""
    lead_in: Span | None = None
    """The sentence the list item continues."""
    line: int = 0
    """Line of the keyword, 1-based; the item's first line where the keyword is the lead-in's."""


@dataclass(frozen=True, slots=True)
class Page:
    """One .md or .mdx file, parsed."""

    path: str
    """Relative to the docs root, POSIX."""
    revision: str | None
    kind: PageKind
    flavour: Flavour
    title: str
    front_matter: Mapping[str, Any]
    source: str
    """Text with line ends as \\n and no byte order mark."""
    sha256: str
    """Digest of the file's bytes."""
    tokens: tuple[Token, ...] = field(default=(), repr=False, compare=False)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """A docs tree, extracted."""

    root: Path
    layout: Layout
    pages: tuple[Page, ...]
    """Without tokens: those stay in the process that parsed the page."""
    blocks: tuple[Block, ...]
    """In order of page path and line."""
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]

    def page(self, path: str) -> Page:
        """The page at ``path``; KeyError if there is none."""
        for page in self.pages:
            if page.path == path:
                return page
        raise KeyError(path)


class ExampleKind(StrEnum):
    """What the code does, told from the code."""

    HTTP_SERVER = "http-server"
    STDIO_SERVER = "stdio-server"
    CLIENT = "client"
    OTHER = "other"


class ExampleStatus(StrEnum):
    """What extraction says of an example, before anything ran."""

    RUNNABLE = "runnable"
    FRAGMENT = "fragment"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    PRINTED = "printed"
    """An exchange that the page prints: judged without running anything."""


class Origin(StrEnum):
    """Where a part of a bundle comes from. A directive beats the docs' statement, which beats inference."""

    DIRECTIVE = "directive"
    CONFIG = "config"
    STATED = "stated"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing about an example: what was stated, or what docprobe had to add."""

    what: str
    """Short and complete: ``file name server.ts``, ``dependency express``."""
    origin: Origin
    confidence: float = 1.0
    """0 to 1; 1 for anything stated."""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of lines of a source file and where they stand in the docs."""

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
        """The docs line that line ``line`` (1-based) of this file came from; None if docprobe added it."""
        for segment in self.segments:
            if segment.first <= line < segment.first + segment.count and segment.span is not None:
                at = segment.span.first + line - segment.first
                return Span(segment.span.file, at, at)
        return None


class Manager(StrEnum):
    """Package manager."""

    NPM = "npm"
    PYPI = "pypi"


@dataclass(frozen=True, slots=True)
class Dependency:
    """One package an example needs."""

    name: str
    specifier: str = ""
    """Version range in the manager's own syntax; empty for any."""
    origin: Origin = Origin.INFERRED
    extras: tuple[str, ...] = ()
    development: bool = False

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        # npm writes a bare range behind @, the index's specifiers begin with an operator
        npm_range = self.specifier[:1].isalnum() or self.specifier[:1] in {"^", "*"} or (
            self.specifier.startswith("~") and not self.specifier.startswith("~=")
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


@dataclass(frozen=True, slots=True)
class Bundle:
    """An example made runnable. Needs no engine to be made or tested."""

    example_id: str
    language: str
    """``typescript``, ``javascript`` or ``python``."""
    kind: ExampleKind
    toolchain: str
    """``node`` or ``python``: which base image."""
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
    """Paths the docs name for the endpoint, best first."""
    host_names: tuple[str, ...] = ()
    """Values of the Host header that the code allows, where it names any; ``*`` stands for the port."""
    allow_scripts: bool = False
    """Install scripts run only where the configuration allows it by example."""
    left_to_reader: tuple[str, ...] = ()
    """What the docs leave to the reader and docprobe cannot know: ``client_secret (“your-secret”, line 12)``. If such
    an example does not start, that says nothing against the docs."""
    notes: tuple[Note, ...] = ()

    @property
    def added(self) -> tuple[str, ...]:
        """What docprobe had to add, as said in reports."""
        return tuple(n.what for n in self.notes if n.origin is Origin.INFERRED)


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


@dataclass(frozen=True, slots=True)
class ExampleOverride:
    """``[examples."<id or glob>"]`` of docprobe.toml: what the docs do not say, said by a maintainer."""

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
    services: tuple[str, ...] | None = None
    resolve_date: str | None = None
    allow_scripts: bool = False
    skip: str | None = None
    """Reason for leaving it out (deliberately broken, before/after)."""
    not_runnable: str | None = None
    """``not-runnable = "reason"``: expected; the finding is known."""
