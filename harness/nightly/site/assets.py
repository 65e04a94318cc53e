"""The library that draws charts: fetched once from the npm registry, then part of every site.

It is pinned by version and by the registry's own integrity digest, brought by the ordinary client (``npm pack``, so
that a company's registry and certificates are used), and only the files that are needed leave the package. Nothing of
a package is executed here.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.base.host import HostEnvironment

FETCH_TIMEOUT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Library:
    """One package of the npm registry."""

    package: str
    version: str
    integrity: str
    """``sha512-…`` of the package's tarball, as the registry publishes it."""
    files: tuple[tuple[str, str], ...]
    """(path inside the package, name in the site)."""
    purpose: str


LIBRARIES: Final = (
    Library(
        "uplot",
        "1.6.32",
        "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        (("dist/uPlot.iife.min.js", "uplot.js"), ("dist/uPlot.min.css", "uplot.css"), ("LICENSE", "uplot.LICENSE.txt")),
        "charts",
    ),
)
"""uPlot draws a thousand nights in milliseconds from 50 kB."""


@dataclass(frozen=True, slots=True)
class Assets:
    """Files for the site, and what could not be fetched."""

    files: tuple[tuple[str, bytes], ...]
    missing: tuple[tuple[str, str], ...]
    """(purpose, why): the pages say so and show tables instead."""

    @property
    def names(self) -> frozenset[str]:
        """Names of the files that are there."""
        return frozenset(name for name, _ in self.files)


def load(cache: Path | None, host: HostEnvironment, libraries: Sequence[Library] = LIBRARIES) -> Assets:
    """Return the libraries from ``cache``, fetched into it if they are missing.

    Args:
        cache: folder for packages; None leaves the libraries out.
        host: where npm is.
        libraries: what to load.
    """
    files: list[tuple[str, bytes]] = []
    missing: list[tuple[str, str]] = []
    for library in libraries:
        if cache is None:
            missing.append((library.purpose, "left out with --no-libraries"))
            continue
        try:
            files += _files(library, cache, host)
        except (OSError, ValueError, subprocess.SubprocessError, tarfile.TarError, KeyError) as error:
            missing.append((library.purpose, f"{library.package} {library.version} could not be fetched: {error}"))
    return Assets(tuple(files), tuple(missing))


def _files(library: Library, cache: Path, host: HostEnvironment) -> list[tuple[str, bytes]]:
    tarball = cache / f"{library.package.replace('/', '-').removeprefix('@')}-{library.version}.tgz"
    if not _genuine(tarball, library):
        _fetch(library, tarball, host)
        if not _genuine(tarball, library):
            tarball.unlink()
            raise ValueError("the package from the registry has another digest than the pinned one")
    with tarfile.open(tarball) as archive:
        return [(name, _member(archive, f"package/{path}")) for path, name in library.files]


def _genuine(tarball: Path, library: Library) -> bool:
    if not tarball.is_file():
        return False
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}" == library.integrity


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    if file is None:
        raise ValueError(f"{path} is not a file")
    return file.read()


def _fetch(library: Library, tarball: Path, host: HostEnvironment) -> None:
    npm = host.program("npm")
    if npm is None:
        raise ValueError("npm is not installed")
    tarball.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tarball.parent) as folder:
        done = subprocess.run(
            [npm, "pack", "--silent", "--ignore-scripts", f"{library.package}@{library.version}"],
            env=dict(host.variables), cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False,
        )  # fmt: skip
        packed = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(packed) != 1:
            lines = done.stderr.strip().splitlines() or ["npm pack wrote no package"]
            raise ValueError(lines[-1])
        packed[0].replace(tarball)
