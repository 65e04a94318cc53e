"""``--format html``: one self-contained page. A pure function of the report."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.base.codec import encodable
from harness.report.html.engine import templates
from harness.report.html.example_page import example_page, has_page
from harness.report.html.matrix import sheets
from harness.report.html.naming import case_slug
from harness.report.html.overview import POLICY, overview
from harness.report.views import ReportView

if TYPE_CHECKING:
    from harness.model import Report


def render(report: Report) -> str:
    """Return the report as one HTML page: no file beside it, no request, no library."""
    view = ReportView.of(report)
    style, script = static("style.css"), static("app.js")
    shown = {distinct.shown.id for distinct, _ in view.distinct}
    cases = tuple(
        (example_page(example, view), f"{case_slug(example.id)}--", example.id in shown)
        for example in report.examples
        if has_page(example)
    )
    text: str = encodable(
        templates()
        .get_template("single.html")
        .render(
            report=report,
            policy=POLICY.format(script=_hash(script), style=_hash(style)),
            style=Markup(style),
            script=Markup(script),
            sheets=sheets(view),
            cases=cases,
            root="",
            **overview(report),
        )
    )
    return text


@cache
def static(name: str) -> str:
    """Return a style sheet or script that is part of docprobe."""
    return (files("harness.report.html") / "static" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
