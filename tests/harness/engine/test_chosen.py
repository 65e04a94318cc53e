"""Which engine the user chose: of all places that say it, and of files that cannot be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import EngineError
from harness.base.host import HostEnvironment
from harness.engine.api import open_api
from harness.engine.chosen import chosen_context, engine_inputs
from tests.support.docker_contexts import write_context

if TYPE_CHECKING:
    from pathlib import Path

FAR = "tcp://far.example:2376"


def test_the_first_of_host_variable_and_current_context_counts(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    write_context(folder, "near", "unix:///near.sock")
    write_context(folder, "far", FAR, current=True)
    home = {"HOME": str(tmp_path)}

    def address(**more: str) -> str | None:
        found = chosen_context(HostEnvironment({**home, **more}))
        return None if found is None else found.address()

    assert address() == FAR
    assert address(DOCKER_CONTEXT="near") == "unix:///near.sock"
    assert address(DOCKER_CONTEXT="default") is None
    assert address(DOCKER_HOST="unix:///x.sock", DOCKER_CONTEXT="near") is None, "DOCKER_HOST itself is the address"
    assert address(HOME="/nowhere", DOCKER_CONFIG=str(folder)) == FAR
    assert chosen_context(HostEnvironment({})) is None


def test_without_a_configuration_file_a_context_is_found_and_none_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout of strangers may have a folder called contexts."""
    folder, checkout = tmp_path / ".docker", tmp_path / "checkout"
    write_context(folder, "far", FAR)
    (folder / "config.json").unlink()
    write_context(checkout, "far", "tcp://evil.example:2376")
    (checkout / "config.json").unlink()
    monkeypatch.chdir(checkout)
    found = chosen_context(HostEnvironment({"HOME": str(tmp_path), "DOCKER_CONTEXT": "far"}))
    assert found is not None
    assert found.address() == FAR


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"Endpoints": []}', '{"Endpoints": {"docker": 1}}', "[" * 100_000, "\udcff"]
)
@pytest.mark.anyio
async def test_a_context_that_cannot_be_understood_is_named(tmp_path: Path, text: str) -> None:
    write_context(tmp_path, "far", FAR, current=True)
    (file,) = (tmp_path / "contexts" / "meta").glob("*/meta.json")
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    host = HostEnvironment({"DOCKER_CONFIG": str(tmp_path)})
    with pytest.raises(EngineError, match="the Docker context far does"):
        await open_api(host)
    assert engine_inputs(host), "no question of what is cached"


@pytest.mark.parametrize("text", ["{", "[]", '{"currentContext": 1}', '{"currentContext": ""}', ""])
def test_a_configuration_without_a_current_context(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert chosen_context(HostEnvironment({"DOCKER_CONFIG": str(tmp_path)})) is None


def test_an_engine_may_be_verified_by_a_ca_alone(tmp_path: Path) -> None:
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    (certificates / "ca.pem").write_text("a CA")
    write_context(tmp_path, "far", FAR, certificates, current=True)
    found = chosen_context(HostEnvironment({"DOCKER_CONFIG": str(tmp_path)}))
    assert found is not None
    assert found.tls() == ((str(found.certificates / "ca.pem"), None, None), True)
