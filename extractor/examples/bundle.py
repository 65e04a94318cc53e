"""From a draft to a bundle: what its language builds, with packages, services, addresses and overrides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import is_local
from extractor.examples.endpoints import endpoint_paths, stated_endpoints, stated_headers
from extractor.examples.overrides import AUTHORIZATION
from extractor.examples.stand_ins import StandIns, stand_ins
from extractor.languages.common.addresses import connections, host_names
from extractor.languages.common.environment import environment_notes, filled_file
from extractor.languages.common.files import MAX_PATH_CHARS, joined, normal, refusal
from extractor.languages.common.missing_parts import left_to_reader, sentence
from extractor.languages.common.packages import packages_of
from extractor.languages.common.services import infer_services
from extractor.languages.common.shell import SHELLS, WINDOWS_SHELLS
from extractor.model import NAMED_PARTS, Bundle, ExampleKind, Note, NoteKind, Origin, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.values import Draft, ProgramFile, Startup
    from extractor.model import SourceFile

CONNECTED: Final = "connected"
"""Kind of service: the server that a client connects to by host and port."""
_TRANSPORTS: Final = {ExampleKind.HTTP_SERVER: "HTTP", ExampleKind.STDIO_SERVER: "stdio"}


def bundle_of(draft: Draft) -> Bundle:
    """Return the bundle of a complete draft."""
    override, profile = draft.override, draft.docs.profile
    language = draft.program.language
    build = language.build(draft)
    stated = _stated_variables(draft)
    environment = {**stated, **build.startup.environment, **override.environment}
    startup = _in_mode(draft, build.startup, environment)
    inferred = infer_services(draft.facts, environment, profile.authorization)
    packages = packages_of(draft, build.imported, (*build.tools, *startup.tools))
    files = dict(build.files)
    if build.reads_dotenv and draft.around.variables:
        files.setdefault(".env", filled_file(".env", draft.around.variables[-1].block, inferred.environment))
    files = {**dict(_named_by_program(draft, startup.command)), **files}
    started = stand_ins(draft)
    beside = started if isinstance(started, StandIns) else StandIns()
    files |= beside.files
    notes = (
        *_file_notes(draft),
        *build.notes,
        *packages.notes,
        *startup.notes,
        *environment_notes(draft.around.variables),
        *_assignment_notes(draft),
        *inferred.notes,
        *beside.notes,
        *_override_notes(draft),
    )
    endpoints = stated_endpoints(draft, inferred.services, startup.command)
    variables = {**inferred.environment, **beside.environment, **override.environment}
    return Bundle(
        example_id=draft.example_id,
        language=language.name,
        kind=startup.kind,
        toolchain=language.toolchain,
        files=tuple(files[path] for path in sorted(files)),
        manager=language.manager,
        dependencies=packages.dependencies,
        command=startup.command,
        cwd=override.cwd or startup.folder or ".",
        build=startup.build,
        environment=variables,
        services=(*_services(draft, inferred.services), *beside.services, *_connected(draft)),
        endpoint_paths=endpoint_paths(draft, startup.kind, inferred.services, endpoints),
        stated_endpoints=endpoints if startup.kind is ExampleKind.HTTP_SERVER else (),
        stated_headers=stated_headers(draft, variables) if startup.kind is ExampleKind.HTTP_SERVER else (),
        installer=packages.installer,
        unlisted_imports=packages.unlisted,
        host_names=host_names(draft.facts),
        allow_scripts=override.allow_scripts,
        left_to_reader=left_to_reader(draft, environment, inferred.environment, startup.command, files),
        type_check=language.type_check,
        notes=notes,
    )


def _in_mode(draft: Draft, startup: Startup, environment: Mapping[str, str]) -> Startup:
    """The start, with the transport that its command chooses, or a guess; a maintainer's word counts before it."""
    modes, is_guessed = draft.role.modes, draft.role.is_transport_guessed
    if startup.decides or draft.override.kind is not None or (modes is None and not is_guessed):
        return startup
    chosen = modes.kind(startup.command, environment) if modes is not None else None
    kind = chosen or startup.kind
    note = Note(NoteKind.TRANSPORT, Origin.INFERRED, _TRANSPORTS[kind], confidence=0.5 if chosen is None else 0.9)
    return replace(startup, kind=kind, notes=(*startup.notes, note))


def _named_by_program(draft: Draft, command: Sequence[str]) -> Iterator[tuple[str, SourceFile]]:
    """The files that the page shows and the program or its command names: what it reads when it runs."""
    texts = [text.value for code in draft.facts for text in code.texts]
    words = [word.partition("=")[2] if word.startswith("-") else word for word in command[1:]]
    wanted = {PurePosixPath(text).name for text in (*texts, *words) if 0 < len(text) <= MAX_PATH_CHARS}
    own = {block.ordinal for block in draft.program.blocks}
    for named in draft.around.named:
        block, path = named.block, named.name.path
        if block.ordinal in own or block.language in SHELLS | WINDOWS_SHELLS or refusal(path):
            continue
        if block.language in draft.program.language.fences and not named.name.is_whole:
            # "In `server.ts`, add …" shows only part of that file
            continue
        name = PurePosixPath(normal(path)).name
        if name in wanted and not name.startswith(".env"):
            yield normal(path), joined(normal(path), [block])


def _stated_variables(draft: Draft) -> dict[str, str]:
    """The variables that the page sets: those of ``.env`` fences, and of its prose those that the program reads."""
    read = {read.name for code in draft.facts for read in code.environment}
    assigned = {n: v for stated in draft.around.assignments for n, v in stated.values.items() if n in read}
    return assigned | {name: value for stated in draft.around.variables for name, value in stated.values.items()}


def _assignment_notes(draft: Draft) -> Iterator[Note]:
    read = {read.name for code in draft.facts for read in code.environment}
    for stated in draft.around.assignments:
        if names := [name for name in stated.values if name in read]:
            yield Note(NoteKind.ENVIRONMENT, Origin.STATED, ", ".join(names), span=stated.block.span)


def _services(draft: Draft, inferred: tuple[ServiceRequest, ...]) -> tuple[ServiceRequest, ...]:
    """The services that a maintainer wants: those that were inferred, or the usual ones in their place."""
    wanted = draft.override.services
    if wanted is None:
        return inferred
    usual = draft.docs.profile.authorization
    return tuple(s for s in inferred if s.kind in wanted) or tuple(usual for kind in wanted if kind == AUTHORIZATION)


def _connected(draft: Draft) -> tuple[ServiceRequest, ...]:
    """The servers on this machine that a client names by host and port, which no text of its files shows as a URL."""
    if draft.kind is not ExampleKind.CLIENT:
        return ()
    return tuple(ServiceRequest(CONNECTED, host, port) for host, port in connections(draft.facts) if is_local(host))


def _names_parts(file: ProgramFile) -> bool:
    """Whether the page names the file of one of its blocks, or they are pieces of one class or function."""
    named = any(s.name is not None and s.name.source != "command" for s in file.snippets)
    return named or len({(s.head or s.block).ordinal for s in file.snippets}) == 1


def _file_notes(draft: Draft) -> Iterator[Note]:
    """Which lines are one file, and where the names of files are from."""
    main = draft.program.main
    if len(main.snippets) > 1:
        lines = ", ".join(f"{s.block.span.first}-{s.block.span.last}" for s in main.snippets)
        sure = 1.0 if draft.program.origin is not Origin.INFERRED else NAMED_PARTS if _names_parts(main) else 0.6
        yield Note(NoteKind.JOINED, draft.program.origin, lines, " are one file", sure)
    if draft.program.faults:
        detail = f" although it {sentence(draft.program.faults)}"
        sure = 0.6 if draft.program.whole is Origin.INFERRED else 1.0
        span = main.snippets[0].block.span
        yield Note(NoteKind.WHOLE_PROGRAM, draft.program.whole, detail=detail, confidence=sure, span=span)
    for file in draft.program.files:
        if file.name is not None:
            detail = f", from {file.name.source}"
            span = file.snippets[0].block.span
            yield Note(NoteKind.FILE_NAME, file.name.origin, file.name.path, detail, file.name.confidence, span)


def _override_notes(draft: Draft) -> Iterator[Note]:
    """What the override changes, apart from names, packages and the command, which are noted where they are used."""
    override, origin = draft.override, draft.override_origin
    for name in override.environment:
        yield Note(NoteKind.ENVIRONMENT, origin, name)
    if override.endpoint:
        yield Note(NoteKind.ENDPOINT, origin, override.endpoint)
    for name in override.headers:
        yield Note(NoteKind.HEADER, origin, name)
    if override.cwd:
        yield Note(NoteKind.FOLDER, origin, override.cwd)
    for key, text in override.glue.items():
        lines = len(text.splitlines())
        yield Note(NoteKind.GLUE, origin, key, f" ({lines} {'line' if lines == 1 else 'lines'})")
    if override.services is not None:
        yield Note(NoteKind.SERVICES, origin, " ".join(override.services) or "none")
    if override.allow_scripts:
        yield Note(NoteKind.ALLOWED_SCRIPTS, origin)
