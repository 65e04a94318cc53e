"""The published result format ``docprobe/1``: its envelope, how it deviates from the model, its JSON Schema. Pure.

The values of :mod:`harness.model` are written as they are. What of them is not written is in ``DEVIATIONS``. Within a
major number fields are only added; a reader skips what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta

from extractor.model import LineNumber, Note, NoteKind, Origin, Span
from harness.base.published import FormatOverrides, published_type
from harness.model import (
    BaselineNote,
    Citation,
    Compared,
    Drift,
    ExampleResult,
    FailOn,
    Finding,
    NoLongerRunnable,
    Requirement,
    Run,
    SettingsSource,
    TextChange,
)
from harness.model.described import Seconds, Shard

SCHEMA: Final = "docprobe/1"


@dataclass(frozen=True, slots=True)
class Docs:
    """The docs that were checked."""

    root: Annotated[str, Meta(description="For display.")]
    commit: str | None
    snapshot: str | None
    root_in_repository: Annotated[
        str | None, Meta(description="The docs root, relative to the top of its repository.")
    ] = None
    rules_root: Annotated[
        str | None,
        Meta(description="The specification's root there, if it is another folder; empty if it is elsewhere."),
    ] = None


@dataclass(frozen=True, slots=True)
class Violated:
    """Requirements violated under the page's own revision, one per example; warnings and known ones included."""

    MUST: int
    SHOULD: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the run."""

    examples: int
    distinct: Annotated[int, Meta(description="Distinct texts that were run.")]
    judged: int
    blocked: int
    violated: Violated
    gating: Annotated[int, Meta(description="Blocking findings, drift and baseline entries.")]
    exit_code: Literal[0, 1, 3, 130]
    not_running: int = 0
    fragments: int = 0
    unsupported: int = 0
    skipped: int = 0
    advisory: int = 0
    known: int = 0
    strict: bool = False
    fail_on: FailOn = FailOn.MUST
    narrowed: Annotated[bool, Meta(description="Whether only what a change affects was selected.")] = False
    introduced: Annotated[int, Meta(description="Of the violated, those that a change introduces.")] = 0
    unchanged: Annotated[int, Meta(description="Of the violated, those that were there before a change.")] = 0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A run of lines of a page that a finding or an example points at."""

    first: LineNumber
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The results of one run of docprobe, or of several joined shards."""

    schema: Literal["docprobe/1"]
    docprobe: Annotated[str, Meta(description="Version of docprobe.")]
    started: Annotated[str, Meta(description="ISO 8601, UTC.", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    duration_s: Seconds
    docs: Docs
    drift: tuple[Drift, ...]
    examples: Annotated[tuple[ExampleResult, ...], Meta(description="In order of id.")]
    summary: Summary
    baseline: tuple[BaselineNote, ...] = ()
    problems: Annotated[
        tuple[str, ...], Meta(description="Problems in the docs, as file:line: message, and remarks on the whole run.")
    ] = ()
    requirements: Annotated[tuple[Requirement, ...], Meta(description="Catalogue rows of the run.")] = ()
    compared: Annotated[
        Compared | None, Meta(description="With --changed-since: what the findings were compared with.")
    ] = None
    lost: Annotated[tuple[NoLongerRunnable, ...], Meta(description="Examples that a change left unchecked.")] = ()
    text_changes: Annotated[
        tuple[TextChange, ...], Meta(description="What a change does to the normative text, by revision.")
    ] = ()
    edited: Annotated[tuple[str, ...], Meta(description="Ids of the programs that a change adds or edits.")] = ()
    shards: Annotated[
        tuple[Shard, ...], Meta(description="I/N of the shards in this document; empty for a whole run.")
    ] = ()
    missing_shards: Annotated[tuple[Shard, ...], Meta(description="I/N of the shards that joined results lack.")] = ()
    division: Annotated[
        str | None, Meta(description="Of shards: digest of the plan and the options that they have in common.")
    ] = None
    settings: Annotated[SettingsSource, Meta(description="Whose configuration, baseline and lock the run went by.")] = (
        field(default_factory=SettingsSource)
    )
    sources: Annotated[Mapping[str, tuple[Excerpt, ...]], Meta(description="Excerpts of pages, by path.")] = field(
        default_factory=dict
    )


class PublishedNote(msgspec.Struct):
    """Something about an example that was stated by the docs or had to be inferred."""

    what: str
    origin: Origin
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0
    place: Annotated[str | None, Meta(description="Lines of the docs that it comes from.")] = None

    @property
    def kind(self) -> NoteKind:
        """The kind: how the text begins."""
        begins = (kind for kind in NoteKind if f"{self.what} ".startswith(f"{kind.value} "))
        return max(begins, key=lambda kind: len(kind.value), default=NoteKind.REMARK)

    @property
    def name(self) -> str:
        """What the note is about."""
        rest = self.what.removeprefix(self.kind.value).removeprefix(" ")
        if self.kind is NoteKind.DEPENDENCY and (package := _PACKAGE.match(rest)):
            return package[0]
        return "" if self.kind is NoteKind.REMARK else rest

    @property
    def span(self) -> Span | None:
        """The lines of ``place``."""
        found = _PLACE.fullmatch(self.place or "")
        if found is None or int(found[2]) > int(found[3] or found[2]):
            return None
        return Span(found[1], int(found[2]), int(found[3] or found[2]))

    @property
    def detail(self) -> str:
        """The rest of the text."""
        return self.what.removeprefix(self.kind.value).removeprefix(" ").removeprefix(self.name)


_PLACE: Final = re.compile(r"(.+):([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?", re.DOTALL)
"""Lines of a page, as a span is written."""
_PACKAGE: Final = re.compile(r"@?[^\s@=<>~^!\[;]+")
"""The name in a dependency as a note writes it: ``@scope/name@5``, ``name[extra]>=1``."""
DEVIATIONS: Final = FormatOverrides(
    unpublished={
        ExampleResult: {"transcript", "packed", "whole_transcript"},
        Requirement: {"stage", "always_warns"},
        Run: {"lock", "endpoint"},
        Span: {"column"},
    },
    required={
        BaselineNote: {"gates"},
        Drift: {"similarity", "gates"},
        ExampleResult: {
            "copies", "added", "packages", "runs", "negotiated", "duration_s", "cached", "findings", "transcript_file",
        },
        Finding: {"gates", "statement", "blame", "evidence", "fix"},
    },
    renamed={ExampleResult: {"transcript_file": "transcript"}},
    titles={Citation: "Statement", ExampleResult: "Example", Span: "Place"},
    replaced={Note: PublishedNote},
)  # fmt: skip
"""What the document leaves out of the model, and how it is written where that differs."""


@cache
def document_type() -> Any:
    """Return the struct that a document is written as and read into."""
    return published_type(Document, DEVIATIONS)


@cache
def published_example_type() -> Any:
    """Return the struct that one example of a document is written as."""
    return get_args(get_type_hints(document_type())["examples"])[0]


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document."""
    derived = msgspec.json.schema(document_type())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:docprobe:schema:docprobe-1",
        "title": "docprobe results",
        **derived,
    }
