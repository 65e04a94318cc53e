from __future__ import annotations

import pytest

from harness.report.html.engine import shown, templates
from tests.support.hostile_report import HOSTILE


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_is_written_is_inert(hostile: str) -> None:
    text = templates().from_string('<p title="{{ x }}">{{ x }}</p>').render(x=hostile)
    assert text.count("<") == 2
    assert text.count('"') == 2
    assert shown(hostile).replace("\n", "").isprintable()
