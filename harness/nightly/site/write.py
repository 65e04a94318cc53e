"""Write the site: every file whole or not at all, and nothing of an older site left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.storage import remove_unfinished, write_atomically
from harness.base.codec import encodable
from harness.base.errors import UsageError
from harness.nightly.site.content import SiteContent
from harness.report.html.single import static

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model import Report
    from harness.nightly.site.assets import Assets
    from harness.nightly.site.coverage import StatementLine

MARKER: Final = "docprobe-site.txt"
"""Tells a folder that holds a site from one that holds something else."""
PER_EXAMPLE: Final = ("cases", "flips")
"""Folders with pages that come and go with their examples."""


@dataclass(frozen=True, slots=True)
class WrittenSite:
    """What was written."""

    files: int
    size: int
    """Bytes."""


def write_site(
    report: Report,
    history: sqlite3.Connection,
    out: Path,
    *,
    assets: Assets,
    statements: Sequence[StatementLine] = (),
) -> WrittenSite:
    """Write the site of one night into the folder ``out``, which is made, or brought up to date if it holds a site.

    Args:
        report: tonight's, with transcripts and pages where they are at hand.
        history: open history that has tonight and the nights before it.
        out: where to write.
        assets: the libraries; what is missing is shown as tables, and the pages say why.
        statements: every normative sentence of the docs, for the coverage page.

    Raises:
        UsageError: ``out`` holds something else, or cannot be written.
        StorageError: the disk is full or fails.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARKER).is_file():
        raise UsageError(f"{out} is not empty and is not a docprobe site", "choose another folder with --out")
    files = {MARKER: b"Made by docprobe report, which replaces everything in this folder.\n"}
    pages = SiteContent(report, history, assets).pages(statements)
    files |= {name: encodable(text).encode() for name, text in pages.items()}
    files |= {f"assets/{name}": static(name).encode() for name in ("style.css", "app.js")}
    files |= {f"assets/{name}": data for name, data in assets.files}
    for name, data in files.items():
        write_atomically(out / name, data, durable=False)
    remove_unfinished(out)
    # pages of examples that are gone would stay and look current
    for folder in PER_EXAMPLE:
        for path in (out / folder).glob("*.html"):
            if f"{folder}/{path.name}" not in files:
                path.unlink()
    return WrittenSite(len(files), sum(map(len, files.values())))
