"""The proof of the catalogue: every wrong server is found for what it does wrong, and no right one is accused."""

from __future__ import annotations

import anyio
import pytest

from harness.model import Basis, Finding, Side, Verdict
from harness.profiles.registry import MCP
from tests.support.judged_server import findings, talk, violated_or_late
from tests.support.server_case import MODERN, NEWEST, OLDEST, Case
from tests.support.servers import CASES, GROUPS
from tests.support.verdicts import rows

pytestmark = pytest.mark.loopback
SERVERS = (Side.SERVER, Side.ANY_SERVER)
AT_ONCE = 6
"""Conversations side by side: they mostly wait."""


async def judged(case: Case) -> tuple[Finding, ...]:
    transcript = await talk(case.language, case.name, revisions=case.revisions, path=case.path)
    return findings(transcript, page_revision=case.revisions[-1])


async def judge_all(cases: tuple[Case, ...]) -> dict[Case, tuple[Finding, ...]]:
    found: dict[Case, tuple[Finding, ...]] = {}
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(case: Case) -> None:
        async with limiter:
            found[case] = await judged(case)

    async with anyio.create_task_group() as tasks:
        for case in cases:
            tasks.start_soon(one, case)
    return found


@pytest.mark.parametrize("group", GROUPS)
def test_exactly_these_ids_are_violated(group: str) -> None:
    cases = GROUPS[group]
    found = anyio.run(judge_all, cases)
    seen = {f"{case} {case.revisions}": sorted(violated_or_late(found[case], case.violated)) for case in cases}
    assert seen == {f"{case} {case.revisions}": sorted(case.violated) for case in cases}


def test_every_row_is_satisfied_by_a_right_server() -> None:
    cases = (
        Case("python", "Server", revisions=(OLDEST,)),
        Case("python", "AuthorizedScopes"),
        Case("python", "StructuredTools"),
        Case("python", "Tasks"),
        Case("python", "Guides"),
        Case("python", "LogsRequests"),
        Case("python", "GivesUpItsPing"),
        Case("python", "Adds"),
        Case("python", "ModernFiles", revisions=(MODERN,)),
        Case("python", "Prompts"),
        Case("python", "AsksByUrl"),
        Case("python", "EqualNotifications"),
        Case("python", "Polled"),
        Case("python", "Resumable"),
        Case("python", "Delete405"),
        Case("python", "AuthorizedModern", revisions=(MODERN,)),
        Case("python", "AuthorizedBaskets", revisions=(MODERN,)),
        Case("python", "ModernFeatures", revisions=(MODERN,)),
        Case("python", "ModernAsking", revisions=(MODERN,)),
        Case("python", "ModernRegions", revisions=(MODERN,)),
        Case("python", "ModernRows", revisions=(MODERN,)),
        Case("python", "ModernLevels", revisions=(MODERN,)),
    )
    found = anyio.run(judge_all, cases)
    satisfied = {f.requirement for case in cases for f in found[case] if f.verdict is Verdict.SATISFIED}
    asked = {row.id for row in MCP.catalogue.requirements if row.side in SERVERS} | {"revision.match"}
    assert asked - satisfied == set()


def test_many_right_servers() -> None:
    assert len([case for case in CASES if not case.violated]) >= 25


def test_one_finding_per_row_of_every_negotiated_revision() -> None:
    revisions = (OLDEST, NEWEST, MODERN)

    async def run() -> tuple[Finding, ...]:
        return findings(await talk("python", "DualEra", revisions=revisions), page_revision=NEWEST)

    found = anyio.run(run)
    seen = [(finding.requirement, finding.revision) for finding in found]
    expected = [
        (bound.requirement.id, bound.revision)
        for bound in rows()
        if (bound.requirement.side in SERVERS and bound.revision in revisions)
        or (bound.requirement.id == "revision.match" and bound.revision == NEWEST)
    ]
    assert seen == sorted(expected, key=expected.index)
    assert len(seen) == len(set(seen))


def test_only_the_pages_revision_gates() -> None:
    async def run(page_revision: str | None) -> set[str]:
        transcript = await talk("python", "DualEraSessionFault", revisions=(NEWEST, MODERN))
        return {f.requirement for f in findings(transcript, page_revision) if f.gates}

    assert anyio.run(run, NEWEST) == {"session.terminated-404"}
    assert anyio.run(run, MODERN) == set()
    assert anyio.run(run, None) == set(), "the newest negotiated is 2026-07-28"


@pytest.mark.parametrize(
    ("name", "basis", "gates"),
    [
        ("Ended400", Basis.TEXT, True),
        ("EndedLivesOn", Basis.INTERPRETATION, True),
        ("OriginServed", Basis.TEXT, True),
        ("OriginServedAtInitialize", Basis.TEXT, True),
        ("Unknown400", Basis.INTERPRETATION, False),
        ("Missing404", Basis.TEXT, False),
        ("DeleteEndsAll", Basis.ADVICE, False),
    ],
)
def test_basis_and_gate(name: str, basis: Basis, gates: bool) -> None:
    found = [f for f in anyio.run(judged, Case("python", name)) if f.verdict is Verdict.VIOLATED]
    assert [(f.basis, f.gates) for f in found] == [(basis, gates)]
