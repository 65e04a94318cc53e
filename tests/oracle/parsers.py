"""The parsers of MkDocs and MyST as oracles: installed by pip into a cache folder when a test asks for them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Shown:
    """One block of code as a site shows it."""

    language: str
    title: str
    text: str


class SiteParsers:
    """A running Python process that answers page by page."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def blocks(self, parser: str, text: str) -> tuple[Shown, ...]:
        """The blocks of a page as ``mkdocs`` or ``myst`` shows them."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([parser, text]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "blocks" in answer, f"{answer['refused']}\n{text}"
        return tuple(Shown(*block) for block in answer["blocks"])


@contextmanager
def site_parsers() -> Iterator[SiteParsers]:
    """Start the oracle; installs its packages first if they are not in the cache."""
    command = [_installed() / "bin" / "python", HERE / "site_parsers.py"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield SiteParsers(process)
        assert process.stdin
        process.stdin.close()


def _installed() -> Path:
    requirements = HERE / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = Path(platformdirs.user_cache_dir("docprobe")) / f"oracle-{digest}"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "-r", requirements], check=True)
        (folder / "done").touch()
    return folder
