"""remark-mdx as an oracle: installed by npm into a cache folder when a test asks for it, never a dependency."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Seen:
    """One fenced block as remark sees it."""

    first: int
    last: int
    column: int
    info: str
    text: str


@dataclass(frozen=True)
class Refused:
    """remark's reason for not parsing a page."""

    reason: str


class Remark:
    """A running Node process that answers page by page."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def blocks(self, text: str, ending: str) -> tuple[Seen, ...] | Refused:
        """The fenced blocks of a page whose name ends in ``ending`` (``mdx`` or ``md``)."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"format": ending, "text": text}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "refused" in answer:
            return Refused(answer["refused"])
        return tuple(Seen(**block) for block in answer["blocks"])


@contextmanager
def remark() -> Iterator[Remark]:
    """Start the oracle; installs its packages first if they are not in the cache."""
    process = subprocess.Popen(
        ["node", HERE / "oracle.mjs"], cwd=_installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Remark(process)
        assert process.stdin
        process.stdin.close()


def _installed() -> Path:
    manifest = (HERE / "package.json").read_bytes()
    folder = Path(platformdirs.user_cache_dir("docprobe")) / f"oracle-{hashlib.sha256(manifest).hexdigest()[:12]}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", folder)
        subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
        (folder / "done").touch()
    return folder
