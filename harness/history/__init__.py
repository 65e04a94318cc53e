"""What was found in every night, in one SQLite file.

``schema`` holds the tables and migrates older files, ``record`` adds a night, ``queries`` answers the questions of the
nightly report: trends, flips, flakiness, and what changed between a pass and a failure.
"""

from harness.history.record import record

__all__ = ["record"]
