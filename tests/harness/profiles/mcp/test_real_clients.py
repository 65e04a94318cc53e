"""Clients on the real SDKs, running in pods against the scripted server: right ones, hasty ones, one that forgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest

from harness.model import Status, Verdict
from harness.run.connect import open_engine
from harness.run.execute import execute
from harness.run.planning import make_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from harness.model import Report

pytestmark = [pytest.mark.engine, pytest.mark.registry]

DOCS = Path(__file__).parents[3] / "fixtures" / "clients"
SCHEMA = DOCS.parent / "mcp" / "schema"
REINIT = "client.reinit-on-404"
DELETES = "client.deletes-session"
UNDECIDED = {REINIT: Verdict.INCONCLUSIVE}
"""A program may end on a 404."""
DIES = {REINIT: Verdict.VIOLATED}
"""It ends by an error that nothing catches: the SDK reports the 404 and starts no new session."""
CALLS = {"client.cancels-own": Verdict.NOT_APPLICABLE}
"""It cancels nothing, and calls a tool."""
QUIET = CALLS | {"client.no-undeclared-tasks": Verdict.NOT_APPLICABLE}
"""It cancels nothing, and calls no tool."""
NO_HTTP = dict.fromkeys(
    (
        "client.sends-session-id",
        REINIT,
        DELETES,
        "client.version-header",
        "client.version-value",
        "client.accepts-both",
        "client.get-accepts-stream",
        "client.posts-messages",
        "client.single-message",
    ),
    Verdict.NOT_APPLICABLE,
)
"""It starts its server, and speaks to it over stdio."""
EXPECTED: dict[str, dict[str, Verdict]] = {
    "over-stdio#python": NO_HTTP | CALLS,
    "over-stdio#typescript": NO_HTTP | QUIET,
    "over-stdio#javascript": NO_HTTP | QUIET | {"client.posts-initialized": Verdict.VIOLATED},
    "typescript-1#typescript": DIES | QUIET,
    "typescript-2#leave-politely": DIES | CALLS,
    "typescript-2#come-back": QUIET,
    "typescript-2#just-leave": DIES | QUIET | {DELETES: Verdict.VIOLATED},
    # it was stopped: what it would have done last stays unknown
    "typescript-2#stay": UNDECIDED | QUIET | {DELETES: Verdict.INCONCLUSIVE},
    "python-1#python": DIES | QUIET,
    "python-2#python": DIES | CALLS,
    "by-hand#javascript": UNDECIDED
    | QUIET
    # it sends no version at all, and opens no stream
    | {"client.version-value": Verdict.INCONCLUSIVE, "client.get-accepts-stream": Verdict.NOT_APPLICABLE}
    | dict.fromkeys(
        (
            "client.sends-session-id",
            "client.version-header",
            "client.accepts-both",
            "client.posts-initialized",
            DELETES,
        ),
        Verdict.VIOLATED,
    ),
}
"""Client rows of 2025-11-25 that are not satisfied, by example."""
BOTH_ERAS = {"python-2#python": ("2026-07-28",)}
"""Revisions without sessions that a client speaks of its own accord, by example."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run over all of them."""
    config = load_config(DOCS, environ={}, state=tmp_path_factory.mktemp("state"), jobs=2, schema=SCHEMA)
    return anyio.run(lambda: execute(make_plan(config), config, open_engine))


@pytest.mark.parametrize("name", EXPECTED)
def test_exactly_these_client_rows_are_not_satisfied(name: str, report: Report) -> None:
    (example,) = (example for example in report.examples if example.id.endswith(f"/{name}"))
    assert example.status is Status.JUDGED, example.reason
    assert example.negotiated == ("2025-11-25", *BOTH_ERAS.get(name, ()))
    rows = [finding for finding in example.findings if finding.requirement.startswith("client.")]
    sessionless = [finding for finding in rows if finding.revision != "2025-11-25"]
    assert bool(sessionless) is (name in BOTH_ERAS)
    assert [finding for finding in sessionless if finding.verdict is Verdict.VIOLATED] == []
    rows = [finding for finding in rows if finding.revision == "2025-11-25"]
    assert len(rows) == 14
    told = {finding.requirement: finding.verdict for finding in rows if finding.verdict is not Verdict.SATISFIED}
    assert told == EXPECTED[name]


def test_every_client_is_expected(report: Report) -> None:
    assert {example.id.rpartition("/")[2] for example in report.examples} == set(EXPECTED)
