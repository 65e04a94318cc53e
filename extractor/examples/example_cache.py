"""Examples of pages on disk, by a key over everything that they depend on: an unchanged page is not looked at again."""

from __future__ import annotations

import dataclasses
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extractor.base.kept import Kept, code_digest, library_version, value_digest
from extractor.model import Example

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.model import Block, ExampleOverride

_ENDING: Final = ".examples"
LIBRARIES: Final = (
    "markdown-it-py", "packaging", "pathspec", "PyYAML", "tree-sitter", "tree-sitter-go", "tree-sitter-java",
    "tree-sitter-javascript", "tree-sitter-kotlin", "tree-sitter-python", "tree-sitter-rust", "tree-sitter-typescript",
)  # fmt: skip
"""Those that code is read with."""


class ExampleCache:
    """A folder of the examples of pages."""

    def __init__(
        self,
        folder: Path,
        profile: CodeProfile,
        overrides: Mapping[str, ExampleOverride],
        python_packages: Mapping[str, str],
        *,
        code_of_profile: str,
    ) -> None:
        """Open a folder.

        Args:
            folder: where the entries are; it need not exist.
            profile: what the specification knows of code.
            overrides: what the configuration says.
            python_packages: import name to distribution name, of the configuration.
            code_of_profile: names the profile and the version of its code.
        """
        self._kept: Kept[tuple[Example, ...]] = Kept(folder, tuple[Example, ...], _ENDING)
        settings = repr((dict(overrides), dict(python_packages)))
        self._base = "\0".join((code_version(), code_of_profile, value_digest(_data_of(profile), _named), settings))

    def keys(
        self, pages: Mapping[str, Sequence[Block]], installations: Mapping[str, Sequence[Block]]
    ) -> Mapping[str, str]:
        """Return the key of each page of a docs tree.

        Args:
            pages: the blocks of every page.
            installations: those of installation pages, which count for all pages.
        """
        base = "\0".join((self._base, value_digest(installations)))
        return {page: "\0".join((base, page, value_digest(blocks))) for page, blocks in pages.items()}

    def load(self, key: str) -> tuple[Example, ...] | None:
        """Return the examples under a key, or None. Never raises."""
        return self._kept.load(key)

    def store(self, key: str, examples: tuple[Example, ...]) -> None:
        """Keep the examples of a page; does nothing if the folder cannot be written."""
        self._kept.store(key, examples)

    def prune(self, keep: int) -> None:
        """Remove the oldest entries while there are more than ``keep``."""
        self._kept.prune(keep)


@cache
def code_version() -> str:
    """Return a digest of the extractor, its tables included, and of what it reads code with."""
    libraries = [library_version(library) for library in LIBRARIES]
    return " ".join((code_digest(Path(__file__).parents[1]), sys.version, *libraries))


def _data_of(profile: CodeProfile) -> dict[str, Any]:
    return {field.name: getattr(profile, field.name) for field in dataclasses.fields(profile)}


def _named(value: object) -> str:
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', repr(value))}"
