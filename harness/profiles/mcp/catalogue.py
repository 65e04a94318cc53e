"""The requirement catalogue: every id that a finding may carry, listed explicitly in one tuple.

A row stores no sentence of any specification: which sentence it stands on is data per corpus
(:mod:`harness.spec.bind`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.profiles.mcp.rows import auth, client, example, exchange, modern, session, stdio, stream

if TYPE_CHECKING:
    from harness.model import Requirement

ROWS: Final[tuple[Requirement, ...]] = (
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
