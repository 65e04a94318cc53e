"""Commands in a fence that is labelled as no shell's: one without a label, as ``text``, or as the language of the page.

Such a fence holds nothing but commands that pages give their readers to install, to make a project, or to run it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.shell import (
    DOCKERFILES,
    MAX_LINE_CHARS,
    MAX_LINES,
    SHELLS,
    WINDOWS_SHELLS,
    heredocs_in,
    without_prompt,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Block

_KNOWN: Final = re.compile(
    r"""(?:[A-Za-z_]\w*=\S*\s+)*(?:sudo\s+|time\s+|env\s+)?(?:
      (?:[\w./-]*/bin/)?(?:python|pip)[\d.]*\s+(?:-\w|(?:install|uninstall|list|show|freeze)\b|[\w./-]+\.py\b)
    | uv\s+(?:add|init|lock|pip|python|run|sync|tool|venv)\b | (?:poetry|pdm|pipx|conda|rye)\s+[a-z]
    | (?:npm|pnpm|yarn|bun)\s+[a-z@-] | (?:npx|bunx|uvx|pnpx)\s+[\w@.-] | yarn$
    | (?:node|tsx|ts-node|bun|deno)\s+(?:-|(?:add|install|run|serve)\b|[\w./-]+\.[cm]?[jt]sx?\b)
    | go\s+(?:build|get|install|mod|run|test|work)\b | cargo\s+(?:add|build|init|install|new|run|test)\b
    | (?:mvn|\./mvnw|gradle|\./gradlew)\s+\S | java\s+-\w | dotnet\s+[a-z]
    | [a-z][\w-]*\s+(?:dev|inspect|install|run)\s+[\w./-]+\.(?:py|[cm]?[jt]s)\b
    | (?:uvicorn|hypercorn|gunicorn|fastapi|flask)\s+\S
    | docker\s+(?:build|compose|pull|run)\b | git\s+(?:checkout|clone|init)\b | gh\s+repo\b
    | (?:brew|apt|apt-get|dnf|apk)\s+install\b | curl\s+(?:-|https?:) | chmod\s+\+?\w+\s+\S+$
    | (?:cd|mkdir|touch|source|\.)\s+[\w./~$-][^\s=()]*$ | (?:mkdir\s+-p|touch)(?:\s+[\w./-]+)+$
    | which\s+[\w-]+$ | set\s+-\w+$ | code\s+[\w./-]+$
    | export\s+[A-Z_]\w*=\S* | (?:cat|tee)\s+[^<]*<<
    )""",
    re.VERBOSE,
)
"""A command, written so that no sentence and no line of code is taken for one."""
_OF_SENTENCES: Final = frozenset(
    {"a", "also", "an", "and", "are", "as", "for", "from", "if", "in", "is", "it", "me", "my", "of", "or", "our",
     "please", "so", "the", "then", "this", "to", "we", "with", "you"}
)  # fmt: skip
"""Words of sentences that begin as a command does: ``npm install express and lodash for me``."""
_NO_SHELL: Final = (
    WINDOWS_SHELLS | DOCKERFILES
    | {"json", "jsonc", "yaml", "yml", "toml", "ini", "make", "makefile", "diff", "http", "env", "dotenv", "html"}
)  # fmt: skip
"""Labels of fences that are what they say, though commands may stand in them."""


def holds_commands(block: Block) -> bool:
    """Return whether a fence that is labelled as no shell's holds commands alone.

    All of its lines are known ones; or the first is one behind a ``$``, and the others may be what it prints.

    Args:
        block: any fence.
    """
    if block.language in SHELLS or block.language in _NO_SHELL:
        return False
    lines = _command_lines(block.text)
    first = next(lines, "")
    if not _is_command(without_prompt(first)):
        return False
    return "$ " in first[: len(first) - len(without_prompt(first))] or all(
        _is_command(without_prompt(line)) for line in lines
    )


def _is_command(line: str) -> bool:
    words = line.partition(" #")[0].split()
    return _KNOWN.match(line) is not None and not _OF_SENTENCES.intersection(words)


def _command_lines(script: str) -> Iterator[str]:
    """The lines of a script, those that go on as one; without comments, and without the texts that it writes."""
    texts = {n for heredoc in heredocs_in(script) for n in range(heredoc.first, heredoc.end)}
    pending = ""
    for number, line in enumerate(script.splitlines()[:MAX_LINES]):
        text = line.strip()
        if number in texts or not text or text.startswith("#"):
            continue
        pending += text
        if text.endswith("\\") and len(pending) <= MAX_LINE_CHARS:
            pending = f"{pending[:-1]} "
            continue
        yield pending[:MAX_LINE_CHARS]
        pending = ""
    if pending:
        yield pending[:MAX_LINE_CHARS]
