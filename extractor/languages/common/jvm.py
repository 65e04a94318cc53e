"""What programs for the JVM share: where their packages are, which files and classes they have, how they are started.

A program is compiled by its language's compiler itself and not by Maven or Gradle, so no plugin of a page runs. What a
build tool would give the program is given to it: its classes, its resources, its packages.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import joined, normal, refusal
from extractor.languages.common.package_names import RefusedError, dependency_of
from extractor.languages.common.startup import configured_startup, stated_commands, stated_note
from extractor.languages.common.values import NeededPackage, Startup
from extractor.model import ROOT, ExampleKind, Manager, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Import
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Draft
    from extractor.languages.common.view import Manifest
    from extractor.model import Dependency, SourceFile

PACKAGES: Final = f"{ROOT}/java/lib/*"
"""The packages of a program, as a class path has them."""
CLASSES: Final = "docprobe-classes"
"""Where a program is compiled to, in the example's folder."""
_RESOURCES: Final = ("src/main/resources", ".")
_JAVA: Final = "/usr/local/bin/java"
"""By its path: a stand-in for a server that a client starts may be called ``java`` too."""
_FLAGS: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-XX:MaxRAMPercentage=60")
"""For a short life in little memory."""
_STARTERS: Final = frozenset({"mvn", "mvnw", "gradle", "gradlew", "java", "kotlin", "jbang"})
_TAKES_VALUE: Final = frozenset({"-cp", "-classpath", "--class-path", "--add-modules", "--add-opens", "-p"})
_RESOURCE_FILES: Final = (".properties", ".yml", ".yaml", ".json", ".xml", ".txt", ".md", ".conf")
_BUILD_FILES: Final = frozenset({"pom.xml", "package.json", "settings.xml", "gradle.properties", "docker-compose.yml"})
_JBANG: Final = re.compile(r"^//DEPS[ \t]+([\w.:@+ \t-]+)$", re.MULTILINE | re.ASCII)
_WEB: Final = re.compile(r"-(?:webmvc|webflux)(?:-|$)|spring-boot-starter-web(?:mvc|flux)?$")
"""Packages that make a Spring program listen on a port."""
_TITLES: Final = {"gradle": "Gradle", "gradlew": "Gradle", "mvn": "Maven", "mvnw": "Maven"}


def stated_manifests(draft: Draft) -> tuple[Manifest, ...]:
    """Return the build files that count for a program: those above it if there are any, Maven's before Gradle's."""
    first = draft.program.main.snippets[0].block.span
    files = [m for m in draft.around.manifests if m.manager is Manager.MAVEN]
    above = [m for m in files if m.block.span < first] or files
    maven = [m for m in above if m.path.endswith(".xml")]
    return tuple(maven or above)


def build_notes(draft: Draft, title: str) -> Iterator[Note]:
    """Yield the note that a page's Gradle build was not run, and what was done in its place."""
    manifests = stated_manifests(draft)
    if manifests and not any(m.path.endswith(".xml") for m in manifests):
        text = f"built as a Maven project and with {title} in place of Gradle, from what the page's build file names"
        yield Note(NoteKind.REMARK, Origin.STATED, detail=text, span=manifests[0].block.span)


def scripts_of(draft: Draft) -> Mapping[str, str]:
    """Return what the build files name beside packages: ``mainClass``, ``kotlin``."""
    return {key: value for manifest in stated_manifests(draft) for key, value in manifest.scripts.items() if value}


def resources(draft: Draft) -> Mapping[str, SourceFile]:
    """Return the files of the page that a program may read from its class path, by path."""
    found: dict[str, SourceFile] = {}
    for named in draft.around.named:
        if refusal(named.name.path):
            continue
        path = normal(named.name.path)
        name = PurePosixPath(path).name
        if path.endswith(_RESOURCE_FILES) and name not in _BUILD_FILES and path not in found:
            found[path] = joined(path, [named.block])
    return found


def imported_packages(draft: Draft) -> Iterator[NeededPackage]:
    """Yield the packages that imports need, and those that JBang's comments name."""
    for snippet in draft.program.snippets:
        for text in (word for line in _JBANG.findall(snippet.block.text) for word in line.split()):
            try:
                yield NeededPackage(dependency_of(text, Manager.MAVEN), text)
            except RefusedError:
                continue
        for imported in snippet.facts.imports:
            if dependency := package_of_import(draft, imported):
                yield NeededPackage(dependency, imported.module, snippet.block.line(imported.line - 1))
    for imported in (i for file in draft.program.files for code in file.glue for i in code.imports):
        if dependency := package_of_import(draft, imported):
            yield NeededPackage(dependency, imported.module)


def package_of_import(draft: Draft, imported: Import) -> Dependency | None:
    """Return the package that an import is from, as far as the profile's table and the page's build files tell."""
    known = draft.docs.profile.jvm_packages
    prefix = max((p for p in known if f"{imported.module}.".startswith(f"{p}.")), key=len, default=None)
    if prefix is None:
        return None
    dependency = dependency_of(known[prefix], Manager.MAVEN, origin=Origin.INFERRED)
    stated = [d for manifest in stated_manifests(draft) for d in manifest.dependencies if not d.extras]
    if any(d.name == dependency.name for d in stated):
        return dependency
    # one of the same publisher brings it: which one, only the registry knows
    group = dependency.name.partition(":")[0]
    return next((d for d in stated if d.name.partition(":")[0] == group), dependency)


def unknown_packages(draft: Draft, own: Iterable[str]) -> tuple[Note, ...]:
    """Return a note for each imported package of which neither the page nor docprobe knows where it is from.

    Args:
        draft: the program.
        own: packages that the program and its language have.
    """
    if stated_manifests(draft):
        return ()
    have = tuple(own)
    modules = [i.module for code in draft.facts for i in code.imports if package_of_import(draft, i) is None]
    others = [m for m in dict.fromkeys(modules) if not any(f"{m}.".startswith(f"{p}.") for p in have if p)]
    return tuple(Note(NoteKind.MODULE, Origin.INFERRED, name, confidence=0.5) for name in others)


def jvm_startup(draft: Draft, path: str, main: str, build: tuple[tuple[str, ...], ...]) -> Startup:
    """Return the start of a compiled program.

    Args:
        draft: the program.
        path: of its main file.
        main: the class that is run, by its full name.
        build: argument vectors that compile it.
    """
    if configured := configured_startup(draft):
        return configured
    kind = _kind(draft)
    named = draft.program.main.name is not None or draft.alone
    for command in stated_commands(draft, named=named):
        if (read := _read(command, path, main)) is not None:
            properties, arguments = read
            line = _command(main, properties, arguments)
            words = " ".join(command.words)
            kind = ExampleKind.STDIO_SERVER if _has_stdio(draft, words) else kind
            note = stated_note(command.words, command.span)
            return Startup(line, kind, build, (), command.environment, (note,))
    span = draft.program.main.snippets[-1].block.span
    note = Note(NoteKind.COMMAND, Origin.STATED, f"java {main}", ", the class that has `main`", span=span)
    return Startup(_command(main, (), ()), kind, build, notes=(note,))


def _command(main: str, properties: Sequence[str], arguments: Sequence[str]) -> tuple[str, ...]:
    path = ":".join((CLASSES, *_RESOURCES, PACKAGES))
    return (_JAVA, *_FLAGS, *properties, "-cp", path, main, *arguments)


def _kind(draft: Draft) -> ExampleKind:
    """What the program is: with Spring the packages and the properties decide whether it listens on a port."""
    if draft.kind is not ExampleKind.STDIO_SERVER or draft.override.kind or not _is_spring(draft):
        return draft.kind
    texts = [named.block.text for named in draft.around.named if named.name.path.endswith(_RESOURCE_FILES)]
    names = [d.name for manifest in stated_manifests(draft) for d in manifest.dependencies]
    web = any(_WEB.search(name) for name in names)
    return ExampleKind.HTTP_SERVER if web and not any(_has_stdio(draft, t) for t in texts) else draft.kind


def _has_stdio(draft: Draft, text: str) -> bool:
    """Whether a command, or a file of settings, has the program serve stdio."""
    return any(setting in text.replace(" ", "").lower() for setting in draft.rules.stdio_settings)


def _is_spring(draft: Draft) -> bool:
    return any(i.module.startswith("org.springframework.boot") for code in draft.facts for i in code.imports)


def _read(command: Command, path: str, main: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The system properties and the program's own arguments, if a command starts the program; None if it does not."""
    words = list(command.words)
    tool = PurePosixPath(words[0].replace("\\", "/")).name.removesuffix(".cmd").removesuffix(".bat") if words else ""
    if tool not in _STARTERS:
        return None
    if tool in {"mvn", "mvnw"}:
        return _by_maven(words, main)
    if tool in {"gradle", "gradlew"}:
        if not any(word.lstrip(":").rpartition(":")[2] in {"run", "bootRun"} for word in words[1:]):
            return None
        given = next((w.partition("=")[2] for w in words if w.startswith("--args=")), "")
        return (), tuple(given.split())
    return _by_launcher(words[1:], path, main)


def _by_maven(words: Sequence[str], main: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """``mvn spring-boot:run``, ``mvn compile exec:java -Dexec.mainClass=…``."""
    goals = [word.rpartition(":")[2] for word in words[1:] if ":" in word and not word.startswith("-")]
    if not {"java", "run", "exec"} & set(goals):
        return None
    given = {w[2:].partition("=")[0]: w.partition("=")[2] for w in words if w.startswith("-D") and "=" in w}
    if given.get("exec.mainClass", main) != main:
        return None
    arguments = given.get("exec.args", given.get("spring-boot.run.arguments", ""))
    return (), tuple(arguments.split())


def _by_launcher(words: Sequence[str], path: str, main: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """``java -Dx=y -jar x.jar args``, ``java -cp … Main args``, ``java Main.java args``."""
    properties: list[str] = []
    rest = list(words)
    while rest and (rest[0].startswith("-") or rest[0] == "run"):
        word = rest.pop(0)
        if word.startswith("-D"):
            properties.append(word)
        elif word in _TAKES_VALUE and rest:
            rest.pop(0)
        elif word in {"-version", "--version", "-h", "--help"}:
            return None
    if not rest:
        return None
    target = rest[0]
    own = target.endswith(".jar") or target == main or PurePosixPath(target).name == PurePosixPath(path).name
    return (tuple(properties), tuple(rest[1:])) if own else None
