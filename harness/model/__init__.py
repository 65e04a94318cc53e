"""The values that travel from an image to a report. All frozen; every one can be written to JSON and read back."""

from harness.model.conversation import Exchange, Reply, Session, SseEvent, Transcript
from harness.model.judging import (
    Basis,
    BoundRequirement,
    Drift,
    DriftKind,
    Edit,
    Finding,
    Patch,
    Requirement,
    Side,
    Verdict,
)
from harness.model.reporting import BaselineNote, ExampleResult, Lost, Recording, Report, Run, Status
from harness.model.running import Image, ListeningSocket, LogLine, StartOutcome

__all__ = [
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
    "StartOutcome",
    "Status",
    "Transcript",
    "Verdict",
]
