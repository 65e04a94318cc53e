"""The values that travel from an image to a report. All frozen; every one can be written to JSON and read back.

A module of this folder is imported when one of its names is asked for: making its classes takes longer than many a
command.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from harness.model.conversation import (
        KEPT_BYTES,
        STDIN,
        STDOUT,
        TRANSCRIPT_FORMAT,
        Answered,
        BodyFault,
        Exchange,
        Facts,
        Failure,
        FailureKind,
        Incident,
        PrintedExample,
        PrintedJson,
        Reply,
        RevisionFacts,
        Session,
        Shortening,
        SseEvent,
        Transcript,
        Transport,
    )
    from harness.model.findings import (
        MUST_LIKE,
        SHOULD_LIKE,
        SIDES,
        Basis,
        BlameBasis,
        BlameSource,
        BoundRequirement,
        Certainty,
        Citation,
        Drift,
        DriftKind,
        Edit,
        Finding,
        FindingChange,
        MessageSchema,
        Patch,
        Requirement,
        Side,
        Stage,
        TextChange,
        Verdict,
    )
    from harness.model.report import (
        INTERRUPTED_REASON,
        NAMED_SERVER,
        BaselineKind,
        BaselineNote,
        Compared,
        DateSource,
        ExampleResult,
        FixedFinding,
        NoLongerRunnable,
        NotCompared,
        Recording,
        Rejudged,
        Report,
        ReportProblem,
        Run,
        Status,
    )
    from harness.model.running import (
        RARELY,
        Image,
        LibraryFunction,
        ListeningSocket,
        LogLine,
        Lookup,
        ModuleAnswer,
        TracedExchange,
        TypeCheck,
        TypeMessage,
    )
    from harness.model.terms import (
        LOOKING_STEP,
        RETRY_STEP,
        FailOn,
        Gate,
        Resolve,
        SettingsSource,
        StartOutcome,
        Trust,
    )

__all__ = [
    "INTERRUPTED_REASON",
    "KEPT_BYTES",
    "LOOKING_STEP",
    "MUST_LIKE",
    "NAMED_SERVER",
    "RARELY",
    "RETRY_STEP",
    "SHOULD_LIKE",
    "SIDES",
    "STDIN",
    "STDOUT",
    "TRANSCRIPT_FORMAT",
    "Answered",
    "BaselineKind",
    "BaselineNote",
    "Basis",
    "BlameBasis",
    "BlameSource",
    "BodyFault",
    "BoundRequirement",
    "Certainty",
    "Citation",
    "Compared",
    "DateSource",
    "Drift",
    "DriftKind",
    "Edit",
    "ExampleResult",
    "Exchange",
    "Facts",
    "FailOn",
    "Failure",
    "FailureKind",
    "Finding",
    "FindingChange",
    "FixedFinding",
    "Gate",
    "Image",
    "Incident",
    "LibraryFunction",
    "ListeningSocket",
    "LogLine",
    "Lookup",
    "MessageSchema",
    "ModuleAnswer",
    "NoLongerRunnable",
    "NotCompared",
    "Patch",
    "PrintedExample",
    "PrintedJson",
    "Recording",
    "Rejudged",
    "Reply",
    "Report",
    "ReportProblem",
    "Requirement",
    "Resolve",
    "RevisionFacts",
    "Run",
    "Session",
    "SettingsSource",
    "Shortening",
    "Side",
    "SseEvent",
    "Stage",
    "StartOutcome",
    "Status",
    "TextChange",
    "TracedExchange",
    "Transcript",
    "Transport",
    "Trust",
    "TypeCheck",
    "TypeMessage",
    "Verdict",
]

_MODULES: Final = ("terms", "running", "conversation", "findings", "report")
"""Each after those that it needs."""


def __getattr__(name: str) -> Any:
    """Return one of the names above, and keep it."""
    if name in __all__:
        for module in _MODULES:
            values = vars(import_module(f"harness.model.{module}"))
            if name in values:
                globals()[name] = values[name]
                return values[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
