"""Which version of a package a day had, which packages get none of their own, and what a library for many platforms is."""

from __future__ import annotations

import io
import json
import re
import urllib.error
import zipfile
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from harness.engine.inside import maven_packages
from harness.engine.inside.maven_packages import CENTRAL, Registry, resolve, write_settings

if TYPE_CHECKING:
    from pathlib import Path

DATES = {"1.9.0": "2025-03-01", "1.10.0": "2025-06-18", "1.11.0": "2025-06-19", "2.0.0-M1": "2025-01-01"}


class Answers(Registry):
    """Has one package, whose dates Central says unless ``silent``, and the metadata of a library for several platforms."""

    def __init__(self, *, silent: bool = False) -> None:
        super().__init__("https://repo.example", "")
        self.silent = silent

    def ask(self, path: str, method: str = "GET") -> tuple[str, str]:
        if path.endswith("maven-metadata.xml") and "/gone/" not in path:
            versions = "".join(f"<version>{version}</version>" for version in DATES)
            return f"<metadata><versioning><versions>{versions}</versions></versioning></metadata>", ""
        if path.endswith(".pom") and method == "HEAD":
            version = path.split("/")[-2]
            year, month, day = DATES[version].split("-")
            months = {"01": "Jan", "03": "Mar", "06": "Jun"}
            return "", "" if self.silent else f"Mon, {day} {months[month]} {year} 23:59:59 GMT"
        if path.endswith(".module") and "/multi/" in path:
            there = {"url": "x", "group": "com.acme", "module": "multi-jvm", "version": "1.0"}
            variants = [
                {"name": "js", "attributes": {"org.jetbrains.kotlin.platform.type": "js"}, "available-at": {}},
                {"name": "jvm", "attributes": {"org.jetbrains.kotlin.platform.type": "jvm"}, "available-at": there},
            ]
            return json.dumps({"variants": variants}), ""
        raise urllib.error.HTTPError(path, 404, "Not Found", None, None)  # type: ignore[arg-type]


class Closure:
    """Stands for Maven: no platform has ``open``, and whatever is chosen brings ``com.acme:brought``."""

    def lacking(self, entries: list[str]) -> set[tuple[str, str]]:
        return {("com.acme", "open")} if any("open" in entry for entry in entries) else set()

    def versions(self, entries: list[str]) -> dict[str, str]:
        return {"com.acme:brought": "3", "com.acme:multi": "1.0", "org.group:core": "1.9.0"}


def wanted(*packages: tuple[str, str], platforms: tuple[tuple[str, str], ...] = ()) -> dict[str, list[list[str]]]:
    return {
        "packages": [["com.acme", name, version] for name, version in packages],
        "platforms": [["com.acme", name, version] for name, version in platforms],
    }


def resolved(entries: list[str]) -> list[tuple[str, str]]:
    found = [re.search(r"<artifactId>(.+?)</artifactId>(?:<version>(.+?)</version>)?", entry) for entry in entries]
    return [(match[1], match[2] or "") for match in found if match is not None]


@pytest.mark.parametrize(
    ("day", "version"),
    [("2025-06-18", "1.10.0"), ("2026-01-01", "1.11.0"), ("2025-02-01", "2.0.0-M1"), (None, "1.11.0")],
)
def test_the_newest_release_by_the_end_of_the_day(day: str | None, version: str) -> None:
    assert Answers().newest("com.acme", "sdk", day) == version


@pytest.mark.parametrize(
    ("name", "day", "message"),
    [("sdk", "2020-01-01", "was not published by 2020-01-01"), ("gone", None, "no package of that name")],
)
def test_what_there_is_no_version_of(
    name: str, day: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        Answers().newest("com.acme", name, day)
    assert message in capsys.readouterr().err


def archive(year: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr(zipfile.ZipInfo("a.class", (year, 6, 18, 0, 0, 0)), "x")
        file.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", (1980, 1, 1, 0, 0, 0)), "x")
    return held.getvalue()


@pytest.mark.parametrize(("year", "said"), [(2025, ""), (1980, "does not say when com.acme:sdk was published")])
def test_a_mirror_without_dates(
    year: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The archive has the day, unless it was built to be repeatable: then today's packages are taken, and it is said."""

    class Reply(io.BytesIO):
        headers = MappingProxyType({"Last-Modified": ""})

    monkeypatch.setattr(maven_packages.urllib.request, "urlopen", lambda *_, **__: Reply(archive(year)))
    mirror = Answers(silent=True)
    assert mirror.newest("com.acme", "sdk", "2025-06-18") == "1.11.0"
    assert said in capsys.readouterr().err
    assert mirror.undated == ([f"the repository {said}, so today's 1.11.0 was taken"] if said else [])


def test_a_package_without_a_version_takes_what_others_bring() -> None:
    entries = resolve(wanted(("sdk", "1.0"), ("brought", ""), ("other", "")), "2025-06-18", Answers(), Closure())  # type: ignore[arg-type]
    assert resolved(entries) == [("sdk", "1.0"), ("other", "1.10.0")]


def test_packages_of_one_group_have_one_version() -> None:
    both = {"packages": [["com.acme", "sdk", "1.0"], ["org.group", "more", ""]], "platforms": []}
    assert resolved(resolve(both, None, Answers(), Closure()))[1] == ("more", "1.9.0")  # type: ignore[arg-type]


def test_a_platform_says_versions_and_others_get_the_newest() -> None:
    entries = resolve(wanted(("inside", ""), ("open", ""), platforms=(("bom", "7"),)), None, Answers(), Closure())  # type: ignore[arg-type]
    assert resolved(entries) == [("bom", "7"), ("inside", ""), ("open", "1.11.0")]
    assert "<scope>import</scope>" in entries[0]


def test_a_library_for_several_platforms_is_its_part_for_the_jvm() -> None:
    assert Answers().for_jvm("com.acme", "multi", "1.0") == ("com.acme", "multi-jvm", "1.0")
    assert Answers().for_jvm("com.acme", "sdk", "1.0") == ("com.acme", "sdk", "1.0")


def test_the_settings_of_the_user_are_taken_with_the_proxy_that_can_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, made = tmp_path / "given.xml", tmp_path / "made.xml"
    given.write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><proxies><proxy><host>old.example</host></proxy></proxies>'
        "<servers><server><id>house</id><username>u</username><password>p</password></server></servers>"
        "<mirrors><mirror><id>house</id><mirrorOf>*</mirrorOf><url>https://repo.house/maven/</url></mirror></mirrors></settings>"
    )
    monkeypatch.setattr(maven_packages, "SETTINGS", str(made))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("DOCPROBE_MAVEN_SETTINGS_FILE", str(given))
    registry = write_settings()
    assert (registry.url, "Authorization" in registry.headers) == ("https://repo.house/maven", True)
    text = made.read_text()
    assert "old.example" not in text
    assert "<port>3128</port>" in text
    monkeypatch.delenv("DOCPROBE_MAVEN_SETTINGS_FILE")
    assert write_settings().url == CENTRAL
