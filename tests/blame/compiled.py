"""Pages in languages that are read and not traced: what is blamed for each fault that is marked in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.judge.blame.blame import blame
from harness.judge.blame.evidence import Evidence
from harness.model import BlameSource
from harness.profiles.registry import MCP
from tests.support.broken_code import bundle_of, exchange, transcript_of, violation
from tests.support.golden import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Exchange

FILES = {"Go": "server.go", "Rust": "server.rs", "Java": "Server.java", "Kotlin": "Server.kt"}
"""By language; in each the same eight faults are marked, and nothing else is wrong."""
_MARK = re.compile(r"\s*// WRONG (?P<requirement>\S+) (?P<status>\d+)$")
_METHODS = {"get.sse-or-405": "GET"}
_BODIES = {"post.notification-202": '{"jsonrpc": "2.0", "method": "notifications/initialized"}'}


@dataclass(frozen=True)
class Read:
    """What is blamed for one fault of one page."""

    language: str
    requirement: str
    line: int
    """That is wrong."""
    lines: tuple[int, ...]
    """That are blamed."""

    @property
    def is_right(self) -> bool:
        """Whether the wrong line is among those that are blamed."""
        return self.line in self.lines


def reads(language: str) -> Iterator[Read]:
    """What is blamed for every fault of the page of a language."""
    marked = (FIXTURES / "blame" / FILES[language]).read_text("utf-8").split("\n")
    # nothing may be read off the marks
    bundle = bundle_of("\n".join(_MARK.sub("", line) for line in marked), FILES[language])
    for number, line in enumerate(marked, 1):
        if (mark := _MARK.search(line)) is not None:
            rule = MCP.catalogue.rule(mark["requirement"])
            fault = _asked(mark["requirement"], int(mark["status"]))
            evidence = [fault] if fault is not None else []
            found = blame(rule, violation(mark["requirement"], *evidence), Evidence(transcript_of(*evidence), bundle))
            assert found.basis is None or found.basis.by is BlameSource.READING
            lines = tuple(at for span in found.lines for at in range(span.first, span.last + 1))
            yield Read(language, mark["requirement"], number, lines)


def _asked(requirement: str, status: int) -> Exchange | None:
    """The request that showed it; None if it was not one."""
    body = _BODIES.get(requirement, '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}')
    method = _METHODS.get(requirement, "POST")
    asked = replace(exchange(1, status), method=method, body=body if method == "POST" else "")
    return asked if status else None


def compiled_table() -> list[str]:
    """The figures by language, as lines."""
    lines = [f"{'read only':<12}{'faults':>9}{'in range':>10}"]
    for language in FILES:
        found = list(reads(language))
        lines.append(f"{language:<12}{len(found):>9}{sum(one.is_right for one in found):>10}")
    return lines
