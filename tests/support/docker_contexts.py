"""Docker contexts, as ``docker context create`` and ``docker context use`` leave them."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_context(
    folder: Path, name: str, address: str, certificates: Path | None = None, *, current: bool = False
) -> None:
    """Write a context to docker's configuration in ``folder``."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / digest
    meta.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"currentContext": name} if current else {}))
    endpoint = {"Host": address, "SkipTLSVerify": False}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    if certificates is not None:
        shutil.copytree(certificates, folder / "contexts" / "tls" / digest / "docker")
