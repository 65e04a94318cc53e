"""Whom a normative sentence binds, where the grammar tells. Rules for plain English, not a parser: UNKNOWN is fine."""

from __future__ import annotations

import re
from typing import Final

from extractor.model import Subject

_QUALIFIER: Final = (
    r"(?:(?:the|a|an|all|any|each|every|both|some|other|such|this|these|mcp|most|existing|new|http|requesting|"
    r"receiving|sending|remote|local|\w+-\w+|protected)\s+)*"
)
_PARTIES: Final = (
    (Subject.EITHER, r"(?:clients?\s+(?:and|or)\s+(?:mcp\s+)?servers?|servers?\s+(?:and|or)\s+(?:mcp\s+)?clients?)"),
    (Subject.EITHER, r"(?:parties|party|sides?|implementations?|implementers?|implementors?|senders?|receivers?)"),
    (Subject.CLIENT, r"(?:clients?|hosts?)(?!\s+(?:id|metadata|identifier|registration|credential|secret))"),
    (Subject.SERVER, r"(?:resource\s+)?servers?(?!\s+(?:id|metadata|card|card|name|url|operator))"),
)
_OTHER_SERVERS: Final = re.compile(r"\bauthorization\s+servers?\b", re.IGNORECASE)
_ASIDE: Final = re.compile(r"\([^()]*\)")
_PRONOUN: Final = re.compile(r"\s*(?:and\s+|or\s+|but\s+|then\s+|after\s+which\s+|that\s+is,?\s+)*(?:it|they)\b", re.I)
_JOINT: Final = re.compile(r"[,;:()—]|\s[-–]\s|\b(?:and|or|but|then)\b(?=\s*$)", re.IGNORECASE)
_PASSIVE_AGENT: Final = re.compile(r"\bby\s+" + _QUALIFIER, re.IGNORECASE)


def subject_of(before: str, after: str) -> Subject:
    """The party bound by a keyword that stands between ``before`` and ``after`` (plain text of one sentence).

    For a list item that continues its lead-in, ``before`` begins with the lead-in.
    """
    before, after = (_ASIDE.sub("", _OTHER_SERVERS.sub("issuer", part)) for part in (before, after))
    clauses = [clause.strip() for clause in _JOINT.split(before)]
    for position in range(len(clauses) - 1, -1, -1):
        clause = clauses[position]
        if not clause:
            continue
        if named := _begins_with_party(clause):
            return named
        if _PRONOUN.match(clause):
            return _last_party(" , ".join(clauses[:position]) or clause)
        if position == len(clauses) - 1:
            # the clause of the keyword itself has another subject: a thing that some party handles
            return _agent(after) or _sender(clause) or Subject.UNKNOWN
    return _last_party(before)


def _begins_with_party(clause: str) -> Subject | None:
    lead = r"(?:(?:if|when|where|once|unless|while|and|or|but|then|instead|however|for|to|in)\s+)*"
    for subject, noun in _PARTIES:
        if re.match(lead + _QUALIFIER + noun + r"\b", clause, re.IGNORECASE):
            return subject
    return None


def _agent(after: str) -> Subject | None:
    """``… MUST be treated by the server as …``."""
    found = _PASSIVE_AGENT.search(after)
    return _begins_with_party(after[found.end() :]) if found else None


def _sender(clause: str) -> Subject | None:
    """``Every message sent from the client MUST …``."""
    found = re.search(r"\b(?:sent|issued|made|used)\s+(?:by|from)\s+(.*)$", clause, re.IGNORECASE)
    return _begins_with_party(found[1]) if found else None


def _last_party(text: str) -> Subject:
    """The first party of the nearest clause that names one: what a pronoun stands for."""
    for clause in reversed(_JOINT.split(text)):
        found = [
            (match.start(), subject)
            for subject, noun in _PARTIES
            for match in re.finditer(rf"\b{noun}\b", clause, re.IGNORECASE)
        ]
        if found:
            return min(found, key=lambda one: one[0])[1]
    return Subject.UNKNOWN
