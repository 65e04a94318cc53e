"""Examples: blocks of a page that are one program, and what a maintainer adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from extractor.model.bundles import Bundle, ExampleKind
from extractor.model.notes import Note
from extractor.model.spans import Span


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
