"""The values that travel from an image to a report. All frozen; every one can be written to JSON and read back."""

from harness.model.conversation import Exchange, Reply, Session, SseEvent, Transcript
from harness.model.judging import (
    MUST_LIKE,
    SHOULD_LIKE,
    Basis,
    BoundRequirement,
    Drift,
    DriftKind,
    Edit,
    Finding,
    Patch,
    Requirement,
    Side,
    Stage,
    Verdict,
)
from harness.model.reporting import BaselineNote, ExampleResult, Lost, Recording, Report, Run, Status
from harness.model.running import Image, ListeningSocket, LogLine, StartOutcome

__all__ = [
    "MUST_LIKE",
    "SHOULD_LIKE",
    "BaselineNote",
    "Basis",
    "BoundRequirement",
    "Drift",
    "DriftKind",
    "Edit",
    "ExampleResult",
    "Exchange",
    "Finding",
    "Image",
    "ListeningSocket",
    "LogLine",
    "Lost",
    "Patch",
    "Recording",
    "Reply",
    "Report",
    "Requirement",
    "Run",
    "Session",
    "Side",
    "SseEvent",
    "Stage",
    "StartOutcome",
    "Status",
    "Transcript",
    "Verdict",
]
