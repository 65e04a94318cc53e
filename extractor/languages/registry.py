"""Every language that docprobe knows. A new one is a folder beside this module and a name in the list.

Some are recognised and cannot be run yet: they are listed as unsupported, with what they would need.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from extractor.languages.common.values import Language, RunnableLanguage
from extractor.languages.ecmascript.language import JAVASCRIPT, TYPESCRIPT
from extractor.languages.go.language import GO
from extractor.languages.java.language import JAVA
from extractor.languages.kotlin.language import KOTLIN
from extractor.languages.python.language import PYTHON
from extractor.languages.rust.language import RUST

if TYPE_CHECKING:
    from tree_sitter import Node

    from extractor.model import Block


CSHARP: Final = Language("csharp", "C#", ("csharp", "cs", "c#"), (".cs",), "the .NET SDK")
RUBY: Final = Language("ruby", "Ruby", ("ruby", "rb"), (".rb",), "Ruby with Bundler")
PHP: Final = Language("php", "PHP", ("php",), (".php",), "PHP with Composer")
SWIFT: Final = Language("swift", "Swift", ("swift",), (".swift",), "the Swift toolchain")

OTHERS: Final = (CSHARP, RUBY, PHP, SWIFT)


LANGUAGES: Final = (TYPESCRIPT, JAVASCRIPT, PYTHON, GO, RUST, JAVA, KOTLIN, *OTHERS)

_BY_FENCE: Final = {fence: language for language in LANGUAGES for fence in language.fences}


@lru_cache(maxsize=8)
def syntax_tree(path: str, text: str) -> Node | None:
    """Return the root of a file's syntax tree; None for a file of no language with a grammar here.

    It is asked for by each finding about a file: the last ones are kept.
    """
    name = path.lower()
    language = next((language for language in LANGUAGES if name.endswith(language.suffixes)), None)
    return language.tree(text) if isinstance(language, RunnableLanguage) else None


def language_for(block: Block) -> Language | None:
    """Return the language of a block: by its directive, else by its fence; None if it is not a program."""
    directed = [directive.values["language"] for directive in block.directives if "language" in directive.values]
    return language_of(directed[-1] if directed else block.language)


def language_of(fence: str) -> Language | None:
    """Return the language of an info string's first word; None for everything that is not a program."""
    return _BY_FENCE.get(fence.lower())
