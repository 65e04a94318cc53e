"""Expressions of Python and JavaScript as trees."""

from __future__ import annotations

import time

import pytest

from extractor.languages.common.expressions import Expression, parsed


def shown(one: Expression) -> str:
    parts = " ".join(shown(part) for part in one.parts)
    return f"({one.kind}{' ' if one.text else ''}{one.text}{' ' if parts else ''}{parts})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a or b and not c", "(or (name a) (and (name b) (not (name c))))"),
        ("!a && b || c", "(or (and (not (name a)) (name b)) (name c))"),
        ("a ?? b ? c : d ? 1 : 2", "(choice (?? (name a) (name b)) (name c) (choice (name d) (number 1) (number 2)))"),
        ("'x' if a == 'b' else c", "(choice (== (name a) (text b)) (text x) (name c))"),
        ("a not in ('x',)", "(not (in (name a) (list (text x))))"),
        ("a is not None", "(not (is (name a) (name None)))"),
        ("a?.b!.c[0](d, e=1)", "(call (index (member c (member b (name a))) (number 0)) (name d) (keyword e (number 1)))"),
        ("(a as 'x' | undefined) !== `y`", "(!= (name a) (text y))"),
        ("sys.argv[1:]", "(slice (member argv (name sys)) (number 1))"),
        ("(n := a.b) == -1", "(== (member b (name a)) (number -1))"),
        ("await f(new Set(a)) /* why */", "(call (name f) (call (name Set) (name a)))"),
        ("lambda: a", "(name a)"),
        ("`${a}`", "(name a)"),
        ("{ a: 1, 'b': c }", "(object (keyword a (number 1)) (keyword b (name c)))"),
        ("a + b", "(?)"),
        ("f'{a}'", "(?)"),
    ],
)  # fmt: skip
def test_both_languages_are_read_alike(text: str, tree: str) -> None:
    read = parsed(text)
    assert read is not None
    assert shown(read) == tree


@pytest.mark.parametrize("text", ["", "a b", "a => a", "a <", "(a", "a)", "if a", "a < b < c", "'a", "a.1", "{...a", "a" * 1000])
def test_other_texts_are_not_read(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize("text", ["(" * 900, "!" * 900, "not " * 240, "a[" * 400, "//" * 499, "/*" * 499, "`${" * 300, "a?b:" * 240])
def test_what_is_nested_deeply_is_refused_quickly(text: str) -> None:
    begun = time.process_time()
    assert parsed(text) is None
    assert time.process_time() - begun < 1
