"""``--format terminal``, and what else is drawn with the same blocks: ``explain`` and failures under pytest.

``look`` says how things are drawn, ``blocks`` draws a finding and an example, ``sections`` what stands beside the
findings, ``render`` the whole report, ``explain`` everything that a report folds.
"""

from harness.report.terminal.render import render

__all__ = ["render"]
