"""``--format html``: one self-contained page for a run. Pure; the nightly site draws with the same parts."""

from harness.report.html.single import render

__all__ = ["render"]
