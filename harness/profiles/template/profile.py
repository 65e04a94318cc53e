"""The template protocol as a profile: everything that docprobe knows of it. Change each part to your specification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.model import Layout, Parties, Party
from harness.profile import Profile
from harness.profiles.general import CODE
from harness.profiles.template.probe import TemplateProbe, serves_http
from harness.profiles.template.rules import REVISION
from harness.rule import Serving

if TYPE_CHECKING:
    from harness.rule import Rule

LAYOUT: Final = Layout(
    # oldest first; a page belongs to the revision that stands where `revision_in` says (see REVISION_PLACES), or, as
    # here, all pages belong to one
    revisions=(REVISION,),
    revision=REVISION,
    # pages whose MUST, SHOULD and MAY count, as patterns of .gitignore at the docs root
    specification=("/spec.md", "/specification"),
)

PARTIES: Final = Parties(
    # whom sentences bind, by the nouns that they have for it: "The server MUST …", "A node MUST …"
    named=(Party("client", ("client", "consumer")), Party("server", ("server", "node"))),
    either=("party", "parties", "implementation"),
)

SERVING: Final = Serving(
    # what an example must do to be judged, in words for findings; TemplateProbe.serves decides it
    title="The example starts and answers GET /things",
    does="it starts and answers GET /things",
    fails="it starts but does not answer GET /things",
)


def _rules() -> tuple[Rule, ...]:
    # the rules that every example has (it runs, its page is complete), and yours
    from harness.judge.example_rules import example_rules
    from harness.profiles.template.rules import RULES

    return (*example_rules(serving=SERVING), *RULES)


PROFILE: Final = Profile(
    name="template",
    layout=LAYOUT,
    parties=PARTIES,
    # which code is an example: any server that listens. With classes or packages of your specification's own, write
    # LanguageRules whose `role` looks for them, as harness/profiles/general.py and mcp/roles/ do
    code=CODE,
    revisions=LAYOUT.revisions,
    rules=_rules,
    serving=SERVING,
    # which sentence each requirement is based on; made by `docprobe statements DOCS --bind ID=PAGE:LINE`
    bindings=Path(__file__).with_name("bindings.toml"),
    # how an example is talked to; None for a bundle of which nothing is asked
    probe_for=lambda bundle: TemplateProbe(bundle) if serves_http(bundle) else None,
)
