"""The conversation with one fake agent, and its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from harness.judge.judge import judge
from harness.model import Verdict
from harness.profile import ProbeSettings
from harness.profiles.a2a.probe import A2aProbe
from harness.profiles.registry import A2A
from harness.spec.bind import bind
from tests.support.local_pod import bundle, local_pod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.engine.protocol import Pod
    from harness.model import Finding, Transcript

    from .agent_app import FakeAgent

REVISION = "1.0"
SETTINGS = ProbeSettings(revisions=(REVISION,), timeout_s=5.0, start_s=20.0)
"""Only an agent that never answers waits for them; long enough for a busy machine."""


async def talk(agent: FakeAgent, *paths: str) -> Transcript:
    async with local_pod(agent.app) as pod:
        return await A2aProbe(bundle(*paths)).converse(cast("Pod", pod), SETTINGS, lambda text: None)


def findings(transcript: Transcript) -> tuple[Finding, ...]:
    rows = tuple(bind((), (), A2A.catalogue.requirements).requirements.values())
    return judge(transcript, rows, A2A, page_revision=REVISION)


def with_verdict(found: Sequence[Finding], verdict: Verdict) -> set[str]:
    return {finding.requirement for finding in found if finding.verdict is verdict}
