from __future__ import annotations

from harness.report.html.naming import case_file, finding_anchor
from tests.support.hostile_report import HOSTILE


def test_a_case_keeps_its_file_name() -> None:
    # a link into the site from an issue must work next year: this name is a promise
    assert case_file("docs/2025-11-25/develop/http-server#python") == (
        "cases/docs-2025-11-25-develop-http-server-python-0c13219e.html"
    )


def test_ids_that_differ_in_nothing_a_disk_keeps_have_their_own_files() -> None:
    names = {case_file(name) for name in ("a#b", "a b", "A#b", "a/b", "a\udcffb", "", "#", "ü", "x" * 300)}
    assert len(names) == 9
    assert all(name.isascii() and len(name) < 110 for name in names)


def test_anchors_hold_nothing_that_html_or_urls_would_read() -> None:
    for text in HOSTILE:
        assert set(finding_anchor(text, text)) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@-"
        )
