"""Which packages a program needs: what manifests and install lines state, and else what its imports tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from extractor.model import Dependency, Manager, Note, NoteKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extractor.languages.common.values import Draft
    from extractor.model import Span


@dataclass(frozen=True, slots=True)
class Packages:
    """Dependencies of a program, each once, in order of name, and what is to be said about them."""

    dependencies: tuple[Dependency, ...]
    notes: tuple[Note, ...]


def packages_of(
    draft: Draft, manager: Manager, imported: Iterable[Dependency], tools: Iterable[Dependency]
) -> Packages:
    """Join what is stated with what is inferred.

    A package of an install line counts if the program imports it, if the page shows no other program, or if the line
    stands above the program in a section that leads up to it. What the page only imports gets the version that the
    docs' installation page asks for.

    Args:
        draft: the program.
        manager: of its language.
        imported: what its imports need, as inferred.
        tools: what its command needs beside that.
    """
    if draft.override.dependencies is not None:
        return _configured(draft, manager)
    found: dict[str, Dependency] = {}
    for manifest in draft.around.manifests:
        if manifest.manager is manager:
            found |= {key(d, manager): d for d in manifest.dependencies}
    needed = {key(d, manager): d for d in imported}
    notes: list[Note] = []
    for install in draft.around.installs:
        if install.manager is not manager:
            continue
        if install.refused:
            span = install.block.line(install.line - 1)
            notes.append(Note(NoteKind.REMARK, Origin.STATED, detail=install.refused, span=span))
        meant = draft.alone or _meant_for(draft, install.block.place.headings, install.block.span.first)
        for dependency in install.dependencies:
            name = key(dependency, manager)
            if name in needed or meant:
                found[name] = _merged(found.get(name), dependency)
    elsewhere: dict[str, Span] = {}
    for name, dependency in needed.items():
        said = draft.known.installation.get((manager, name))
        if name not in found and said is not None and said[0].specifier:
            found[name], elsewhere[name] = replace(said[0], extras=dependency.extras), said[1]
        else:
            found[name] = _merged(dependency, found[name]) if name in found else dependency
    for dependency in tools:
        name = key(dependency, manager)
        found[name] = _merged(dependency, found[name]) if name in found else dependency
    for name, dependency in found.items():
        sure = 0.9 if dependency.origin is Origin.INFERRED else 1.0
        notes.append(_note(dependency, dependency.origin, sure, elsewhere.get(name)))
    return Packages(tuple(sorted(found.values(), key=lambda d: d.name)), tuple(notes))


def key(dependency: Dependency, manager: Manager) -> str:
    """The name under which two spellings of one package meet."""
    return canonicalize_name(dependency.name) if manager is Manager.PYPI else dependency.name


def _configured(draft: Draft, manager: Manager) -> Packages:
    # imported here: the reader of install lines also reads what a maintainer writes
    from extractor.languages.common.installs import npm_dependency, python_dependency

    make = npm_dependency if manager is Manager.NPM else python_dependency
    found = tuple(make(text, origin=draft.said_by) for text in draft.override.dependencies or ())
    notes = tuple(_note(d, draft.said_by) for d in found)
    return Packages(tuple(sorted(found, key=lambda d: d.name)), notes)


def _note(dependency: Dependency, origin: Origin, confidence: float = 1.0, span: Span | None = None) -> Note:
    detail = str(dependency).removeprefix(dependency.name)
    return Note(NoteKind.DEPENDENCY, origin, dependency.name, detail, confidence, span)


def _merged(stated: Dependency | None, other: Dependency) -> Dependency:
    """Two statements of one package: the later version range, all extras."""
    if stated is None:
        return other
    extras = tuple(sorted({*stated.extras, *other.extras}))
    origin = Origin.STATED if Origin.STATED in (stated.origin, other.origin) else other.origin
    return Dependency(
        other.name, other.specifier or stated.specifier, origin, extras, stated.development and other.development
    )


def _meant_for(draft: Draft, headings: tuple[object, ...], line: int) -> bool:
    """Whether an install line above the program stands in a section that leads up to it."""
    main = draft.main.pieces[0].block
    if line > main.span.first:
        return False
    own = main.place.headings
    shared = 0
    while shared < min(len(own), len(headings)) and own[shared] == headings[shared]:
        shared += 1
    # siblings of the same chapter ("Installation", "Your first server") belong together, chapters do not
    return len(headings) - shared <= 1
