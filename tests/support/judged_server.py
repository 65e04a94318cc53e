"""Probe and judge one test server: the whole way from a running program to findings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.judge.judge import judge
from harness.model import Finding, Transcript, Verdict
from harness.profile import ProbeSettings
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.registry import MCP
from tests.support.loopback import loopback, server_bundle
from tests.support.tokens import PlainTokens
from tests.support.verdicts import NEWEST, rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

TIMEOUT_S = 5.0
"""Only servers that never answer wait for it; long enough for a busy machine."""
LEAST_START_S = 20.0


async def talk(
    language: str,
    *arguments: str,
    revisions: Sequence[str] = (NEWEST,),
    path: str = "/mcp",
    timeout_s: float = TIMEOUT_S,
    folder: Path | None = None,
) -> Transcript:
    """The conversation with one server, of ``folder`` if it is a changed one."""
    async with loopback(language, *arguments, folder=folder) as pod:
        settings = ProbeSettings(tuple(revisions), timeout_s=timeout_s, start_s=max(timeout_s, LEAST_START_S))
        return await converse_http(pod, server_bundle(path), settings, PlainTokens())


def findings(transcript: Transcript, page_revision: str | None = NEWEST) -> tuple[Finding, ...]:
    return judge(transcript, rows(), MCP, page_revision=page_revision)


def violated(found: Sequence[Finding]) -> frozenset[str]:
    """Ids of everything violated, under whatever revision."""
    return frozenset(finding.requirement for finding in found if finding.verdict is Verdict.VIOLATED)


def is_busy() -> bool:
    """Whether other work on the machine can reach a deadline."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def violated_or_late(found: Sequence[Finding], expected: Collection[str]) -> frozenset[str]:
    """As :func:`violated`, with those of ``expected`` that a busy machine left open.

    A deadline that other work on the machine can reach gives ``inconclusive`` (never ``satisfied``), so on a busy
    machine, and only there, that is right as well.
    """
    verdicts = {id: {f.verdict for f in found if f.requirement == id} for id in expected}
    late = {id for id, seen in verdicts.items() if Verdict.INCONCLUSIVE in seen and Verdict.SATISFIED not in seen}
    return violated(found) | (late if is_busy() else set())
