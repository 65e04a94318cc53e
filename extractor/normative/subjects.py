"""Whom a normative sentence binds, where its grammar says so: rules for plain English, not a parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING, Final

from extractor.model import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extractor.model import Parties, Party

_ARTICLES: Final = (
    "the", "a", "an", "all", "any", "each", "every", "both", "some", "other", "such", "this", "these", "most",
    "existing", "new", "requesting", "receiving", "sending", "remote", "local",
)  # fmt: skip
_OPENINGS: Final = r"(?:(?:if|when|where|once|unless|while|and|or|but|then|instead|however|for|to|in)\s+)*"
_ASIDE: Final = re.compile(r"\([^()]*\)")
_PRONOUN: Final = re.compile(r"\s*(?:and\s+|or\s+|but\s+|then\s+|after\s+which\s+|that\s+is,?\s+)*(?:it|they)\b", re.I)
_CLAUSE_END: Final = re.compile(r"[,;:()—]|\s[-–]\s|\b(?:and|or|but|then)\b(?=\s*$)", re.IGNORECASE)
_SENT_BY: Final = re.compile(r"\b(?:sent|issued|made|used)\s+(?:by|from)\s+(.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The words of :class:`Parties` as patterns."""

    named: tuple[tuple[str, re.Pattern[str]], ...]
    """A party anywhere in a clause."""
    leading: tuple[tuple[str, re.Pattern[str]], ...]
    """A party at the start of a clause, behind a conjunction, an article and adjectives."""
    agent: re.Pattern[str]
    """``by the`` of a passive sentence; a party may follow."""
    others: re.Pattern[str] | None
    """Phrases that hold a party's noun and mean somebody else."""


def subject_of(before: str, after: str, parties: Parties) -> str:
    """Return the party bound by a keyword that stands between ``before`` and ``after``.

    Args:
        before: plain text of the sentence up to the keyword; for a list item that continues its lead-in, it begins
            with the lead-in.
        after: plain text behind the keyword.
        parties: the words for the parties.
    """
    patterns = _patterns(parties)
    before, after = (_without_others(part, patterns) for part in (before, after))
    clauses = [clause.strip() for clause in _CLAUSE_END.split(before)]
    for position in range(len(clauses) - 1, -1, -1):
        clause = clauses[position]
        if not clause:
            continue
        if party := _leading_party(clause, patterns):
            return party
        if _PRONOUN.match(clause):
            return _last_party(" , ".join(clauses[:position]) or clause, patterns)
        if position == len(clauses) - 1:
            # the clause of the keyword itself has another subject: a thing that some party handles
            return _agent(after, patterns) or _sender(clause, patterns) or Subject.UNKNOWN
    return _last_party(before, patterns)


def _without_others(text: str, patterns: _Patterns) -> str:
    return _ASIDE.sub("", patterns.others.sub("somebody", text) if patterns.others else text)


def _leading_party(clause: str, patterns: _Patterns) -> str | None:
    return next((subject for subject, pattern in patterns.leading if pattern.match(clause)), None)


def _agent(after: str, patterns: _Patterns) -> str | None:
    """The party of ``… MUST be treated by the server as …``."""
    agent = patterns.agent.search(after)
    return _leading_party(after[agent.end() :], patterns) if agent else None


def _sender(clause: str, patterns: _Patterns) -> str | None:
    """The party of ``Every message sent from the client MUST …``."""
    sender = _SENT_BY.search(clause)
    return _leading_party(sender[1], patterns) if sender else None


def _last_party(text: str, patterns: _Patterns) -> str:
    """The first party of the last clause that names one: what a pronoun stands for."""
    for clause in reversed(_CLAUSE_END.split(text)):
        named = [(match.start(), subject) for subject, pattern in patterns.named for match in pattern.finditer(clause)]
        if named:
            return min(named, key=lambda one: one[0])[1]
    return Subject.UNKNOWN


@cache
def _patterns(parties: Parties) -> _Patterns:
    adjectives = _any_of((*_ARTICLES, *parties.adjectives))
    qualifiers = rf"(?:(?:{adjectives}|\w+-\w+)\s+)*"
    names = _any_of(parties.adjectives)
    joined = rf"s?\s+(?:and|or)\s+(?:(?:{names})\s+)?"
    words = [_any_of(party.nouns) + _plurals(party.nouns) for party in parties.named]
    pairs = "|".join(rf"(?:{one}){joined}(?:{other})s?" for one, other in permutations(words, 2)) or r"(?!)"
    nouns = (
        (Subject.EITHER, rf"(?:{pairs})"),
        (Subject.EITHER, rf"(?:{_any_of(parties.either)})s?"),
        *((party.name, _noun(party)) for party in parties.named),
    )
    return _Patterns(
        named=tuple((subject, re.compile(rf"\b{noun}\b", re.IGNORECASE)) for subject, noun in nouns),
        leading=tuple(
            (subject, re.compile(rf"{_OPENINGS}{qualifiers}{noun}\b", re.IGNORECASE)) for subject, noun in nouns
        ),
        agent=re.compile(rf"\bby\s+{qualifiers}", re.IGNORECASE),
        others=re.compile(rf"\b(?:{_any_of(parties.others)})s?\b", re.IGNORECASE) if parties.others else None,
    )


def _noun(party: Party) -> str:
    unless = rf"(?!\s+(?:{_any_of(party.not_before)}))" if party.not_before else ""
    return rf"(?:{_any_of(party.nouns)}{_plurals(party.nouns)})s?{unless}"


def _plurals(nouns: Iterable[str]) -> str:
    """Further alternatives: the plurals that are not made by an ``s`` (registries, proxies, switches)."""
    made = [f"{noun[:-1]}ie" for noun in nouns if re.search(r"[^aeiou]y\Z", noun)]
    made += [f"{noun}e" for noun in nouns if noun.endswith(("s", "x", "z", "ch", "sh"))]
    return f"|{_any_of(made)}" if made else ""


def _any_of(words: Iterable[str]) -> str:
    """A pattern for one of some words or phrases; one that matches nothing for none."""
    return "|".join(r"\s+".join(re.escape(part) for part in word.split()) for word in words) or r"(?!)"
