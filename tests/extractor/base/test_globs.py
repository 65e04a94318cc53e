"""The one dialect of patterns."""

from __future__ import annotations

import pathspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extractor.base import globs
from extractor.base.errors import UsageError
from extractor.base.globs import matches, matches_any, unused_patterns
from tests.support.processor import processor_time_below
from tests.support.soak import tries


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


NAMES = st.lists(st.sampled_from(["a", "b", "ab", "a.md", ".", "..", "*", "?", "a*", "*.md", "a?b", "-", "_", ""]), max_size=4)


@settings(max_examples=tries(500, soak=5_000), deadline=None)
@given(pattern=st.builds("".join, st.tuples(st.sampled_from(["", "/", "./"]), NAMES.map("/".join))), path=NAMES.map("/".join))
@example(pattern="*", path="a")
@example(pattern="/a", path="./a/b")
@example(pattern="/.", path="a")
def test_a_plain_pattern_is_what_the_library_makes_of_it(pattern: str, path: str) -> None:
    relative = pattern.removeprefix("./")
    spec = pathspec.GitIgnoreSpec.from_lines([relative if relative.startswith("/") else f"**/{relative}"])
    assert globs._compiled(pattern)(path) == spec.match_file(path)


@pytest.mark.parametrize("pattern", ["/specification", "docs/*/a?.md", "/a/b.*", "x-y_z", ".github/a"])
def test_most_patterns_are_plain(pattern: str) -> None:
    assert globs._PLAIN.fullmatch(pattern)


@pytest.mark.parametrize("pattern", ["**", "a/**", "a/", "", "/", "[ab]", "!a", "#a", "a b", "a//b", "/..", "a/./b", "\\a"])
def test_others_are_left_to_the_library(pattern: str) -> None:
    assert not globs._PLAIN.fullmatch(pattern)
