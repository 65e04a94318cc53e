"""From a draft to a bundle: what its language builds, with packages, services, addresses and overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.examples.overrides import AUTHORIZATION
from extractor.languages.common.addresses import host_names
from extractor.languages.common.environment import environment_notes, filled_file
from extractor.languages.common.gaps import left_to_reader, sentence
from extractor.languages.common.packages import packages_of
from extractor.languages.common.services import infer_services
from extractor.model import Bundle, ExampleKind, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.values import Draft
    from extractor.model import ServiceRequest

MAX_PATHS: Final = 12
"""Candidates for the endpoint."""


def bundle_of(draft: Draft) -> Bundle:
    """Return the bundle of a complete draft."""
    override, profile = draft.override, draft.known.profile
    language = draft.program.language
    build = language.build(draft)
    startup = build.startup
    variables = {name: value for stated in draft.around.variables for name, value in stated.values.items()}
    environment = {**variables, **startup.environment, **override.environment}
    inferred = infer_services(draft.facts, environment, profile.authorization)
    packages = packages_of(draft, build.imported, (*build.tools, *startup.tools))
    files = dict(build.files)
    if build.reads_dotenv and draft.around.variables:
        files.setdefault(".env", filled_file(".env", draft.around.variables[-1].block, inferred.environment))
    notes = (
        *_file_notes(draft),
        *build.notes,
        *packages.notes,
        *startup.notes,
        *environment_notes(draft.around.variables),
        *inferred.notes,
        *_override_notes(draft),
    )
    return Bundle(
        example_id=draft.example_id,
        language=language.name,
        kind=startup.kind,
        toolchain=language.toolchain,
        files=tuple(files[path] for path in sorted(files)),
        manager=language.manager,
        dependencies=packages.dependencies,
        command=startup.command,
        cwd=override.cwd or ".",
        build=startup.build,
        environment={**inferred.environment, **override.environment},
        services=_services(draft, inferred.services),
        endpoint_paths=_endpoint_paths(draft, startup.kind, inferred.services),
        host_names=host_names(draft.facts),
        allow_scripts=override.allow_scripts,
        left_to_reader=left_to_reader(draft, inferred.environment),
        notes=notes,
    )


def _endpoint_paths(draft: Draft, kind: ExampleKind, services: tuple[ServiceRequest, ...]) -> tuple[str, ...]:
    """The override's path; else those of the code and of the page's URLs, first those that both name."""
    if draft.override.endpoint:
        return (draft.override.endpoint,)
    if kind is not ExampleKind.HTTP_SERVER:
        return ()
    in_code = draft.rules.endpoint_paths(draft.facts, services)
    on_page = tuple(dict.fromkeys(address.path for address in draft.around.addresses))
    both = [path for path in in_code if path in on_page]
    others = [path for path in on_page if draft.known.profile.may_be_endpoint(path)]
    return tuple(dict.fromkeys([*both, *in_code, *others]))[:MAX_PATHS]


def _services(draft: Draft, inferred: tuple[ServiceRequest, ...]) -> tuple[ServiceRequest, ...]:
    """The services that a maintainer wants: those that were inferred, or the usual ones in their place."""
    wanted = draft.override.services
    if wanted is None:
        return inferred
    usual = draft.known.profile.authorization
    return tuple(s for s in inferred if s.kind in wanted) or tuple(usual for kind in wanted if kind == AUTHORIZATION)


def _file_notes(draft: Draft) -> Iterator[Note]:
    """Which lines are one file, and where the names of files are from."""
    main = draft.program.main
    if len(main.snippets) > 1:
        lines = ", ".join(f"{s.block.span.first}-{s.block.span.last}" for s in main.snippets)
        sure = 0.8 if draft.program.origin is Origin.INFERRED else 1.0
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
    if override.cwd:
        yield Note(NoteKind.FOLDER, origin, override.cwd)
    for key, text in override.glue.items():
        yield Note(NoteKind.GLUE, origin, key, f" ({len(text.splitlines())} lines)")
    if override.services is not None:
        yield Note(NoteKind.SERVICES, origin, " ".join(override.services) or "none")
    if override.allow_scripts:
        yield Note(NoteKind.ALLOWED_SCRIPTS, origin)
