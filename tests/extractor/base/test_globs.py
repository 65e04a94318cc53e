"""The one dialect of patterns."""

from __future__ import annotations

import pytest

from extractor.base.errors import UsageError
from extractor.base.globs import matches, matches_any, unused_patterns
from tests.support.processor import processor_time_below


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("specification/**", "specification/a/b.mdx", True),
        ("specification/**", "docs/specification/a.mdx", True),
        ("/specification/**", "docs/specification/a.mdx", False),
        ("/specification", "specification/a/b.mdx", True),
        ("specification/", "specification/a.mdx", True),
        ("specification", "specifications/a.mdx", False),
        ("basic/transports*", "specification/2025-06-18/basic/transports.mdx", True),
        ("asic/transports*", "specification/2025-06-18/basic/transports.mdx", False),
        ("a.md", "x/y/a.md", True),
        ("a.md", "x/ba.md", False),
        ("a.md", "axmd", False),
        ("./docs/*/a.md", "docs/x/a.md", True),
        ("docs/*/a.md", "docs/x/y/a.md", False),
        ("docs/**/a.md", "docs/a.md", True),
        ("a?.md", "ab.md", True),
        ("a?.md", "a/.md", False),
        ("[ab].md", "b.md", True),
        ("docs/[slug]#python", "docs/[slug]#python", True),
        ("x#python", "docs/x#python", True),
        ("!a.md", "a.md", False),
        ("#a", "docs/#a", True),
        ("**", "any/thing", True),
    ],
)
def test_matches(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, pattern) is expected
    assert matches_any(path, ("none", pattern)) is expected


def test_patterns_that_match_nothing_are_found() -> None:
    assert unused_patterns(("a/*", "b", "c"), iter(("x/a/y", "c"))) == ("b",)


def test_what_is_not_a_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match="invalid pattern"):
        matches("a", "a\\")


def test_many_stars_do_not_make_it_slow() -> None:
    with processor_time_below(1):
        assert not matches("a/" * 200 + "b", "**/" * 50 + "**" * 50 + "c")
