"""Text from docs, packages and servers is hostile: how it is written into each output.

Every function here is pure and total: any ``str`` goes in, lone surrogates and NUL included. What a function gives is
safe in the one place its name says, and nowhere else.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final
from xml.sax.saxutils import escape as xml_entities

_JOINERS: Final = "\u200c\u200d"
"""Invisible, but part of the spelling of Persian words and of emoji."""
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing, or move what is drawn: controls, bidirectional overrides, surrogates, tags."""
_BEYOND_ASCII: Final = re.compile(r"[^\x20-\x7e\n]")
_RUNNER_LEGACY: Final = re.compile(r"##(?=[\w.]*\[)")
"""``##[error]`` and ``##vso[…]`` are commands to CI runners wherever they stand in a line."""
_RUNNER: Final = re.compile(r"(?m)^([^\S\n]*)::")
"""``::error::`` is a command where it starts a line, white space aside."""
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]~|$])")
_MARKDOWN_START: Final = re.compile(r"^(?=[-+=#])|(?<=^\d)(?=[.)])|(?<=^\d\d)(?=[.)])")
"""Where a line could start a list, a heading or an underline."""
_LINKING: Final = re.compile(r"(://|\bwww\.|@|#(?=\d))")
"""What GitHub's Markdown turns into a link or a mention with no markup at all."""


def visible(text: str) -> str:
    r"""``text`` for a person's eyes: controls and invisible characters are spelt out (``\x1b``, ``\u202e``).

    Line feeds stay, CR LF becomes one, tabs become four spaces.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        # nearly all text is plain, and reports hold megabytes of it
        return text
    return _BEYOND_ASCII.sub(_spelt, text.replace("\r\n", "\n").replace("\t", "    "))


def _spelt(found: re.Match[str]) -> str:
    char = found.group()
    if char in _JOINERS or unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str, limit: int | None = None) -> str:
    """:func:`visible` on one line, white space folded; cut to ``limit`` characters with an ellipsis."""
    # what is spelt out only grows, so nothing beyond the limit can come into sight, white space apart
    folded = " ".join(visible(text if limit is None else text[: 8 * limit]).split())
    if limit is not None and len(folded) > limit:
        return folded[: max(limit - 1, 0)].rstrip() + "…"
    return folded


def defused(text: str) -> str:
    """Printed lines that no CI runner takes for a command: one space breaks ``::error::`` and ``##[error]``."""
    return _RUNNER_LEGACY.sub("# #", _RUNNER.sub(r"\1: :", text))


def json_text(document: str) -> str:
    r"""An encoded JSON document with what a terminal or a runner would obey as ``\uXXXX``: the values are the same."""
    return _RUNNER_LEGACY.sub(r"#\\u0023", _BEYOND_ASCII.sub(_json_spelt, document))


def _json_spelt(found: re.Match[str]) -> str:
    char = found.group()
    if char in _JOINERS or unicodedata.category(char) not in _HIDDEN:
        return char
    return json.dumps(char)[1:-1] if char != "\x7f" else r"\u007f"


def xml_text(text: str) -> str:
    """Character data of XML 1.0: :func:`visible`, then entities; runner commands are broken by entities too."""
    entities = xml_entities(visible(text))
    return _RUNNER_LEGACY.sub("&#35;#", _RUNNER.sub(r"\1&#58;:", entities))


def xml_attribute(text: str) -> str:
    """The inside of a double-quoted XML attribute, on one line."""
    return xml_text(one_line(text)).replace('"', "&quot;")


def html_value(text: str) -> str:
    """Text of an HTML element, or the inside of a quoted attribute: :func:`xml_text` with quotes as entities."""
    return xml_text(text).replace('"', "&#34;").replace("'", "&#39;")


def github_data(text: str) -> str:
    """The message of a workflow command: line ends and per cent signs encoded as the runner decodes them."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: str) -> str:
    """A property of a workflow command (``file=``, ``title=``)."""
    return github_data(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def markdown_text(text: str) -> str:
    """Inline Markdown that renders as ``text`` and nothing else: no markup, HTML, link, mention or table cell."""
    return _MARKDOWN_START.sub(r"\\", _MARKDOWN.sub(r"\\\1", html_text(text)))


def html_text(text: str) -> str:
    """Text inside an HTML element of a Markdown page, where Markdown's own escapes are not read."""
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return _LINKING.sub(_unlinked, plain)


def _unlinked(found: re.Match[str]) -> str:
    match found.group():
        case "://":
            return ":<!-- -->//"
        case "www.":
            return "www<!-- -->."
        case mention:
            return f"{mention}<!-- -->"


def markdown_code(text: str) -> str:
    """An inline code span, also safe in a table cell."""
    plain = one_line(text) or " "
    ticks = "`" * (_longest_run(plain, "`") + 1)
    padding = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{padding}{plain}{padding}{ticks}".replace("|", r"\|")


def markdown_fence(text: str, language: str = "text") -> str:
    """A fenced block whose fence no line of ``text`` can close."""
    plain = defused(visible(text)).rstrip("\n")
    fence = "`" * max(3, _longest_run(plain, "`") + 1)
    return f"{fence}{language}\n{plain}\n{fence}"


def _longest_run(text: str, char: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(char)}+", text)), default=0)
