"""Every output format. A new one is a file with a pure ``render(report)``, a line here and a golden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

from extractor.base.errors import internal_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model import Report
    from harness.report.terminal.look import Look


@dataclass(frozen=True, slots=True)
class Format:
    """One output format."""

    name: str
    """As in ``--format NAME``."""
    module: str
    """Imported when the format is used: asking for help imports none of them. Its ``render`` is ``(Report) -> str``."""
    whole: bool
    """Whether it is one document: with anything before or after it, a program cannot read it."""


FORMATS: Final = (
    Format("terminal", "harness.report.terminal", whole=False),
    Format("json", "harness.report.json", whole=True),
    Format("junit", "harness.report.junit", whole=True),
    Format("sarif", "harness.report.sarif", whole=True),
    Format("github", "harness.report.github", whole=False),
    Format("markdown", "harness.report.markdown", whole=False),
    Format("html", "harness.report.html", whole=True),
)
BY_NAME: Final = {format.name: format for format in FORMATS}


def render(name: str, report: Report, look: Look | None = None) -> str:
    """Return ``report`` in the format called ``name``.

    Args:
        name: of one of ``FORMATS``.
        report: what to write.
        look: how a terminal report is drawn; other formats have no use for it.
    """
    module = import_module(BY_NAME[name].module)
    if name == "terminal":
        drawn: Callable[[Report, Look | None], str] = module.render
        return drawn(report, look)
    renderer: Callable[[Report], str] = module.render
    return renderer(report)


def undrawable(name: str, report: Report, look: Look | None = None) -> dict[str, str]:
    """Return the examples on which a format fails, by id, each with the internal error; arguments as for ``render``.

    None if it fails without any example too: then it is the format's fault.
    """
    failed: dict[str, str] = {}
    try:
        render(name, replace(report, examples=()), look)
    except Exception:
        return failed
    for example in report.examples:
        try:
            render(name, replace(report, examples=(example,)), look)
        except Exception as error:
            failed[example.id] = internal_error(error)
    return failed
