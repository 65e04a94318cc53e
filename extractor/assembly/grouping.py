"""Pieces of a page to programs: which fences make one file, which files make one program.

Fences are joined only where the page says that they are one file, or where a file imports another by its name.
Joining a whole page blindly breaks more pages than it mends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.assembly.fragments import broken, free_names, undefined
from extractor.assembly.paths import normal, refusal
from extractor.assembly.scopes import scope_of
from extractor.assembly.values import Piece, Start, Unit
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import SourceFile


@dataclass(frozen=True, slots=True)
class Program:
    """Pieces that belong together, and what they still lack."""

    main: Unit
    modules: tuple[Unit, ...] = ()
    lacks: tuple[str, ...] = ()
    """Sentences; empty if nothing is missing as far as names go."""
    origin: Origin = Origin.STATED
    """Who put its pieces together; INFERRED if docprobe joined several fences into one file."""
    extras: tuple[SourceFile, ...] = ()
    """Further files, given by a maintainer."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of its pieces, the main file's first."""
        return tuple(piece for unit in (self.main, *self.modules) for piece in unit.pieces)


def programs(pieces: Sequence[Piece]) -> tuple[Program, ...]:
    """The programs of one page, in order; every piece that is in none is a program of its own that lacks something.

    Args:
        pieces: all code of the page in languages that can be assembled, in order.
    """
    found = [_program(piece, pieces) for piece in pieces if piece.role.start is not Start.NONE]
    used = {id(piece) for program in found if not program.lacks for piece in program.pieces}
    found += [
        Program(Unit((piece,), piece.name), lacks=_lacks(Unit((piece,), piece.name), pieces) or (piece.role.why,))
        for piece in pieces
        if piece.role.start is Start.NONE and id(piece) not in used
    ]
    return tuple(sorted(found, key=lambda p: p.main.pieces[0].block.span))


def _program(anchor: Piece, pieces: Sequence[Piece]) -> Program:
    """The program that ``anchor`` starts."""
    main = Unit((anchor,), anchor.name)
    if anchor.code.free and not anchor.code.error and (chain := _chain(anchor, pieces)):
        main = Unit(chain, next((p.name for p in chain if p.name), None))
    modules = tuple(_modules(main, pieces))
    lacks = tuple(sentence for unit in (main, *modules) for sentence in _lacks(unit, pieces))
    return Program(main, modules, lacks, _joined_by(main))


def _joined_by(unit: Unit) -> Origin:
    """Who says that the pieces are one file: the page, if it calls each of them by that name."""
    origins = {piece.name.origin if piece.name else Origin.INFERRED for piece in unit.pieces}
    if len(unit.pieces) > 1 and Origin.INFERRED in origins:
        return Origin.INFERRED
    return Origin.DIRECTIVE if origins == {Origin.DIRECTIVE} else Origin.STATED


def _lacks(unit: Unit, pieces: Sequence[Piece]) -> tuple[str, ...]:
    view = [p for p in pieces if p.language is unit.pieces[0].language and _same_scope(p, unit.pieces[0])]
    named = [unit.name] if unit.name else []
    refused = tuple(why for name in named if (why := refusal(name.path)))
    return (*refused, *broken(unit.pieces), *undefined(unit, view))


def _chain(anchor: Piece, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The fences that ``anchor`` continues, if the page names the file that the first begins; empty if there are none.

    A fence continues a file when it needs names from it, or brings names that are needed, and redefines none. What
    stands between two such fences and only adds to them (a tool registered on the server) belongs to it too.
    """
    before = [
        p
        for p in pieces[: pieces.index(anchor)]
        if p.language is anchor.language and _same_scope(p, anchor) and _may_join(p)
    ]
    chosen = [anchor]
    while missing := free_names(Unit(tuple(chosen), None)):
        holder = next((p for p in reversed(before) if missing[0] in p.code.defines and p not in chosen), None)
        if holder is None:
            return ()
        chosen = sorted([*chosen, holder], key=lambda p: p.block.span)
    for piece in before:
        if piece not in chosen and chosen[0].block.span < piece.block.span and _adds_to(piece, chosen):
            chosen = sorted([*chosen, piece], key=lambda p: p.block.span)
    said = [p.name for p in chosen if p.name and p.name.source != "command" and not refusal(p.name.path)]
    one = chosen[0].name in said and len({normal(name.path) for name in said}) == 1
    whole = one and not _clash(chosen) and not _interrupted(chosen, pieces)
    return tuple(chosen) if whole else ()


def _may_join(piece: Piece) -> bool:
    loose = piece.code.error or piece.code.loose_method is not None or piece.code.bare_await is not None
    return piece.role.start is Start.NONE and not loose


def _interrupted(chosen: Sequence[Piece], pieces: Sequence[Piece]) -> bool:
    """Whether parts of other blocks, such as methods without their class, stand in between: joining would lose them."""
    first, last = chosen[0], chosen[-1]
    between = [p for p in pieces if first.block.span < p.block.span < last.block.span and _same_scope(p, first)]
    return any(broken([p]) for p in between if p.language is first.language)


def _adds_to(piece: Piece, chosen: Sequence[Piece]) -> bool:
    known = {name for p in chosen if p.block.span < piece.block.span for name in p.code.defines}
    return bool(piece.code.free) and set(piece.code.free) <= known and not _clash([*chosen, piece])


def _clash(chosen: Sequence[Piece]) -> bool:
    """Whether two fences define the same name: then they are versions of a file, not parts of it."""
    seen: set[str] = set()
    for piece in chosen:
        if seen & set(piece.code.defines):
            return True
        seen |= set(piece.code.defines)
    return False


def _modules(main: Unit, pieces: Sequence[Piece]) -> Iterator[Unit]:
    """Files that the program imports by their names, each once, in the order they are met."""
    waiting, seen = [main], {id(piece) for piece in main.pieces}
    while waiting:
        unit = waiting.pop(0)
        for piece in unit.pieces:
            imported = piece.language.modules
            path = normal(unit.name.path) if unit.name and not refusal(unit.name.path) else None
            for wanted in imported(path, piece.code) if imported else ():
                found = _named(wanted.paths, piece, pieces)
                if found is not None and id(found) not in seen:
                    seen.add(id(found))
                    waiting.append(Unit((found,), found.name))
                    yield waiting[-1]


def _named(paths: Sequence[str], importer: Piece, pieces: Sequence[Piece]) -> Piece | None:
    """The piece in view that the page calls by one of ``paths``: the last one above the importer, else below it."""
    matching = [
        p
        for p in pieces
        if p.name and p is not importer and _visible(p, importer) and not refusal(p.name.path)
        and normal(p.name.path) in paths
    ]  # fmt: skip
    above = [p for p in matching if p.block.span < importer.block.span]
    return above[-1] if above else next(iter(matching), None)


def _same_scope(piece: Piece, other: Piece) -> bool:
    return scope_of(piece.block) == scope_of(other.block)


def _visible(piece: Piece, viewer: Piece) -> bool:
    scope = scope_of(piece.block)
    return scope_of(viewer.block)[: len(scope)] == scope
