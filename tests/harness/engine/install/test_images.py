from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import anyio
import docker.errors
import pytest
import requests

from extractor.languages.toolchains.go import GO
from harness.base.host import HostEnvironment
from harness.engine.api import Api
from harness.engine.install import base_images, first_layer
from harness.engine.install.images import ImageRecords, content_key, exclusive, prune
from harness.engine.install.installer import Installer
from harness.engine.install.manager import InstallPlan
from harness.engine.install.pulled import PulledImages
from harness.engine.install.settings import InstallSettings
from harness.model import Image

if TYPE_CHECKING:
    from pathlib import Path


def image(key: str) -> Image:
    return Image(f"docprobe/deps:{key}", key, {"express": "5.3.0"}, "2025-11-25", "lock", ("esbuild",))


def test_a_key_changes_with_everything_in_it() -> None:
    parts = {"base": "sha256:1", "steps": (("npm", "install"),), "files": {"package.json": "{}"}}
    key = content_key(parts)
    assert content_key(dict(reversed(parts.items()))) == key
    for name in parts:
        assert content_key({**parts, name: "other"}) != key


def test_records_are_read_back(tmp_path: Path) -> None:
    records = ImageRecords(tmp_path)
    assert records.read("a") is None
    records.write(image("a"))
    assert records.read("a") == image("a")
    assert [p.name for p in (tmp_path / "images").iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["", "{", '{"tag": 1}', "[]"])
def test_a_record_that_is_not_whole_is_none(tmp_path: Path, text: str) -> None:
    records = ImageRecords(tmp_path)
    records.write(image("a"))
    (tmp_path / "images/a.json").write_text(text)
    assert records.read("a") is None


@pytest.mark.anyio
async def test_the_least_recently_used_go_and_those_in_use_stay(tmp_path: Path) -> None:
    records = ImageRecords(tmp_path)
    for number, key in enumerate("abcde"):
        records.write(image(key))
        os.utime(tmp_path / f"images/{key}.json", (number, number))
    records.read("a")  # used now
    removed = []

    def remove(name: str) -> None:
        if name.endswith(":b"):
            response = requests.Response()
            response.status_code = 409
            raise docker.errors.APIError("in use", response=response)
        if name.endswith(":c"):
            raise docker.errors.NotFound("gone", response=requests.Response())
        removed.append(name)

    api = Api(SimpleNamespace(remove_image=remove))  # type: ignore[arg-type]
    assert await prune(api, records, limit=2) == 1
    assert removed == ["docprobe/deps:d"]
    assert sorted(p.stem for p in (tmp_path / "images").iterdir()) == ["a", "b", "e"]


def test_base_tags_change_with_the_layer_below_and_with_a_folder(tmp_path: Path) -> None:
    hosts = [
        HostEnvironment({}),
        HostEnvironment({source.folder: str(tmp_path) for source in GO.sources if source.folder}),
    ]
    images = [
        base_images.BaseImages(
            cast("Any", None), tmp_path, host,
            first_layer.FirstLayer(cast("Any", None), PulledImages(cast("Any", None), tmp_path), host, {}),
        )
        for host in hosts
    ]  # fmt: skip
    tags = {
        images[0]._tag(toolchain, root) for toolchain in base_images.TOOLCHAINS for root in ("debian-1", "debian-2")
    }
    assert images[1]._tag("go", "debian-1") not in tags
    assert images[1]._tag("python", "debian-1") in tags
    assert len(tags) == 2 * len(base_images.TOOLCHAINS)
    assert all(tag.startswith("docprobe/base:") for tag in tags)


@pytest.mark.parametrize(
    ("release", "suite"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "trixie"}, "trixie"),
        ({"ID": "ubuntu", "VERSION_CODENAME": "noble"}, "noble"),
        ({"ID": "ubuntu", "VERSION_CODENAME": "jammy"}, "noble"),
        ({"ID": "debian", "VERSION_CODENAME": "bookworm"}, "trixie"),
        ({"ID": "debian", "VERSION_CODENAME": "forky"}, "forky"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian", "VERSION_CODENAME": "wilma"}, "trixie"),
        ({"ID": "debian"}, "trixie"),
        ({}, "trixie"),
    ],
)
def test_the_debian_has_python_3_12_or_newer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, release: dict[str, str], suite: str
) -> None:
    monkeypatch.setattr(first_layer, "_TRIXIE_KEY", tmp_path)
    monkeypatch.setattr(first_layer.platform, "freedesktop_os_release", lambda: release)
    assert first_layer._suite() == suite


def test_a_debian_that_cannot_verify_the_newer_one_makes_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(first_layer, "_TRIXIE_KEY", tmp_path / "missing.gpg")
    release = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
    monkeypatch.setattr(first_layer.platform, "freedesktop_os_release", lambda: release)
    assert first_layer._suite() == "bookworm"


@pytest.mark.anyio
async def test_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with exclusive(tmp_path, "install-abc"):
            inside += 1
            most = max(most, inside)
            await anyio.sleep(0.01)
            inside -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(one)
    assert most == 1
    assert list((tmp_path / "locks").iterdir()) == []


@pytest.mark.anyio
async def test_locks_of_different_things_do_not_meet(tmp_path: Path) -> None:
    with anyio.fail_after(30):
        async with exclusive(tmp_path, "a"), exclusive(tmp_path, "b"):
            pass


@pytest.mark.processes
@pytest.mark.anyio
async def test_a_dead_holder_gives_it_up(tmp_path: Path) -> None:
    code = (
        "import sys, fcntl, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1, flush=True); time.sleep(60)"
    )
    (tmp_path / "locks").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "locks/x")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with anyio.move_on_after(0.3) as waited:
            async with exclusive(tmp_path, "x"):
                pytest.fail("two hold it")
        assert waited.cancelled_caught
        other.kill()
    with anyio.fail_after(30):
        async with exclusive(tmp_path, "x"):
            pass


PLAN = InstallPlan(files={}, steps=(("npm", "ci"),), environment={}, lock_file="l", installed_file="i")


def key_of(
    plan: InstallPlan = PLAN,
    *,
    base: str = "base",
    manager: str = "npm",
    realm: str = "head",
    day: str | None = None,
    settings: InstallSettings | None = None,
) -> str:
    """The key of an image of dependencies."""
    builder = SimpleNamespace(run=SimpleNamespace(realm=realm), settings=settings or InstallSettings())
    installer = Installer(*(cast("Any", part) for part in (builder, *[None] * 7)))
    return installer._key(cast("Any", SimpleNamespace(id=base)), cast("Any", SimpleNamespace(manager=manager)), plan, day)


def test_all_that_decides_what_is_installed_is_in_an_image_s_key() -> None:
    """Among it the realm: what was installed for a stranger's change serves nobody who trusts what is checked."""
    npmrc = {"/tmp/docprobe/npmrc": "registry=http://one.invalid"}
    keys = [
        key_of(),
        key_of(realm="base"),
        key_of(base="other"),
        key_of(manager="pypi"),
        key_of(day="2026-01-01"),
        key_of(day="2026-01-02"),
        key_of(settings=InstallSettings({}, npmrc)),
        key_of(settings=InstallSettings({}, {"/tmp/docprobe/npmrc": "registry=http://two.invalid"})),
        key_of(settings=InstallSettings({"GOPROXY": "http://one.invalid"})),
        key_of(settings=InstallSettings(hosts="cdn.invalid")),
        key_of(replace(PLAN, files={"package.json": "{}"})),
        key_of(replace(PLAN, steps=(("npm", "install"),))),
        key_of(replace(PLAN, environment={"A": "1"})),
    ]
    assert len(set(keys)) == len(keys)
    assert key_of() == key_of(settings=InstallSettings({"HTTPS_PROXY": "x"}, {"/tmp/docprobe/ca.pem": "x"})), (
        "how a registry is reached decides nothing"
    )
