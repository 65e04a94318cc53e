"""Text from docs, packages and servers is hostile: how it is written into each output.

Every function here is pure and total: any ``str`` goes in, lone surrogates and NUL included. What a function gives is
safe in the one place its name says, and nowhere else.
"""

from __future__ import annotations

import html
import json
import re
from typing import Final

from extractor.base.text import is_hidden, one_line, visible

_BEYOND_ASCII: Final = re.compile(rb"[^\x20-\x7e\n][\x80-\xbf]*")
"""One character in UTF-8."""
_RUNNER_IN_JSON: Final = re.compile(rb"##(?=[\w.\x80-\xff]*\[)")
_RUNNER_LEGACY: Final = re.compile(r"##(?=[\w.]*\[)")
"""``##[error]`` and ``##vso[…]`` are commands to CI runners wherever they stand in a line."""
_RUNNER: Final = re.compile(r"(?m)^([^\S\n]*)::")
"""``::error::`` is a command where it starts a line, white space aside."""
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]~|$])")
_MARKDOWN_START: Final = re.compile(r"^(?=[-+=#])|(?<=^\d)(?=[.)])|(?<=^\d\d)(?=[.)])")
"""Where a line could start a list, a heading or an underline."""
_LINKING: Final = re.compile(r"(://|\bwww\.|@|#(?=\d))")
"""What GitHub's Markdown turns into a link or a mention with no markup at all."""


def defused(text: str) -> str:
    """Printed lines that no CI runner takes for a command: one space breaks ``::error::`` and ``##[error]``."""
    return _RUNNER_LEGACY.sub("# #", _RUNNER.sub(r"\1: :", text))


def json_text(document: str) -> str:
    """Return :func:`json_bytes` of a document that is a text."""
    return json_bytes(document.encode("utf-8", "surrogatepass")).decode("utf-8")


def json_bytes(document: bytes) -> bytes:
    r"""An encoded JSON document with what a terminal or a runner would obey as ``\uXXXX``: the values are the same."""
    return _RUNNER_IN_JSON.sub(rb"#\\u0023", _BEYOND_ASCII.sub(_json_spelt, document))


def _json_spelt(found: re.Match[bytes]) -> bytes:
    char = found.group().decode("utf-8", "surrogatepass")
    if not is_hidden(char):
        return found.group()
    return json.dumps(char)[1:-1].encode() if char != "\x7f" else rb"\u007f"


def inert_xml(document: str) -> str:
    """Return a serialised XML document in which no line is a command to a CI runner: entities break them."""
    return _RUNNER_LEGACY.sub("&#35;#", _RUNNER.sub(r"\1&#58;:", document))


def html_value(text: str) -> str:
    """Return text of an HTML element, or the inside of a quoted attribute; runner commands are broken by entities."""
    return inert_xml(html.escape(visible(text)))


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
