"""The words of commands for Python: what stands in front of a program, and the interpreter's own options."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

_INTERPRETERS: Final = frozenset({"python", "python3"})
_RUNNERS: Final = (
    ("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("hatch", "run"), ("pdm", "run"), ("rye", "run"),
    ("pixi", "run"), ("uvx", ""),
)  # fmt: skip
"""Tools that run a command in a project's environment, and their verb."""
_WITH_VALUE: Final = frozenset(
    {"--with", "-w", "--directory", "--project", "--python", "-p", "--extra", "--group", "--from", "--env-file",
     "--with-requirements", "--with-editable", "--only-group", "--index", "--package"}
)  # fmt: skip
"""Options of these tools that a value follows."""
_MODULE: Final = frozenset({"-m", "--module"})
"""Options by which `uv run` takes a module as Python does."""


def is_interpreter(word: str) -> bool:
    """Return whether a word of a command is Python itself."""
    return PurePosixPath(word.replace("\\", "/")).name.removesuffix(".exe") in _INTERPRETERS


def without_runner(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``server.py`` of ``uv --directory x run server.py``."""
    for tool, verb in _RUNNERS:
        if words[:1] != (tool,):
            continue
        rest = _without_options(words[1:])
        if not verb or rest[:1] == (verb,):
            called = _without_options(rest[1:] if verb else rest)
            return ("python", "-m", *called[1:]) if called and called[0] in _MODULE else called
    return words


def _without_options(words: tuple[str, ...]) -> tuple[str, ...]:
    while words and words[0].startswith("-") and words[0] not in {*_MODULE, "-"}:
        takes_value = words[0] in _WITH_VALUE
        words = words[2:] if takes_value else words[1:]
    return words


def interpreter_flags(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split words into the interpreter's own options in front of a script or a module, and the rest."""
    count = 0
    while count < len(words) and words[count].startswith("-") and words[count] not in {"-m", "-c", "-"}:
        count += 2 if words[count] in {"-W", "-X"} else 1
    return words[:count], words[count:]
