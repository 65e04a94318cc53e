"""From the code of a page to something that can be built: snippets, files, programs, drafts, languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tree_sitter import Node

    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.roles import CodeProfile, LanguageRules, Role
    from extractor.languages.common.shell import Command
    from extractor.languages.common.view import FileName, Manifest, PageContext
    from extractor.model import (
        Block,
        Dependency,
        Directive,
        ExampleKind,
        ExampleOverride,
        Manager,
        Note,
        SourceFile,
        Span,
        Tool,
        Toolchain,
    )


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fence of code in a language with a parser."""

    block: Block
    language: RunnableLanguage
    facts: CodeFacts
    role: Role
    name: FileName | None
    head: Block | None = None
    """Block that begins the class or function which this one goes on with; its facts are those that it has there."""

    @property
    def position(self) -> tuple[Span, Span]:
        """Where it stands in a file: what goes on with a class comes right after it, before what follows that."""
        return (self.head or self.block).span, self.block.span


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """Snippets that make one file."""

    snippets: tuple[Snippet, ...]
    name: FileName | None
    before: str = ""
    """Text that a maintainer puts in front of the snippets; marked as added."""
    after: str = ""
    """Text that a maintainer puts behind the snippets; marked as added."""
    glue: tuple[CodeFacts, ...] = ()
    """Facts of ``before`` and ``after``."""
    known: frozenset[str] = frozenset()
    """Names that other files of the program define, where files see each other without an import."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The fences of the snippets."""
        return tuple(snippet.block for snippet in self.snippets)

    @property
    def facts(self) -> tuple[CodeFacts, ...]:
        """Facts of everything in the file."""
        return (*(snippet.facts for snippet in self.snippets), *self.glue)

    @property
    def takes_all(self) -> bool:
        """Whether it imports all names of a module: a name that nothing else binds may be one of these."""
        return any(imported.names == ("*",) for code in self.facts for imported in code.imports)


@dataclass(frozen=True, slots=True)
class Program:
    """Files that belong together, and what they lack to be a whole program."""

    main: ProgramFile
    modules: tuple[ProgramFile, ...] = ()
    """Other files of the program, in the order of the page."""
    lacks: tuple[str, ...] = ()
    """Clauses for reports; empty if nothing is missing as far as names go."""
    origin: Origin = Origin.STATED
    """Who put the snippets together; INFERRED if docprobe joined several fences into one file."""
    faults: tuple[str, ...] = ()
    """Clauses on what its interpreter or compiler will report: it is a program all the same."""
    whole: Origin = Origin.STATED
    """Who says that a program with faults is one: STATED if the page names its file, or the command that runs it."""
    extras: tuple[SourceFile, ...] = ()
    """Further files, not in its language, or given by a maintainer."""

    @property
    def language(self) -> RunnableLanguage:
        """Its language."""
        return self.main.snippets[0].language

    @property
    def files(self) -> tuple[ProgramFile, ...]:
        """All files in its language, the main one first."""
        return (self.main, *self.modules)

    @property
    def snippets(self) -> tuple[Snippet, ...]:
        """All snippets, the main file's first."""
        return tuple(snippet for file in self.files for snippet in file.snippets)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of its snippets."""
        return tuple(snippet.block for snippet in self.snippets)

    @property
    def facts(self) -> tuple[CodeFacts, ...]:
        """Facts of every snippet and of glue, the main file's first."""
        return tuple(facts for file in self.files for facts in file.facts)


@dataclass(frozen=True, slots=True)
class Listing:
    """Blocks of a language without a parser: an example that can only be listed."""

    language: Language
    blocks: tuple[Block, ...]


def directives_of(candidate: Program | Listing) -> tuple[Directive, ...]:
    """Return the directives above the blocks of a program or a listing."""
    return tuple(directive for block in candidate.blocks for directive in block.directives)


@dataclass(frozen=True, slots=True)
class DocsContext:
    """What is known beyond the page: by the specification, the configuration and the docs' installation page."""

    profile: CodeProfile
    python_packages: Mapping[str, str] = field(default_factory=dict)
    """Import name to distribution name, added to the built-in table."""
    installation: Mapping[tuple[Manager, str], tuple[Dependency, Span]] = field(default_factory=dict)
    """Packages that the installation page asks for, by manager and name, and where it does."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One program with everything that decides how it is built."""

    example_id: str
    program: Program
    role: Role
    """What the program does as a whole."""
    kind: ExampleKind
    """The role's kind, or the override's."""
    around: PageContext
    """What is in view from the program."""
    override: ExampleOverride
    docs: DocsContext
    override_origin: Origin = Origin.CONFIG
    alone: bool = False
    """Whether it is the only program of its language that the page, or the tab, shows."""

    @property
    def rules(self) -> LanguageRules:
        """What the specification knows of programs in its language."""
        return self.docs.profile.of(self.program.language.name)

    @property
    def facts(self) -> tuple[CodeFacts, ...]:
        """Facts of all code of the program, the main file's first."""
        return self.program.facts


@dataclass(frozen=True, slots=True)
class LocalImport:
    """A file of the program that another one imports."""

    module: str
    """As written."""
    paths: tuple[str, ...]
    """Paths it may have in the bundle, likeliest first."""


@dataclass(frozen=True, slots=True)
class Startup:
    """How a program is started, and what comes with that."""

    command: tuple[str, ...]
    """Argument vector; never a shell."""
    kind: ExampleKind
    """What the program is when it is started so: a command may choose the transport."""
    build: tuple[tuple[str, ...], ...] = ()
    """Argument vectors to run before."""
    tools: tuple[Dependency, ...] = ()
    """Packages that the command needs."""
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    folder: str = ""
    """Folder of the program that the page's command is run in; empty for its root."""
    decides: bool = False
    """Whether the command decides what the program is, whatever its code would choose: a server or a loader runs it."""


@dataclass(frozen=True, slots=True)
class NeededPackage:
    """A package that an import needs."""

    dependency: Dependency
    module: str
    """As the code imports it."""
    span: Span | None = None
    """The line of the import; None in glue."""


@dataclass(frozen=True, slots=True)
class Build:
    """How a language builds a draft: everything of a bundle that languages differ in."""

    files: Mapping[str, SourceFile]
    """By path, without an ``.env`` file."""
    startup: Startup
    imported: tuple[NeededPackage, ...]
    """Packages that the program's imports need."""
    tools: tuple[Dependency, ...]
    """Packages that added files need."""
    reads_dotenv: bool
    """Whether the program reads an ``.env`` file in its folder."""
    notes: tuple[Note, ...]
    """On its files."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that docprobe recognises, and lists as not supported."""

    name: str
    """``python``; the language of ids and bundles."""
    title: str
    """``Python``; the language in sentences."""
    fences: tuple[str, ...]
    """First words of info strings, lower case."""
    suffixes: tuple[str, ...]
    """File name endings, the usual one first."""
    toolchain: str
    """Base image (``node``, ``python``), or what a reader would need to run it."""


@dataclass(frozen=True, slots=True)
class RunnableLanguage(Language):
    """A language whose programs docprobe reads and builds."""

    base: Toolchain
    """The base image that its programs start from; ``toolchain`` is its name."""
    manager: Manager
    parse: Callable[[str, frozenset[str]], CodeFacts]
    """Facts of a text, given the names that register functions for later."""
    tree: Callable[[str], Node]
    """Syntax tree of a text, by tree-sitter: for what looks closer than facts do."""
    missing: Callable[[Draft], tuple[str, ...]]
    """Clauses on what keeps a draft from running, beyond undefined names; empty if it is complete."""
    build: Callable[[Draft], Build]
    """Builds a complete draft."""
    unknown: Callable[[Draft], tuple[str, ...]] = lambda _: ()
    """Clauses on what docprobe does not know of a draft or cannot give it: it is not run, and may be whole."""
    local_imports: Callable[[str | None, CodeFacts], Iterable[LocalImport]] = lambda *_: ()
    """Files of the program that a file imports, given its path, if known; none where only the code says which name is
    in which file (``belongs``)."""
    belongs: Callable[[Sequence[CodeFacts], CodeFacts], bool] = lambda *_: False
    """Whether a file is of the program whose files have these facts, where files see each other without an import."""
    manifests: Callable[[Draft], tuple[Manifest, ...]] = lambda draft: draft.around.manifests
    """The project files in view that count for a draft."""
    inside: Callable[[str, str], str | None] = lambda *_: None
    """A piece of code as it stands inside the last class or function of the text before it; None if only brackets can
    say that it does."""
    awaits_on_load: bool = False
    """Whether ``await`` may stand outside functions."""
    leaves_imports: bool = False
    """Whether pages often leave the imports to the editor of their reader."""
    modules: frozenset[str] = frozenset()
    """Modules that the language brings: a program that uses the name of one forgot to import it."""
    role_by_command: Callable[[Snippet, Sequence[Command], LanguageRules], Role | None] = lambda *_: None
    """What a snippet does because of a command of the page, where its own code starts nothing."""
    served_file: Callable[[Command], tuple[str, str] | None] = lambda *_: None
    """The file, and the object in it, that a command serves by the name of its module: ``uvicorn server:app``."""
    package_of: Callable[[Draft, Import], Dependency | None] = lambda *_: None
    """The package that an import is from, if that is known; None for the language's own modules and for files."""
    look_up: Tool | None = None
    """Looks up the names of imports in installed packages: reads ``questions.json``, a list of objects with ``module``
    and ``names``, and prints for each an object with ``module``, ``found`` (true, false or null for unknown),
    ``missing`` (names that the module lacks) and ``words`` (what the package says)."""
    look_up_files: tuple[SourceFile, ...] = ()
    """What that tool needs beside it, such as a project file."""
    type_check: Tool | None = None
    """Checks the types of a program's files and prints one object for each message: ``file``, ``line``, ``code`` and
    ``text``; at the end one with ``checked`` (how many files) and ``version``."""
