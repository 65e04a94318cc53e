"""What is missing from code that is no whole program, in sentences a maintainer can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.languages.common.facts import Code
    from extractor.languages.common.values import Piece, Unit


def undefined(unit: Unit, elsewhere: Sequence[Piece]) -> tuple[str, ...]:
    """Sentences on the names that a file uses and does not define; none where it starts without all of them.

    Args:
        unit: the file; its glue counts.
        elsewhere: other pieces of the page in view, which may define the name.
    """
    own = {piece.block.ordinal for piece in unit.pieces}
    names = free_names(unit)
    holders = {name: [p for p in elsewhere if name in p.code.defines and p.block.ordinal not in own] for name in names}
    if not any(holders.values()) and all(is_late(name, unit.codes) for name in names):
        return ()
    return tuple(_undefined(name, holders[name]) for name in names)


def _undefined(name: str, holders: Sequence[Piece]) -> str:
    if not holders:
        return f"uses `{name}`, defined in no block of this page"
    lines = ", ".join(str(piece.block.span.first) for piece in holders[:3])
    where = "the block" if len(holders) == 1 else "the blocks"
    return f"uses `{name}`, defined in {where} at line {lines} of the page"


def is_late(name: str, codes: Iterable[Code]) -> bool:
    """Whether a program starts without a name, since only what clients call uses it."""
    return all(name in code.late for code in codes if name in code.free)


def free_names(unit: Unit) -> tuple[str, ...]:
    """Names that no piece of the file binds, in order of first use."""
    defined = {name for code in unit.codes for name in code.defines}
    return tuple(dict.fromkeys(name for code in unit.codes for name in code.free if name not in defined))


def broken(pieces: Iterable[Piece]) -> tuple[str, ...]:
    """Sentences on pieces that are no program text of their language."""
    found: list[str] = []
    for piece in pieces:
        code, first = piece.code, piece.block.span.first
        if code.error:
            found.append(f"{code.error.message} (line {first + code.error.line} of the page)")
        elif code.loose_method is not None:
            found.append(f"is a method outside its class (line {first + code.loose_method} of the page)")
        found += [f"leaves out what `{t.value}` does (line {first + t.line} of the page)" for t in code.left_out]
    return tuple(found)


def sentence(reasons: Sequence[str], limit: int = 4) -> str:
    """Several reasons as one sentence."""
    shown = list(reasons[:limit])
    if len(reasons) > limit:
        shown.append(f"and {len(reasons) - limit} more")
    return "; ".join(shown)
