"""Syntax trees are read alike in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.languages.common.syntax import walk
from extractor.languages.registry import syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("server.py", "class A(B):\n    def f(self):\n        return {'a': [1, *self.b]}  # one\n"),
        ("server.py", "def broken(:\n    return [1,\n"),
        ("server.ts", "const a = async <T,>(b: T) => { class C { #d = `x${b}`; } return { a, ...b }; };\n"),
        ("main.go", 'package main\n\nfunc main() { defer f("x"); go func() {}() }\n'),
        ("main.rs", 'fn main() { let x = |a: i32| a + 1; println!("{x:?}"); }\n'),
        ("Main.java", 'class Main { int f(String a) { return switch (a) { case "b" -> 1; default -> 2; }; } }\n'),
        ("main.kt", 'fun main() { listOf(1).map { it + 1 }.also { println("$it") } }\n'),
    ],
)
def test_a_walk_is_in_the_order_of_the_text(path: str, text: str) -> None:
    def below(node: Node) -> list[Node]:
        return [node, *(each for child in node.children for each in below(child))]

    root = syntax_tree(path, text)
    assert root is not None
    assert list(walk(root)) == below(root)
    for part in below(root):
        assert list(walk(part)) == below(part), "and does not leave the part that is asked for"
