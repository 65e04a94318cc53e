"""Packages for the JVM: what is fetched, and whose fault a failure is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.languages.common.jvm import CLASSES, PACKAGES
from extractor.model import Bundle, Dependency, ExampleKind, Manager, SourceFile
from harness.base.errors import InstallError, UsageError
from harness.engine.install import maven
from harness.engine.protocol import Limits

if TYPE_CHECKING:
    from tests.harness.engine.conftest import Open

SDK = Dependency("com.acme:sdk", "1.2.3")
LOCK = "// java 21.0.9 (Debian's packages)\n// kotlin 2.4.21\ncom.acme:sdk:jar:1.2.3\ncom.acme:native:jar:4:linux\n"


def test_packages_and_platforms_are_told_apart() -> None:
    platform = Dependency("com.acme:bom", "2", extras=("bom",))
    plan = maven.plan([SDK, platform, Dependency("com.acme:open")], cutoff="2025-06-18", lock=None, allow_scripts=False)
    wanted = json.loads(next(text for path, text in plan.files.items() if path.endswith("wanted.json")))
    assert wanted == {
        "packages": [["com.acme", "sdk", "1.2.3"], ["com.acme", "open", ""]],
        "platforms": [["com.acme", "bom", "2"]], "cutoff": "2025-06-18", "locked": [],
    }  # fmt: skip
    assert plan.compile == (), "jars are compiled"


def test_a_lock_is_replayed_and_gives_the_versions() -> None:
    plan = maven.plan([SDK], cutoff=None, lock=LOCK, allow_scripts=False)
    wanted = json.loads(next(text for path, text in plan.files.items() if path.endswith("wanted.json")))
    assert wanted["locked"] == ["com.acme:sdk:jar:1.2.3", "com.acme:native:jar:4:linux"]
    assert maven.packages(LOCK) == {
        "java": "21.0.9 (Debian's packages)", "kotlin": "2.4.21", "com.acme:sdk": "1.2.3", "com.acme:native": "4",
    }  # fmt: skip


@pytest.mark.parametrize(
    "line", ["com.acme:sdk:war:1", "com.acme:sdk", "https://x/y.jar", "a:b:jar:1:$(x)", "a:b:jar:1 2"]
)
def test_a_lock_with_anything_else_is_refused(line: str) -> None:
    with pytest.raises(UsageError):
        maven.plan([SDK], cutoff=None, lock=f"{LOCK}{line}\n", allow_scripts=False)


@pytest.mark.parametrize(
    "dependency", [Dependency("sdk"), Dependency("a:b:c"), Dependency("../a:b"), replace(SDK, specifier="1;x")]
)
def test_what_is_no_package_is_refused(dependency: Dependency) -> None:
    with pytest.raises(InstallError):
        maven.plan([dependency], cutoff=None, lock=None, allow_scripts=False)


@pytest.mark.parametrize(
    ("log", "whose"),
    [
        ("[ERROR] Failed to execute goal on project packages: x: Could not find artifact com.acme:sdk:jar:9 in central (https://r)", "docs"),
        ("[ERROR] com.acme:sdk was not published by 2020-01-01", "docs"),
        ("[ERROR] x: Could not transfer artifact com.acme:sdk:jar:9 from/to central (https://r): Connect timed out", "registry"),
        ("[ERROR] x: Could not transfer artifact a:b:jar:9 from/to acme-milestones (https://m): status code: 403", "elsewhere"),
        ("java.io.IOException: No space left on device", "disk"),
    ],
)  # fmt: skip
def test_whose_fault_a_failure_is(log: str, whose: str) -> None:
    assert maven.fault(["[INFO] Scanning for projects...", log]).whose == whose


def java_bundle(code: str, *dependencies: Dependency) -> Bundle:
    return Bundle(
        example_id="test#java", language="java", kind=ExampleKind.OTHER, toolchain="java",
        files=(SourceFile("Main.java", code),), manager=Manager.MAVEN, dependencies=dependencies,
        command=("java", "-cp", f"{CLASSES}:{PACKAGES}", "Main"), build=(("javac", "-d", CLASSES, "-cp", PACKAGES, "Main.java"),),
    )  # fmt: skip


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.anyio
async def test_fetched_and_run_without_a_network(open_engine: Open) -> None:
    code = (
        "import com.fasterxml.jackson.databind.ObjectMapper;\n\nclass Main {\n  public static void main(String[] a) throws Exception {\n"
        '    System.out.println(new ObjectMapper().readTree("[1, 2]").size());\n  }\n}\n'
    )
    bundle = java_bundle(code, Dependency("com.fasterxml.jackson.core:jackson-databind", "2.17.2"))
    async with open_engine(Limits(install_s=900)) as engine:
        image = await engine.install(bundle)
        assert image.packages["com.fasterxml.jackson.core:jackson-databind"] == "2.17.2"
        assert "com.fasterxml.jackson.core:jackson-core" in image.packages
        assert image.packages["java"][:2].isdigit()
        again = await engine.install(bundle, lock=image.lock)
        assert again.packages == image.packages
        async with engine.pod(bundle, image) as pod:
            state = await pod.wait_exit(60)
            assert state is not None
            assert (state.code, state.during) == (0, "run"), [line.text for line in pod.logs()]
            assert [line.text for line in pod.logs()] == ["2"]
        broken = replace(bundle, files=(SourceFile("Main.java", code.replace("readTree", "readTrees")),))
        async with engine.pod(broken, image) as pod:
            failed = pod.exit_state()
            assert failed is not None
            assert failed.during == "build"
            assert "Main.java:5: error: cannot find symbol" in " ".join(line.text for line in pod.logs())


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.anyio
async def test_a_kotlin_program(open_engine: Open) -> None:
    bundle = Bundle(
        example_id="test#kotlin", language="kotlin", kind=ExampleKind.OTHER, toolchain="kotlin",
        files=(SourceFile("Main.kt", 'fun main() {\n    println(listOf("a", "b").joinToString())\n}\n'),), manager=Manager.MAVEN,
        dependencies=(Dependency("org.jetbrains.kotlin:kotlin-stdlib", "2.2.0"),),
        command=("java", "-cp", f"{CLASSES}:{PACKAGES}", "MainKt"), build=(("docprobe-kotlinc", "-d", CLASSES, "Main.kt"),),
    )  # fmt: skip
    async with open_engine(Limits(install_s=900)) as engine:
        image = await engine.install(bundle)
        assert image.packages["kotlin"].startswith("2.")
        async with engine.pod(bundle, image) as pod:
            state = await pod.wait_exit(60)
            assert state is not None
            assert (state.code, state.during) == (0, "run"), [line.text for line in pod.logs()]
            assert [line.text for line in pod.logs()] == ["a, b"]
