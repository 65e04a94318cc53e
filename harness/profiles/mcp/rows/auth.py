"""Authorization: which tokens are served."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import STREAMABLE, advice, level, text

ROWS: Final = (
    Requirement(
        id="auth.invalid-401",
        title="An invalid or expired token gets 401",
        side=Side.SERVER,
        levels=level(Level.MUST, STREAMABLE),
        basis=text(STREAMABLE),
        effect="With 2xx a dead token still works; with 5xx a client retries or gives up instead of asking for a new "
        "token.",
        fix="Let the verifier report every kind of refusal (inactive, expired, wrong audience) as an invalid token, "
        "and answer 401.",
        avoid="Don't throw a plain error from the verifier: frameworks turn it into a 500.",
    ),
    Requirement(
        id="auth.audience-list",
        title="A token whose audience is a list is handled",
        side=Side.SERVER,
        levels=level(Level.MAY, STREAMABLE),
        basis=advice(STREAMABLE),
        effect="Tokens of common authorization servers, whose audience is a list in any order, are refused or crash "
        "the server.",
        fix="Accept a token if the server's own identifier is the audience or one of a list of them (RFC 7519, 4.1.3).",
        avoid="Don't look at the first entry only, and don't parse every entry as a URL.",
    ),
)
