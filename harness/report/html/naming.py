"""File names and anchors of the site: stable from night to night, so that links into it keep working."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from harness.report.escape import encodable

if TYPE_CHECKING:
    from harness.model import Finding


def case_file(example_id: str) -> str:
    """``cases/docs-2025-11-25-develop-http-server-python-1f3a9c20.html``: from the id alone, safe on any disk.

    The digits at the end keep two ids apart that differ only in characters which no file name should have.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", example_id.lower()).strip("-")[-80:].strip("-")
    return f"cases/{readable}-{hashlib.sha256(encodable(example_id).encode()).hexdigest()[:8]}.html"


def finding_anchor(requirement: str, revision: str) -> str:
    """``session.terminated-404@2025-11-25``: the anchor of a finding on its case's page."""
    return re.sub(r"[^A-Za-z0-9.@-]", "-", f"{requirement}@{revision}" if revision else requirement)


def anchor_of(finding: Finding) -> str:
    """:func:`finding_anchor` of a finding."""
    return finding_anchor(finding.requirement, finding.revision)
