"""Many nights of one docs tree, for the history and the nightly site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from extractor.model import ExampleKind, Level, Span
from harness.model import Basis, ExampleResult, Finding, Report, Status, Verdict
from tests.support.report_pieces import ROWS

FIRST = datetime(2024, 1, 1, 3, tzinfo=UTC)


def verdict(requirement: str, verdict: Verdict, revision: str = "2025-11-25", level: Level = Level.MUST) -> Finding:
    return Finding(
        requirement=requirement, level=level, basis=Basis.TEXT, verdict=verdict, revision=revision, summary="",
        gates=verdict is Verdict.VIOLATED,
    )  # fmt: skip


def example(name: str = "docs/2025-11-25/a#typescript", *findings: Finding, **more: object) -> ExampleResult:
    page = name.split("#")[0] + ".mdx"
    values: dict[str, object] = {
        "packages": {"sdk": "1.0.0"},
        "digest": "a" * 64,
        "status": Status.JUDGED,
        "reason": None,
    }
    return ExampleResult(
        id=name, page=page, revision="2025-11-25", language="typescript", kind=ExampleKind.HTTP_SERVER,
        spans=(Span(page, 1, 9),), findings=findings, **(values | more),  # type: ignore[arg-type]
    )  # fmt: skip


def night(number: int, *examples: ExampleResult, **more: object) -> Report:
    started = (FIRST + timedelta(days=number)).isoformat().replace("+00:00", "Z")
    values: dict[str, object] = {"version": "0.1.0", "commit": None, "snapshot": None, "duration_s": 60.0}
    values["requirements"] = ROWS
    return Report(started=started, docs_root="docs", examples=examples, **(values | more))  # type: ignore[arg-type]


def passing(*, cached: bool = False, **more: object) -> ExampleResult:
    return replace(
        example("docs/2025-11-25/a#typescript", verdict("session.terminated-404", Verdict.SATISFIED), **more),
        cached=cached,
    )


def failing(**more: object) -> ExampleResult:
    return example("docs/2025-11-25/a#typescript", verdict("session.terminated-404", Verdict.VIOLATED), **more)
