"""``--format terminal``, and what else is drawn with the same blocks: ``explain`` and failures under pytest.

``look`` holds width and colours, ``details`` draws a finding and an example, ``sections`` everything else of a report,
``render`` the whole report, ``explain`` everything that is known of an example or a requirement.
"""

from harness.report.terminal.render import render

__all__ = ["render"]
