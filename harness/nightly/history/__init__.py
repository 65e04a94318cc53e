"""What was found in every night, in one SQLite file.

``schema`` holds the tables and migrates older files, ``record`` adds a night, ``compare`` finds its flips, ``cases``
keeps what both sides of a flip rest on, and ``queries`` answers the questions of the nightly report: trends, flips,
flakiness, and what changed between a pass and a failure.
"""

from harness.nightly.history.record import record

__all__ = ["record"]
