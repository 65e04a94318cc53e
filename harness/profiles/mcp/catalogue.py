"""The requirement catalogue: every id that a finding may carry, listed explicitly in one tuple.

A row stores no sentence of any specification: which sentence it stands on is data per corpus
(:mod:`harness.spec.binding`).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError
from harness.profiles.mcp.rows import auth, client, example, exchange, modern, session, stdio, stream

if TYPE_CHECKING:
    from harness.model import Requirement

CATALOGUE: Final[tuple[Requirement, ...]] = (
    *session.ROWS,
    *auth.ROWS,
    *exchange.ROWS,
    *stream.ROWS,
    *modern.ROWS,
    *stdio.ROWS,
    *client.ROWS,
    *example.ROWS,
)
"""All rows, in the order reports show them."""


def requirement(id: str) -> Requirement:
    """The catalogue's row for ``id``.

    Raises UsageError with the nearest ids if there is none.
    """
    for row in CATALOGUE:
        if row.id == id:
            return row
    near = difflib.get_close_matches(id, [row.id for row in CATALOGUE], n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(near)}?" if near else "`docprobe statements` lists the requirements in use"
    raise UsageError(f"no requirement is called {id!r}", hint=hint)
