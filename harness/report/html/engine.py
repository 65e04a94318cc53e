"""The template engine. Everything that is written through it is hostile until it went through here."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.base.escape import html_value
from harness.report.html.signs import SIGNS, verdict_words

if TYPE_CHECKING:
    from jinja2 import BaseLoader


_CODE: Final = re.compile(r"`([^`]+)`")


@cache
def templates() -> Environment:
    """Return the templates of the single page, and the parts that all pages share."""
    return environment(shared_templates())


def shared_templates() -> BaseLoader:
    """Return the loader of the templates that all pages share."""
    return PackageLoader("harness.report.html")


def environment(loader: BaseLoader) -> Environment:
    """Return an engine with autoescape on: controls are spelt out, and no line is a command to a CI runner."""
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    made.filters["verdict_words"] = verdict_words
    made.filters["night"] = night_words
    made.filters["coded"] = coded
    made.globals["signs"] = SIGNS
    return made


def shown(value: Any) -> Markup:
    """Return any value as it is shown. Markup, which only templates make, stays as it is."""
    return value if isinstance(value, Markup) else Markup(html_value(str(value)))


def coded(text: str) -> Markup:
    """Return a text as it is shown, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(shown(text))))


def night_words(started: str) -> str:
    """Return ``2026-11-22 03:00 UTC`` for an ISO time."""
    day, _, time = started.partition("T")
    return f"{day} {time[:5]} UTC" if time else started
