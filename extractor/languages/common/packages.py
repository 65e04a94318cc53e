"""The packages that a program needs: by manifests, install lines and its imports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.languages.common.install_lines import installs_project
from extractor.languages.common.package_names import dependency_of, key
from extractor.model import Dependency, Manager, Note, NoteKind, Origin, UnlistedImport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from extractor.languages.common.values import Draft, NeededPackage
    from extractor.languages.common.view import Install
    from extractor.model import Span


@dataclass(frozen=True, slots=True)
class Packages:
    """Dependencies of a program, each once, in order of name, and notes on where they come from."""

    dependencies: tuple[Dependency, ...]
    notes: tuple[Note, ...]
    installer: str = ""
    """The package client of the page's install lines; empty if none counts."""
    unlisted: tuple[UnlistedImport, ...] = ()
    """Imports of packages that the install lines leave out."""


def packages_of(draft: Draft, imported: Iterable[NeededPackage], tools: Iterable[Dependency]) -> Packages:
    """Return the packages of a program: those that are stated, and those that its imports need.

    A package of an install line counts if the program imports it, if the page shows no other program, or if the line
    is above the program in a section that leads up to it. What the page only imports gets the version that the
    docs' installation page asks for.

    Args:
        draft: the program.
        imported: what its imports need, as inferred.
        tools: what its command needs in addition.
    """
    manager = draft.program.language.manager
    if draft.override.dependencies is not None:
        return _configured(draft, manager)
    packages: dict[str, Dependency] = {}
    for manifest in draft.program.language.manifests(draft):
        if manifest.manager is manager:
            packages |= {key(d, manager): d for d in manifest.dependencies}
    imported = tuple(imported)
    needed: dict[str, Dependency] = {}
    for package in imported:
        name = key(package.dependency, manager)
        # another import may need another part of it: a package of a Go module, an extra
        needed[name] = _merged(needed.get(name), package.dependency)
    notes: list[Note] = []
    installer, lists = "", []
    for install in draft.around.installs:
        if install.manager is not manager:
            continue
        if install.refused:
            notes.append(Note(NoteKind.REMARK, Origin.STATED, detail=install.refused, span=install.span))
        meant = draft.alone or _is_meant_for(draft, install)
        lists += [install.span] if meant and install.dependencies else []
        for dependency in install.dependencies:
            name = key(dependency, manager)
            if name in needed or meant:
                installer = installer or install.client
                packages[name] = _merged(packages.get(name), dependency)
    brought = _brought(packages, draft, installer)
    unlisted = tuple(_unlisted(imported, draft, tuple(lists), {*packages, *brought}))
    needed = {name: d for name, d in needed.items() if name in packages or name not in brought}
    elsewhere: dict[str, Span] = {}
    for name, dependency in needed.items():
        installed = draft.docs.installation.get((manager, name))
        if name not in packages and installed is not None and installed[0].specifier:
            packages[name], elsewhere[name] = replace(installed[0], extras=dependency.extras), installed[1]
        else:
            packages[name] = _merged(dependency, packages[name]) if name in packages else dependency
    for dependency in tools:
        name = key(dependency, manager)
        packages[name] = _merged(dependency, packages[name]) if name in packages else dependency
    for name, dependency in packages.items():
        sure = 0.9 if dependency.origin is Origin.INFERRED else 1.0
        notes.append(_note(dependency, dependency.origin, sure, elsewhere.get(name)))
    return Packages(tuple(sorted(packages.values(), key=lambda d: d.name)), tuple(notes), installer, unlisted)


def _brought(stated: Iterable[str], draft: Draft, installer: str) -> frozenset[str]:
    """The packages that stated ones bring, so that a reader can import them; pnpm hides what is not asked for."""
    brought = draft.docs.profile.brought
    return frozenset() if installer == "pnpm" else frozenset(name for s in stated for name in brought.get(s, ()))


def _unlisted(
    imported: Iterable[NeededPackage], draft: Draft, lists: tuple[Span, ...], listed: frozenset[str] | set[str]
) -> Iterator[UnlistedImport]:
    """The first import of each package that no install line of the program names, where there are such lines."""
    manager, around = draft.program.language.manager, draft.around
    seen = {*listed, *(name for kind, name in draft.docs.installation if kind is manager)}
    commands = (*around.commands, *around.prose_commands, *around.image_commands)
    if not draft.program.language.manifests(draft) and any(map(installs_project, commands)):
        # what the project's files name is not on the page
        return
    for package in imported if lists else ():
        name = key(package.dependency, manager)
        if name not in seen and package.span is not None:
            seen.add(name)
            yield UnlistedImport(package.module, package.dependency.name, package.span, lists)


def _configured(draft: Draft, manager: Manager) -> Packages:
    origin = draft.override_origin
    dependencies = tuple(dependency_of(text, manager, origin=origin) for text in draft.override.dependencies or ())
    notes = tuple(_note(dependency, origin) for dependency in dependencies)
    return Packages(tuple(sorted(dependencies, key=lambda d: d.name)), notes)


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


def _is_meant_for(draft: Draft, install: Install) -> bool:
    """Whether an install line is above the program, in a section that leads up to it."""
    main = draft.program.main.snippets[0].block
    if install.span.first > main.span.first:
        return False
    own, headings = main.place.headings, install.block.place.headings
    shared = 0
    while shared < min(len(own), len(headings)) and own[shared] == headings[shared]:
        shared += 1
    # siblings of the same chapter ("Installation", "Your first server") belong together, chapters do not
    return len(headings) - shared <= 1
