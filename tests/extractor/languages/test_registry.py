"""The list of languages."""

from __future__ import annotations

import pytest

from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import LANGUAGES, language_of, syntax_tree
from extractor.languages.toolchains import TOOLCHAINS, USUAL


def test_languages_are_known_by_fence_and_each_fence_means_one() -> None:
    fences = [fence for language in LANGUAGES for fence in language.fences]
    assert len(fences) == len(set(fences))
    assert {language.name for language in LANGUAGES if isinstance(language, RunnableLanguage)} == {
        "typescript", "javascript", "python", "go", "rust", "java", "kotlin",
    }  # fmt: skip
    for name in ("csharp", "ruby", "php", "swift"):
        language = language_of(name)
        assert language
        assert not isinstance(language, RunnableLanguage)
        assert language.toolchain
    assert language_of("json") is None
    assert language_of("") is None
    assert language_of("TypeScript") is language_of("ts")


def test_each_language_brings_its_toolchain_and_a_toolchain_is_made_of_one_that_is_there() -> None:
    for language in LANGUAGES:
        if isinstance(language, RunnableLanguage):
            assert TOOLCHAINS[language.toolchain] is language.base
    for toolchain in TOOLCHAINS.values():
        assert toolchain.below is None or toolchain.below in TOOLCHAINS
        assert toolchain.sources
    assert set(USUAL) == {"python", "node"}


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("server.py", "def f(): ...\n", "function_definition"),
        ("src/server.ts", "interface A { a: string }\n", "interface_declaration"),
        ("View.TSX", "const a = <b>c</b>;\n", "lexical_declaration"),
        ("server.mjs", "function f() {}\n", "function_declaration"),
        ("main.go", "package main\n", "package_clause"),
        ("src/main.rs", "fn main() {}\n", "function_item"),
    ],
)
def test_a_file_has_the_tree_of_its_language(path: str, text: str, kind: str) -> None:
    root = syntax_tree(path, text)
    assert root is not None
    assert not root.has_error
    assert root.named_children[0].type == kind


@pytest.mark.parametrize("path", ["main.swift", "README.md", "py", ""])
def test_other_files_have_no_tree(path: str) -> None:
    assert syntax_tree(path, "def f(): ...\n") is None
