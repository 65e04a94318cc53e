"""Which container engine the user chose, as docker's own client reads it: by DOCKER_HOST, or by a docker context.

Only files are read, and docker-py is not needed: what is cached depends on the engine, also in a run that needs none.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extractor.base.text import printable
from harness.base.errors import EngineError

if TYPE_CHECKING:
    from harness.base.host import HostEnvironment

_DEFAULT: Final = "default"
"""The context that stands for the usual socket."""
_TLS_FILES: Final = ("ca.pem", "cert.pem", "key.pem")


@dataclass(frozen=True, slots=True)
class DockerContext:
    """A docker context."""

    name: str
    definition: str
    """Text of the context's file, which names the engine; empty if the context does not exist."""
    certificates: Path
    """Folder with the files for TLS; it need not exist."""

    def address(self) -> str | None:
        """Return the engine's address; None for the usual one.

        Raises:
            EngineError: the context does not exist, or its file cannot be understood.
        """
        host = self._endpoint().get("Host")
        return host if isinstance(host, str) and host else None

    def tls(self) -> tuple[tuple[str | None, ...], bool] | None:
        """Return the files of CA, certificate and key, and whether the engine's certificate is verified.

        None if the context is not about TLS. Raises EngineError as :meth:`address` does.
        """
        skips = self._endpoint().get("SkipTLSVerify") is True
        files = tuple(str(file) if (file := self.certificates / name).is_file() else None for name in _TLS_FILES)
        return (files, not skips) if any(files) else None

    def _endpoint(self) -> dict[str, Any]:
        name = printable(self.name)
        if not self.definition:
            raise EngineError(
                f"the Docker context {name} does not exist",
                "see `docker context ls`, and choose another: `docker context use`, or DOCKER_CONTEXT",
            )
        try:
            endpoint = json.loads(self.definition)["Endpoints"]["docker"]
        except (ValueError, KeyError, TypeError, RecursionError):
            endpoint = None
        if not isinstance(endpoint, dict):
            raise EngineError(
                f"the Docker context {name} does not say where its engine is", f"see `docker context inspect {name}`"
            )
        return endpoint


def chosen_context(host: HostEnvironment) -> DockerContext | None:
    """Return the docker context in use: DOCKER_CONTEXT's, or the current one of docker's configuration.

    Returns:
        None for the usual engine, and if DOCKER_HOST names one.
    """
    if host.get("DOCKER_HOST") is not None:
        return None
    folder = _configuration(host)
    if folder is None:
        return None
    name = host.get("DOCKER_CONTEXT") or _current(folder / "config.json")
    if name is None or name == _DEFAULT:
        return None
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    contexts = folder / "contexts"
    return DockerContext(name, _text(contexts / "meta" / digest / "meta.json"), contexts / "tls" / digest / "docker")


def engine_inputs(host: HostEnvironment) -> tuple[str | None, ...]:
    """Return what names the engine, as texts: two that differ may mean two engines."""
    context = chosen_context(host)
    if context is None:
        return (host.get("DOCKER_HOST"),)
    return (context.name, context.definition)


def _configuration(host: HostEnvironment) -> Path | None:
    """Return the folder of docker's configuration; None without a home."""
    if given := host.get("DOCKER_CONFIG"):
        return Path(given)
    home = host.get("HOME")
    return Path(home, ".docker") if home else None


def _current(file: Path) -> str | None:
    try:
        value = json.loads(_text(file) or "{}")
    except (ValueError, RecursionError):
        return None
    name = value.get("currentContext") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name else None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError):
        return ""
