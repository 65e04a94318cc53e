"""What the host lends to containers that install: proxies, its CA bundle, client configuration the user named.

Nothing else of the host's environment reaches any container, and the pods of examples get not even this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
"""Environment variables that name a CA bundle, the first that names a file wins."""
_SYSTEM_BUNDLES: Final = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)
_INSIDE: Final = "/tmp/docprobe"
"""A tmpfs: what is written here is not part of the image."""
_CLIENT_FILES: Final = {
    "DOCPROBE_NPMRC": ("npmrc", "NPM_CONFIG_USERCONFIG"),
    "DOCPROBE_UV_CONFIG": ("uv.toml", "UV_CONFIG_FILE"),
    "DOCPROBE_PIP_CONFIG": ("pip.conf", "PIP_CONFIG_FILE"),
}
"""The user's own variable to the file's name inside and the client's variable that names it."""


@dataclass(frozen=True, slots=True)
class Lent:
    """Files and environment for a container that installs."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Proxies may hold passwords: never shown."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Absolute path inside to text."""


def lend(environment: Mapping[str, str]) -> Lent:
    """What to lend, told from the host's environment.

    Raises UsageError if a configuration file that the user named cannot be read.
    """
    variables: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in _PROXIES:
        value = environment.get(name) or environment.get(name.lower())
        if value:
            variables[name] = variables[name.lower()] = value
    bundle = _bundle(environment)
    if bundle is not None:
        path = f"{_INSIDE}/ca.pem"
        files[path] = bundle
        variables |= dict.fromkeys(
            ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE"), path
        )
    for ours, (name, theirs) in _CLIENT_FILES.items():
        if environment.get(ours):
            path = f"{_INSIDE}/{name}"
            variables[theirs] = path
            files[path] = _read(ours, Path(environment[ours]))
    return Lent(variables, files)


def _bundle(environment: Mapping[str, str]) -> str | None:
    named = [Path(environment[name]) for name in _BUNDLES if environment.get(name)]
    for path in (*named, *_SYSTEM_BUNDLES):
        if path.is_file():
            try:
                return path.read_text("utf-8", "replace")
            except OSError as error:
                raise UsageError(
                    f"the CA bundle {path} cannot be read: {error.strerror}",
                    "see that this user may read it, or name another in SSL_CERT_FILE",
                ) from error
    return None


def _read(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{variable} names {path}, which cannot be read: {error}") from error
