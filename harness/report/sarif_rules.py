"""Requirements as SARIF rules. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.base.escape import markdown_text
from harness.model import MUST_LIKE, SHOULD_LIKE, Basis

if TYPE_CHECKING:
    from harness.model import Report, Requirement

DRIFT: Final = "normative-text.drift"
"""The one rule that is no requirement of the catalogue."""
DRIFT_TITLE: Final = "The sentence that a check stands on has changed"


def rule_descriptors(report: Report) -> list[dict[str, Any]]:
    """The rules of a run: the catalogue's rows, whatever else its findings name, and drift."""
    rules = [_rule(row) for row in report.requirements]
    named = {rule["id"] for rule in rules}
    others = {finding.requirement for example in report.examples for finding in example.findings} - named
    rules += [_plain_rule(name, name, name) for name in sorted(others)]
    return [*rules, _plain_rule(DRIFT, DRIFT_TITLE, "A verdict by a sentence that changed is in doubt.")]


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
