"""Imports of many fragments: how often packages are asked, and what is kept."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from extractor.model import Example
from harness.base.errors import EngineError
from harness.engine.protocol import Limits
from harness.model import Lookup, ModuleAnswer, Resolve, SettingsSource, Trust, Verdict
from harness.run import recorder
from harness.run.execute import execute
from harness.run.lookups import ImportLookups
from harness.run.planning import make_plan
from harness.run.recorder import EngineRecorder
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from harness.config import Config
    from harness.engine.protocol import Engine

pytestmark = pytest.mark.anyio
FRAGMENT = '```typescript\nimport {{ {name} }} from "@modelcontextprotocol/sdk/types.js";\nserver.x(later);\n```\n\n'
SERVER = (
    '```bash\nnpm install @modelcontextprotocol/sdk zod\n```\n\n```javascript server.mjs\n'
    'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n'
    'import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";\n'
    'import { z } from "zod";\n'
    'await new McpServer({ name: "x", version: "1" }).connect(new StdioServerTransport());\n```\n'
)


def config_of(tmp_path: Path, **pages: str) -> Config:
    for name, text in pages.items():
        file = tmp_path / "docs" / "docs" / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".mdx").write_text(text, encoding="utf-8")
    (tmp_path / "docs" / "specification").mkdir(exist_ok=True)
    return load_config(tmp_path / "docs", environ={}, state=tmp_path / "state", jobs=1)


class Asked:
    """Stands in for the container; ``Gone`` is missing with today's packages only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str | None, list[str], dict[str, Any]]] = []
        self.instead: Lookup | None = None
        monkeypatch.setattr(recorder, "look_up", self.look_up)

    async def look_up(self, _: Engine, bundle: Any, questions: Any, *, cutoff: str | None, progress: Any) -> Lookup:
        self.calls.append((cutoff, [d.name for d in bundle.dependencies], questions))
        if self.instead is not None:
            return self.instead
        missing = () if cutoff else tuple(sorted({"Gone"} & {n for names in questions.values() for n in names}))
        return Lookup(cutoff, {}, {module: ModuleAnswer(True, missing) for module in questions})


async def run(
    config: Config, day: str = "2026-01-01", code: str = "c", host_inputs: str = "h"
) -> tuple[ImportLookups, tuple[Example, ...]]:
    examples = make_plan(config).examples
    found = ImportLookups(
        [e for e in examples if e.imports], [e for e in examples if e.bundle], config, day=day
    )
    if found.read_cache(code=code, host_inputs=host_inputs):
        await found.look_up_all(EngineRecorder(cast("Engine", None), config), anyio.CapacityLimiter(1), lambda _: None)
    return found, examples


async def test_the_same_packages_are_asked_once_for_all_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    config = config_of(tmp_path, a=FRAGMENT.format(name="A"), b=FRAGMENT.format(name="B") + FRAGMENT.format(name="A, C"))
    found, _ = await run(config)
    ((cutoff, _, questions),) = asked.calls
    assert cutoff is None
    assert questions == {"@modelcontextprotocol/sdk/types.js": frozenset("ABC")}
    assert len(found.found) == 3


async def test_packages_of_a_program_serve_a_fragment_that_needs_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(monkeypatch)
    await run(config_of(tmp_path, a=FRAGMENT.format(name="A"), server=SERVER))
    assert [names for _, names, _ in asked.calls] == [["@modelcontextprotocol/sdk", "zod"]]


async def test_what_is_missing_today_is_asked_of_the_pages_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    old = {"2025-06-18__a": FRAGMENT.format(name="Gone"), "2025-06-18__b": FRAGMENT.format(name="Here")}
    found, examples = await run(config_of(tmp_path, **old))
    assert [(cutoff, sorted(*questions.values())) for cutoff, _, questions in asked.calls] == [
        (None, ["Gone", "Here"]),
        ("2025-06-18", ["Gone"]),
    ]
    gone = next(e for e in examples if e.page.endswith("a.mdx"))
    assert [lookup.date for lookup in found.found[gone.id]] == [None, "2025-06-18"]


async def test_answers_are_kept_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    config = config_of(tmp_path, **{"2025-06-18__a": FRAGMENT.format(name="Gone")})
    first, _ = await run(config)
    again, _ = await run(config)
    assert again.found == first.found
    assert len(asked.calls) == 2
    await run(config, day="2026-01-02")
    assert [cutoff for cutoff, *_ in asked.calls[2:]] == [None], "packages of a past date do not change"


@pytest.mark.parametrize(
    ("instead", "times"),
    [
        (Lookup(None, {}, {}, "the packages ask for another system", lasting=True), 1),
        (Lookup(None, {}, {}, "the engine does not answer"), 2),
        (Lookup(None, {}, {}), 2),
        (Lookup(None, {}, {}, lasting=True), 1),
    ],
    ids=["packages", "machine", "stopped by load", "stopped by a module"],
)
async def test_what_failed_is_tried_again_the_same_day_unless_the_packages_are_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instead: Lookup, times: int
) -> None:
    asked = Asked(monkeypatch)
    asked.instead = instead
    config = config_of(tmp_path, a=FRAGMENT.format(name="A"))
    for _ in range(2):
        found, _ = await run(config)
        assert next(iter(found.found.values())) == (instead,)
    assert len(asked.calls) == times


@pytest.mark.parametrize("failed", ["needs a newer toolchain", None])
async def test_what_failed_with_packages_of_a_date_is_tried_again_the_next_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failed: str | None
) -> None:
    asked = Asked(monkeypatch)
    config = replace(config_of(tmp_path, **{"2025-06-18__a": FRAGMENT.format(name="A")}), resolve=Resolve.DATED)
    asked.instead = Lookup("2025-06-18", {}, {}, failed, lasting=True)
    for day in ("2026-01-01", "2026-01-01", "2026-01-02"):
        await run(config, day)
    assert [cutoff for cutoff, *_ in asked.calls] == ["2025-06-18"] * 2


async def test_another_input_is_another_lookup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    config = config_of(tmp_path, a=FRAGMENT.format(name="A"))
    changes: list[tuple[Config, dict[str, str]]] = [
        (config, {}),
        (config, {"day": "2026-01-02"}),
        (config, {"code": "other"}),
        (config, {"host_inputs": "another registry"}),
        (replace(config, limits=Limits(memory_mib=64)), {}),
        (replace(config, runtime="runsc"), {}),
        (replace(config, settings=SettingsSource(Trust.BASE)), {}),
    ]
    for changed, given in changes:
        await run(changed, **given)
        await run(changed, **given)
    assert len(asked.calls) == len(changes)
    await run(config_of(tmp_path, a=FRAGMENT.format(name="B")))
    assert len(asked.calls) == len(changes) + 1, "another name is wanted"
    await run(config_of(tmp_path, a=FRAGMENT.format(name="B"), server=SERVER))
    assert len(asked.calls) == len(changes) + 2, "other packages serve it"
    await run(replace(config, no_cache=True))
    assert len(asked.calls) == len(changes) + 3


@pytest.mark.processes
async def test_lookups_that_the_limit_of_the_run_cuts_off_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(monkeypatch)

    async def look_up(engine: Engine, bundle: Any, questions: Any, **rest: Any) -> Lookup:
        if any("server" in module for module in questions):
            await anyio.sleep_forever()
        return await asked.look_up(engine, bundle, questions, **rest)

    monkeypatch.setattr(recorder, "look_up", look_up)
    slow = FRAGMENT.format(name="B").replace("@modelcontextprotocol/sdk/types.js", "@modelcontextprotocol/server")
    config = config_of(tmp_path, a=FRAGMENT.format(name="A"), b=slow)
    config = replace(config, limits=replace(config.limits, check_s=1.0), jobs=2)
    report = await execute(make_plan(config), config, no_engine_needed)
    said = {one.page: one.findings[0] for one in report.examples}
    assert {page: finding.requirement for page, finding in said.items()} == dict.fromkeys(said, "example.imports")
    assert said["docs/a.mdx"].verdict is Verdict.SATISFIED
    assert said["docs/b.mdx"].verdict is Verdict.INCONCLUSIVE
    assert "this run has taken 1 s, docprobe's limit (hint: raise check-s" in said["docs/b.mdx"].summary


@pytest.mark.processes
async def test_without_an_engine_each_fragment_says_why_it_was_not_looked_up(tmp_path: Path) -> None:
    @asynccontextmanager
    async def none(_: Config) -> AsyncIterator[Engine]:
        raise EngineError("no container engine answers", "start it")
        yield

    config = config_of(tmp_path, a=FRAGMENT.format(name="A"))
    report = await execute(make_plan(config), config, none)
    (finding,) = report.examples[0].findings
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "could not be looked up: no container engine answers (hint: start it)" in finding.summary


@asynccontextmanager
async def no_engine_needed(_: Config) -> AsyncIterator[Engine]:
    yield cast("Engine", None)
