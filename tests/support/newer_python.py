"""A Python that can tell what it executes (3.12 or newer), wherever this machine has one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("python3.14", "python3.13", "python3.12")
MANAGED = (".pyenv/versions/3.1[2-9]*/bin/python", ".local/share/uv/python/cpython-3.1[2-9]*/bin/python")
"""Where version managers keep theirs, below the home folder."""


@cache
def newer_python() -> str | None:
    """Its path; None if there is none."""
    return next((path for path in _candidates() if _tells(path)), None)


def _candidates() -> Iterator[str]:
    yield sys.executable
    yield from (path for name in NAMES if (path := shutil.which(name)))
    yield from (str(path) for pattern in MANAGED for path in sorted(Path.home().glob(pattern), reverse=True))


def _tells(path: str) -> bool:
    # the shim of a version manager is there for versions that are not
    return subprocess.run([path, "-c", "import sys; sys.monitoring"], capture_output=True).returncode == 0
