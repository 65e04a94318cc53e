"""How long ``make check`` and ``make test`` took when they last ran: noted by make itself, read by ``make bench``.

    python -m tests.bench.times NOTE BEGAN ENVIRONMENT ENGINE FILE

What sets up a machine, or takes longer than all of the benchmark, is measured where it runs anyway.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BASES = "docprobe/base"
FILE = "times.jsonl"
"""In the report folder: a line of JSON for each run."""


@dataclass(frozen=True)
class Noted:
    """One run of a target."""

    what: str
    """``check`` or ``test``."""
    seconds: float
    environment_s: float
    """Of it, to make the Python environment; 0 if it was there."""
    engine_s: float
    """To find, install or start an engine, and to make base images."""
    images: int
    """Base images that were made in it."""
    load: float
    """Of the last minute, at its end."""
    ended: str
    """UTC, ISO."""

    @property
    def is_cold(self) -> bool:
        """Whether it began without an environment and without base images, as on a new machine."""
        return self.environment_s > 0 and self.images > 0

    def __str__(self) -> str:
        rest = self.seconds - self.environment_s - self.engine_s
        made = f", {self.images} base images made" if self.images else ""
        return (
            f"make {self.what}: {self.seconds:.0f} s (environment {self.environment_s:.0f}, engine {self.engine_s:.0f}"
            f"{made}, the rest {rest:.0f})"
        )


def note(what: str, began: float, environment: Path, engine: Path, file: Path) -> Noted:
    """Add a line about a run that ends now.

    Args:
        what: the target.
        began: seconds since 1970.
        environment: a file that was written when the environment was ready.
        engine: a file that was written when the engine was.
        file: what is added to.
    """
    ready = max(began, _written(environment, began))
    able = max(ready, _written(engine, began))
    now = time.time()
    noted = Noted(
        what, round(now - began, 1), round(ready - began, 1), round(able - ready, 1), _images_since(began),
        round(os.getloadavg()[0], 1), datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps(asdict(noted)) + "\n")
    return noted


def last(file: Path, what: str, *, cold: bool = False) -> Noted | None:
    """Return the last noted run of a target; None if there is none."""
    lines = file.read_text().splitlines() if file.exists() else []
    found = [noted for line in lines if (noted := Noted(**json.loads(line))).what == what]
    return next((noted for noted in reversed(found) if noted.is_cold or not cold), None)


def _written(file: Path, otherwise: float) -> float:
    return file.stat().st_mtime if file.exists() else otherwise


def _images_since(began: float) -> int:
    """Return how many base images the engine has that are younger; 0 if none answers."""
    import docker

    images: list[dict[str, Any]] = []
    with suppress(docker.errors.DockerException, OSError):
        client = docker.from_env(timeout=10).api
        images = client.images(BASES)
        client.close()
    return sum(image["Created"] >= began for image in images)


def main() -> None:
    """Add the line, and show it."""
    what, began, environment, engine, file = sys.argv[1:]
    noted = note(what, float(began), Path(environment), Path(engine), Path(file))
    if what == "check":  # the tests end with pytest's own summary
        print(noted, file=sys.stderr)


if __name__ == "__main__":
    main()
