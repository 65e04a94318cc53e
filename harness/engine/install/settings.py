"""What containers that install get of the host: proxies, its CA bundle, client configuration that the user named.

Nothing else of the host's environment reaches any container, and the pods of examples do not even get this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.languages.toolchains import TOOLCHAINS
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.base.host import HostEnvironment

BASE_IMAGE_VARIABLE: Final = "DOCPROBE_BASE_IMAGE"
"""Names the image that base images are made from."""
IMAGES_LOCK: Final = "docprobe-images.toml"
"""File name of images' digests: docprobe's own in the state folder, the project's beside its docprobe.toml."""
HOSTS_VARIABLE: Final = "DOCPROBE_REGISTRY_HOSTS"
"""Names further hosts that a registry sends its clients to: ``cdn.example.com files.example.com:8443``."""
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
"""Environment variables that name a CA bundle, the first that names a file wins."""
_SYSTEM_BUNDLES: Final = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)
_MODULE_PROXIES: Final = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE")
"""Where Go's modules come from: addresses and patterns, not credentials."""
_SHORT: Final = 4096
"""Bytes of a file that names a release."""
_INSIDE: Final = "/tmp/docprobe"
"""A tmpfs: what is written here is not part of the image."""
_BUNDLE_VARIABLES: Final = (
    "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "CARGO_HTTP_CAINFO",
)  # fmt: skip
_CLIENT_FILES: Final = {
    "DOCPROBE_NPMRC": ("npmrc", "NPM_CONFIG_USERCONFIG"),
    "DOCPROBE_UV_CONFIG": ("uv.toml", "UV_CONFIG_FILE"),
    "DOCPROBE_PIP_CONFIG": ("pip.conf", "PIP_CONFIG_FILE"),
    "DOCPROBE_CARGO_CONFIG": ("cargo.toml", "DOCPROBE_CARGO_CONFIG"),
    "DOCPROBE_MAVEN_SETTINGS": ("settings.xml", "DOCPROBE_MAVEN_SETTINGS_FILE"),
}
"""The user's own variable to the file's name inside and the client's variable that names it."""


def image_variables() -> tuple[str, ...]:
    """Return the environment variables that name images, or folders that are copied into them."""
    return (BASE_IMAGE_VARIABLE, *toolchain_variables())


def toolchain_variables() -> tuple[str, ...]:
    """Return the environment variables that name folders of toolchains."""
    return tuple(source.folder for toolchain in TOOLCHAINS.values() for source in toolchain.sources if source.folder)


def folder_contents(folder: Path) -> tuple[tuple[str, int, str], ...]:
    """Return what tells one release of a toolchain's folder from another that is put in its place.

    That is the name and size of each file at its top and of each program, and the text of short ones, such as VERSION.
    """
    files = [file for place in (folder, folder / "bin") if place.is_dir() for file in place.iterdir() if file.is_file()]
    return tuple((file.name, size, _short_text(file, size)) for file in sorted(files) for size in [file.stat().st_size])


def _short_text(file: Path, size: int) -> str:
    try:
        return file.read_text("utf-8", "replace") if size <= _SHORT else ""
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class InstallSettings:
    """Files and environment for a container that installs."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Proxies may hold passwords: never shown."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Absolute path inside to text."""
    hosts: str = ""
    """Further hosts that may be reached (:data:`HOSTS_VARIABLE`)."""

    @property
    def sources(self) -> tuple[Mapping[str, str], Mapping[str, str], str]:
        """What says where packages come from: of the environment, of the files, and the further hosts.

        How they are reached (proxies, certificates) is not among it: that makes no other package of a name.
        """
        own = {file for file, _ in _CLIENT_FILES.values()}
        files = {path: text for path, text in self.files.items() if path.rpartition("/")[2] in own}
        return {name: self.environment[name] for name in _MODULE_PROXIES if name in self.environment}, files, self.hosts


def install_settings(host: HostEnvironment) -> InstallSettings:
    """Return what containers that install get of the host.

    Raises:
        UsageError: the CA bundle, or a configuration file that the user named, cannot be read.
    """
    variables: dict[str, str] = {}
    files: dict[str, str] = {}
    for name in _PROXIES:
        value = host.get(name) or host.get(name.lower())
        if value:
            variables[name] = variables[name.lower()] = value
    variables |= {name: value for name in _MODULE_PROXIES if (value := host.get(name))}
    bundle = _ca_bundle(host)
    if bundle is not None:
        path = f"{_INSIDE}/ca.pem"
        files[path] = bundle
        variables |= dict.fromkeys(_BUNDLE_VARIABLES, path)
    for name, (file, client_variable) in _CLIENT_FILES.items():
        given = host.get(name)
        if given is not None:
            path = f"{_INSIDE}/{file}"
            variables[client_variable] = path
            files[path] = _read(name, Path(given))
    return InstallSettings(variables, files, host.get(HOSTS_VARIABLE) or "")


def _ca_bundle(host: HostEnvironment) -> str | None:
    named = [Path(value) for name in _BUNDLES if (value := host.get(name))]
    for path in (*named, *_SYSTEM_BUNDLES):
        if path.is_file():
            try:
                return path.read_text("utf-8", "replace")
            except OSError as error:
                raise UsageError(
                    f"the CA bundle {path} cannot be read: {error.strerror}",
                    "let this user read it, or name another in SSL_CERT_FILE",
                ) from error
    return None


def _read(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{variable} names {path}, which cannot be read: {error}", f"correct {variable}, or unset it"
        ) from error
