"""Entries of a baseline, and the report that they are about."""

from __future__ import annotations

from dataclasses import replace

from harness.baseline.apply import apply_baseline
from harness.baseline.file import parse_baseline
from harness.model import Finding, Report, Verdict
from tests.support.reports import rich_report

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"
OLDER = "docs/2025-06-18/tutorials/security/authorization#typescript"
BUILD = "docs/extensions/apps/build#server"
IDS = frozenset(example.id for example in rich_report().examples)
PAGES = frozenset(example.page for example in rich_report().examples)


def fresh() -> Report:
    return replace(rich_report(), baseline=())


def known_entry(example: str = TYPESCRIPT, requirement: str = "session.terminated-404", more: str = "") -> str:
    return f'[[known]]\nexample = "{example}"\nrequirement = "{requirement}"\nreason = "waits"\n{more}\n'


def applied(text: str, report: Report | None = None) -> Report:
    return apply_baseline(report or fresh(), parse_baseline(text, "b.toml"))


def finding(report: Report, example: str, requirement: str) -> Finding:
    return next(
        f for e in report.examples if e.id == example for f in e.findings if f.requirement == requirement
    )  # fmt: skip


def with_verdict(verdict: Verdict) -> Report:
    report = fresh()
    first = report.examples[0]
    findings = tuple(
        replace(f, verdict=verdict, gates=False) if f.requirement == "session.terminated-404" else f
        for f in first.findings
    )
    return replace(report, examples=(replace(first, findings=findings), *report.examples[1:]))
