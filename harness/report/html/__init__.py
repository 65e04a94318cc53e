"""HTML: one self-contained page for a run, and the nightly site.

``single`` is the page of ``--format html``; ``site`` writes the site of ``docprobe report`` out of a report and the
history. Everything between is values made from the report by pure functions, and templates that draw them.
"""

from harness.report.html.single import render
from harness.report.html.site import build_site

__all__ = ["build_site", "render"]
