"""The values inside assembly: from a fence to a program that can be made a bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tree_sitter import Node

    from extractor.languages.common.facts import Code
    from extractor.languages.common.roles import CodeProfile, LanguageRules, Role
    from extractor.model import (
        Block,
        Bundle,
        Dependency,
        ExampleKind,
        ExampleOverride,
        Manager,
        SourceFile,
        Span,
    )


@dataclass(frozen=True, slots=True)
class FileName:
    """A file name and who said so."""

    path: str
    origin: Origin
    confidence: float
    source: str
    """``info string``, ``comment``, ``prose``, ``tab title``, ``directive``, ``configuration``, ``command``."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One fence of code in a language that docprobe assembles."""

    block: Block
    language: Language
    code: Code
    role: Role
    name: FileName | None


@dataclass(frozen=True, slots=True)
class Unit:
    """Pieces that make one file."""

    pieces: tuple[Piece, ...]
    name: FileName | None
    before: str = ""
    """Text of ours put in front of the pieces: glue, marked as added."""
    after: str = ""
    """Text of ours put behind the pieces."""
    glue: tuple[Code, ...] = ()
    """Facts of ``before`` and ``after``."""

    @property
    def codes(self) -> tuple[Code, ...]:
        """Facts of everything in the file."""
        return (*(piece.code for piece in self.pieces), *self.glue)


@dataclass(frozen=True, slots=True)
class Install:
    """Packages that an install line of the page names."""

    manager: Manager
    dependencies: tuple[Dependency, ...]
    refused: str | None
    """Why the line was not taken, in one sentence; then it names no dependencies."""
    block: Block
    line: int


@dataclass(frozen=True, slots=True)
class Command:
    """A run command of the page: never run as written, only understood."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    block: Block
    line: int


@dataclass(frozen=True, slots=True)
class Variables:
    """An ``.env`` fence."""

    values: Mapping[str, str]
    block: Block


@dataclass(frozen=True, slots=True)
class Manifest:
    """A project file of the page that names dependencies or scripts."""

    path: str
    """``package.json``, ``pyproject.toml`` or ``requirements.txt``, perhaps in a folder."""
    manager: Manager
    dependencies: tuple[Dependency, ...]
    scripts: Mapping[str, str]
    """npm scripts, or ``[project.scripts]``."""
    module_type: str | None
    """npm: ``module`` or ``commonjs``; None if not said."""
    block: Block


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a page says around its code, reduced to what a certain program can see."""

    installs: tuple[Install, ...] = ()
    commands: tuple[Command, ...] = ()
    variables: tuple[Variables, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    named: tuple[tuple[FileName, Block], ...] = ()
    """Blocks of any language that the page gives a file name."""
    addresses: tuple[tuple[str, Block], ...] = ()
    """Paths of URLs on this machine that commands and configurations of the page name."""
    in_passing: tuple[Command, ...] = ()
    """Commands in the prose: good for the names of files; a sentence may speak of what goes wrong, so nothing is run
    because of them."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known beyond the page: by the specification, the configuration and the docs' installation page."""

    profile: CodeProfile
    python_packages: Mapping[str, str] = field(default_factory=dict)
    """Import name to distribution name, added to the built-in table."""
    installation: Mapping[tuple[Manager, str], tuple[Dependency, Span]] = field(default_factory=dict)
    """Packages that the installation page asks for, by manager and name, and where it does."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One program of a page, ready to become a bundle: nothing is missing any more."""

    example_id: str
    kind: ExampleKind
    role: Role
    main: Unit
    modules: tuple[Unit, ...]
    """Other files of the program, in the order of the page."""
    around: Surroundings
    override: ExampleOverride
    known: Knowledge
    said_by: Origin = Origin.CONFIG
    """Where the override comes from."""
    extras: tuple[SourceFile, ...] = ()
    """Further files of the program that are no code of its language, or that a maintainer gives."""
    alone: bool = False
    """Whether it is the only program of its language that the page, or the tab, shows."""
    origin: Origin = Origin.STATED
    """Who said that these pieces are one program; INFERRED if docprobe joined them."""

    @property
    def rules(self) -> LanguageRules:
        """What the specification knows of programs in its language."""
        return self.known.profile.of(self.main.pieces[0].language.name)

    @property
    def units(self) -> tuple[Unit, ...]:
        """All files of the program, the main one first."""
        return (self.main, *self.modules)

    @property
    def codes(self) -> tuple[Code, ...]:
        """Facts of every piece, the main file's first."""
        return tuple(code for unit in self.units for code in unit.codes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of its own that a file imports."""

    module: str
    """As written."""
    paths: tuple[str, ...]
    """Paths it may have in the bundle, likeliest first."""


@dataclass(frozen=True, slots=True)
class Language:
    """Everything docprobe knows of one language. One value per file of ``extractor.languages``."""

    name: str
    """``python``; the language of ids and bundles."""
    title: str
    """``Python``; the language in sentences."""
    fences: tuple[str, ...]
    """First words of info strings."""
    suffixes: tuple[str, ...]
    """File name endings, the usual one first."""
    toolchain: str
    """Base image: ``node``, ``python``; or what a reader would need, for a language that cannot be run yet."""
    manager: Manager | None = None
    parse: Callable[[str, frozenset[str]], Code] | None = None
    """Facts of a text, given the names that register functions for later; None: the language is only listed."""
    tree: Callable[[str], Node] | None = None
    """Syntax tree of a text, by tree-sitter: for all that looks closer than facts do."""
    modules: Callable[[str | None, Code], Iterable[Wanted]] | None = None
    """Own files that a file (its path, if known) imports."""
    missing: Callable[[Draft], tuple[str, ...]] | None = None
    """Sentences on what keeps a draft from running; empty if it is complete."""
    bundle: Callable[[Draft], Bundle] | None = None
    commanded: Callable[[Piece, Sequence[Command], LanguageRules], Role | None] | None = None
    """What a piece does because of a command of the page, where its own code starts nothing."""

    @property
    def runnable(self) -> bool:
        """Whether bundles of it can be made."""
        return self.bundle is not None


def spans_of(units: Sequence[Unit]) -> tuple[Span, ...]:
    """The docs lines of all pieces, in the order of the page."""
    return tuple(sorted(piece.block.span for unit in units for piece in unit.pieces))
