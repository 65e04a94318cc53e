"""The words by which the Model Context Protocol's sentences name those they bind."""

from __future__ import annotations

from typing import Final

from extractor.model import Parties, Party

PARTIES: Final = Parties(
    named=(
        Party(
            "client",
            ("client", "host"),
            not_before=("id", "metadata", "identifier", "registration", "credential", "secret"),
        ),
        Party(
            "server", ("resource server", "server"), not_before=("id", "metadata", "card", "name", "url", "operator")
        ),
    ),
    either=("party", "parties", "side", "implementation", "implementer", "implementor", "sender", "receiver"),
    adjectives=("mcp", "http", "protected"),
    others=("authorization server",),
)
