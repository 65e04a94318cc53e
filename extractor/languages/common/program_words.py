"""The words that a command gives to a program, behind the program's name and what starts it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILES: Final = (".py", ".js", ".ts", ".mjs", ".mts", ".cjs", ".cts", ".tsx")
_INTERPRETERS: Final = frozenset({"node", "bun", "deno", "tsx", "ts-node", "python", "python3"})
_RUNNERS: Final = (
    ("npx",), ("bunx",), ("bun", "x"), ("pnpx",), ("npm", "exec"), ("npm", "x"), ("pnpm", "exec"), ("pnpm", "dlx"),
    ("yarn", "exec"), ("yarn", "dlx"), ("uvx",), ("uv", "tool", "run"), ("uv", "run"), ("pipx", "run"),
    ("poetry", "run"), ("pipenv", "run"), ("hatch", "run"), ("pdm", "run"), ("rye", "run"), ("pixi", "run"),
)  # fmt: skip
"""Tools that run a package's command, or one of the project, and their verbs."""
_SCRIPTS: Final = frozenset({"npm", "pnpm", "yarn"})
_RUN: Final = frozenset({"run", "run-script"})
_OF_MANAGERS: Final = frozenset({"--prefix", "--filter", "-F", "--workspace", "-w", "--dir", "-C", "--cwd"})
"""Options of package managers that a value follows."""
_VERBS: Final = frozenset({"run", "watch"})
"""Words between an interpreter and its program."""
_WITH_VALUE: Final = frozenset(
    {"--from", "--with", "-w", "--python", "-p", "--directory", "--project", "--package", "--spec", "--with-editable",
     "--with-requirements", "--env-file", "--extra", "--group", "--only-group", "--index", "--index-url"}
)  # fmt: skip
"""Options of runners that a value follows."""
_PRELOADS: Final = frozenset(
    {"-W", "-X", "-r", "--require", "--import", "--loader", "--env-file", "-C", "--conditions", "--config",
     "--tsconfig"}
)  # fmt: skip
"""Options of interpreters that a value follows."""
_MODULE: Final = frozenset({"-m", "--module"})
_CODE: Final = frozenset({"-c", "-e", "--eval"})


def given_words(command: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words that a program is given; None where the command does not show where its name ends.

    Args:
        command: argument vector.
    """
    words = list(command)
    while (rest := _run(words)) is not None:
        words = rest
        if words[:1] and words[0] in _MODULE:
            return tuple(words[2:])
        if not words or not (_run(words) is not None or _is_known(words[0])):
            return tuple(words[1:])
    tool = _name(words[0]) if words else ""
    if tool in _SCRIPTS or words[1:2] == ["--run"]:
        called = called_script(words)
        return called[1] if called is not None else ()
    if tool in _INTERPRETERS:
        return _of_file(words[1:])
    at = next((at for at, word in enumerate(words) if word.endswith(_FILES)), None)
    if at is not None:
        return tuple(words[at + 1 :])
    return () if len(words) < 2 else None


def _run(words: list[str]) -> list[str] | None:
    """What a runner runs; None for what no runner runs."""
    for runner in _RUNNERS:
        if not words or _name(words[0]) != runner[0]:
            continue
        rest = words[1:]
        for verb in runner[1:]:
            rest = _without_options(rest, _WITH_VALUE)
            if rest[:1] != [verb]:
                break
            rest = rest[1:]
        else:
            rest = _without_options(rest, _WITH_VALUE)
            return rest[1:] if rest[:1] == ["--"] else rest
    return None


def _without_options(words: list[str], valued: frozenset[str]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] not in {*_MODULE, "-", "--"}:
        at += 2 if words[at] in valued else 1
    return words[at:]


def _of_file(words: list[str]) -> tuple[str, ...] | None:
    """The words behind the file, the module or the code that an interpreter runs."""
    rest = words
    while rest:
        if rest[0] in _MODULE | _CODE:
            return tuple(rest[2:])
        if rest[0].startswith("-") and rest[0] != "-":
            rest = rest[2 if rest[0] in _PRELOADS else 1 :]
        elif rest[0] in _VERBS and len(rest) > 1:
            rest = rest[1:]
        else:
            return tuple(rest[1:])
    return None


def called_script(command: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the script of package.json that a command calls, and the words that it is given; None for another command.

    npm keeps options in front of ``--`` to itself.

    Args:
        command: argument vector.
    """
    tool, words = (_name(command[0]) if command else ""), list(command[1:])
    if tool == "node" and words[:1] == ["--run"]:
        rest = words[1:]
    elif tool in _SCRIPTS | {"bun"}:
        rest = _without_options(words, _OF_MANAGERS)
        rest = _without_options(rest[1:], _OF_MANAGERS) if rest[:1] and rest[0] in _RUN else rest
    else:
        return None
    if not rest:
        return None
    own = rest.index("--") if "--" in rest else len(rest)
    kept = _without_npm_options(rest[1:own]) if tool == "npm" else rest[1:own]
    return rest[0], (*kept, *rest[own + 1 :])


def _without_npm_options(words: list[str]) -> list[str]:
    """The words behind a script that npm does not keep to itself."""
    kept: list[str] = []
    while words := _without_options(words, _OF_MANAGERS):
        kept.append(words[0])
        words = words[1:]
    return kept


def _is_known(word: str) -> bool:
    return _name(word) in _INTERPRETERS | _SCRIPTS


def _name(word: str) -> str:
    return PurePosixPath(word.replace("\\", "/")).name.removesuffix(".exe")
