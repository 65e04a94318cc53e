"""Tools that look at code: what is made of their output, and that they tell the truth in a real container."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import language_of
from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile, Tool
from harness.base.errors import DocprobeError, EngineError, InstallError, PythonVersionError, UnsuitableError
from harness.engine.docker_engine import connect
from harness.engine.protocol import ExitState
from harness.model import Image, LogLine, ModuleAnswer, TypeMessage
from harness.run.code_checks import check_types, look_up
from tests.support.host import HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from harness.engine.protocol import Engine

pytestmark = pytest.mark.anyio
TOOL = Tool(SourceFile("tool.x", "text"), ("run", "tool.x"))
BUNDLE = Bundle(
    example_id="", language="python", kind=ExampleKind.HTTP_SERVER, toolchain="python", files=(TOOL.file,),
    manager=Manager.PYPI, dependencies=(Dependency("pkg"),), command=TOOL.command,
)  # fmt: skip


def language(fence: str) -> RunnableLanguage:
    found = language_of(fence)
    assert isinstance(found, RunnableLanguage)
    return found


@dataclass
class ToolEngine:
    """An engine whose pod's tool printed ``lines``."""

    lines: tuple[str, ...]
    state: ExitState | None = None
    started: Bundle | None = None

    async def install(self, bundle: Bundle, **_: Any) -> Image:
        return Image("image", "key", {"pkg": "1.0"})

    @asynccontextmanager
    async def pod(self, bundle: Bundle, image: Image, services: Any = (), **_: Any) -> AsyncIterator[ToolEngine]:
        self.started = bundle
        yield self

    def exit_state(self) -> ExitState | None:
        return self.state

    def logs(self) -> tuple[LogLine, ...]:
        return tuple(LogLine(0.0, "stdout", line) for line in self.lines)


def answer(module: str, found: object, missing: list[str]) -> str:
    return json.dumps({"module": module, "found": found, "missing": missing, "words": "w"})


async def test_what_a_module_prints_is_no_answer_to_what_was_not_asked() -> None:
    engine = ToolEngine((answer("a", True, ["X", "never asked"]), "{broken", "noise", answer("b", "yes", [])))
    found = await look_up(
        cast("Engine", engine), BUNDLE, {"a": frozenset({"X"}), "b": frozenset()}, cutoff=None, progress=print
    )
    assert found.answers == {"a": ModuleAnswer(True, ("X",), "w")}
    assert found.packages == {"pkg": "1.0"}
    assert engine.started is not None
    questions = next(file for file in engine.started.files if file.path == "questions.json")
    assert json.loads(questions.text) == [{"module": "a", "names": ["X"]}, {"module": "b", "names": []}]


async def test_the_tool_is_a_build_step_and_serves_nothing() -> None:
    engine = ToolEngine((json.dumps({"checked": 1, "version": "5", "own": True}),))
    program = replace(BUNDLE, build=(("npm", "run", "build"),), environment={"A": "b"})
    types = await check_types(cast("Engine", engine), program, TOOL, Image("image", "key", {}), print)
    assert engine.started is not None
    assert (engine.started.build, engine.started.environment) == ((TOOL.command,), {})
    assert engine.started.kind is ExampleKind.OTHER
    assert (types.messages, types.own, types.failed) == ((), True, None)


async def test_a_checker_that_was_killed_has_no_result() -> None:
    message = json.dumps({"file": "s.ts", "line": 1, "code": "TS1", "text": "x"})
    engine = ToolEngine((message,), ExitState(137, "killed: memory limit 1 MiB", "memory_mib", "build"))
    types = await check_types(cast("Engine", engine), BUNDLE, TOOL, Image("image", "key", {}), print)
    assert types.failed is not None
    assert "memory limit" in types.failed
    assert types.messages == ()


@pytest.mark.parametrize(
    ("state", "load", "lasting"),
    [
        (None, "load 21 on 2 processors", True),
        (ExitState(139, "was killed by signal 11", None, "build"), "load 21 on 2 processors", True),
        (ExitState(137, "killed: memory limit 1 MiB", "memory_mib", "build"), "load 21 on 2 processors", True),
        (ExitState(137, "killed: build time limit 60 s", "build_s", "build"), None, True),
        (ExitState(137, "killed: build time limit 60 s", "build_s", "build"), "load 21 on 2 processors", False),
    ],
    ids=["ended", "crashed", "memory", "hangs", "busy"],
)
async def test_a_module_that_ends_the_tool_ends_it_again(
    monkeypatch: pytest.MonkeyPatch, state: ExitState | None, load: str | None, lasting: bool
) -> None:
    monkeypatch.setattr("harness.run.code_checks.describe_overload", lambda: load)
    asked: dict[str, frozenset[str]] = {"a": frozenset(), "b": frozenset()}
    engine = ToolEngine((answer("a", True, []),), state)
    found = await look_up(cast("Engine", engine), BUNDLE, asked, cutoff=None, progress=print)
    assert (found.failed, found.answers.keys(), found.lasting) == (None, {"a"}, lasting)
    engine = ToolEngine((answer("a", True, []), answer("b", False, [])), state)
    found = await look_up(cast("Engine", engine), BUNDLE, asked, cutoff=None, progress=print)
    assert not found.lasting, "all is answered"


async def test_an_engine_that_fails_costs_no_verdict() -> None:
    class Broken(ToolEngine):
        async def install(self, bundle: Bundle, **_: Any) -> Image:
            raise EngineError("gone")

    found = await look_up(cast("Engine", Broken(())), BUNDLE, {"a": frozenset()}, cutoff=None, progress=print)
    assert found.failed is not None
    assert found.failed.startswith("gone")
    assert not found.lasting


@pytest.mark.parametrize("error", [InstallError, UnsuitableError, PythonVersionError])
async def test_what_packages_are_the_cause_of_lasts(error: type[DocprobeError]) -> None:
    class Unfit(ToolEngine):
        async def install(self, bundle: Bundle, **_: Any) -> Image:
            raise error("pkg cannot be installed")

    found = await look_up(cast("Engine", Unfit(())), BUNDLE, {"a": frozenset()}, cutoff=None, progress=print)
    assert found.lasting
    assert found.failed is not None


def of_npm(*names: str) -> Bundle:
    tool = language("ts").look_up
    assert tool is not None
    return replace(
        BUNDLE, language="typescript", toolchain="node", manager=Manager.NPM, files=(tool.file,), command=tool.command,
        dependencies=tuple(Dependency(*name.rsplit("@", 1)) for name in names),
    )  # fmt: skip


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: packages that several tests need are installed once."""
    return tmp_path_factory.mktemp("state")


@pytest.mark.engine
@pytest.mark.registry
async def test_names_of_npm_packages_by_types_and_by_import(state: Path) -> None:
    asked = {
        "zod": frozenset({"ZodType", "z", "Zodiac", "default"}),
        "zod/v9": frozenset({"z"}),
        "is-number": frozenset({"default", "isNaN"}),
        "not-installed": frozenset({"x"}),
    }
    async with connect(state=state, host=HOST) as engine:
        found = await look_up(engine, of_npm("zod@4", "is-number@7"), asked, cutoff=None, progress=print)
    assert found.failed is None
    assert found.answers["zod"] == ModuleAnswer(True, ("Zodiac",))
    assert found.answers["zod/v9"].found is False
    assert found.answers["is-number"] == ModuleAnswer(True, ("isNaN",))
    assert found.answers["not-installed"].found is False


@pytest.mark.engine
@pytest.mark.registry
async def test_names_of_python_packages(state: Path) -> None:
    tool = language("python").look_up
    assert tool is not None
    bundle = replace(BUNDLE, files=(tool.file,), command=tool.command, dependencies=(Dependency("six"),))
    asked = {
        "six": frozenset({"PY3", "moves", "nothing"}),
        "six.moves": frozenset({"urllib"}),
        "six.none": frozenset({"x"}),
        "seven.other": frozenset({"x"}),
    }
    async with connect(state=state, host=HOST) as engine:
        found = await look_up(engine, bundle, asked, cutoff=None, progress=print)
    assert found.answers["six"] == ModuleAnswer(True, ("nothing",))
    assert found.answers["six.moves"] == ModuleAnswer(True)
    assert found.answers["six.none"].found is False
    assert found.answers["seven.other"].found is None


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
async def test_names_of_go_packages(state: Path) -> None:
    tool = language("go").look_up
    assert tool is not None
    bundle = replace(
        BUNDLE, language="go", toolchain="go", manager=Manager.GO, files=(tool.file, *language("go").look_up_files),
        command=tool.command, dependencies=(Dependency("github.com/google/uuid", extras=("/",)),),
    )  # fmt: skip
    asked = {"github.com/google/uuid": frozenset({"NewString", "Renamed"}), "net/http": frozenset({"Handle", "Hndle"})}
    async with connect(state=state, host=HOST) as engine:
        found = await look_up(engine, bundle, asked, cutoff=None, progress=print)
    assert found.answers["github.com/google/uuid"] == ModuleAnswer(True, ("Renamed",))
    assert found.answers["net/http"] == ModuleAnswer(True, ("Hndle",))
    assert found.packages["github.com/google/uuid"]


def of_language(name: str, manager: Manager, dependency: Dependency) -> Bundle:
    """The tool of a language beside a package."""
    known = language(name)
    assert known.look_up is not None
    return replace(
        BUNDLE, language=name, toolchain=known.toolchain, manager=manager, dependencies=(dependency,),
        files=(known.look_up.file, *known.look_up_files), command=known.look_up.command,
    )  # fmt: skip


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
async def test_names_of_java_packages(state: Path) -> None:
    asked = {
        # JsonTok is the beginning of a name that the package has
        "com.google.gson.stream": frozenset({"JsonToken", "JsonTok", "*"}),
        "com.google.gson.stream.JsonToken": frozenset({"NULL", "NIL"}),
        "com.google.gson.gone": frozenset({"Gson"}),
        "org.acme.other": frozenset({"X"}),
    }
    bundle = of_language("java", Manager.MAVEN, Dependency("com.google.code.gson:gson", "2.11.0"))
    async with connect(state=state, host=HOST) as engine:
        found = await look_up(engine, bundle, asked, cutoff=None, progress=print)
    assert found.failed is None
    assert found.answers["com.google.gson.stream"] == ModuleAnswer(True, ("JsonTok",))
    assert found.answers["com.google.gson.stream.JsonToken"] == ModuleAnswer(True, ("NIL",))
    assert found.answers["com.google.gson.gone"].found is False
    assert found.answers["org.acme.other"].found is None


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
async def test_names_of_kotlin_packages(state: Path) -> None:
    asked = {
        # functions of a package, which are in no class of their own
        "kotlinx.serialization.json": frozenset({"Json", "buildJsonObject", "buildJson", "JsonThing"}),
        "kotlinx.serialization.json.Json": frozenset({"Default", "Usual"}),
        "kotlinx.serialization.gone": frozenset({"Json"}),
    }
    package = Dependency("org.jetbrains.kotlinx:kotlinx-serialization-json", "1.9.0")
    bundle = of_language("kotlin", Manager.MAVEN, package)
    async with connect(state=state, host=HOST) as engine:
        found = await look_up(engine, bundle, asked, cutoff=None, progress=print)
    assert found.failed is None
    assert found.answers["kotlinx.serialization.json"] == ModuleAnswer(True, ("JsonThing", "buildJson"))
    assert found.answers["kotlinx.serialization.json.Json"] == ModuleAnswer(True, ("Usual",))
    assert found.answers["kotlinx.serialization.gone"].found is False


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
async def test_names_of_rust_crates(state: Path) -> None:
    asked = {"semver": frozenset({"Version", "Versio"}), "semver::gone": frozenset({"X"})}
    async with connect(state=state, host=HOST) as engine:
        found = await look_up(
            engine, of_language("rust", Manager.CARGO, Dependency("semver", "1")), asked, cutoff=None, progress=print
        )
    assert found.failed is None
    assert found.answers["semver"].found is True
    assert found.answers["semver"].missing == ("Versio",)
    assert found.answers["semver::gone"].found is False


@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize("strict", [None, True, False])
async def test_types_by_strict_options_or_the_pages(state: Path, strict: bool | None) -> None:
    text = 'import { createServer } from "node:http";\nexport const f = (x) => x;\nexport const n: number = createServer;\n'
    files = [SourceFile("src/s.ts", text)]
    if strict is not None:
        options = {"strict": strict, "module": "nodenext", "target": "es2022"}
        files.append(SourceFile("tsconfig.json", json.dumps({"compilerOptions": options, "include": ["src"]})))
    tool = language("ts").type_check
    assert tool is not None
    bundle = replace(of_npm(), files=tuple(files))
    async with connect(state=state, host=HOST) as engine:
        image = await engine.install(bundle)
        types = await check_types(engine, bundle, tool, image, print)
    lines = [(message.line, message.code) for message in types.messages if isinstance(message, TypeMessage)]
    assert types.failed is None
    assert types.own is (strict is not None)
    assert lines == ([(3, "TS2322")] if strict is False else [(2, "TS7006"), (3, "TS2322")])


@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize(
    ("options", "packages", "own", "expected"),
    [
        # what the newest compiler has no longer: a folder to look in, and how; not strict where nothing is said
        ('{"baseUrl": "./src", "paths": {"@/*": ["lib/*"]}, "moduleResolution": "node", "target": "es5"}', (), True,
         [(5, "TS2322")]),
        ('{"module": "nodenext"}', (), True, [(1, "TS2307"), (2, "TS2307"), (5, "TS2322")]),
        # the program brings a compiler, which is strict
        ('{"module": "esnext", "baseUrl": "./src", "paths": {"@/*": ["lib/*"]}}', ("typescript@7.0.2",), True,
         [(4, "TS7006"), (5, "TS2322")]),
        ("{broken", (), False, [(1, "TS2307"), (2, "TS2307"), (4, "TS7006"), (5, "TS2322")]),
    ],
)  # fmt: skip
async def test_types_by_what_the_page_and_its_own_compiler_say(
    state: Path, options: str, packages: tuple[str, ...], own: bool, expected: list[tuple[int, str]]
) -> None:
    text = (
        'import { one } from "@/one";\nimport { one as two } from "lib/one";\nimport fs from "node:fs";\n'
        "export const f = (x) => x + one + two + fs.constants.F_OK;\nexport const s: string = process.argv.length;\n"
    )
    files = (
        SourceFile("src/s.ts", text),
        SourceFile("src/lib/one.ts", "export const one: number = 1;\n"),
        SourceFile("tsconfig.json", f'{{"compilerOptions": {options}, /* all */ "include": ["src"]}}'),
    )
    tool = language("ts").type_check
    assert tool is not None
    bundle = replace(of_npm(*packages), files=files)
    async with connect(state=state, host=HOST) as engine:
        types = await check_types(engine, bundle, tool, await engine.install(bundle), print)
    assert types.failed is None
    assert types.own is own
    assert [(message.line, message.code) for message in types.messages] == expected


@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # a platform's own types, which its tools bring or write
        ("export default { fetch(request, env) { return 1; } } satisfies ExportedHandler;", []),
        ("export class A { constructor(public store: KVNamespace, env: Cloudflare.Env) {} }", []),
        ("export default { fetch(request, env) { return 1; } } satisfies ExportedHandler;\nexport const n: number = '';",
         [(2, "TS2322")]),
        # a type of a package that is imported, and a value
        ("import { createServer } from 'node:http';\nexport const s: Server = createServer();", [(2, "TS2304")]),
        ("export const s = makeServer();", [(1, "TS2304")]),
        ("export class A extends Agent<Env> {}", [(1, "TS2304")]),
    ],
)  # fmt: skip
async def test_types_that_a_platform_brings_are_not_missed(
    state: Path, code: str, expected: list[tuple[int, str]]
) -> None:
    tool = language("ts").type_check
    assert tool is not None
    bundle = replace(of_npm(), files=(SourceFile("src/s.ts", f"{code}\n"),))
    async with connect(state=state, host=HOST) as engine:
        types = await check_types(engine, bundle, tool, await engine.install(bundle), print)
    assert types.failed is None
    lines = [(message.line, message.code) for message in types.messages if isinstance(message, TypeMessage)]
    assert lines == expected
