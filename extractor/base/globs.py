"""The glob patterns of every option and configuration key: those of ``.gitignore``, at any folder boundary.

``*`` and ``?`` stay within a folder, ``**`` crosses folders, ``[abc]`` is a set; a pattern that names a folder takes
everything below it, and one that begins with ``/`` counts from the root
(https://git-scm.com/docs/gitignore#_pattern_format). A pattern without ``/`` in front may begin at any folder.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from extractor.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PLAIN: Final = re.compile(r"/?(?:(?![.]{1,2}(?:/|\Z))(?:[\w.-]|[*?](?![*]))+(?:/(?=.)|\Z))+", re.ASCII)
"""A pattern of names, ``*`` and ``?`` alone."""
_WILD: Final = {"*": "[^/]*", "?": "[^/]", ".": r"\.", "-": r"\-"}


def matches(path: str, pattern: str) -> bool:
    """Return whether a relative POSIX path, or an example's id, matches one pattern.

    A pattern that is spelt like the path matches it, whatever characters it holds. Raises UsageError if it is not a
    pattern.
    """
    return path == pattern or _compiled(pattern)(path)


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Return whether ``path`` matches at least one of ``patterns``. Raises UsageError as :func:`matches`."""
    return any(matches(path, pattern) for pattern in patterns)


def unused_patterns(patterns: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """Return the patterns that match none of ``paths``, in order. Raises UsageError as :func:`matches`."""
    every = tuple(paths)
    return tuple(pattern for pattern in patterns if not any(matches(path, pattern) for path in every))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Callable[[str], bool]:
    relative = pattern.removeprefix("./")
    if _PLAIN.fullmatch(relative):
        return _plain(relative)
    # here, since it takes longer to load than a small tree to read
    import pathspec

    try:
        spec = pathspec.GitIgnoreSpec.from_lines([relative if relative.startswith("/") else f"**/{relative}"])
    except ValueError as error:
        raise UsageError(f"invalid pattern '{pattern}'", "write a pattern as in .gitignore") from error
    return spec.match_file


def _plain(pattern: str) -> Callable[[str], bool]:
    """What the library makes of a plain pattern."""
    names = pattern.removeprefix("/").split("/")
    parts = ["[^/]+" if name == "*" else "".join(_WILD.get(c, c) for c in name) for name in names]
    begins = "" if pattern.startswith("/") else "(?:.+/)?"
    found = re.compile(f"{begins}{'/'.join(parts)}(?:/|$)").match
    return lambda path: found(path.removeprefix("/" if path.startswith("/") else "./")) is not None
