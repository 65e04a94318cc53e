"""Crates of a day, and the manifest that they are resolved for."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from harness.engine.inside import cargo_crates

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "\n".join(
    json.dumps({"vers": version, "deps": [{"name": "extra", "optional": True}], "features": {"std": []},
                "features2": {"net": []}, **({"pubtime": f"{day}T10:00:00Z"} if day else {})})
    for version, day in (("0.1.0", None), ("0.2.0", "2025-03-01"), ("0.3.0", "2025-06-18"), ("1.0.0", "2025-06-19"))
).encode()  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """URLs that the index was asked for."""
    urls: list[str] = []

    def get(url: str) -> bytes:
        urls.append(url)
        return b'{"dl": "https://crates.example"}' if url.endswith("config.json") else INDEX

    monkeypatch.setattr(cargo_crates, "get", get)
    return urls


@pytest.mark.parametrize(
    ("day", "versions"),
    [
        ("2025-06-18", ["0.1.0", "0.2.0", "0.3.0"]),
        ("2025-02-01", ["0.1.0"]),
        ("2026-01-01", ["0.1.0", "0.2.0", "0.3.0", "1.0.0"]),
    ],
)
def test_what_was_published_by_the_end_of_a_day(day: str, versions: list[str]) -> None:
    kept = cargo_crates.published_by(day, INDEX).splitlines()
    assert [json.loads(line)["vers"] for line in kept] == versions


def test_cargo_is_shown_the_index_of_the_day(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with cargo_crates.index_of_day("2025-06-18") as options:
        address = next(o.partition("sparse+")[2].rstrip('"') for o in options if "sparse+" in o)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{address}ac/me/acme") as reply:
            body = reply.read()
        with opener.open(f"{address}config.json") as reply:
            assert json.loads(reply.read())["dl"] == "https://crates.example"
    assert b'"1.0.0"' not in body
    assert b'"0.3.0"' in body
    assert asked == ["https://index.crates.io/ac/me/acme", "https://index.crates.io/config.json"]


def test_without_a_day_cargo_asks_itself() -> None:
    with cargo_crates.index_of_day(None) as options:
        assert options == []


def test_usual_features_only_where_the_version_has_them(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Cargo.lock").write_text('[[package]]\nname = "acme"\nversion = "0.3.0"\n')
    monkeypatch.setattr(cargo_crates, "cargo", lambda *_: "")
    entry: dict[str, object] = {
        "name": "acme", "version": "*", "features": ["std"], "usual": ["net", "extra", "gone"], "default": False,
        "development": False,
    }  # fmt: skip
    cargo_crates.resolve([entry], [])
    manifest = (tmp_path / "Cargo.toml").read_text()
    assert 'features = ["extra", "net", "std"]' in manifest
    assert "default-features = false" in manifest


@pytest.mark.parametrize(("name", "path"), [("a", "1/a"), ("ab", "2/ab"), ("abc", "3/a/abc"), ("Serde", "se/rd/serde")])
def test_where_a_crate_is_in_the_index(name: str, path: str) -> None:
    assert cargo_crates.index_path(name) == path


def test_the_registry_that_the_user_configures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "cargo.toml"
    config.write_text(
        '[source.crates-io]\nreplace-with = "mirror"\n\n[source.mirror]\nregistry = "sparse+https://mirror.example/index/"\n\n'
        '[registries.mirror]\ntoken = "secret"\n'
    )
    monkeypatch.setenv(cargo_crates.CONFIG_VARIABLE, str(config))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path))
    assert cargo_crates.upstream() == "https://mirror.example/index"
    cargo_crates.keep_source_replacement()
    kept = (tmp_path / "config.toml").read_text()
    assert 'replace-with = "mirror"' in kept
    assert "secret" not in kept
