"""Docs of two revisions, in which a sentence became stronger; a requirement is bound to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.command import run_or_raise

if TYPE_CHECKING:
    from pathlib import Path

OLD = "specification/2025-06-18/basic/transports.mdx"
NEW = "specification/2025-11-25/basic/transports.mdx"
TEXT = """\
# Sessions

After its end a session's id **MUST** be answered with status 404 by the server.

The server **SHOULD** be quick.
"""


def write_two_revisions(root: Path) -> Path:
    """Write the docs below ``root``, which does not exist, and return it."""
    (root / "docs").mkdir(parents=True)
    for page, text in ((OLD, TEXT.replace("MUST", "SHOULD")), (NEW, TEXT)):
        (root / page).parent.mkdir(parents=True)
        (root / page).write_text(text, encoding="utf-8")
    (root / "docprobe.toml").write_text('bindings = "bindings.toml"\n', encoding="utf-8")
    (root / "bindings.toml").write_text("", encoding="utf-8")
    bound = run_or_raise("statements", str(root), "--bind", f"session.terminated-404={NEW}:3")
    (root / "bindings.toml").write_text(bound.stdout, encoding="utf-8")
    return root
