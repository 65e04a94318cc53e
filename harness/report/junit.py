"""``--format junit``: one suite per example, one case per requirement, as the usual viewers read it. Pure.

What is blocking is a failure and what could not be checked is an error, so a viewer is red exactly when the exit code
is 1 or 3. A violation that only warns passes, with the finding in the case's output; what does not apply, is known or
was not run is skipped with its reason.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from extractor.base.text import one_line, visible
from harness.base.escape import inert_xml
from harness.judge.exit_code import unchecked_programs
from harness.model import BaselineKind, Status
from harness.report.change_wording import drift_sentence
from harness.report.views import ReportView
from harness.report.wording import NOTHING_APPLIES, baseline_sentence, run_sentence
from harness.results.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.model import ExampleResult, Report
    from harness.report.views import FindingView

MESSAGE_LIMIT: Final = 300
"""Characters of the one-line message that viewers show in lists."""


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """One ``testcase`` element."""

    name: str
    outcome: str = ""
    """``failure``, ``error``, ``skipped``, or empty for passed."""
    kind: str = ""
    message: str = ""
    text: str = ""
    """Body of the outcome; ``system-out`` of a case that passed."""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JUnitSuite:
    """One ``testsuite`` element."""

    name: str
    cases: tuple[JUnitCase, ...]
    duration_s: float = 0.0
    properties: tuple[tuple[str, str], ...] = ()


def render(report: Report) -> str:
    """Return the XML document."""
    view = ReportView.of(report)
    suites = [_suite(view, example) for example in report.examples]
    suites += [JUnitSuite("normative text", tuple(_drift_cases(report)))]
    suites += [JUnitSuite("fixed by the change", tuple(_fixed_cases(report)))]
    suites += [JUnitSuite("baseline", tuple(_baseline_cases(report)))]
    suites = [suite for suite in suites if suite.cases]
    every = [case for suite in suites for case in suite.cases]
    root = _element("testsuites", name="docprobe", **_numbers(every), time=f"{report.duration_s:.3f}")
    root.extend(_suite_element(suite, report.started.removesuffix("Z")) for suite in suites)
    ET.indent(root)
    document = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{inert_xml(document)}\n'


def _element(tag: str, /, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: one_line(value) for name, value in attributes.items()})


def _numbers(cases: Sequence[JUnitCase]) -> dict[str, str]:
    def number(outcome: str) -> str:
        return str(sum(case.outcome == outcome for case in cases))

    return {"tests": str(len(cases)), "failures": number("failure"), "errors": number("error")}


def _suite_element(suite: JUnitSuite, started: str) -> ET.Element:
    skipped = str(sum(case.outcome == "skipped" for case in suite.cases))
    time = f"{suite.duration_s:.3f}"
    element = _element(
        "testsuite", name=suite.name, **_numbers(suite.cases), skipped=skipped, time=time, timestamp=started
    )
    if suite.properties:
        properties = ET.SubElement(element, "properties")
        properties.extend(_element("property", name=name, value=value) for name, value in suite.properties)
    element.extend(_case_element(case, suite.name) for case in suite.cases)
    return element


def _case_element(case: JUnitCase, suite: str) -> ET.Element:
    element = _element("testcase", classname=suite, name=case.name, time=f"{case.duration_s:.3f}")
    if case.outcome:
        kind = {"type": case.kind} if case.kind else {}
        outcome = _element(case.outcome, message=one_line(case.message, MESSAGE_LIMIT), **kind)
        outcome.text = visible(case.text)
        element.append(outcome)
    elif case.text:
        ET.SubElement(element, "system-out").text = visible(case.text)
    return element


def _suite(view: ReportView, example: ExampleResult) -> JUnitSuite:
    properties = [("page", example.page), ("language", example.language), ("revision", example.revision or "")]
    properties += [("added", text) for text in example.added]
    properties += [(f"package {name}", version) for name, version in sorted(example.packages.items())]
    return JUnitSuite(example.id, tuple(_cases(view, example)), example.duration_s, tuple(properties))


def _cases(view: ReportView, example: ExampleResult) -> Iterator[JUnitCase]:
    reason = example.reason or "no reason given"
    for entry in unchecked_programs(view.report):
        if entry.example.id == example.id and example.status is not Status.BLOCKED:
            yield JUnitCase("checked", "error", "not-checked", entry.why, entry.why)
    match example.status:
        case Status.BLOCKED if example.interrupted:
            yield JUnitCase("example", "skipped", "not-run", "not run: the run was interrupted")
        case Status.BLOCKED:
            text = "\n".join([reason, *map(run_sentence, example.runs)])
            yield JUnitCase("example", "error", "blocked", reason, text)
        case Status.FRAGMENT | Status.UNSUPPORTED | Status.SKIPPED:
            yield JUnitCase("example", "skipped", example.status.value, f"{example.status.value}: {reason}")
        case Status.JUDGED | Status.NOT_RUNNING:
            if not example.findings:
                why = f"does not run: {reason}" if example.status is Status.NOT_RUNNING else NOTHING_APPLIES
                yield JUnitCase("example", "skipped", example.status.value, why)
            for number, finding in enumerate(example.findings):
                # the run's time stands at the first case: the whole conversation serves every requirement
                yield _case(view.finding(finding, example), 0.0 if number else example.duration_s)
        case _:
            assert_never(example.status)


def _case(view: FindingView, duration_s: float) -> JUnitCase:
    finding = view.finding
    name = finding.requirement if view.own else f"{finding.requirement} [{finding.revision}]"
    match view.severity:
        case Severity.SATISFIED:
            return JUnitCase(name, duration_s=duration_s)
        case Severity.BLOCKING:
            return JUnitCase(name, "failure", finding.level.value, finding.summary, _text(view), duration_s)
        case Severity.NOT_CHECKED:
            return JUnitCase(name, "error", "blocked", finding.summary, _text(view), duration_s)
        case Severity.KNOWN:
            message = f"accepted in the baseline: {finding.summary}"
            return JUnitCase(name, "skipped", "known", message, _text(view), duration_s)
        case Severity.UNCHANGED:
            message = f"unchanged by the change that is checked: {finding.summary}"
            return JUnitCase(name, "skipped", "unchanged", message, _text(view), duration_s)
        case Severity.NOT_APPLICABLE | Severity.INCONCLUSIVE:
            message = f"{view.severity.value}: {finding.summary}"
            return JUnitCase(name, "skipped", view.severity.value, message, duration_s=duration_s)
        case Severity.WARNING | Severity.ADVISORY:
            return JUnitCase(name, text=f"{view.severity.value.upper()}: {_text(view)}", duration_s=duration_s)
        case _:
            assert_never(view.severity)


def _text(view: FindingView) -> str:
    """A finding in plain text: summary, sentence, exchanges, lines, effect, fix."""
    finding = view.finding
    lines = [finding.summary]
    if finding.change is not None:
        lines.append(f"change: {finding.change.value}")
    if finding.statement is not None:
        lines.append(f"rule: {finding.statement.span}: {one_line(finding.statement.text)}")
    if shared := view.shared_context:
        lines.append(f"sent: all with {', '.join(shared)}")
    for line in view.exchanges:
        request = f"{line.request} ({line.who})" if line.who else line.request
        answer = "(control)" if line.control else line.answer
        lines.append(f"sent: #{line.number} {request} -> {line.status} {answer}".rstrip())
    lines += [f"page: {span}" for span in finding.blame]
    for label, text in (("effect", view.effect), ("fix", view.fix), ("avoid", view.avoid)):
        if text:
            lines.append(f"{label}: {text}")
    return "\n".join(lines)


def _fixed_cases(report: Report) -> Iterator[JUnitCase]:
    """What a change fixes: cases that pass, and say so."""
    for entry in report.compared.fixed if report.compared is not None else ():
        legs = f": {', '.join(entry.legs)}" if entry.legs else ""
        yield JUnitCase(f"{entry.example} {entry.requirement}", text=f"FIXED{legs}")


def _drift_cases(report: Report) -> Iterator[JUnitCase]:
    for entry in report.drift:
        yield _beside(f"{entry.requirement} {entry.revision}", "drift", drift_sentence(entry), gates=entry.gates)


def _baseline_cases(report: Report) -> Iterator[JUnitCase]:
    for note in report.baseline:
        if note.kind is not BaselineKind.KNOWN:
            name = f"{note.example} {note.requirement}"
            yield _beside(name, note.kind.value, baseline_sentence(note), gates=note.gates)


def _beside(name: str, kind: str, sentence: str, *, gates: bool) -> JUnitCase:
    """A case that is not about an example."""
    if gates:
        return JUnitCase(name.strip(), "failure", kind, sentence, sentence)
    return JUnitCase(name.strip(), text=f"WARNING: {sentence}")
