"""Pages, their blocks and sentences, and the corpus they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from extractor.model.normative import Statement
from extractor.model.spans import Problem, Span


class Flavour(StrEnum):
    """The Markdown dialect a page is written in; decides the parser set-up."""

    MINTLIFY = "mintlify"
    DOCUSAURUS = "docusaurus"
    VITEPRESS = "vitepress"
    MKDOCS = "mkdocs"
    GITHUB = "github"


class PageKind(StrEnum):
    """How docprobe reads a page."""

    SPECIFICATION = "specification"
    GUIDE = "guide"
    OTHER = "other"


REVISION_PLACES: Final = ("folder", "file-name", "front-matter", "git-tag")
"""Where a page's revision may stand; ``front-matter:KEY`` names the key, which is ``revision`` otherwise."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a docs tree is laid out. Built from a profile or ``docprobe.toml``."""

    revisions: tuple[str, ...] = ()
    """Revisions, oldest first; ``draft`` last."""
    revision_in: str = "folder"
    """Where a page's revision stands, one of :data:`REVISION_PLACES`."""
    revision: str | None = None
    """The revision of every page, where it does not stand in the pages."""
    specification: tuple[str, ...] = ()
    """Patterns of the pages whose sentences are normative, as in ``.gitignore`` at the docs root."""
    ignore: tuple[str, ...] = ()
    """Patterns of pages that are left out."""
    only: tuple[str, ...] = ()
    """Paths of the only pages that are read; empty for all."""
    flavour: Flavour | None = None
    """Forced dialect; None: decided from the tree (docs.json, mkdocs.yml, .vitepress, docusaurus.config.*)."""
    downloads: Mapping[str, str] = field(default_factory=dict)
    """Beginnings of URLs that pages include files by, and the folder of the docs tree that holds what is there."""
    drafts: tuple[str, ...] = ("draft",)
    """Revisions that are not released; drift there is a warning and never blocks."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above a block or statement."""

    level: int
    text: str
    slug: str
    """Anchor as the site makes it."""
    line: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Where on its page a block is."""

    headings: tuple[Heading, ...] = ()
    """Heading path, outermost first."""
    tab: str | None = None
    """Title of the innermost tab."""
    tab_siblings: tuple[str, ...] = ()
    """Titles of all tabs of its group, in order: for readers of ``docprobe blocks --format json``."""
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
    """Label shown to the reader that is not a file name."""
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
    """Exact text with its columns; ends with a newline unless empty."""
    sha256: str
    """Hex digest of ``text`` in UTF-8."""
    place: Placement
    ordinal: int
    """0-based position on the page."""
    directives: tuple[Directive, ...] = ()
    revision: str | None = None
    context: str = ""
    """The prose just before the block (up to 600 characters, plain text), where file names are often given. A paragraph
    that is only a file name is kept in front of it."""
    includes: tuple[Span, ...] = ()
    """Files of the tree whose text was included into the block."""
    skipped: int = 0
    """Lines between the opening fence and the text: the options of a MyST directive."""
    prose_commands: tuple[tuple[int, str], ...] = ()
    """Commands in inline code of the prose around it: the page's line and the text."""
    prose_values: tuple[tuple[int, str], ...] = ()
    """URLs of this machine, paths, headers and assignments in the prose around it: the page's line and the text."""

    @property
    def language(self) -> str:
        """Language of the fence, lower case; empty if none."""
        return self.info.language

    def line(self, offset: int) -> Span:
        """Return the page's line for line ``offset`` (0-based) of ``text``."""
        at = min(self.span.first + 1 + self.skipped + offset, self.span.last)
        return Span(self.span.file, at, at)


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
    tokens: tuple[Any, ...] = field(default=(), repr=False, compare=False)
    """Those of markdown-it; not typed as such, since cached pages have none and must not load the parser."""
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
    unread: tuple[str, ...] = ()
    """Paths of the pages of the tree that nobody asked for."""

    def page(self, path: str) -> Page:
        """Return the page at ``path``. Raises KeyError if there is none."""
        for page in self.pages:
            if page.path == path:
                return page
        raise KeyError(path)
