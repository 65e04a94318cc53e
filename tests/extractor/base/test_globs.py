"""Path globs of the layout."""

from __future__ import annotations

import time

import pytest

from extractor.base.globs import matches


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("specification/**", "specification/a/b.mdx", True),
        ("specification/**", "docs/specification/a.mdx", False),
        ("specification/", "specification/a.mdx", True),
        ("**/a.md", "a.md", True),
        ("**/a.md", "x/y/a.md", True),
        ("**/a.md", "x/ba.md", False),
        ("*.md", "a.md", True),
        ("*.md", "x/a.md", False),
        ("./docs/*/a.md", "docs/x/a.md", True),
        ("docs/*/a.md", "docs/x/y/a.md", False),
        ("docs/**/a.md", "docs/a.md", True),
        ("a?.md", "ab.md", True),
        ("a?.md", "a/.md", False),
        ("a.md", "axmd", False),
        ("[a].md", "[a].md", True),
        ("**", "any/thing", True),
    ],
)
def test_matches(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, pattern) is expected


def test_many_stars_do_not_make_it_slow() -> None:
    started = time.process_time()
    assert not matches("a/" * 200 + "b", "**/" * 50 + "**" * 50 + "c")
    assert time.process_time() - started < 1
