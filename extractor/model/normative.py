"""Normative sentences, and the words for those they bind."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Whom a statement binds, where its grammar says so."""

    SERVER = "server"
    CLIENT = "client"
    EITHER = "either"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Party:
    """The words for one party to a protocol."""

    nouns: tuple[str, ...]
    """In the singular; a plural in -s is understood."""
    not_before: tuple[str, ...] = ()
    """Words behind a noun that make it the name of something else: a client *id*."""


@dataclass(frozen=True, slots=True)
class Parties:
    """The words by which a specification's sentences name those they bind."""

    server: Party = Party(("server",))
    client: Party = Party(("client",))
    either: tuple[str, ...] = ("party", "parties", "implementation")
    """Nouns that mean any of them."""
    adjectives: tuple[str, ...] = ()
    """Words that may stand before a noun, such as the protocol's name; articles and the like need not be listed."""
    others: tuple[str, ...] = ()
    """Phrases that hold one of the nouns and mean somebody else."""


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
    subject: Subject
    span: Span
    fingerprint: str
    """SHA-256 of the normalised text: stable under re-wrapping, emphasis, link targets, case of header names."""
    shingles: frozenset[str]
    """Hashed three-word shingles of the normalised text (12 hex digits each)."""
    ordinal: int = 0
    """0-based position of the keyword among those of the same sentence."""
    lead_in: Span | None = None
    """The sentence the list item continues."""
    line: int = 0
    """Line of the keyword, 1-based; the item's first line where the keyword is the lead-in's."""
