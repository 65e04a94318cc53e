"""Requirements in one revision, with the sentences and the JSON Schema of the docs in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extractor.model import Level, Statement
from harness.model.drift import Drift
from harness.model.requirements import Basis, Requirement


@dataclass(frozen=True, slots=True, eq=False)
class MessageSchema:
    """The JSON Schema of one revision's messages. Two are the same only if they are one value."""

    file: str
    """Where it was read, for messages."""
    document: Mapping[str, Any]
    key: str
    """Of the definitions: ``$defs`` or ``definitions``."""

    @property
    def definitions(self) -> Mapping[str, Any]:
        """The definitions, by name."""
        definitions: Mapping[str, Any] = self.document[self.key]
        return definitions


@dataclass(frozen=True, slots=True)
class BoundRequirement:
    """A requirement in one revision, with the sentence it is based on in the docs in hand."""

    requirement: Requirement
    revision: str
    level: Level
    basis: Basis
    statement: Statement | None
    """None for advice and interpretation without a sentence, and where the binding drifted away."""
    doubt: Drift | None = None
    """How its sentence changed in meaning, until that is accepted: then no verdict can be given."""
    schema: MessageSchema | None = field(default=None, compare=False, repr=False)
    """Of the revision's messages, where the docs have one."""
    others: tuple[Statement, ...] = ()
    """Further sentences that it is bound to in this revision: it says in several what is decided by one check."""

    def sentence_with(self, words: str) -> Statement | None:
        """Return the first of its sentences that contains ``words``, in any case; the first of all if none does."""
        every = (self.statement, *self.others) if self.statement is not None else ()
        return next((one for one in every if words.lower() in one.text.lower()), self.statement)
