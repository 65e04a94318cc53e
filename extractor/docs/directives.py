r"""``docprobe:`` directives: a comment directly above a block that adds what the docs leave out.

``{/* docprobe: file=server.ts deps="express zod" */}`` in MDX, ``<!-- docprobe: file=server.ts -->`` in Markdown.
Pairs of ``key=value``; a value with spaces is quoted (``"`` or ``'``, with ``\\`` before a quote inside); ``skip`` may
have none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.suggest import suggestion
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token

PREFIX: Final = "docprobe:"

KEYS: Final[Mapping[str, str]] = {
    "file": "name of the file the block is (relative path)",
    "id": "id of the example, after the page's path and #",
    "kind": "http-server, stdio-server, client or other",
    "join": "name of the program that blocks of a page form together, in page order",
    "deps": "packages, separated by spaces, with versions as the package manager writes them",
    "command": "the command that runs the example",
    "cwd": "folder in the bundle to run it in",
    "env": "NAME=VALUE pairs, separated by spaces",
    "endpoint": "path of the endpoint",
    "services": "services it needs, separated by spaces",
    "resolve": "ISO date up to which packages are resolved",
    "language": "language of the block, where the fence names another or none",
    "expected": "not-runnable, with a reason after a colon",
    "skip": "leave the block out; the value is the reason",
}
"""Known keys and the meaning of each."""
_KINDS: Final = tuple(kind.value for kind in ExampleKind)
_VALUELESS: Final = frozenset({"skip"})
_PAIR = re.compile(
    r"""\s*(?P<key>[\w-]+)(?:\s*=\s*(?:"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<bare>[^\s"']+)))?
        (?=\s|\Z)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class DirectiveText:
    """A directive as written, and what is wrong with it."""

    values: Mapping[str, str]
    problems: tuple[str, ...] = ()


def read_directive(comment: str) -> DirectiveText | None:
    """Return the directive in a comment's text; None if it is not a directive."""
    text = comment.strip()
    if not text.startswith(PREFIX):
        return None
    values: dict[str, str] = {}
    problems: list[str] = []
    text = text[len(PREFIX) :].strip()
    pos = 0
    while pos < len(text):
        pair = _PAIR.match(text, pos)
        if pair is None:
            problems.append(f"cannot read the directive from {text[pos:].strip()[:40]!r} on; write key=value")
            break
        pos = pair.end()
        problem = _take(pair, values)
        if problem:
            problems.append(problem)
    if not values and not problems:
        problems.append("an empty directive; write key=value")
    return DirectiveText(values, tuple(problems))


def _take(pair: re.Match[str], values: dict[str, str]) -> str | None:
    """Add one pair to ``values``; return what is wrong with it, if anything."""
    key = pair["key"]
    quoted = next((group for group in (pair["double"], pair["single"]) if group is not None), None)
    value = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else pair["bare"]
    if key not in KEYS:
        return f"unknown directive key {key!r}; {suggestion(key, KEYS)}"
    if value is None and key not in _VALUELESS:
        return f"directive key {key!r} needs a value"
    if key in values:
        return f"directive key {key!r} is given twice"
    values[key] = value or ""
    if key == "kind" and value not in _KINDS:
        # the value stays: running the example as another kind would be a guess
        return f"directive value kind={value} is unknown; choose from {', '.join(_KINDS)}"
    return None


def mark_directives(tokens: Sequence[Token]) -> list[tuple[int, str]]:
    """Put ``meta["directive"]`` on comment tokens that are directives.

    Returns:
        Problems by line (0-based), among them directives that are not directly above a block.
    """
    problems: list[tuple[int, str]] = []
    attached = False
    for token in reversed(tokens):
        if token.type == "comment":
            reading = read_directive(str(token.meta.get("text", "")))
            if reading is None:
                continue
            line = token.map[0] if token.map else 0
            problems += [(line, problem) for problem in reading.problems]
            if attached:
                token.meta["directive"] = dict(reading.values)
            else:
                problems.append((line, "this directive is not directly above a block"))
        else:
            attached = token.type == "fence"
    return problems
