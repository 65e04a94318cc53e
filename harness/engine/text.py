"""Text of strangers, made fit to be shown."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` with everything that is no printable character (escapes, controls, line ends) written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
