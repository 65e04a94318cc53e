"""Whole conversations with servers of chosen manners, and how tests look at them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.judge.judge import judge
from harness.model import (
    Failure,
    FailureKind,
    Transcript,
    Verdict,
)
from harness.profile import ProbeSettings
from harness.profiles.mcp.probes.converse_http import converse_http
from harness.profiles.registry import MCP
from tests.support.local_pod import LocalPod, bundle, local_pod
from tests.support.verdicts import rows

from .mcp_app import Manners, make

if TYPE_CHECKING:
    from collections.abc import Callable

    from extractor.model import Note
    from harness.model import Exchange

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "draft")
TIMEOUT_S = 20.0
"""More than a busy machine needs."""
TIMEOUT = Failure(FailureKind.TIMEOUT)
NEWEST = "2025-11-25"


async def hold(
    manners: Manners,
    *paths: str,
    pod: LocalPod | None = None,
    notes: tuple[Note, ...] = (),
    heard: Callable[[Transcript], None] = lambda so_far: None,
) -> Transcript:
    example = replace(bundle(*paths), notes=notes)
    async with local_pod(lambda: make(manners)) as local:
        settings = ProbeSettings(REVISIONS, timeout_s=TIMEOUT_S, start_s=60.0, heard=heard)
        return await converse_http(pod or local, example, settings, None)


def by_step(transcript: Transcript, revision: str | None = None) -> dict[str, Exchange]:
    return {e.step: e for e in transcript.exchanges if revision is None or e.revision == revision}


def judged(transcript: Transcript) -> dict[str, Verdict]:
    """Under the newest revision. That these servers take every Origin is all that is wrong with them."""
    found = judge(transcript, rows(), MCP, page_revision=NEWEST)
    return {f.requirement: f.verdict for f in found if f.revision == NEWEST}


def status(transcript: Transcript, *names: str) -> list[int | None]:
    found = by_step(transcript)
    return [found[name].status for name in names]
