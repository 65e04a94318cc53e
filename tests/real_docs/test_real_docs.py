"""The committed verdicts on the real docs at a named commit hold (needs DOCPROBE_REAL_DOCS)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.real_docs.rows import rows
from tests.real_docs.run import EXPECTED, judged

pytestmark = [
    pytest.mark.real_docs,
    pytest.mark.engine,
    pytest.mark.registry,
    pytest.mark.skipif("DOCPROBE_REAL_DOCS" not in os.environ, reason="real docs: not run (DOCPROBE_REAL_DOCS)"),
]


def test_six_revisions_of_the_authorization_tutorial() -> None:
    expected = json.loads(EXPECTED.read_text())
    report = judged(Path(os.environ["DOCPROBE_REAL_DOCS"]))
    assert report.commit == expected["commit"], "the expectations are for another commit: check it out"
    assert not report.drift
    found = {row["example"]: row for row in rows(report)}
    for row in expected["rows"]:
        assert found.pop(row["example"]) == row
    assert not found
