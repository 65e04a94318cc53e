"""Exchanges as the source of a Mermaid sequence diagram. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.base.text import one_line
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.evidence import ExchangeLine

PLAIN: Final = re.compile(r"[^A-Za-z0-9 .,/()_-]")
"""What Mermaid could take for syntax, a directive, an entity or HTML is written as a numeric entity of its own."""
LABEL_LIMIT: Final = 64
ARROWS_LIMIT: Final = 40
"""Exchanges in one diagram; more of them is a wall that nobody reads."""


def parties(kind: ExampleKind) -> tuple[str, str]:
    """Who asks and who answers in the conversation with an example of this kind."""
    return ("example client", "docprobe") if kind is ExampleKind.CLIENT else ("docprobe", "example server")


def sequence(lines: Sequence[ExchangeLine], between: tuple[str, str], shared: Sequence[str] = ()) -> str:
    """A ``sequenceDiagram`` of the exchanges.

    Args:
        lines: in order of sending.
        between: who asks and who answers.
        shared: what all requests have in common, shown once at the top.
    """
    asks, answers = (_label(name) for name in between)
    parts = ["sequenceDiagram", f"  participant P as {asks}", f"  participant S as {answers}"]
    if shared:
        parts.append(f"  Note over P,S: {_label('all with ' + ', '.join(shared))}")
    for line in lines[:ARROWS_LIMIT]:
        parts += _arrows(line)
    if len(lines) > ARROWS_LIMIT:
        parts.append(f"  Note over P,S: {len(lines) - ARROWS_LIMIT} more")
    return "\n".join(parts)


def _arrows(line: ExchangeLine) -> Iterator[str]:
    if line.unsolicited:
        yield f"  S->>P: {_label(f'no {line.number}  {line.status}')}"
        return
    yield f"  P->>S: {_label(f'no {line.number}  {line.request}')}"
    if line.who:
        yield f"  Note over P,S: {_label(line.who)}"
    arrow = "--x" if line.status.startswith("no reply") else "-->>"
    yield f"  S{arrow}P: {_label(line.status + '  (control)' if line.control else line.status)}"


def _label(text: str) -> str:
    return PLAIN.sub(lambda found: f"#{ord(found.group())};", one_line(text, LABEL_LIMIT)) or "-"
