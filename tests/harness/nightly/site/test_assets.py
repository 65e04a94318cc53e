from __future__ import annotations

import base64
import hashlib
import io
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from harness.base.host import HostEnvironment
from harness.nightly.site.assets import LIBRARIES, Library, load
from tests.support.host import HOST

if TYPE_CHECKING:
    from pathlib import Path


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def library(tarball: bytes) -> Library:
    digest = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    return Library("@scope/drawing", "1.2.3", digest, (("dist/drawing.js", "drawing.js"),), "drawings")


def with_npm(folder: Path) -> HostEnvironment:
    return HostEnvironment({"PATH": f"{folder}:/usr/bin:/bin"})


@pytest.fixture
def npm(tmp_path: Path) -> Path:
    """A folder with an ``npm`` made for the test: it writes down its arguments and gives the file beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\ncat {folder}/answer > scope-drawing-1.2.3.tgz\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.mark.processes
def test_a_library_is_fetched_once_and_kept(npm: Path, tmp_path: Path) -> None:
    tarball = packed({"dist/drawing.js": b"draw()", "evil.js": b"no"})
    (npm / "answer").write_bytes(tarball)
    for _ in range(2):
        assets = load(tmp_path / "cache", with_npm(npm), [library(tarball)])
        assert assets.files == (("drawing.js", b"draw()"),)
        assert assets.missing == ()
    assert (npm / "asked").read_text().splitlines() == ["pack --silent --ignore-scripts @scope/drawing@1.2.3"]


@pytest.mark.processes
def test_another_package_than_the_pinned_one_is_not_used(npm: Path, tmp_path: Path) -> None:
    (npm / "answer").write_bytes(packed({"dist/drawing.js": b"steal()"}))
    assets = load(tmp_path / "cache", with_npm(npm), [library(packed({"dist/drawing.js": b"draw()"}))])
    assert assets.files == ()
    ((purpose, why),) = assets.missing
    assert purpose == "drawings"
    assert "another digest than the pinned one" in why
    assert list((tmp_path / "cache").iterdir()) == [], "the next run fetches it afresh"


@pytest.mark.processes
def test_a_damaged_cache_is_fetched_afresh(npm: Path, tmp_path: Path) -> None:
    tarball = packed({"dist/drawing.js": b"draw()"})
    (npm / "answer").write_bytes(tarball)
    load(tmp_path / "cache", with_npm(npm), [library(tarball)])
    next((tmp_path / "cache").iterdir()).write_bytes(b"half a file")
    assert load(tmp_path / "cache", with_npm(npm), [library(tarball)]).files == (("drawing.js", b"draw()"),)


def test_without_npm_the_reason_is_given(tmp_path: Path) -> None:
    assert load(tmp_path / "cache", HostEnvironment({"PATH": str(tmp_path)}), [library(b"")]).missing == (
        ("drawings", "@scope/drawing 1.2.3 could not be fetched: npm is not installed"),
    )


@pytest.mark.processes
def test_the_message_of_npm_is_given(npm: Path, tmp_path: Path) -> None:
    (npm / "npm").write_text("#!/bin/sh\necho first >&2\necho no such package >&2\nexit 1\n")
    ((_, why),) = load(tmp_path / "cache", with_npm(npm), [library(b"")]).missing
    assert why.endswith("could not be fetched: no such package")


def test_every_library_is_pinned_with_its_licence() -> None:
    for one in LIBRARIES:
        assert one.version[0].isdigit()
        assert one.integrity.startswith("sha512-")
        assert any("LICENSE" in path for path, _ in one.files)


@pytest.mark.registry
def test_the_pinned_libraries_are_in_the_registry(tmp_path: Path) -> None:
    assets = load(tmp_path / "cache", HOST)
    assert assets.missing == ()
    assert {"uplot.js", "uplot.css"} <= assets.names
