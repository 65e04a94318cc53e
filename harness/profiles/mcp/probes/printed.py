"""An HTTP message as a page prints it: what is there, and what is plainly left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.base import jsonrpc

if TYPE_CHECKING:
    from extractor.model import Span

METHODS: Final = ("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD")
ELISIONS: Final = ("...", "…")
_HEADER: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*): ?(.*)")


@dataclass(slots=True)
class Printed:
    """One HTTP message as printed, being read."""

    span: Span
    method: str = ""
    target: str = ""
    status: int | None = None
    """None for a request; 0 for an answer whose status is not shown."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    names_mcp: bool = False
    """Whether the text calls it by the name of an MCP message."""

    @property
    def is_request(self) -> bool:
        """Whether it is a request."""
        return self.status is None

    @property
    def text(self) -> str:
        """The body."""
        return "\n".join(self.body).strip()

    @property
    def is_mcp(self) -> bool:
        """Whether it is recognisably MCP."""
        parsed = jsonrpc.messages(self.text) or ()
        return (
            self.names_mcp
            or any(name.lower().startswith("mcp-") for name, _ in self.headers)
            or any(message.get("jsonrpc") == "2.0" for message in parsed)
        )

    @property
    def elided(self) -> bool:
        """Whether something of it was plainly left out."""
        return any(dots in value for _, value in (*self.headers, ("", self.text)) for dots in ELISIONS)


Pair = tuple[Printed | None, Printed | None]
"""A request and its answer, either of which may not be printed."""


def add_header(message: Printed, line: str) -> bool:
    """Take ``Name: value``; False if the line is none."""
    match = _HEADER.fullmatch(line.strip())
    if match is None:
        return False
    message.headers.append((match.group(1), match.group(2).strip()))
    return True
