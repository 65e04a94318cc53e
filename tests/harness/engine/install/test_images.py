from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import docker.errors
import pytest
import requests

from harness.engine.api import Api
from harness.engine.install import base_images
from harness.engine.install.images import Records, content_key, prune
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
    records = Records(tmp_path)
    assert records.read("a") is None
    records.write(image("a"))
    assert records.read("a") == image("a")
    assert [p.name for p in (tmp_path / "images").iterdir()] == ["a.json"]


@pytest.mark.parametrize("text", ["", "{", '{"tag": 1}', "[]"])
def test_a_record_that_is_not_whole_is_none(tmp_path: Path, text: str) -> None:
    records = Records(tmp_path)
    records.write(image("a"))
    (tmp_path / "images/a.json").write_text(text)
    assert records.read("a") is None


@pytest.mark.anyio
async def test_the_least_recently_used_go_and_those_in_use_stay(tmp_path: Path) -> None:
    records = Records(tmp_path)
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
    assert await prune(api, records, kept=2) == 1
    assert removed == ["docprobe/deps:d"]
    assert sorted(p.stem for p in (tmp_path / "images").iterdir()) == ["a", "b", "e"]


def test_base_tags_change_with_the_layer_below(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {base_images._tag(toolchain, root) for toolchain in base_images.TOOLCHAINS for root in ("debian-1", "debian-2")}
    assert len(tags) == 4
    assert all(tag.startswith("docprobe/base:") for tag in tags)


@pytest.mark.parametrize(
    ("release", "suite"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "trixie"}, "trixie"),
        ({"ID": "ubuntu", "VERSION_CODENAME": "noble"}, "noble"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian", "VERSION_CODENAME": "wilma"}, "bookworm"),
        ({"ID": "debian"}, "bookworm"),
        ({}, "bookworm"),
    ],
)
def test_the_hosts_own_debian(monkeypatch: pytest.MonkeyPatch, release: dict[str, str], suite: str) -> None:
    monkeypatch.setattr(base_images.platform, "freedesktop_os_release", lambda: release)
    assert base_images._suite() == suite
