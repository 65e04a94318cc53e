"""The list of languages."""

from __future__ import annotations

from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import LANGUAGES, language_of


def test_languages_are_known_by_fence_and_each_fence_means_one() -> None:
    fences = [fence for language in LANGUAGES for fence in language.fences]
    assert len(fences) == len(set(fences))
    assert {language.name for language in LANGUAGES if isinstance(language, RunnableLanguage)} == {
        "typescript", "javascript", "python",
    }  # fmt: skip
    for name in ("csharp", "java", "kotlin", "go", "rust", "ruby", "php", "swift"):
        language = language_of(name)
        assert language
        assert not isinstance(language, RunnableLanguage)
        assert language.toolchain
    assert language_of("json") is None
    assert language_of("") is None
    assert language_of("TypeScript") is language_of("ts")
