"""The values that travel from an image to a report. All frozen; every one can be written to JSON and read back.

A module of this folder is imported when one of its names is asked for: making its classes takes longer than many a
command.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from harness.model.bound import BoundRequirement, MessageSchema
    from harness.model.comparison import Compared, FixedFinding, NoLongerRunnable, NotCompared, Rejudged
    from harness.model.conversation import (
        TRANSCRIPT_FORMAT,
        Facts,
        Incident,
        PrintedExample,
        PrintedJson,
        RevisionFacts,
        Session,
        Shortening,
        Transcript,
        Transport,
    )
    from harness.model.drift import Drift, DriftKind, TextChange
    from harness.model.exchange import (
        KEPT_BYTES,
        STDIN,
        STDOUT,
        Answered,
        BodyFault,
        Exchange,
        Failure,
        FailureKind,
        Reply,
        SseEvent,
    )
    from harness.model.findings import (
        BlameBasis,
        BlameSource,
        Certainty,
        Citation,
        Edit,
        Finding,
        FindingChange,
        Patch,
        Verdict,
    )
    from harness.model.report import (
        INTERRUPTED_REASON,
        NAMED_SERVER,
        BaselineKind,
        BaselineNote,
        DateSource,
        ExampleResult,
        Recording,
        Report,
        ReportProblem,
        Run,
        Status,
    )
    from harness.model.requirements import MUST_LIKE, SHOULD_LIKE, SIDES, Basis, Requirement, Side, Stage
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
    from harness.model.terms import LOOKING_STEP, RETRY_STEP, FailOn, Gate, Resolve, SettingsSource, StartOutcome, Trust

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

_MODULES: Final = (
    "terms", "running", "exchange", "conversation", "requirements", "findings", "drift", "bound", "comparison",
    "report",
)  # fmt: skip
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
