"""Syntax trees are read alike in every language."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from extractor.base.processor import TooLongError, processor_limit
from extractor.languages.common.syntax import MOST_PARSE_S, walk
from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import language_of, syntax_tree

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


@pytest.mark.parametrize(
    ("fence", "text", "error"),
    [
        # each takes minutes to hours, in the parser's own code, where no limit of Python's is looked at
        ("python", "<!--" * 20_000, "does not parse as Python"),
        ("go", "->" * 40_000, "takes more than 1 s to parse"),
        ("typescript", "->" * 40_000, "takes more than 1 s to parse"),
        ("kotlin", "/*" * 40_000, "takes more than 1 s to parse"),
        ("java", "a<" * 40_000, "too deeply nested"),
    ],
)
def test_no_text_takes_long_to_parse(fence: str, text: str, error: str) -> None:
    language = language_of(fence)
    assert isinstance(language, RunnableLanguage)
    began = time.process_time()
    facts = language.parse(text)
    assert time.process_time() - began < 5 * MOST_PARSE_S
    assert facts.error is not None
    assert error in facts.error.message


def test_a_limit_on_processor_time_ends_a_parse() -> None:
    with pytest.raises(TooLongError, match=r"more than 0\.3 s"), processor_limit(0.3):
        syntax_tree("server.ts", "->" * 40_000)
