"""Fixes that are proved by running them: real programs, each with faults that the tutorial and its readers make."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.repair.prove import prove
from harness.run.observer import Silent
from harness.run.plan import make_plan
from harness.settings import load_config
from tests.harness.run.test_tracing import NODE_PAGE, PAGE, SAMPLE
from tests.support.program_pod import ProgramEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.repair.prove import Trial


async def trial_of(tmp_path: Path, page: str) -> Trial:
    docs = Path(shutil.copytree(SAMPLE, tmp_path / "docs"))
    (docs / PAGE).write_text(page)
    config = load_config(
        docs, state=tmp_path / "state", select=("traced",), baseline="none", timeout_s=60.0, jobs=1, trace=False
    )
    plan = make_plan(config)

    @asynccontextmanager
    async def connect(_: Any) -> AsyncIterator[Any]:
        yield ProgramEngine(tmp_path / f"pods-{next(numbers)}")

    numbers = iter(range(9))
    return await prove(plan, plan.only_runnable("traced"), config, connect, Silent())


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_missing_and_an_ended_id_in_one_branch_a_notification_and_a_get(tmp_path: Path) -> None:
    """Somebody changed the status of the whole branch to 404: the missing id is wrong now. Two more faults beside it."""
    page = NODE_PAGE.replace("  if (!session) return send(response, 400);\n", "").replace(
        '  if (!open.has(session)) {\n    console.error("who is it?");\n    send(response, LOST);\n    return;\n  }\n',
        "  if (!session || !open.has(session)) return send(response, 404);\n",
    )
    page = page.replace('"GET") return send(response, 405)', '"GET") return send(response, 403)')
    page = page.replace("message.id === undefined)", "message.id === undefined || !message.method)")
    trial = await trial_of(tmp_path, page)
    assert trial.unfitting == ("version.unsupported-400",)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {
        "session.missing-400", "post.notification-202", "get.sse-or-405",
    }  # fmt: skip
    (after,) = (new for _, new in trial.texts.values())
    changed = [line for line in after.split("\n") if line not in page.split("\n")]
    assert changed == [
        "  if (!session || !open.has(session)) return send(response, session ? 404 : 400);",
        '  if (request.method === "GET") return send(response, 405);',
        "  if (message.id === undefined || !message.method) return send(response, 202);",
    ]


@pytest.mark.processes
@pytest.mark.anyio
async def test_what_does_not_work_takes_nothing_from_what_does(tmp_path: Path) -> None:
    """Late responses get a result beside: 202 for notifications alone leaves the requirement violated."""
    page = NODE_PAGE.replace('"GET") return send(response, 405)', '"GET") return send(response, 403)')
    trial = await trial_of(tmp_path, page)
    assert trial.holds, (trial.remaining, trial.broken, trial.trouble)
    assert {requirement for requirement, _ in trial.fixed} == {"get.sse-or-405"}


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_fix_that_does_not_hold_is_not_offered(tmp_path: Path) -> None:
    """The number is in a constant: no fix fits, and that is told."""
    trial = await trial_of(tmp_path, NODE_PAGE.replace("send(response, 200);\n  send", "send(response, 202);\n  send"))
    assert not trial.holds
    assert "session.terminated-404" in trial.unfitting
