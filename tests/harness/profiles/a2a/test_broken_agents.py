"""The proof of the catalogue: every wrong agent is found for what it does wrong, and no right one is accused."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from harness.model import Side, Verdict
from harness.profiles.registry import A2A
from tests.support.loaded import under_load

from .agent_app import FakeAgent
from .conversations import findings, talk, with_verdict

pytestmark = pytest.mark.loopback
AT_ONCE = 8

RIGHT = {
    "right": FakeAgent,
    "without streaming": lambda: FakeAgent(streaming=False),
    "messages only": lambda: FakeAgent(makes_tasks=False),
    "extended card": lambda: FakeAgent(extended=True),
    "below a path": lambda: FakeAgent(path="/agents/fake"),
    "names its future place": lambda: FakeAgent(path="/a2a", declared_url="https://agent.example.com/a2a"),
}


def broken(*faults: str, **kind: bool) -> FakeAgent:
    return FakeAgent(frozenset(faults), **kind)  # type: ignore[arg-type]


BROKEN = {
    "card.available": lambda: broken("no-card"),
    "card.valid": lambda: broken("card-text"),
    "card.required-fields": lambda: broken("card-field"),
    "card.interface-url": lambda: FakeAgent(frozenset({"interface-url"}), path="/a2a"),
    "json.camel-case": lambda: broken("snake-case"),
    "card.cache-control": lambda: broken("no-cache-control"),
    "card.etag": lambda: broken("no-etag"),
    "card.extended-unsupported": lambda: broken("extended-anyway"),
    "card.extended-authenticated": lambda: broken("extended-for-all", extended=True),
    "message.blocking": lambda: broken("unfinished"),
    "message.unknown-task": lambda: broken("unknown-task"),
    "message.foreign-context": lambda: broken("foreign-context"),
    "version.unsupported": lambda: broken("any-version"),
    "version.empty": lambda: broken("empty-version"),
    "json.enum-names": lambda: broken("enum-names"),
    "json.timestamps": lambda: broken("timestamps"),
    "task.unique-ids": lambda: broken("same-ids"),
    "task.not-found": lambda: broken("cancel-unknown"),
    "task.cancel-finished": lambda: broken("cancel-finished"),
    "list.next-page-token": lambda: broken("no-page-token"),
    "list.no-artifacts": lambda: broken("artifacts"),
    "stream.established": lambda: broken("stream-as-json"),
    "stream.begins-with-task": lambda: broken("update-first"),
    "stream.one-message": lambda: broken("two-messages", makes_tasks=False),
    "stream.closes": lambda: broken("stays-open"),
    "stream.unsupported": lambda: broken("streams-anyway", streaming=False),
    "push.unsupported": lambda: broken("push-create"),
    "error.returned": lambda: broken("unknown-method"),
    "error.payload": lambda: broken("error-without-message"),
    "error.detail-type": lambda: broken("detail-without-type"),
    "http.media-type": lambda: broken("media-type"),
}
"""By the id of what is violated, and nothing else is."""
FURTHER = {
    "stream.closes: goes on": (lambda: broken("goes-on"), {"stream.closes"}),
    "task.not-found: get": (lambda: broken("get-unknown"), {"task.not-found"}),
}


async def _violated(makers: dict[str, object]) -> dict[str, tuple[set[str], set[str]]]:
    """What each agent violates, and what it satisfies."""
    seen: dict[str, tuple[set[str], set[str]]] = {}
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(name: str, make: object) -> None:
        async with limiter:
            found = findings(await talk(make()))  # type: ignore[operator]
        seen[name] = (with_verdict(found, Verdict.VIOLATED), with_verdict(found, Verdict.SATISFIED))

    async with anyio.create_task_group() as tasks:
        for name, make in makers.items():
            tasks.start_soon(one, name, make)
    return seen


def test_right_agents_violate_nothing_and_satisfy_every_row() -> None:
    seen = anyio.run(_violated, RIGHT)
    assert {name: violated for name, (violated, _) in seen.items() if violated} == {}
    rows = {row.id for row in A2A.catalogue.requirements if row.side is Side.SERVER}
    assert rows - {id for _, satisfied in seen.values() for id in satisfied} == set()


def test_each_broken_agent_violates_its_row_and_no_other() -> None:
    assert BROKEN.keys() == {row.id for row in A2A.catalogue.requirements if row.side is Side.SERVER}
    cases = {**BROKEN, **{name: make for name, (make, _) in FURTHER.items()}}
    seen = {name: violated for name, (violated, _) in anyio.run(_violated, cases).items()}
    expected = {**{id: {id} for id in BROKEN}, **{name: ids for name, (_, ids) in FURTHER.items()}}
    assert seen == expected


@pytest.mark.parametrize("name", ["right", "without streaming", "extended card"])
def test_load_accuses_a_right_agent_of_nothing(name: str) -> None:
    whole = anyio.run(talk, RIGHT[name]())
    for step, loaded in under_load(whole):
        assert (step, with_verdict(findings(loaded), Verdict.VIOLATED)) == (step, set())


def test_a_stream_that_stays_open_while_docprobe_stands_still_decides_nothing() -> None:
    whole = anyio.run(talk, broken("stays-open"))
    for share, expected in ((0.0, {"stream.closes"}), (0.3, set())):
        exchanges = tuple(replace(each, stalled_s=share * each.duration_s) for each in whole.exchanges)
        assert with_verdict(findings(replace(whole, exchanges=exchanges)), Verdict.VIOLATED) == expected
