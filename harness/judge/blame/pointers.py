"""What points at lines that cause a violation beside what differs: oddities of what ran, and what did not run. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of
from harness.judge.blame.indifferent import indifferent
from harness.judge.blame.not_reached import kept_from, lacking
from harness.judge.blame.odd_code import falls_off, misspelled
from harness.judge.blame.reply_values import named_in
from harness.judge.blame.suspects import FEW_STATEMENTS, Suspect, named
from harness.judge.blame.tokens import names_of_request, tokens_of_reply

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.judge.blame.flow import Flow
    from harness.judge.blame.tokens import Tokens
    from harness.model import Exchange, Finding, Requirement

_STATUS: Final = re.compile(r"-32\d{3}|\b[45]\d\d\b")
_NEAREST: Final = 2
"""Branches that kept the program from what is missing."""


@dataclass(frozen=True, slots=True)
class About:
    """What a violation is about."""

    requirement: Requirement
    finding: Finding
    conversation: Tokens
    faults: tuple[Exchange, ...]
    """The exchanges that are wrong."""


def pointers(flow: Flow, about: About, *, is_missing_check: bool) -> list[Suspect]:
    """Return what is odd in what ran for a violation, best first; nothing where too much is.

    Args:
        flow: the code, and what ran of it.
        about: the violation.
        is_missing_check: whether a request was served that should have been refused.
    """
    words = (about.requirement.id, about.requirement.title, about.finding.summary)
    found: list[Suspect] = []
    for these in (
        indifferent(flow),
        [*falls_off(flow)],
        [*misspelled(flow, _own_names(about), about.conversation.names)],
        lacking(flow, _not_run(flow, _due(about))) if is_missing_check else [],
        kept_from(flow, _not_run(flow, _missing(about)))[:_NEAREST] if not is_missing_check else [],
    ):
        found += these if len(these) <= FEW_STATEMENTS else named(these, words, these)
    return found


def _own_names(about: About) -> set[str]:
    return {name for one in about.faults for name in names_of_request(one)} | named_in(about.finding.summary)


def _due(about: About) -> set[str]:
    return {code for due in about.finding.expected.values() for code in _STATUS.findall(due)}


def _missing(about: About) -> set[str]:
    """Return what a sentence names and neither the requests nor their replies have."""
    asked = {name for one in about.faults for name in names_of_request(one)}
    had = {token for one in about.faults for token in tokens_of_reply(one)}
    return {name for name in named_in(about.finding.summary) if name not in asked and name not in had}


def _not_run(flow: Flow, names: Collection[str]) -> list[Suspect]:
    """Return the statements that hold one of some names and did not run."""
    held = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w.])" for name in sorted(names)))
    return [
        Suspect(one.file, node)
        for one in flow.code.files
        for node in (one.statements if names else ())
        if held.search(text_of(node)) and not flow.ran(one.file, node)
    ]
