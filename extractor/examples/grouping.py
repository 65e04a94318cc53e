"""Pieces of a page to programs: which fences make one file, which files make one program.

Fences are joined only where the page says that they are one file, or where a file imports another by its name.
Joining a whole page blindly breaks more pages than it mends.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.languages.common.fragments import broken, free_names, is_late, undefined
from extractor.languages.common.paths import normal, refusal
from extractor.languages.common.roles import Start
from extractor.languages.common.scopes import scope_of
from extractor.languages.common.values import Piece, Unit
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


@dataclass(frozen=True, slots=True)
class _Page:
    """The pieces of a page, and what is asked of them again and again."""

    pieces: tuple[Piece, ...]
    scopes: Mapping[int, tuple[str, ...]]
    """By ordinal of the block."""
    by_path: Mapping[str, tuple[Piece, ...]]
    """Pieces by the name that the page gives their file."""

    def beside(self, piece: Piece) -> tuple[Piece, ...]:
        """The pieces of the same language in the same tab."""
        scope = self.scopes[piece.block.ordinal]
        return tuple(p for p in self.pieces if p.language is piece.language and self.scopes[p.block.ordinal] == scope)


def programs(pieces: Sequence[Piece]) -> tuple[Program, ...]:
    """The programs of one page, in order; every piece that is in none is a program of its own that lacks something.

    Args:
        pieces: all code of the page in languages that can be assembled, in order.
    """
    by_path: dict[str, tuple[Piece, ...]] = {}
    for piece in pieces:
        if piece.name and not refusal(piece.name.path):
            path = normal(piece.name.path)
            by_path[path] = (*by_path.get(path, ()), piece)
    page = _Page(tuple(pieces), {p.block.ordinal: scope_of(p.block) for p in pieces}, by_path)
    found = [_program(piece, page) for piece in pieces if piece.role.start is not Start.NONE]
    used = {id(piece) for program in found for piece in program.pieces}
    rest = [piece for piece in pieces if piece.role.start is Start.NONE and id(piece) not in used]
    for piece in rest:
        unit = Unit((piece,), piece.name)
        found.append(Program(unit, lacks=_lacks(unit, page) or (piece.role.why,)))
    return tuple(sorted(found, key=lambda p: p.main.pieces[0].block.span))


def _program(anchor: Piece, page: _Page) -> Program:
    """The program that ``anchor`` starts."""
    main = Unit((anchor,), anchor.name)
    if anchor.code.free and not anchor.code.error and (chain := _chain(anchor, page)):
        main = Unit(chain, next((p.name for p in chain if p.name), None))
    modules = tuple(_modules(main, page))
    lacks = tuple(sentence for unit in (main, *modules) for sentence in _lacks(unit, page))
    return Program(main, modules, lacks, _joined_by(main))


def _joined_by(unit: Unit) -> Origin:
    """Who says that the pieces are one file: the page, if it calls each of them by that name."""
    origins = {piece.name.origin if piece.name else Origin.INFERRED for piece in unit.pieces}
    if len(unit.pieces) > 1 and Origin.INFERRED in origins:
        return Origin.INFERRED
    return Origin.DIRECTIVE if origins == {Origin.DIRECTIVE} else Origin.STATED


def _lacks(unit: Unit, page: _Page) -> tuple[str, ...]:
    refused = [unit.name] if unit.name else []
    reasons = [why for name in refused if (why := refusal(name.path))]
    view = page.beside(unit.pieces[0]) if free_names(unit) else ()
    return (*reasons, *broken(unit.pieces), *undefined(unit, view))


def _chain(anchor: Piece, page: _Page) -> tuple[Piece, ...]:
    """The fences that ``anchor`` continues, if the page names the file that the first begins; empty if there are none.

    A fence continues a file when it needs names from it, or brings names that are needed, and redefines none. What
    stands between two such fences and only adds to them (a tool registered on the server) belongs to it too.
    """
    view = page.beside(anchor)
    before = [p for p in view if p.block.span < anchor.block.span and _may_join(p)]
    chosen = [anchor]
    without: set[str] = set()
    while missing := [name for name in free_names(Unit(tuple(chosen), None)) if name not in without]:
        holder = next((p for p in reversed(before) if missing[0] in p.code.defines and p not in chosen), None)
        if holder is None and is_late(missing[0], (p.code for p in chosen)):
            without.add(missing[0])
            continue
        if holder is None:
            return ()
        chosen = sorted([*chosen, holder], key=lambda p: p.block.span)
    for piece in before:
        if piece not in chosen and chosen[0].block.span < piece.block.span and _adds_to(piece, chosen):
            chosen = sorted([*chosen, piece], key=lambda p: p.block.span)
    said = [p.name for p in chosen if p.name and p.name.source != "command" and not refusal(p.name.path)]
    one = chosen[0].name in said and len({normal(name.path) for name in said}) == 1
    whole = one and not _clash(chosen) and not _interrupted(chosen, view)
    return tuple(chosen) if whole else ()


def _may_join(piece: Piece) -> bool:
    loose = piece.code.error or piece.code.loose_method is not None or piece.code.bare_await is not None
    return piece.role.start is Start.NONE and not loose


def _interrupted(chosen: Sequence[Piece], view: Sequence[Piece]) -> bool:
    """Whether parts of other blocks, such as methods without their class, stand in between: joining would lose them."""
    first, last = chosen[0].block.span, chosen[-1].block.span
    return any(broken([piece]) for piece in view if first < piece.block.span < last)


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


def _modules(main: Unit, page: _Page) -> Iterator[Unit]:
    """Files that the program imports by their names, each once, in the order they are met."""
    waiting, seen = deque([main]), {piece.block.ordinal for piece in main.pieces}
    while waiting:
        unit = waiting.popleft()
        for piece in unit.pieces:
            imported = piece.language.modules
            path = normal(unit.name.path) if unit.name and not refusal(unit.name.path) else None
            for wanted in imported(path, piece.code) if imported else ():
                found = _named(wanted.paths, piece, page)
                if found is not None and found.block.ordinal not in seen:
                    seen.add(found.block.ordinal)
                    waiting.append(Unit((found,), found.name))
                    yield waiting[-1]


def _named(paths: Sequence[str], importer: Piece, page: _Page) -> Piece | None:
    """The piece in view that the page calls by one of ``paths``: the last one above the importer, else below it."""
    scope = page.scopes[importer.block.ordinal]

    def visible(piece: Piece) -> bool:
        other = page.scopes[piece.block.ordinal]
        return scope[: len(other)] == other and piece is not importer

    matching = sorted(
        (piece for path in paths for piece in page.by_path.get(path, ()) if visible(piece)),
        key=lambda piece: piece.block.span,
    )
    above = [piece for piece in matching if piece.block.span < importer.block.span]
    return above[-1] if above else next(iter(matching), None)
