"""Refusing a version that the server does not support, and an Origin that is not its own, where no code does.

The versions are those that the page's own constants name, or, where none does, those that the server negotiated.
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from harness.profiles.mcp.messages import VERSION_HEADER
from harness.profiles.mcp.rules.accepted_values import accepted_values
from harness.profiles.mcp.rules.header_guards import GuardedHeader, guard_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from harness.model import Transcript
    from harness.rule import TextEdit

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_ORIGIN: Final = re.compile(r"https?://[^/\s]+")
_READ: Final = frozenset({"module", "program"})
"""Types of the roots of Python, and of JavaScript and TypeScript."""
_VERSION: Final = GuardedHeader(
    VERSION_HEADER.lower(),
    HTTPStatus.BAD_REQUEST,
    -32000,
    "Unsupported protocol version",
    {"module": ("protocol_version", "requested_version"), "program": ("protocolVersion", "requestedVersion")},
)
_MODERN: Final = replace(_VERSION, code=-32022, with_data=True)
"""The sessionless revisions have a code for it, and its data names the supported versions."""
_FOREIGN: Final = GuardedHeader(
    "origin",
    HTTPStatus.FORBIDDEN,
    -32000,
    "Origin not allowed",
    {"module": ("origin", "request_origin"), "program": ("origin", "requestOrigin")},
)


def guard_version(root: Node, transcript: Transcript) -> Iterator[TextEdit]:
    """Answer 400 to versions that the server does not support.

    Args:
        root: of a file.
        transcript: with the endpoint that was asked, and what the server negotiated.
    """
    if root.type in _READ and transcript.negotiated:
        accepted = accepted_values(root, transcript.negotiated, _DATE, "SUPPORTED_VERSIONS")
        yield from guard_header(root, _MODERN if transcript.modern else _VERSION, accepted, transcript)


def guard_origin(root: Node, origins: Sequence[str], transcript: Transcript) -> Iterator[TextEdit]:
    """Answer 403 to every Origin but some.

    Args:
        root: of a file.
        origins: the server's own.
        transcript: with the endpoint that was asked.
    """
    if root.type in _READ:
        accepted = accepted_values(root, origins, _ORIGIN, "ALLOWED_ORIGINS")
        yield from guard_header(root, _FOREIGN, accepted, transcript)
