"""A badge: one line of state for a README. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base.escape import xml_attribute, xml_text
from harness.report.wording import plural
from harness.results.counts import count

if TYPE_CHECKING:
    from harness.model import Report

CHARACTER_WIDTH: Final = 6.6
"""Pixels of an average character at 11 px; text is stretched to fit, so that any font looks right."""


def badge(report: Report) -> str:
    """The state of ``report`` as an SVG of 20 pixels height that needs nothing from anywhere."""
    state, color = _state(report)
    left, right = _width("docprobe"), _width(state)
    total, title = left + right, xml_attribute(f"docprobe: {state}")
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
<clipPath id="r"><rect width="{total}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#424a53"/>\
<rect x="{left}" width="{right}" height="20" fill="{color}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
<text x="{left / 2}" y="14" textLength="{left - 12}">docprobe</text>
<text x="{left + right / 2}" y="14" textLength="{right - 12}">{xml_text(state)}</text>
</g></svg>
"""


def _state(report: Report) -> tuple[str, str]:
    found = count(report)
    if report.exit_code == 1:
        told = plural(found.blocking, "finding") + " gating" if found.blocking else "failing"
        return told, "#b3261e"
    if report.exit_code == 3:
        return "incomplete", "#8a4b00"
    if report.exit_code != 0:
        return "interrupted", "#57606a"
    warnings = found.violated_must + found.violated_should
    return (f"passing, {plural(warnings, 'warning')}", "#8a6100") if warnings else ("passing", "#1a7f37")


def _width(text: str) -> int:
    return round(len(text) * CHARACTER_WIDTH) + 12
