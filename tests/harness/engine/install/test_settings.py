from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.engine.install.settings import install_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_proxies_ca_bundle_and_nothing_else(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    settings = install_settings(
        HostEnvironment(
            {
                "https_proxy": "http://user:secret@proxy.invalid:3128",
                "NO_PROXY": "localhost",
                "SSL_CERT_FILE": str(bundle),
                "AWS_SECRET_ACCESS_KEY": "hunter2",
                "NPM_TOKEN": "hunter2",
                "PIP_INDEX_URL": "http://elsewhere.invalid",
                "PATH": "/home/me/bin",
            }
        )
    )
    assert (
        settings.environment["HTTPS_PROXY"]
        == settings.environment["https_proxy"]
        == "http://user:secret@proxy.invalid:3128"
    )
    assert settings.environment["NO_PROXY"] == "localhost"
    path = settings.environment["SSL_CERT_FILE"]
    assert settings.files == {path: "-----BEGIN CERTIFICATE-----\n"}
    assert {settings.environment[name] for name in ("NODE_EXTRA_CA_CERTS", "PIP_CERT", "NPM_CONFIG_CAFILE")} == {path}
    assert path.startswith("/tmp/"), "a tmpfs: not part of the image"
    assert "hunter2" not in str(settings.environment)
    assert not {"PIP_INDEX_URL", "PATH"} & set(settings.environment)
    assert "secret" not in repr(settings)


def test_client_configuration_that_the_user_names(tmp_path: Path) -> None:
    npmrc = tmp_path / "ours.npmrc"
    npmrc.write_text("registry=http://npm.invalid\n")
    settings = install_settings(HostEnvironment({"DOCPROBE_NPMRC": str(npmrc)}))
    assert settings.files[settings.environment["NPM_CONFIG_USERCONFIG"]] == "registry=http://npm.invalid\n"


def test_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="DOCPROBE_UV_CONFIG"):
        install_settings(HostEnvironment({"DOCPROBE_UV_CONFIG": str(tmp_path / "none.toml")}))
