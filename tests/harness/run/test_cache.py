from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import grimp
import pytest

from extractor.model import Example, ExampleKind, ExampleStatus, Layout
from harness.base.host import HostEnvironment
from harness.config import Config
from harness.engine.install.settings import IMAGES_LOCK, image_variables
from harness.engine.protocol import Limits
from harness.model import Recording, Run, SettingsSource, StartOutcome, Trust
from harness.profiles.registry import MCP
from harness.run import cache
from tests.support.docker_contexts import write_context

RECORDING = Recording((Run("today", None, {"a": "1"}, StartOutcome.EXITED, "exited with code 1"),), None)


def test_a_recording_comes_back_as_it_was(tmp_path: Path) -> None:
    cache.store(tmp_path, "k", RECORDING)
    assert cache.load(tmp_path, "k") == RECORDING
    assert cache.load(tmp_path, "other") is None


def test_a_broken_entry_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "k.json").write_bytes(b'{"runs": [')
    assert cache.load(tmp_path, "k") is None
    assert not (tmp_path / "k.json").exists()


def test_the_key_changes_with_all_that_can_change_a_conversation(tmp_path: Path) -> None:
    example = Example("i", "p", None, "python", ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE, None, (), "d1")
    other = Example("j", "q", None, "python", ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE, None, (), "d2")
    copy = Example("c", "r", "2025", "python", ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE, None, (), "d1")
    config = Config(tmp_path, Layout(), MCP)
    limited = Config(tmp_path, Layout(), MCP, limits=Limits(memory_mib=64))
    changed = Config(tmp_path, Layout(), MCP, settings=SettingsSource(Trust.BASE))
    strict = Config(tmp_path, Layout(), MCP, strict=True)

    def key(example: Example = example, config: Config = config, **given: object) -> str:
        return cache.key(
            example, config, **{"date": None, "day": "2026-01-01", "code": "c", "host_inputs": "s", **given}
        )  # type: ignore[arg-type]

    assert key() == key(copy) == key(config=strict)
    keys = [
        key(),
        key(other),
        key(config=limited),
        key(config=changed),
        key(date="2025-11-25"),
        key(day="2026-01-02"),
        key(code="x"),
        key(host_inputs="x"),
    ]
    keys += [key(locks={"today": "a==1"}), key(locks={"today": "a==2"}), key(locks={"dated": "a==1"})]
    assert key(locks={}) == key(locks=None) == key()
    assert len(set(keys)) == len(keys)


def test_another_registry_image_toolchain_or_engine_is_another_key(tmp_path: Path) -> None:
    file, lock = tmp_path / "npmrc", tmp_path / "project.toml"
    file.write_text("registry=https://one.example/")
    base = {"DOCPROBE_NPMRC": str(file), "HOME": "/home/one"}
    config = Config(tmp_path, Layout(), MCP, state=tmp_path)

    def digest(**changed: object) -> str:
        more = {name: value for name, value in changed.items() if name.isupper()}
        fields = {name: value for name, value in changed.items() if not name.isupper()}
        host = HostEnvironment.of({**base, **more})  # type: ignore[dict-item]
        return cache.host_inputs_digest(replace(config, host=host, **fields))  # type: ignore[arg-type]

    digests = {digest()}
    assert digest(HOME="/home/two") in digests
    changes = {
        "HTTPS_PROXY": "http://proxy.example", "GOPROXY": "https://go.example", "DOCPROBE_BASE_IMAGE": "debian:13",
        "DOCPROBE_REGISTRY_HOSTS": "cdn.example", "DOCKER_HOST": "tcp://other.example:2376", "DOCKER_CONTEXT": "other",
        **{name: str(tmp_path) for name in image_variables()}, "images": {"python": "own/python:3"},
        "scheduler": "tcp://cluster.example:8786",
    }  # fmt: skip
    digests |= {digest(**{name: value}) for name, value in changes.items()}
    for changed in (file, tmp_path / IMAGES_LOCK, lock):
        changed.write_text("changed")
        digests.add(digest(images_lock=lock))
    assert len(digests) == len(changes) + 4
    toolchain = tmp_path / "go"
    (toolchain / "bin").mkdir(parents=True)
    for name, text in (("VERSION", "go1.26.1"), ("VERSION", "go1.26.2"), ("bin/go", "x" * 5000), ("bin/go", "x" * 5001)):
        (toolchain / name).write_text(text)
        assert digest(DOCPROBE_GO_FOLDER=str(toolchain)) not in digests, "another release in the same place"
        digests.add(digest(DOCPROBE_GO_FOLDER=str(toolchain)))


def test_another_docker_context_is_another_key(tmp_path: Path) -> None:
    """Also the current one of docker's configuration, and one whose engine is another now."""
    home = tmp_path / "home"
    docker = home / ".docker"
    config = Config(tmp_path, Layout(), MCP, state=tmp_path)

    def digest(**variables: str) -> str:
        return cache.host_inputs_digest(replace(config, host=HostEnvironment({"HOME": str(home), **variables})))

    digests = [digest()]
    write_context(docker, "far", "tcp://one.example:2376", current=False)
    assert digest() == digests[0], "it is not in use"
    write_context(docker, "far", "tcp://one.example:2376", current=True)
    digests.append(digest())
    assert digest(DOCKER_CONTEXT="far") == digests[1], "the same, by its name"
    write_context(docker, "far", "tcp://two.example:2376", current=True)
    digests.append(digest())
    assert digest(DOCKER_CONTEXT="default") == digests[0]
    digests.append(digest(DOCKER_HOST="unix:///other.sock"))
    assert len(set(digests)) == 4


@pytest.mark.parametrize("what", ["interpreter", "libraries"])
def test_another_python_or_library_is_another_key(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    config = Config(Path(), Layout(), MCP, host=HostEnvironment.of({"HOME": "/home/one"}))
    before = cache.host_inputs_digest(config)
    if what == "interpreter":
        monkeypatch.setattr(sys, "version", "3.99.0")
    else:
        monkeypatch.setattr(cache, "library_version", lambda name: "99")
    assert cache.host_inputs_digest(config) != before


@pytest.mark.parametrize(
    "file", ["extractor/languages/toolchains/node.py", "harness/engine/seccomp.json", "harness/profiles/mcp/steps.py"]
)
def test_other_toolchains_or_code_are_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    for package in ("extractor", "harness"):
        shutil.copytree(cache.ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "ROOT", tmp_path)
    before = cache.conversation_digest()
    (tmp_path / file).write_text((tmp_path / file).read_text().replace("24", "26") + "\n")
    assert cache.conversation_digest() != before


def _module_file(module: str) -> Path:
    path = cache.ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_the_digest_covers_every_module_that_takes_part_in_a_conversation() -> None:
    """A module that is not covered could change what is said, and the old recording would still be found."""
    graph = grimp.build_graph("extractor", "harness", exclude_type_checking_imports=True, cache_dir=None)
    probes = {
        module for module in graph.find_descendants("harness.profiles")
        if module.rpartition(".")[2] == "conversation" or ".probes" in module or ".services" in module
    }  # fmt: skip
    assert probes
    roots = {"harness.run.attempt", "harness.engine.docker_engine", *probes}
    assert roots <= graph.modules
    part = roots.union(*(graph.find_upstream_modules(root) for root in roots))
    covered = set(cache.conversation_files())
    assert {module for module in part if _module_file(module) not in covered} == set()


def test_a_changed_rule_holds_no_conversation_again() -> None:
    names = {file.relative_to(cache.ROOT).as_posix() for file in cache.conversation_files()}
    assert not any("/rules/" in name or name.startswith(("harness/report/", "harness/cli/")) for name in names)
    assert "harness/engine/seccomp.json" in names
