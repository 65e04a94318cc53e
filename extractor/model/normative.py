"""Normative sentences, and the words for those they bind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from extractor.model.spans import Span


class Level(StrEnum):
    """RFC 2119 and RFC 8174 keywords, reduced to their requirement level."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"


class Subject(StrEnum):
    """Whom a statement binds beside the parties of its specification, and the two parties that most of them have."""

    SERVER = "server"
    CLIENT = "client"
    EITHER = "either"
    """Any party: two of them are named, or a word for all."""
    UNKNOWN = "unknown"
    """The grammar does not say."""


@dataclass(frozen=True, slots=True)
class Party:
    """The words for one party to a protocol."""

    name: str
    """What statements that bind it have as their subject: ``server``, ``agent``, ``registry``, …"""
    nouns: tuple[str, ...]
    """In the singular; a plural in -s is understood."""
    not_before: tuple[str, ...] = ()
    """Words behind a noun that make it the name of something else: a client *id*."""


@dataclass(frozen=True, slots=True)
class Parties:
    """The words by which a specification's sentences name those they bind."""

    named: tuple[Party, ...] = (Party("client", ("client",)), Party("server", ("server",)))
    """Each party; where two nouns begin at one word, the first party's is meant."""
    either: tuple[str, ...] = ("party", "parties", "implementation")
    """Nouns that mean any of them."""
    adjectives: tuple[str, ...] = ()
    """Words that may stand before a noun, such as the protocol's name; articles and the like need not be listed."""
    others: tuple[str, ...] = ()
    """Phrases that hold one of the nouns and mean somebody else."""

    def with_nouns(self, nouns: Mapping[str, tuple[str, ...]]) -> Parties:
        """Return the parties with some more, by name; one that is known has these nouns instead of its own."""
        kept = tuple(party for party in self.named if party.name not in nouns)
        return replace(self, named=(*(Party(name, words) for name, words in nouns.items()), *kept))


PLAIN_PARTIES: Final = Parties()
"""Servers and clients, by no other words."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One use of a normative keyword, with its whole sentence."""

    page: str
    """Path relative to the docs root, with extension."""
    revision: str | None
    anchor: str
    """Anchor of the section as the site makes it; empty before the first heading."""
    level: Level
    keyword: str
    """The keyword as written: MUST, REQUIRED, SHALL NOT, …"""
    text: str
    """The sentence as plain text; for a list item without its own keyword the lead-in sentence plus the item."""
    subject: str
    """Name of the party that it binds, or ``either`` or ``unknown``."""
    span: Span
    fingerprint: str
    """SHA-256 of the normalised text: stable under re-wrapping, emphasis, link targets, case of header names."""
    shingles: frozenset[str]
    """Hashed three-word shingles of the normalised text (12 hex digits each)."""
    ordinal: int = 0
    """0-based position of the keyword among those of the same sentence."""
    lead_in: Span | None = None
    """The sentence the list item continues."""
    quoted: bool = False
    """Whether it stands in a quotation of another text: it is listed, and binds nobody."""
    line: int = 0
    """Line of the keyword, 1-based; the item's first line where the keyword is the lead-in's."""
