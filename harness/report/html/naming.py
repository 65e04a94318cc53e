"""File names and anchors of the site: stable from night to night, so that links into it keep working."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from harness.base.codec import encodable

if TYPE_CHECKING:
    from harness.model import Finding


def case_slug(example_id: str) -> str:
    """``docs-2025-11-25-develop-http-server-python-1f3a9c20``: from the id alone, safe on any disk and as an anchor.

    The digits at the end keep two ids apart that differ only in characters which no file name should have.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", example_id.lower())[-80:].strip("-")
    return f"{readable}-{hashlib.sha256(encodable(example_id).encode()).hexdigest()[:8]}".lstrip("-")


def case_file(example_id: str) -> str:
    """The page of an example in the site."""
    return f"cases/{case_slug(example_id)}.html"


def flip_file(example_id: str, started: str) -> str:
    """The page of what flipped in an example in the night that started then (ISO)."""
    return f"flips/{re.sub(r'[^0-9TZ]', '', started)}-{case_slug(example_id)}.html"


def finding_anchor(requirement: str, revision: str) -> str:
    """``session.terminated-404@2025-11-25``: the anchor of a finding on its case's page."""
    return re.sub(r"[^A-Za-z0-9.@-]", "-", f"{requirement}@{revision}" if revision else requirement)


def anchor_of(finding: Finding) -> str:
    """:func:`finding_anchor` of a finding."""
    return finding_anchor(finding.requirement, finding.revision)
