"""What run commands of a page say of its code: what a file is called, and that something starts it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.languages.common.paths import normal, refusal
from extractor.languages.common.roles import Start
from extractor.languages.common.scopes import nearest_first, scope_of, sees
from extractor.languages.common.values import FileName
from extractor.markdown.info_string import looks_like_file_name
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.values import Command, Piece


def commanded(
    pieces: Sequence[Piece], commands: Sequence[Command], profile: CodeProfile, in_passing: Sequence[Command] = ()
) -> Iterator[Piece]:
    """The pieces, with the names and the roles that the page's commands give them; names also by those in prose."""
    naming = (*commands, *in_passing)
    for index, piece in enumerate(pieces):
        following = pieces[index + 1].block.span.first if index + 1 < len(pieces) else None
        named = piece if piece.name else replace(piece, name=_name(piece, following, naming))
        yield _started(named, commands, profile)


def _name(piece: Piece, following: int | None, commands: Sequence[Command]) -> FileName | None:
    """The file that a command runs which follows the piece in its section, before any other code."""
    if piece.role.start is Start.NONE and piece.role.handle is None:
        return None
    for command in commands:
        first = command.block.span.first
        behind = first > piece.block.span.last and (following is None or first < following)
        if not behind or command.block.place.headings != piece.block.place.headings:
            continue
        for word in command.words:
            path, _, handle = word.partition(":")
            if handle and handle == piece.role.handle and path.replace(".", "").isidentifier():
                # "module:object", as ASGI servers take it
                path = path.replace(".", "/") + piece.language.suffixes[0]
            if path.endswith(piece.language.suffixes) and looks_like_file_name(path) and not refusal(path):
                return FileName(normal(path), Origin.STATED, 0.8, "command")
    return None


def _started(piece: Piece, commands: Sequence[Command], profile: CodeProfile) -> Piece:
    ask = piece.language.commanded
    if ask is None or piece.role.start is not Start.NONE:
        return piece
    scope = scope_of(piece.block)
    near = nearest_first(piece.block, (c for c in commands if sees(scope, c.block)))
    role = ask(piece, near, profile.of(piece.language.name))
    return replace(piece, role=role) if role else piece
