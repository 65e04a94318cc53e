"""The template engine. Everything that is written through it is hostile until it went through here."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.base.escape import html_value
from harness.report.html.signs import SIGNS, verdict_words


@cache
def environment() -> Environment:
    """Templates with autoescape on; controls of any value are spelt out, and no line is a command to a CI runner."""
    made = Environment(
        loader=PackageLoader("harness.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    made.filters["verdict_words"] = verdict_words
    made.filters["night"] = night_words
    made.globals["signs"] = SIGNS
    return made


def shown(value: Any) -> Any:
    """A value as it is shown. Markup, which only templates make, stays as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return Markup(html_value(value))


def night_words(started: str) -> str:
    """``2026-11-22 03:00 UTC`` for an ISO time."""
    day, _, time = started.partition("T")
    return f"{day} {time[:5]} UTC" if time else started
