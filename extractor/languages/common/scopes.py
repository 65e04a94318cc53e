"""What of a page a reader of one program has in view: tabs hide their siblings, sections follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.values import Surroundings
from extractor.markdown.info_string import looks_like_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extractor.languages.common.values import Command
    from extractor.model import Block

_NEUTRAL: Final = frozenset(
    {"npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry", "macos", "linux", "windows", "macos/linux", "unix", "bash",
     "powershell", "mac", "macos / linux", "cmd"}
)  # fmt: skip
"""Tabs that choose a tool or a system, not a program."""


def scope_of(block: Block) -> tuple[str, ...]:
    """Titles of the tabs around a block, outermost first, without those that only show one file or one tool each."""
    titles = [c.partition("title=")[2].removesuffix("]") for c in block.place.containers if c.startswith("Tab[")]
    if not titles and block.place.tab:
        titles = [block.place.tab]
    return tuple(t for t in titles if t.lower() not in _NEUTRAL and not looks_like_file_name(t))


def sees(scope: tuple[str, ...], block: Block) -> bool:
    """Whether a reader inside ``scope`` has ``block`` in view: it stands in the same tabs, or outside of them."""
    other = scope_of(block)
    return scope[: len(other)] == other


def nearest_first(block: Block, commands: Iterable[Command]) -> list[Command]:
    """Commands as they bear on a block: those of its own section first, then those below it, then the nearest."""

    def distance(command: Command) -> tuple[bool, bool, int]:
        other = command.block
        elsewhere = other.place.headings != block.place.headings
        return elsewhere, other.span.first < block.span.first, abs(other.span.first - block.span.last)

    return sorted(commands, key=distance)


def in_view(around: Surroundings, scope: tuple[str, ...]) -> Surroundings:
    """The part of a page's surroundings that can be seen from ``scope``."""
    return Surroundings(
        installs=tuple(i for i in around.installs if sees(scope, i.block)),
        commands=tuple(c for c in around.commands if sees(scope, c.block)),
        variables=tuple(v for v in around.variables if sees(scope, v.block)),
        manifests=tuple(m for m in around.manifests if sees(scope, m.block)),
        named=tuple(n for n in around.named if sees(scope, n[1])),
        addresses=tuple(a for a in around.addresses if sees(scope, a[1])),
        in_passing=tuple(c for c in around.in_passing if sees(scope, c.block)),
    )
