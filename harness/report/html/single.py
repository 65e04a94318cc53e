"""``--format html``: one self-contained page. A pure function of the report."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness.base.codec import encodable
from harness.report.html.cases import case_page
from harness.report.html.environment import environment
from harness.report.html.matrix import sheets
from harness.report.html.naming import case_slug
from harness.report.html.pages import POLICY, has_page, summary
from harness.results.distinct import distinct_examples

if TYPE_CHECKING:
    from harness.model import Report


def render(report: Report) -> str:
    """The report as one HTML page: no file beside it, no request, no library.

    Exchanges are tables here; the nightly site (``docprobe report``) draws them as sequence diagrams, too.
    """
    style, script = static("style.css"), static("app.js")
    shown = {text.shown.id for text in distinct_examples(report)}
    cases = tuple(
        (case_page(example, report), f"{case_slug(example.id)}--", example.id in shown)
        for example in report.examples
        if has_page(example)
    )
    text = (
        environment()
        .get_template("single.html")
        .render(
            report=report,
            policy=POLICY.format(script=_hash(script), style=_hash(style)),
            style=Markup(style),
            script=Markup(script),
            sheets=sheets(report, frozenset(), frozenset()),
            cases=cases,
            root="",
            **summary(report),
        )
    )
    made: str = encodable(text)
    return made


@cache
def static(name: str) -> str:
    """A file of docprobe's own that pages use."""
    return (files("harness.report.html") / "static" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
