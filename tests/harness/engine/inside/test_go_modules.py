"""Which version of a module a day had, by what a proxy answers."""

from __future__ import annotations

import json
import sys
import urllib.error
from types import SimpleNamespace

import pytest

from harness.engine.inside import go_modules

TIMES = {"v1.9.0": "2025-03-01", "v1.10.0": "2025-06-18", "v1.11.0": "2025-06-19", "v2.0.0-beta.1": "2025-01-01"}


@pytest.fixture(autouse=True)
def proxy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def get(url: str) -> str:
        asked.append(url)
        if url.endswith("/list"):
            if "gone" in url:
                raise urllib.error.HTTPError(url, 404, "Not Found", None, None)  # type: ignore[arg-type]
            return "\n".join(TIMES)
        version = url.rpartition("/")[2].removesuffix(".info")
        return json.dumps({"Version": version, "Time": f"{TIMES[version]}T23:59:59Z"})

    monkeypatch.setattr(go_modules, "get", get)
    monkeypatch.setattr(go_modules, "proxies", lambda: "https://proxy.example,direct")
    return asked


@pytest.mark.parametrize(
    ("day", "version"),
    [("2025-06-18", "v1.10.0"), ("2026-01-01", "v1.11.0"), ("2025-02-01", "v2.0.0-beta.1"), ("2020-01-01", "")],
)
def test_the_newest_release_by_the_end_of_the_day(day: str, version: str) -> None:
    assert go_modules.version_at("github.com/acme/sdk", day) == version


def test_a_module_that_is_not_there_has_no_known_version() -> None:
    assert go_modules.version_at("github.com/acme/gone", "2025-06-18") is None


def test_without_a_proxy_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_modules, "proxies", lambda: "direct")
    assert go_modules.version_at("github.com/acme/sdk", "2025-06-18") is None


def test_capitals_are_escaped(proxy: list[str]) -> None:
    go_modules.version_at("github.com/Acme/SDK", "2026-01-01")
    assert proxy[0] == "https://proxy.example/github.com/!acme/!s!d!k/@v/list"


@pytest.mark.parametrize(("answered", "last"), [("403 Forbidden", "sdk: 403 Forbidden"), ("404 Not Found", "sdk/mill: no")])
def test_what_is_said_last_is_about_the_module_unless_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answered: str, last: str
) -> None:
    def run(words: list[str], **options: object) -> SimpleNamespace:
        if options.get("stderr") is not None:
            return SimpleNamespace(returncode=1, stderr=f"go: {words[-1].partition('@')[0]}: {answered}\n")
        print(f"go: {words[-1].partition('@')[0]}: no", file=sys.stderr)
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(go_modules.subprocess, "run", run)
    entry: dict[str, object] = {"module": "acme.example/sdk", "version": "", "packages": ["acme.example/sdk/mill"]}
    with pytest.raises(SystemExit):
        go_modules.fetch(entry, None)
    assert capsys.readouterr().err.splitlines()[-1] == f"go: acme.example/{last}"
