"""Type checks that are kept: found again for the same program only, with everything else that decides them."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Layout, Manager, Segment, SourceFile, Span, Tool
from harness.config import Config
from harness.engine.protocol import ExitState
from harness.model import Image, LogLine, TypeCheck, TypeMessage
from harness.profiles.registry import MCP
from harness.run import kept_types
from harness.run.kept_types import types_key, types_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from harness.engine.protocol import Engine

pytestmark = pytest.mark.anyio
TOOL = Tool(SourceFile("check.mjs", "check()"), ("node", "check.mjs"))
BUNDLE = Bundle(
    example_id="page#typescript", language="typescript", kind=ExampleKind.HTTP_SERVER, toolchain="node",
    files=(SourceFile("server.ts", "let x: string = 1;"), SourceFile("tsconfig.json", "{}")), manager=Manager.NPM,
    dependencies=(Dependency("zod"),), command=("node", "server.ts"),
)  # fmt: skip
IMAGE = Image(
    "docprobe/deps:k", "k", {"zod": "4.1.0"}, lock='{"zod": "sha512-a"}', tools={"node": "v24.1.0", "image": "sha256:a"}
)
LINES = (
    json.dumps({"file": "server.ts", "line": 1, "code": "TS2322", "text": "not a string"}),
    json.dumps({"checked": 1, "version": "5.9.3", "own": True}),
)
FOUND = TypeCheck((TypeMessage("server.ts", 1, "TS2322", "not a string"),), "5.9.3", own=True)


@dataclass
class CheckerEngine:
    """An engine whose checker prints ``lines``. It counts how often it ran."""

    lines: tuple[str, ...] = LINES
    state: ExitState | None = None
    checked: list[Bundle] = field(default_factory=list)

    @asynccontextmanager
    async def pod(self, bundle: Bundle, image: Image, services: Any = (), **_: Any) -> AsyncIterator[CheckerEngine]:
        self.checked.append(bundle)
        yield self

    def exit_state(self) -> ExitState | None:
        return self.state

    def logs(self) -> tuple[LogLine, ...]:
        return tuple(LogLine(0.0, "stdout", line) for line in self.lines)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path, Layout(), MCP, state=tmp_path / "state")


async def check(engine: CheckerEngine, config: Config, bundle: Bundle = BUNDLE, image: Image = IMAGE) -> TypeCheck:
    return await types_of(cast("Engine", engine), bundle, TOOL, image, config, lambda _: None)


async def test_the_same_program_is_checked_once(config: Config) -> None:
    engine = CheckerEngine()
    assert await check(engine, config) == FOUND
    assert await check(engine, config) == FOUND
    assert len(engine.checked) == 1


async def test_where_the_docs_have_it_decides_nothing(config: Config) -> None:
    engine = CheckerEngine()
    moved = SourceFile(BUNDLE.files[0].path, BUNDLE.files[0].text, (Segment(1, 1, Span("page.mdx", 90, 90)),))
    other = replace(BUNDLE, example_id="other#typescript", files=(moved, *BUNDLE.files[1:]), command=("tsx", "server"))
    assert await check(engine, config) == await check(engine, config, other)
    assert len(engine.checked) == 1


IMAGES = {
    "key": "other", "packages": {"zod": "4.1.1"}, "lock": '{"zod": "sha512-b"}',
    "tools": {"node": "v24.2.0", "image": "sha256:a"},
}  # fmt: skip
PROGRAMS = {
    "text": replace(BUNDLE, files=(SourceFile("server.ts", "let x: number = 1;"), BUNDLE.files[1])),
    "name": replace(BUNDLE, files=(SourceFile("main.ts", BUNDLE.files[0].text), BUNDLE.files[1])),
    "options": replace(BUNDLE, files=(BUNDLE.files[0], SourceFile("tsconfig.json", '{"strict": true}'))),
    "file more": replace(BUNDLE, files=(*BUNDLE.files, SourceFile("types.d.ts", "declare const y: string;"))),
    "toolchain": replace(BUNDLE, toolchain="node-next"),
}


@pytest.mark.parametrize("part", sorted(IMAGES))
async def test_other_packages_or_another_base_image_are_checked_afresh(config: Config, part: str) -> None:
    await check(CheckerEngine(), config)
    engine = CheckerEngine((LINES[-1],))
    changed: dict[str, Any] = {part: IMAGES[part]}
    assert (await check(engine, config, image=replace(IMAGE, **changed))).messages == ()
    assert len(engine.checked) == 1


@pytest.mark.parametrize("part", sorted(PROGRAMS))
async def test_another_program_is_checked_afresh(config: Config, part: str) -> None:
    await check(CheckerEngine(), config)
    engine = CheckerEngine((LINES[-1],))
    assert (await check(engine, config, PROGRAMS[part])).messages == ()
    assert len(engine.checked) == 1


@pytest.mark.parametrize(
    "tool",
    [
        replace(TOOL, file=SourceFile("check.mjs", "check(strictly)")),
        replace(TOOL, file=SourceFile("other.mjs", "check()")),
        replace(TOOL, command=("node", "--stack-size=2000", "check.mjs")),
    ],
)
async def test_another_checker_checks_afresh(config: Config, tool: Tool) -> None:
    await check(CheckerEngine(), config)
    engine = CheckerEngine((LINES[-1],))
    types = await types_of(cast("Engine", engine), BUNDLE, tool, IMAGE, config, lambda _: None)
    assert (types.messages, len(engine.checked)) == ((), 1)


async def test_other_code_of_docprobe_checks_afresh(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    await check(CheckerEngine(), config)
    monkeypatch.setattr(kept_types, "docprobe_digest", lambda: "another")
    engine = CheckerEngine((LINES[-1],))
    assert (await check(engine, config)).messages == ()


def test_every_part_of_an_image_counts_but_those_that_decide_nothing() -> None:
    """A new field of an image must be thought of here: it may decide what a checker says."""
    aside = {"tag", "cutoff", "skipped_scripts", "refused", "remarks"}
    assert {one.name for one in fields(Image)} - aside == IMAGES.keys()
    keys = {types_key(BUNDLE, TOOL, IMAGE, code=code) for code in ("a", "b")}
    changes: list[dict[str, Any]] = [{part: value} for part, value in IMAGES.items()]
    keys |= {types_key(BUNDLE, TOOL, replace(IMAGE, **change), code="a") for change in changes}
    keys |= {types_key(program, TOOL, IMAGE, code="a") for program in PROGRAMS.values()}
    assert len(keys) == 2 + len(IMAGES) + len(PROGRAMS)


async def test_a_check_that_failed_is_tried_again(config: Config) -> None:
    killed = CheckerEngine(LINES[:1], ExitState(137, "killed: memory limit 1 MiB", "memory_mib", "build"))
    assert (await check(killed, config)).failed is not None
    assert await check(CheckerEngine(), config) == FOUND


@pytest.mark.parametrize("kept_by", ["written", "read"])
async def test_without_a_cache_nothing_is_kept(config: Config, kept_by: str) -> None:
    plain = replace(config, no_cache=True)
    await check(CheckerEngine(), config if kept_by == "read" else plain)
    engine = CheckerEngine()
    await check(engine, plain if kept_by == "read" else config)
    assert len(engine.checked) == 1


async def test_what_install_scripts_wrote_is_checked_each_time(config: Config) -> None:
    engine = CheckerEngine()
    for _ in range(2):
        await check(engine, config, replace(BUNDLE, allow_scripts=True))
    assert len(engine.checked) == 2


async def test_a_broken_entry_is_checked_afresh(config: Config) -> None:
    await check(CheckerEngine(), config)
    (entry,) = (config.state / "types").iterdir()
    entry.write_bytes(b"\x93broken")
    engine = CheckerEngine()
    assert await check(engine, config) == FOUND
    assert len(engine.checked) == 1
