"""A program of a page to an example: with a bundle, or with the reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.base.errors import UsageError
from extractor.examples.counterexamples import counterexample
from extractor.examples.ids import bundle_digest, text_digest
from extractor.examples.obstacles import obstacle
from extractor.examples.overrides import AUTHORIZATION, NONE, from_directives, mistakes
from extractor.languages.common.fragments import sentence
from extractor.languages.common.roles import Start
from extractor.languages.common.scopes import in_view, scope_of
from extractor.languages.common.values import Draft, spans_of
from extractor.model import Example, ExampleKind, ExampleStatus, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.examples.grouping import Program
    from extractor.languages.common.roles import CodeProfile, Role
    from extractor.languages.common.values import Knowledge, Language, Surroundings, Unit
    from extractor.model import Block, Bundle, ExampleOverride, ServiceRequest

MAX_PATHS: Final = 12
"""Candidates for the endpoint."""
MAX_FILES: Final = 100
"""Files of one example. The largest documented one has six."""


def assemble(
    example_id: str,
    program: Program,
    around: Surroundings,
    override: ExampleOverride,
    known: Knowledge,
    *,
    alone: bool,
    said_by: Origin,
) -> Example:
    """Make the example of a program.

    Args:
        example_id: its id.
        program: pieces that belong together.
        around: everything else of the page.
        override: what a maintainer says of it.
        known: what is known beyond the page.
        alone: whether the page shows no other program of its language in the same tab.
        said_by: where the override comes from: a directive of the page, or the configuration.

    Raises:
        UsageError: the configuration says what cannot be; the same in a directive is the page's fault, and told.
    """
    sound = replace(override, kind=None) if mistakes(override, None) else override
    draft = _draft(example_id, program, around, sound, known, alone=alone, said_by=said_by)
    language, block = program.main.pieces[0].language, program.main.pieces[0].block
    assert language.missing is not None
    assert language.bundle is not None
    example = Example(
        id=example_id,
        page=block.span.file,
        revision=block.revision,
        language=language.name,
        kind=draft.kind,
        status=ExampleStatus.FRAGMENT,
        reason=None,
        spans=spans_of(draft.units),
        digest=text_digest([piece.block for piece in program.pieces]),
        resolve_date=override.resolve_date,
        expected=override.not_runnable,
    )
    if wrong := mistakes(override, language.manager):
        if said_by is Origin.CONFIG:
            raise UsageError(f'[examples."{example_id}"]: {wrong[0]}', "see the configuration section of the README")
        where = _place_of_mistake(program, language)
        return replace(example, reason=f"has a directive{where} in which {sentence(wrong)}")
    if override.skip:
        return replace(example, status=ExampleStatus.SKIPPED, reason=override.skip)
    count = len(draft.units) + len(draft.extras)
    if count > MAX_FILES:
        reason = f"is made of {count} files, more than the {MAX_FILES} that docprobe puts together"
        return replace(example, status=ExampleStatus.UNSUPPORTED, reason=reason)
    if lacks := (*program.lacks, *language.missing(draft)):
        return replace(example, reason=sentence(lacks))
    if draft.kind is ExampleKind.OTHER:
        return replace(example, reason=draft.role.why)
    if why := next((why for piece in program.pieces if (why := counterexample(piece.block))), None):
        return replace(example, status=ExampleStatus.SKIPPED, reason=why)
    if why := obstacle(draft):
        return replace(example, status=ExampleStatus.UNSUPPORTED, reason=why)
    bundle = _told(_with_addresses(language.bundle(draft), draft), draft)
    return replace(
        example,
        kind=bundle.kind,
        status=ExampleStatus.RUNNABLE,
        digest=bundle_digest(bundle),
        notes=bundle.notes,
        bundle=bundle,
    )


def _place_of_mistake(program: Program, language: Language) -> str:
    """`` (page.mdx:5)``: where the first directive stands that says what cannot be; empty if only all of them do."""
    directives = (directive for piece in program.pieces for directive in piece.block.directives)
    wrong = (d.span for d in directives if mistakes(from_directives((d,)), language.manager))
    return next((f" ({span})" for span in wrong), "")


def listed(example_id: str, blocks: tuple[Block, ...], language: Language, override: ExampleOverride) -> Example:
    """The example of code in a language that docprobe cannot run yet; the kind is what its words suggest."""
    text = "\n".join(block.text.lower() for block in blocks)
    hints = (("stdio", ExampleKind.STDIO_SERVER), ("http", ExampleKind.HTTP_SERVER))
    kind = next((kind for word, kind in hints if word in text), ExampleKind.OTHER)
    reason = f"needs {language.toolchain}, which docprobe does not have yet"
    return Example(
        id=example_id,
        page=blocks[0].span.file,
        revision=blocks[0].revision,
        language=language.name,
        kind=kind,
        status=ExampleStatus.SKIPPED if override.skip else ExampleStatus.UNSUPPORTED,
        reason=override.skip or reason,
        spans=tuple(block.span for block in blocks),
        digest=text_digest(blocks),
        resolve_date=override.resolve_date,
        expected=override.not_runnable,
    )


def _draft(
    example_id: str,
    program: Program,
    around: Surroundings,
    override: ExampleOverride,
    known: Knowledge,
    *,
    alone: bool,
    said_by: Origin,
) -> Draft:
    first = program.main.pieces[0]
    role = _role(program, known.profile)
    return Draft(
        example_id=example_id,
        kind=ExampleKind(override.kind) if override.kind else role.kind,
        role=role,
        main=program.main,
        modules=program.modules,
        around=in_view(around, scope_of(first.block)),
        override=override,
        known=known,
        said_by=said_by,
        extras=program.extras,
        alone=alone,
        origin=program.origin,
    )


def _role(program: Program, profile: CodeProfile) -> Role:
    """What the program does as a whole; a single piece's role is known."""
    main = program.main
    codes = tuple(code for unit in (main, *program.modules) for code in unit.codes)
    if len(codes) == 1:
        return main.pieces[0].role
    # a file may be started by any of its pieces, and by our glue; a module of it by none
    starts = [piece.role.start for piece in main.pieces if piece.role.start is not Start.NONE]
    role = profile.of(main.pieces[0].language.name).role(codes)
    return replace(role, start=starts[-1]) if starts else role


def _with_addresses(bundle: Bundle, draft: Draft) -> Bundle:
    """The bundle with the paths that the page's own URLs name: first those that the code knows too."""
    if bundle.kind is not ExampleKind.HTTP_SERVER:
        return bundle
    named = tuple(dict.fromkeys(path for path, _ in draft.around.addresses))
    both = [path for path in bundle.endpoint_paths if path in named]
    others = [path for path in named if draft.known.profile.may_be_endpoint(path)]
    return replace(bundle, endpoint_paths=tuple(dict.fromkeys([*both, *bundle.endpoint_paths, *others]))[:MAX_PATHS])


def _services(bundle: Bundle, override: ExampleOverride, usual: ServiceRequest) -> tuple[ServiceRequest, ...]:
    """The services that a maintainer wants: those that were found, or the usual ones in their place."""
    if override.services is None:
        return bundle.services
    return tuple(s for s in bundle.services if s.kind in override.services) or tuple(
        usual for kind in override.services if kind == AUTHORIZATION
    )


def _name_note(unit: Unit) -> Note | None:
    """Who says what a file is called."""
    if unit.name is None:
        return None
    span = unit.pieces[0].block.span
    detail = f", told by {unit.name.source}"
    return Note(NoteKind.FILE_NAME, unit.name.origin, unit.name.path, detail, unit.name.confidence, span)


def _override_notes(override: ExampleOverride, origin: Origin) -> Iterator[Note]:
    """What an override changes, apart from names, packages and the command, which are noted where they are used."""
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


def _told(bundle: Bundle, draft: Draft) -> Bundle:
    """The bundle with what a maintainer says of it."""
    override = draft.override
    notes = bundle.notes
    notes = (*(note for unit in draft.units if (note := _name_note(unit))), *notes)
    if len(draft.main.pieces) > 1:
        lines = ", ".join(f"{p.block.span.first}-{p.block.span.last}" for p in draft.main.pieces)
        sure = 0.8 if draft.origin is Origin.INFERRED else 1.0
        notes = (Note(NoteKind.JOINED, draft.origin, lines, " are one file", sure), *notes)
    if override == NONE:
        return replace(bundle, notes=notes)
    notes = (*notes, *_override_notes(override, draft.said_by))
    return replace(
        bundle,
        environment={**bundle.environment, **override.environment},
        services=_services(bundle, override, draft.known.profile.authorization),
        cwd=override.cwd or bundle.cwd,
        endpoint_paths=(override.endpoint,) if override.endpoint else bundle.endpoint_paths,
        allow_scripts=override.allow_scripts,
        notes=notes,
    )
