"""Exchanges as the source of a Mermaid sequence diagram. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from harness.report.escape import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.evidence import ExchangeLine

PLAIN: Final = re.compile(r"[^A-Za-z0-9 .,/()_-]")
"""What Mermaid could take for syntax, a directive, an entity or HTML is written as a numeric entity of its own."""
LABEL_LIMIT: Final = 64
ARROWS_LIMIT: Final = 40
"""Exchanges in one diagram; more of them is a wall that nobody reads."""


def sequence(lines: Sequence[ExchangeLine], server: str = "example server") -> str:
    """A ``sequenceDiagram`` of the exchanges: a control is framed apart from the requests that carry the fault."""
    parts = ["sequenceDiagram", "  participant P as docprobe", f"  participant S as {_label(server)}"]
    for line in lines[:ARROWS_LIMIT]:
        request = f"no {line.number}  {line.request}"
        parts.append(f"  P->>S: {_label(request)}")
        if line.who:
            parts.append(f"  Note over P,S: {_label(line.who)}")
        arrow = "--x" if line.status.startswith("no reply") else "-->>"
        answer = f"{line.status}  (control)" if line.control else line.status
        parts.append(f"  S{arrow}P: {_label(answer)}")
    if len(lines) > ARROWS_LIMIT:
        parts.append(f"  Note over P,S: {len(lines) - ARROWS_LIMIT} more")
    return "\n".join(parts)


def _label(text: str) -> str:
    return PLAIN.sub(lambda found: f"#{ord(found.group())};", one_line(text, LABEL_LIMIT)) or "-"
