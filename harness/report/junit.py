"""``--format junit``: one suite per example, one case per requirement, as the usual viewers read it. Pure.

What gates is a failure and what we could not ask is an error, so a viewer is red exactly when the exit code is 1 or 3.
A violation that only warns passes, with the finding in the case's output; what does not apply, is known or was not
run is skipped with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from extractor.base.text import one_line
from harness.base.escape import xml_attribute, xml_text
from harness.model import Status
from harness.report.plain import finding_text
from harness.report.wording import NOTHING_ASKED, baseline_sentence, drift_sentence, run_sentence
from harness.results.severity import ReportIndex, Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.model import ExampleResult, Finding, Report

MESSAGE_LIMIT: Final = 300
"""Characters of the one-line message that viewers show in lists."""
UNTOLD: Final = frozenset({Severity.NOT_APPLICABLE, Severity.INCONCLUSIVE})
"""Weights whose message says all there is to say."""


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """One ``testcase`` element."""

    name: str
    suite: str
    outcome: str = ""
    """``failure``, ``error``, ``skipped``, or empty for passed."""
    kind: str = ""
    message: str = ""
    text: str = ""
    """Body of the outcome."""
    output: str = ""
    """``system-out`` of a case that passed."""
    duration_s: float = 0.0

    @property
    def lines(self) -> Iterator[str]:
        """The element, line by line."""
        opening = f'<testcase classname="{xml_attribute(self.suite)}" name="{xml_attribute(self.name)}"'
        opening += f' time="{self.duration_s:.3f}"'
        if not self.outcome and not self.output:
            yield f"    {opening}/>"
            return
        yield f"    {opening}>"
        if self.outcome:
            message = xml_attribute(one_line(self.message, MESSAGE_LIMIT))
            kind = f' type="{xml_attribute(self.kind)}"' if self.kind else ""
            yield f'      <{self.outcome} message="{message}"{kind}>{xml_text(self.text)}</{self.outcome}>'
        if self.output:
            yield f"      <system-out>{xml_text(self.output)}</system-out>"
        yield "    </testcase>"


@dataclass(frozen=True, slots=True)
class Suite:
    """One ``testsuite`` element."""

    name: str
    cases: tuple[JUnitCase, ...]
    duration_s: float = 0.0
    properties: tuple[tuple[str, str], ...] = ()


def render(report: Report) -> str:
    """The XML document."""
    suites = [_suite(report, example) for example in report.examples]
    suites += [Suite("normative text", tuple(_drift_cases(report))), Suite("baseline", tuple(_baseline_cases(report)))]
    suites = [suite for suite in suites if suite.cases]
    total = [case for suite in suites for case in suite.cases]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="docprobe" tests="{len(total)}" failures="{_number(total, "failure")}"'
        f' errors="{_number(total, "error")}" time="{report.duration_s:.3f}">',
    ]
    for suite in suites:
        lines += _suite_lines(suite, report.started)
    return "\n".join([*lines, "</testsuites>", ""])


def _number(cases: Sequence[JUnitCase], outcome: str) -> int:
    return sum(case.outcome == outcome for case in cases)


def _suite_lines(suite: Suite, started: str) -> Iterator[str]:
    cases = suite.cases
    yield (
        f'  <testsuite name="{xml_attribute(suite.name)}" tests="{len(cases)}" failures="{_number(cases, "failure")}"'
        f' errors="{_number(cases, "error")}" skipped="{_number(cases, "skipped")}" time="{suite.duration_s:.3f}"'
        f' timestamp="{xml_attribute(started.removesuffix("Z"))}">'
    )
    if suite.properties:
        yield "    <properties>"
        for key, value in suite.properties:
            yield f'      <property name="{xml_attribute(key)}" value="{xml_attribute(value)}"/>'
        yield "    </properties>"
    for case in cases:
        yield from case.lines
    yield "  </testsuite>"


def _suite(report: Report, example: ExampleResult) -> Suite:
    properties = [("page", example.page), ("language", example.language), ("revision", example.revision or "")]
    properties += [("added", text) for text in example.added]
    properties += [(f"package {name}", version) for name, version in sorted(example.packages.items())]
    return Suite(example.id, tuple(_cases(report, example)), example.duration_s, tuple(properties))


def _cases(report: Report, example: ExampleResult) -> Iterator[JUnitCase]:
    reason = example.reason or "no reason given"
    match example.status:
        case Status.BLOCKED:
            text = "\n".join([reason, *map(run_sentence, example.runs)])
            yield JUnitCase("example", example.id, "error", "blocked", reason, text)
        case Status.FRAGMENT | Status.UNSUPPORTED | Status.SKIPPED:
            yield JUnitCase("example", example.id, "skipped", example.status.value, f"{example.status.value}: {reason}")
        case Status.JUDGED | Status.NOT_RUNNING:
            if not example.findings:
                told = f"does not run: {reason}" if example.status is Status.NOT_RUNNING else NOTHING_ASKED
                yield JUnitCase("example", example.id, "skipped", example.status.value, told)
            index = ReportIndex.of(report)
            for number, finding in enumerate(example.findings):
                weight = index.severity(finding, example)
                # the run's time stands at the first case: the whole conversation serves every requirement
                yield _case(report, example, finding, weight, 0.0 if number else example.duration_s)
        case _:
            assert_never(example.status)


def _case(report: Report, example: ExampleResult, finding: Finding, weight: Severity, duration_s: float) -> JUnitCase:
    name = finding.requirement
    if not is_own(finding, example):
        name += f" [{finding.revision}]"
    case = JUnitCase(name, example.id, duration_s=duration_s)
    if weight is Severity.SATISFIED:
        return case
    told = "" if weight in UNTOLD else finding_text(report, example, finding)
    match weight:
        case Severity.BLOCKING:
            return _with(case, "failure", finding.level.value, finding.summary, told)
        case Severity.NOT_CHECKED:
            return _with(case, "error", "blocked", finding.summary, told)
        case Severity.KNOWN:
            return _with(case, "skipped", "known", f"known, listed in the baseline: {finding.summary}", told)
        case Severity.NOT_APPLICABLE | Severity.INCONCLUSIVE:
            return _with(case, "skipped", weight.value, f"{weight.value}: {finding.summary}", told)
        case Severity.WARNING | Severity.ADVISORY:
            label = "WARNING" if weight is Severity.WARNING else "ADVISORY"
            return JUnitCase(name, example.id, output=f"{label}: {told}", duration_s=duration_s)
        case _:
            assert_never(weight)


def _with(case: JUnitCase, outcome: str, kind: str, message: str, text: str) -> JUnitCase:
    return JUnitCase(case.name, case.suite, outcome, kind, message, text, duration_s=case.duration_s)


def _drift_cases(report: Report) -> Iterator[JUnitCase]:
    for entry in report.drift:
        name, told = f"{entry.requirement} {entry.revision}".strip(), drift_sentence(entry)
        if entry.gates:
            yield JUnitCase(name, "normative text", "failure", "drift", told, told)
        else:
            yield JUnitCase(name, "normative text", output=f"WARNING: {told}")


def _baseline_cases(report: Report) -> Iterator[JUnitCase]:
    for note in report.baseline:
        if note.kind == "known":
            continue
        name, told = f"{note.example} {note.requirement}".strip(), baseline_sentence(note)
        if note.gates:
            yield JUnitCase(name, "baseline", "failure", note.kind, told, told)
        else:
            yield JUnitCase(name, "baseline", output=f"WARNING: {told}")
