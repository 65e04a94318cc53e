"""Projects that a page shows as a whole: a package.json and the files that the page names beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.languages.common.paths import normal, refusal
from extractor.languages.common.shell import SHELLS
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.languages.common.values import Surroundings
    from extractor.model import Block


def project_blocks(around: Surroundings) -> Mapping[str, Block]:
    """The blocks of the project that is in view, by path; empty where the page shows no package.json.

    A path that is named twice means the first block.
    """
    manifest = next((m for m in around.manifests if m.manager is Manager.NPM), None)
    if manifest is None:
        return {}
    found: dict[str, Block] = {}
    for name, block in around.named:
        if not refusal(name.path) and block.language not in SHELLS | {"powershell"}:
            found.setdefault(normal(name.path), block)
    found.setdefault(normal(manifest.path), manifest.block)
    return found
