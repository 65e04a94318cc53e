"""Text from docs, packages and servers, made safe to show: what draws nothing or moves the cursor is spelt out.

Every function is pure and accepts any ``str``, lone surrogates and NUL included.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Invisible, but part of the spelling of Persian words and of emoji."""
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing, or move what is drawn: controls, bidirectional overrides, surrogates, tags."""
_BEYOND_ASCII: Final = re.compile(r"[^\x20-\x7e]")
_LINE_SPACE: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def is_hidden(char: str) -> bool:
    """Return whether one character draws nothing or moves what is drawn."""
    return char not in _JOINERS and unicodedata.category(char) in _HIDDEN_CATEGORIES


def visible(text: str) -> str:
    r"""Return ``text`` for a person's eyes: hidden characters are spelt out (``\x1b``, ``\u202e``).

    Line feeds stay, CR LF becomes one, tabs become four spaces.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        # nearly all text is plain, and reports hold megabytes of it
        return text
    plain = text.replace("\r\n", "\n").replace("\t", "    ")
    return _BEYOND_ASCII.sub(lambda match: match[0] if match[0] == "\n" else _spelt(match[0]), plain)


def printable(text: str) -> str:
    r"""Return ``text`` on one line with every hidden character spelt out, line feeds (``\n``) and tabs included.

    Nothing is lost or folded: for names, paths and table cells.
    """
    if text.isascii() and text.isprintable():
        return text
    return _BEYOND_ASCII.sub(lambda match: _LINE_SPACE.get(match[0]) or _spelt(match[0]), text)


def one_line(text: str, limit: int | None = None) -> str:
    """Return :func:`visible` text on one line, white space folded.

    Args:
        text: any text.
        limit: characters to cut to, with an ellipsis; None for no limit.
    """
    # spelling out only adds characters, so what lies beyond the limit cannot appear, white space apart
    folded = " ".join(visible(text if limit is None else text[: 8 * limit]).split())
    if limit is not None and len(folded) > limit:
        return folded[: max(limit - 1, 0)].rstrip() + "…"
    return folded


def _spelt(char: str) -> str:
    if not is_hidden(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
