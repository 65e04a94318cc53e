"""The Model Context Protocol as a profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.model import Layout, Parties, Party
from harness.profile import OpeningRequest, Profile
from harness.profiles.general import with_other_servers
from harness.profiles.mcp.probe import McpProbe, concerns_mcp
from harness.profiles.mcp.revisions import ALL, judged_under, transcript_for_page
from harness.profiles.mcp.roles import CODE
from harness.profiles.mcp.serving import OPENING_BODY, OPENING_HEADERS, SERVING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Block
    from harness.model import Transcript
    from harness.profile import PrintedExchanges
    from harness.rule import Rule

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


LAYOUT: Final = Layout(
    revisions=("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "draft"),
    specification=("/specification", "/docs/*/tutorials/security/security_best_practices.*"),
)
"""The protocol's documentation: revisions side by side, the session hijacking rules in a tutorial."""


def _rules() -> tuple[Rule, ...]:
    from harness.profiles.mcp.catalogue import CATALOGUE

    return CATALOGUE.rules


def _printed(blocks: Sequence[Block], page: str, source: str) -> PrintedExchanges | None:
    from harness.profiles.mcp.printed_exchanges import printed_exchanges

    return printed_exchanges(blocks, page, source)


def _conversations(transcript: Transcript) -> tuple[Transcript, ...]:
    from harness.profiles.mcp.transports import conversations

    return conversations(transcript)


MCP: Final = Profile(
    name="mcp",
    layout=LAYOUT,
    parties=PARTIES,
    code=CODE,
    revisions=ALL,
    rules=_rules,
    bindings=Path(__file__).with_name("bindings.toml"),
    serving=SERVING,
    opening=OpeningRequest(OPENING_HEADERS, OPENING_BODY),
    sdk_servers=Path(__file__).with_name("sdk_servers.json"),
    takes_tokens=True,
    repository="modelcontextprotocol/modelcontextprotocol",
    probe_for=McpProbe,
    printed=_printed,
    transcript_for_page=transcript_for_page,
    conversations=_conversations,
    judged_under=judged_under,
)

PLAIN: Final = replace(
    MCP,
    name="plain",
    layout=Layout(),
    bindings=None,
    code=with_other_servers(MCP.code),
    probe_for=lambda bundle: McpProbe(bundle) if concerns_mcp(bundle) else None,
)
"""Any other docs with examples for the protocol: no revisions, and no normative text unless ``--spec`` names some.
Servers that are about something else are built and started, and nothing is asked of them."""
