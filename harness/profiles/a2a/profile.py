"""The Agent2Agent protocol (A2A) as a profile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.model import ExampleKind, Layout, Parties, Party
from harness.profile import OpeningRequest, Profile
from harness.profiles.a2a.roles import CODE
from harness.profiles.a2a.steps import REVISION, VERSION_HEADER, message_for
from harness.rule import Serving

if TYPE_CHECKING:
    from extractor.model import Bundle
    from harness.profile import Probe
    from harness.rule import Rule

LAYOUT: Final = Layout(revisions=(REVISION,), revision=REVISION, specification=("/docs/specification.md",))
"""The protocol's repository: one revision in each state of it, its text in one page."""

PARTIES: Final = Parties(
    named=(
        Party("client", ("client",)),
        Party("server", ("agent", "server"), not_before=("card", "cards", "id", "skill", "interface")),
    ),
    either=("party", "parties", "implementation", "implementer"),
    adjectives=("a2a", "remote"),
    others=("client agent", "client agents"),
)
"""An agent is a server: it is the client that sends it messages."""

SERVING: Final = Serving(
    title="The example starts and is an agent that can be asked",
    does="it starts and answers as an agent",
    fails="it starts but does not answer as an agent",
)
OPENING_BODY: Final = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": message_for(1)})


def _rules() -> tuple[Rule, ...]:
    from harness.judge.example_rules import example_rules
    from harness.profiles.a2a.rules import card, errors, messages, operations, streams, tasks

    families = (card, messages, tasks, streams, operations, errors)
    own = tuple(rule for family in families for rule in family.RULES)
    return (*example_rules(LAYOUT.revisions, serving=SERVING), *own)


def _probe_for(bundle: Bundle) -> Probe | None:
    # here, since docs of other specifications need no HTTP client for it
    from harness.profiles.a2a.probe import A2aProbe

    return A2aProbe(bundle) if bundle.kind is ExampleKind.HTTP_SERVER else None


A2A: Final = Profile(
    name="a2a",
    layout=LAYOUT,
    parties=PARTIES,
    code=CODE,
    revisions=LAYOUT.revisions,
    rules=_rules,
    bindings=Path(__file__).with_name("bindings.toml"),
    serving=SERVING,
    opening=OpeningRequest((("Content-Type", "application/json"), (VERSION_HEADER, REVISION)), OPENING_BODY),
    repository="a2aproject/A2A",
    probe_for=_probe_for,
)
