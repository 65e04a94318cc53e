"""Every output format by name. A new one is a file with a pure ``render(report)``, a line here and a golden."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.report import terminal
from harness.report.blocks import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from harness.model import Report

MODULES: Final[Mapping[str, str]] = {
    "terminal": "harness.report.terminal",
    "json": "harness.report.json",
    "junit": "harness.report.junit",
    "sarif": "harness.report.sarif",
    "github": "harness.report.github",
    "markdown": "harness.report.markdown",
    "html": "harness.report.html",
}
"""Name to module; its ``render`` is ``(Report) -> str``. Modules are imported when they are used."""
NAMES: Final = tuple(MODULES)


def render(name: str, report: Report, *, console: Console | None = None, links: str | None = None) -> str:
    """``report`` in the format called ``name``.

    Args:
        name: one of ``NAMES``.
        report: what to write.
        console: where a terminal report will be shown: gives width and colour; None is a file.
        links: URI of the docs root, for links in a terminal report; None for none.

    Raises:
        UsageError: there is no such format.
    """
    if name not in MODULES:
        raise UsageError(f"unknown format '{name}'", suggestion(name, NAMES))
    if name == "terminal":
        return terminal.render(report, look_of(console, links))
    renderer: Callable[[Report], str] = import_module(MODULES[name]).render
    return renderer(report)


def look_of(console: Console | None, links: str | None = None) -> Look:
    """How a terminal report is drawn on ``console``: no colour in a pipe or with NO_COLOR, links on terminals only."""
    if console is None or not console.is_terminal or console.is_dumb_terminal:
        return Look(width=max(console.width, 80) if console is not None else 100)
    return Look(width=max(console.width, 80), color=not console.no_color, links=links)
