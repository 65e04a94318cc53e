"""What a page has around its code, and which part of it the reader of one program has in view.

Tabs hide their siblings; sections follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import normal, refusal
from extractor.languages.common.shell import SHELLS
from extractor.markdown.info_string import looks_like_file_name
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.languages.common.shell import Command
    from extractor.model import Block, Dependency, Origin, Span

_NEUTRAL: Final = frozenset(
    {"npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry", "macos", "linux", "windows", "macos/linux", "unix", "bash",
     "powershell", "mac", "macos / linux", "cmd", "maven", "gradle", "gradle (kotlin)", "gradle (groovy)", "groovy",
     "gradle kotlin", "gradle groovy", "gradle kotlin dsl", "gradle groovy dsl", "gradle (kotlin dsl)", "kotlin dsl",
     "gradle (groovy dsl)", "groovy dsl", "build.gradle", "build.gradle.kts", "pom.xml"}
)  # fmt: skip
"""Tabs that choose a tool or a system, not a program."""


@dataclass(frozen=True, slots=True)
class FileName:
    """A file name and where it is stated."""

    path: str
    origin: Origin
    confidence: float
    source: str
    """``info string``, ``comment``, ``prose``, ``tab title``, ``step``, ``heading``, ``directive``, ``configuration``,
    ``command``."""
    made: bool = False
    """Whether the page tells its reader to save the code as this file, or runs the file."""

    @property
    def is_whole(self) -> bool:
        """Whether the page gives the code as all of the file: what prose names otherwise may be a part of it."""
        return self.made or self.confidence == 1.0 or self.source == "command"


@dataclass(frozen=True, slots=True)
class Install:
    """Packages that an install line of the page names."""

    block: Block
    """Block that the line is in, or that the prose with the line is about."""
    span: Span
    """The line."""
    manager: Manager
    dependencies: tuple[Dependency, ...]
    refused: str | None = None
    """Why the line was not taken, in one sentence; then it has no dependencies."""
    client: str = ""
    """The package client: ``npm``, ``pnpm``, ``pip``, ``uv``."""


@dataclass(frozen=True, slots=True)
class Variables:
    """Variables that a block, or the prose about it, sets: an ``.env`` fence in most cases."""

    block: Block
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A project file of the page that names dependencies or scripts."""

    block: Block
    path: str
    """``package.json``, ``pyproject.toml``, ``requirements.txt``, ``go.mod``, ``pom.xml`` or ``build.gradle``, perhaps
    in a folder."""
    manager: Manager
    dependencies: tuple[Dependency, ...]
    scripts: Mapping[str, str]
    """npm scripts, or ``[project.scripts]``; of a build file for the JVM ``mainClass`` and ``kotlin``, its version."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A block of any language that the page gives a file name."""

    block: Block
    name: FileName


@dataclass(frozen=True, slots=True)
class Address:
    """A URL of this machine, or a path alone, that the page states."""

    block: Block
    """Block that it is in, or that the prose with it is about."""
    path: str
    """With its query."""
    span: Span
    """The line."""
    host: str = ""
    """Empty for a path alone."""
    port: int | None = None
    sure: bool = False
    """Whether a client is configured so, or a request of the protocol is sent there."""
    in_code: bool = True
    """Whether it is in the block's own text; not in a comment, and not in prose."""
    line: str = ""
    """The line of a fence for requests, as written: a client's command may be what states it."""
    elsewhere: bool = False
    """Whether it is on another machine, where the same server may be deployed: only its path can be tried here."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header of requests that the page states, as written: its value may be a placeholder or a variable."""

    block: Block
    """Block that it is in, or that the prose with it is about."""
    name: str
    value: str
    span: Span
    """The line."""
    in_code: bool = True
    """Whether it is in the block's own text."""
    to: str = ""
    """URL of the request, where it goes to another machine."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """Everything on a page that is not code but affects its programs."""

    installs: tuple[Install, ...] = ()
    commands: tuple[Command, ...] = ()
    variables: tuple[Variables, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    named: tuple[NamedFile, ...] = ()
    addresses: tuple[Address, ...] = ()
    headers: tuple[Header, ...] = ()
    assignments: tuple[Variables, ...] = ()
    """Variables that the prose or an ``export`` line assigns."""
    prose_commands: tuple[Command, ...] = ()
    """Commands in the prose: those of fences come first."""
    image_commands: tuple[Command, ...] = ()
    """What the page's Dockerfiles run: those of fences and of the prose come first."""


def scope_of(block: Block) -> tuple[str, ...]:
    """Return the titles of the tabs around a block, outermost first.

    Tabs that only show one file or one tool each are left out.
    """
    titles = [c.partition("title=")[2].removesuffix("]") for c in block.place.containers if c.startswith("Tab[")]
    if not titles and block.place.tab:
        titles = [block.place.tab]
    return tuple(t for t in titles if t.lower() not in _NEUTRAL and not looks_like_file_name(t))


def sees(scope: tuple[str, ...], block: Block) -> bool:
    """Return whether a reader inside ``scope`` has ``block`` in view: in the same tabs, or outside of them."""
    other = scope_of(block)
    return scope[: len(other)] == other


def in_view(around: PageContext, scope: tuple[str, ...]) -> PageContext:
    """Return the part of a page's context that can be seen from ``scope``."""
    parts = {field.name: getattr(around, field.name) for field in fields(around)}
    return PageContext(**{name: tuple(x for x in part if sees(scope, x.block)) for name, part in parts.items()})


def project_blocks(around: PageContext) -> Mapping[str, Block]:
    """Return the blocks of the Node.js project that is in view, by path; empty without a package.json.

    A path that is named twice means the first block.
    """
    manifest = next((m for m in around.manifests if m.manager is Manager.NPM), None)
    if manifest is None:
        return {}
    blocks: dict[str, Block] = {}
    for named in around.named:
        if not refusal(named.name.path) and named.block.language not in SHELLS | {"powershell"}:
            blocks.setdefault(normal(named.name.path), named.block)
    blocks.setdefault(normal(manifest.path), manifest.block)
    return blocks
