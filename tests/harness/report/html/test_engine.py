from __future__ import annotations

import pytest

from harness.report.html.engine import coded, shown, templates
from tests.support.hostile_report import HOSTILE


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_is_written_is_inert(hostile: str) -> None:
    text = templates().from_string('<p title="{{ x }}">{{ x }}</p>').render(x=hostile)
    assert text.count("<") == 2
    assert text.count('"') == 2
    assert shown(hostile).replace("\n", "").isprintable()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_code_within_a_text_is_as_inert(hostile: str) -> None:
    marked = str(coded(f"Answer `{hostile}`, not {hostile}"))
    assert marked.replace("<code>", "").replace("</code>", "").count("<") == 0
    assert '"' not in marked


def test_what_stands_between_backticks_is_code() -> None:
    assert coded("Refuse `null` & the `rest") == "Refuse <code>null</code> &amp; the `rest"
