"""``--format sarif``: SARIF 2.1.0 for code scanning. Pure.

One result for every violated finding by the text of the page's own revision, at the blamed lines, with the sentence
as related location and a proved fix where there is one. What the baseline accepts is suppressed with its reason. What
could not be checked is a notification, since it says nothing about the docs.
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
from harness.base.escape import json_text, markdown_text
from harness.judge.exit_code import unchecked_programs
from harness.model import MUST_LIKE, SHOULD_LIKE, BaselineKind, Basis, FindingChange, Status, Verdict
from harness.report.change_wording import drift_sentence, lost_sentence, unchecked_sentence
from harness.report.exit_wording import missing_sentence
from harness.report.locations import forge_path, primary, rules_path, start_of
from harness.report.views import ReportView
from harness.report.wording import baseline_sentence, run_sentence
from harness.results.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Patch, Report, Requirement
    from harness.report.views import FindingView

VERSION: Final = "2.1.0"
SCHEMA_URI: Final = "https://json.schemastore.org/sarif-2.1.0.json"
"""As the forge's own documentation writes it."""
ROOT: Final = "%SRCROOT%"
FINGERPRINT: Final = "docprobeFinding/v1"
LEVELS: Final = {
    Severity.BLOCKING: "error",
    Severity.WARNING: "warning",
    Severity.UNCHANGED: "warning",
    Severity.KNOWN: "warning",
    Severity.ADVISORY: "note",
}
BASELINE_STATES: Final = {
    FindingChange.INTRODUCED: "new",
    FindingChange.UNCHANGED: "unchanged",
    FindingChange.FIXED: "absent",
}
DRIFT: Final = "normative-text.drift"
"""The one rule that is not a requirement of the catalogue."""
DRIFT_TITLE: Final = "The sentence that a requirement is based on has changed"


def render(report: Report) -> str:
    """Return the SARIF log."""
    return json_text(json.dumps(encodable(_log(report)), indent=1, ensure_ascii=False)) + "\n"


def _log(report: Report) -> dict[str, Any]:
    rules = _rules(report)
    index = {rule["id"]: place for place, rule in enumerate(rules)}
    results = [*_finding_results(ReportView.of(report)), *_fixed_results(report), *_drift_results(report)]
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


def _rules(report: Report) -> list[dict[str, Any]]:
    """The rules of a run: the catalogue's rows, whatever else its findings name, and drift."""
    rules = [_rule(row) for row in report.requirements]
    named = {rule["id"] for rule in rules}
    others = {finding.requirement for example in report.examples for finding in example.findings} - named
    rules += [_plain_rule(name, name, name) for name in sorted(others)]
    return [*rules, _plain_rule(DRIFT, DRIFT_TITLE, "Verdicts that are based on a changed sentence are in doubt.")]


def _plain_rule(name: str, title: str, why: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": {"text": why},
        "defaultConfiguration": {"level": "error"},
    }


def _rule(row: Requirement) -> dict[str, Any]:
    by_text = any(basis is Basis.TEXT for basis in row.basis.values())
    levels = set(row.levels.values())
    level = "error" if by_text and levels & MUST_LIKE else "warning" if by_text and levels & SHOULD_LIKE else "note"
    parts = [("Effect", row.effect), ("Fix", row.fix), ("Avoid", row.avoid)]
    return {
        "id": row.id,
        "name": row.id,
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.effect},
        "help": {
            "text": "\n".join(f"{label}: {text}" for label, text in parts if text),
            "markdown": "\n\n".join(f"**{label}:** {markdown_text(text)}" for label, text in parts if text),
        },
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["documentation", row.side.value, *sorted({basis.value for basis in row.basis.values()})],
            "precision": "very-high" if by_text else "medium",
        },
    }


def _finding_results(view: ReportView) -> Iterator[dict[str, Any]]:
    for example in view.report.examples:
        for finding in example.findings:
            one = view.finding(finding, example)
            if finding.verdict is not Verdict.VIOLATED or not one.own:
                continue
            result = _result(view.report, one)
            if one.severity is Severity.KNOWN:
                reason = visible(view.index.accepted[example.id, finding.requirement])
                result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
            yield result


def _result(report: Report, view: FindingView) -> dict[str, Any]:
    finding, example = view.finding, view.example
    text = _message(finding.summary)
    related = []
    if finding.statement is not None:
        sentence = one_line(finding.statement.text)
        related.append(_rule_location(report, finding.statement.span, 1, f"The sentence: {sentence}"))
        text += f"\nThe specification requires it [here](1): {_message(sentence)}"
    for number, span in enumerate(finding.blame[1:], len(related) + 1):
        related.append(_location(report, span, number, "Also to blame"))
    place = primary(finding, example)
    result: dict[str, Any] = {
        "ruleId": finding.requirement,
        "level": LEVELS[view.severity],
        "kind": "fail",
        "message": {"text": text},
        "locations": [_location(report, place)] if place is not None else [],
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
    if finding.change is not None:
        result["baselineState"] = BASELINE_STATES[finding.change]
    if finding.patch is not None:
        result["fixes"] = [_fix(report, finding.patch)]
    return result


def _fixed_results(report: Report) -> Iterator[dict[str, Any]]:
    """Results that were there at the merge base and are gone: SARIF's ``absent``."""
    examples = {example.id: example for example in report.examples}
    for entry in report.compared.fixed if report.compared is not None else ():
        if not entry.whole or (example := examples.get(entry.example)) is None:
            continue
        yield {
            "ruleId": entry.requirement,
            "level": "none",
            "kind": "pass",
            "message": {"text": "Fixed by the change."},
            "locations": [_location(report, start_of(example))],
            "partialFingerprints": {FINGERPRINT: fingerprint(entry.example, entry.requirement, entry.revision)},
            "baselineState": BASELINE_STATES[FindingChange.FIXED],
        }


def fingerprint(*parts: str) -> str:
    """Return what a finding is, apart from where its lines stand today: stable while its example keeps its id."""
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
        region = {"startLine": edit.first, "startColumn": 1, "endLine": edit.last + 1, "endColumn": 1}
        changes.setdefault(edit.file, []).append({"deletedRegion": region, "insertedContent": {"text": edit.text}})
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
        state = {"baselineState": BASELINE_STATES[entry.change]} if entry.change is not None else {}
        yield state | {
            "ruleId": DRIFT,
            "level": "error" if entry.gates else "warning",
            "kind": "fail",
            "message": {"text": _message(f"{entry.requirement} ({entry.revision}): {drift_sentence(entry)}")},
            "locations": [_rule_location(report, span)] if rules_path(report, span.file) is not None else [],
            "partialFingerprints": {FINGERPRINT: fingerprint(DRIFT, entry.requirement, entry.revision)},
        }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    for example in report.examples:
        if example.status is Status.BLOCKED and not example.interrupted:
            lines = [f"{example.id} could not be checked: {example.reason or ''}", *map(run_sentence, example.runs)]
            where = [_location(report, span) for span in example.spans[:1]]
            yield _notification("error", "\n".join(lines), where)
    for entry in unchecked_programs(report):
        if entry.example.status is not Status.BLOCKED:
            where = [_location(report, span) for span in entry.example.spans[:1]]
            yield _notification("warning", unchecked_sentence(entry), where)
    for lost in report.lost:
        yield _notification("error", lost_sentence(lost), [_location(report, Span(lost.page, lost.line, lost.line))])
    if report.missing_shards:
        yield {"level": "error", "message": {"text": missing_sentence(report)}}
    for problem in report.problems:
        where = [_location(report, problem.span)] if problem.span is not None else []
        yield _notification("warning", problem.message, where)


def _notification(level: str, text: str, locations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"level": level, "message": {"text": visible(text)}, "locations": locations}


def _baseline_notifications(report: Report) -> Iterator[dict[str, Any]]:
    """What the baseline lists wrongly: it is about docprobe's configuration, not about a line of the docs."""
    for note in report.baseline:
        if note.kind is not BaselineKind.KNOWN:
            level = "error" if note.gates else "warning"
            yield {"level": level, "message": {"text": visible(baseline_sentence(note))}}
