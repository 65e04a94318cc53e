"""``--format sarif``: SARIF 2.1.0 for code scanning. Pure.

One result for every violated finding by the text of the page's own revision, at the blamed lines, with the sentence
as related location and a verified fix where there is one. Baselined ones are suppressed with their reason. What we
could not judge is a notification, since it is no statement about the docs.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from extractor.base.text import one_line, visible
from extractor.model import Span
from harness.base.codec import encodable
from harness.base.escape import json_text
from harness.model import Status, Verdict
from harness.report.places import forge_path, primary, rules_path
from harness.report.sarif_rules import DRIFT, rule_descriptors
from harness.report.wording import baseline_sentence, drift_sentence, lost_sentence, missing_sentence, run_sentence
from harness.results.severity import ReportIndex, Severity, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import ExampleResult, Finding, Patch, Report

VERSION: Final = "2.1.0"
SCHEMA_URI: Final = "https://json.schemastore.org/sarif-2.1.0.json"
"""As the forge's own documentation writes it."""
ROOT: Final = "%SRCROOT%"
FINGERPRINT: Final = "docprobeFinding/v1"
LEVELS: Final = {
    Severity.BLOCKING: "error",
    Severity.WARNING: "warning",
    Severity.KNOWN: "warning",
    Severity.ADVISORY: "note",
}


def render(report: Report) -> str:
    """The SARIF log."""
    return json_text(json.dumps(encodable(_log(report)), indent=1, ensure_ascii=False)) + "\n"


def _log(report: Report) -> dict[str, Any]:
    rules = rule_descriptors(report)
    index = {rule["id"]: place for place, rule in enumerate(rules)}
    results = [*_finding_results(report), *_drift_results(report)]
    run = {
        "tool": {
            "driver": {
                "name": "docprobe",
                "version": report.version,
                "semanticVersion": report.version,
                "rules": rules,
            }
        },
        "automationDetails": {"id": "docprobe/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(example.status is Status.BLOCKED for example in report.examples),
                "exitCode": report.exit_code,
                "startTimeUtc": report.started,
                "toolExecutionNotifications": list(_notifications(report)),
                "toolConfigurationNotifications": list(_baseline_notifications(report)),
            }
        ],
        "properties": {"docsRoot": report.docs_root, "commit": report.commit, "snapshot": report.snapshot},
        "results": [result | {"ruleIndex": index[result["ruleId"]]} for result in results],
    }
    return {"$schema": SCHEMA_URI, "version": VERSION, "runs": [run]}


def _finding_results(report: Report) -> Iterator[dict[str, Any]]:
    index = ReportIndex.of(report)
    reasons = {(note.example, note.requirement): note.reason for note in report.baseline if note.kind == "known"}
    for example in report.examples:
        for finding in example.findings:
            if finding.verdict is not Verdict.VIOLATED or not is_own(finding, example):
                continue
            weight = index.severity(finding, example)
            result = _result(report, example, finding, LEVELS[weight])
            if weight is Severity.KNOWN:
                reason = visible(reasons[example.id, finding.requirement])
                result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
            yield result


def _result(report: Report, example: ExampleResult, finding: Finding, level: str) -> dict[str, Any]:
    text = _message(finding.summary)
    related = []
    if finding.statement is not None:
        related.append(
            _rule_location(report, finding.statement.span, 1, f"The sentence: {one_line(finding.statement.text)}")
        )
        text += f"\nThe specification says so [here](1): {_message(one_line(finding.statement.text))}"
    for number, span in enumerate(finding.blame[1:], len(related) + 1):
        related.append(_location(report, span, number, "Also to blame"))
    result: dict[str, Any] = {
        "ruleId": finding.requirement,
        "level": level,
        "kind": "fail",
        "message": {"text": text},
        "locations": [_location(report, primary(finding, example))],
        "relatedLocations": related,
        "partialFingerprints": {FINGERPRINT: fingerprint(example.id, finding.requirement, finding.revision)},
        "properties": {
            "example": example.id,
            "revision": finding.revision,
            "requirementLevel": finding.level.value,
            "basis": finding.basis.value,
            "gates": finding.gates,
            "evidence": list(finding.evidence),
        },
    }
    if finding.patch is not None:
        result["fixes"] = [_fix(report, finding.patch)]
    return result


def fingerprint(*parts: str) -> str:
    """What a finding is, apart from where its lines stand today: stable while its example keeps its id."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _message(text: str) -> str:
    """Text for a SARIF message: brackets that would read as an embedded link are escaped (SARIF 2.1.0, 3.11.6)."""
    plain = visible(text)
    return re.sub(r"([\[\]\\])", r"\\\1", plain) if "](" in plain else plain


def _artifact(path: str) -> dict[str, Any]:
    uri = quote(path, safe="/@!$&'()*+,;=~", errors="backslashreplace")
    return {"uri": uri, "uriBaseId": ROOT}


def _location(report: Report, span: Span, number: int | None = None, text: str | None = None) -> dict[str, Any]:
    return _location_at(forge_path(report, span.file), span, number, text)


def _rule_location(report: Report, span: Span, number: int | None = None, text: str | None = None) -> dict[str, Any]:
    """Of a sentence of the normative text, which may be in another tree."""
    return _location_at(rules_path(report, span.file), span, number, text)


def _location_at(path: str | None, span: Span, number: int | None, text: str | None) -> dict[str, Any]:
    """A location; without a path it names no file: none of the repository is meant."""
    location: dict[str, Any] = {}
    if path is not None:
        region = {"startLine": span.first, "endLine": span.last}
        location["physicalLocation"] = {"artifactLocation": _artifact(path), "region": region}
    if number is not None:
        location["id"] = number
    if text is not None:
        location["message"] = {"text": _message(text)}
    return location


def _fix(report: Report, patch: Patch) -> dict[str, Any]:
    """Whole lines are replaced: from the first column of the first line to the first column after the last."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in patch.edits:
        region = {"startLine": edit.span.first, "startColumn": 1, "endLine": edit.span.last + 1, "endColumn": 1}
        changes.setdefault(edit.span.file, []).append({"deletedRegion": region, "insertedContent": {"text": edit.text}})
    return {
        "description": {"text": _message(patch.description)},
        "artifactChanges": [
            {"artifactLocation": _artifact(forge_path(report, file)), "replacements": replacements}
            for file, replacements in changes.items()
        ],
    }


def _drift_results(report: Report) -> Iterator[dict[str, Any]]:
    for entry in report.drift:
        span = entry.nearest.span if entry.nearest else Span(entry.page, 1, 1)
        yield {
            "ruleId": DRIFT,
            "level": "error" if entry.gates else "warning",
            "kind": "fail",
            "message": {"text": _message(f"{entry.requirement} ({entry.revision}): {drift_sentence(entry)}")},
            "locations": [_rule_location(report, span)] if rules_path(report, span.file) is not None else [],
            "partialFingerprints": {FINGERPRINT: fingerprint(DRIFT, entry.requirement, entry.revision)},
        }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    for example in report.examples:
        if example.status is Status.BLOCKED:
            told = [f"{example.id} could not be judged: {example.reason or ''}", *map(run_sentence, example.runs)]
            where = [_location(report, span) for span in example.spans[:1]]
            yield {"level": "error", "message": {"text": visible("\n".join(told))}, "locations": where}
    for lost in report.lost:
        where = [_location(report, Span(lost.page, lost.line, lost.line))]
        yield {"level": "error", "message": {"text": visible(lost_sentence(lost))}, "locations": where}
    if report.missing_shards:
        yield {"level": "error", "message": {"text": missing_sentence(report)}}
    for problem in report.problems:
        where = [_location(report, problem.span)] if problem.span is not None else []
        yield {"level": "warning", "message": {"text": visible(problem.message)}, "locations": where}


def _baseline_notifications(report: Report) -> Iterator[dict[str, Any]]:
    """What the baseline lists wrongly: it is about docprobe's configuration, not about a line of the docs."""
    for note in report.baseline:
        if note.kind != "known":
            level = "error" if note.gates else "warning"
            yield {"level": level, "message": {"text": visible(baseline_sentence(note))}}
