"""The nightly site: a folder of static pages that works from a file, from any web server, and with no network.

``write`` puts it on the disk, ``content`` makes the text of every page out of a report and the history, ``changes``,
``flips``, ``trends`` and ``coverage`` are the values that the templates draw, ``assets`` fetches the libraries.
"""

from harness.nightly.site.write import write_site

__all__ = ["write_site"]
