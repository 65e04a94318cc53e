"""Shell commands of a page, split into words. Nothing is ever run: the words are read, and most of them ignored."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extractor.model import Block

SHELLS: Final = frozenset({"bash", "sh", "shell", "zsh", "console", "terminal", "shellscript", "shell-session"})
"""Info strings of shell fences."""
WINDOWS_SHELLS: Final = frozenset({"powershell", "pwsh", "ps1", "ps", "cmd", "bat", "batch", "dosbatch", "winbatch"})
"""Those for PowerShell and cmd: most repeat the commands of another fence with other quoting."""
MAX_LINES: Final = 400
MAX_LINE_CHARS: Final = 2000
_SEPARATORS: Final = frozenset({"&&", "||", ";", "|", "&", "(", ")", ";;"})
_CONTINUED: Final = "\0"
"""In place of a backslash at the end of a line."""
DOCKERFILES: Final = frozenset({"dockerfile", "docker", "containerfile"})
"""Info strings of fences that are a Dockerfile."""
_INSTRUCTION: Final = re.compile(r"(?P<name>ENV|RUN|ENTRYPOINT|CMD)\s+(?P<rest>.+)", re.IGNORECASE)
_ENVIRONMENT: Final = re.compile(r"\([\w.-]+\) (?=\S)")
"""``(.venv) $ ``: what an active environment puts before the prompt."""
_PROMPTS: Final = ("$ ", "% ", "> ")
_WRAPPERS: Final = (
    ("sudo",), ("env",), ("nohup",), ("exec",), ("time",), ("cross-env",), ("npx", "cross-env"),
    ("npx", "-y", "cross-env"), ("pnpm", "exec", "cross-env"), ("yarn", "cross-env"),
)  # fmt: skip
"""Words in front of a command that start it, with variables or apart from the terminal."""
_VERSIONED: Final = re.compile(r"(?:\.?/?[\w./-]*/bin/)?(?P<name>python3?|pip3?)(?:\.\d+)?(?:\.exe)?")
"""``python3.12``, ``.venv/bin/pip``: an interpreter or a client by its version or its place."""
_WINDOWS_PROMPT: Final = re.compile(r"(?:PS )?(?:[A-Za-z]:[^>\n]{0,200})?> ")
_WINDOWS_SET: Final = re.compile(r"(?:\$env:(\w+)\s*=\s*|set (\w+)=)(.*)", re.IGNORECASE)
_HEREDOC: Final = re.compile(r"(?<!<)<<(?![<(])(?P<tabs>-?)[ \t]*(?P<quote>[\"'\\]?)(?P<word>[A-Za-z_]\w*)")
_ECHO: Final = re.compile(
    r"\s*(?:[$%>] )?echo (?P<quote>[\"'])(?P<text>[^\"']*)(?P=quote) *>>? *(?P<path>[^\s\"'<>|;&]+)\s*"
)
_WRITES: Final = re.compile(r"^\s*(?:[$%>] )?(?:sudo )?(?:cat|tee)\b")
_TARGET: Final = re.compile(
    r"(?:(?<![<>2])>>?|\btee\b(?:\s+-a)?)\s*(?P<quote>[\"']?)(?P<path>[^\s\"'<>|;&]+)(?P=quote)"
)
_EXPANDED: Final = re.compile(r"(?<!\\)(?:\$[\w({]|`)|\\[\\$`\n]")
"""What a shell replaces in a heredoc whose word is not quoted (POSIX, "Here-Document")."""


@dataclass(frozen=True, slots=True)
class Words:
    """One simple command."""

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Assignments in front of it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page. It is never run as written, only interpreted."""

    block: Block
    """Block that the line is in, or that the prose with the line is about."""
    span: Span
    """The line."""
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    """That the ``cd`` lines before it lead to, as far as they go down; empty at the start."""


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A text that a shell fence writes to a file: ``cat > server.py <<'EOF'``, or ``echo 'PORT=3000' > .env``."""

    path: str
    """Of the file, as written; empty if the text is given to another command."""
    first: int
    """0-based line of the fence's text at which it begins."""
    lines: tuple[str, ...]
    end: int
    """Line of the fence's text at which its commands go on."""
    literal: bool
    """Whether the shell writes it as it is."""


def commands_of(block: Block, *, windows: bool = False) -> Iterator[Command]:
    """Yield the simple commands of a shell fence, in order; nothing for other fences and lines that no shell takes.

    Args:
        block: any fence.
        windows: whether fences for PowerShell and cmd count as well.
    """
    for_windows = windows and block.language in WINDOWS_SHELLS
    if block.language not in SHELLS and not for_windows:
        return
    pending, first, folder = "", 0, ""
    texts = {n for heredoc in heredocs_of(block) for n in range(heredoc.first, heredoc.end)}
    lines = block.text.splitlines()[:MAX_LINES]
    prompted = _has_prompt(next((line for line in lines if line.strip() and not line.strip().startswith("#")), ""))
    for number, line in enumerate(lines):
        if number in texts or (prompted and not pending and not _has_prompt(line)):
            # without the prompt of the first command, it is what that prints
            continue
        first = first if pending else number
        text = pending + (_from_windows(line.strip()) if for_windows else without_prompt(line.strip()))
        if text.endswith("\\") and len(text) <= MAX_LINE_CHARS:
            pending = text[:-1] + " "
            continue
        pending = ""
        for words in split_line(text):
            yield Command(block, block.line(first), words.words, words.environment, folder)
            folder = _entered(folder, words.words)


def image_commands_of(block: Block) -> Iterator[Command]:
    """Yield what a Dockerfile runs: its ``RUN`` lines, then ``ENTRYPOINT`` with ``CMD`` in the environment it sets."""
    if block.language not in DOCKERFILES:
        return
    environment: dict[str, str] = {}
    started: dict[str, tuple[str, ...]] = {}
    line = block.line(0)
    number, count = 0, 0
    for written in re.sub(r"\\\n", _CONTINUED, block.text).splitlines()[:MAX_LINES]:
        number, count = number + count, written.count(_CONTINUED) + 1
        found = _INSTRUCTION.fullmatch(written.replace(_CONTINUED, " ").strip())
        if found is None or len(written) > MAX_LINE_CHARS:
            continue
        commands = split_line(found["rest"])
        match found["name"].upper():
            case "ENV":
                assigned = split_line(f"export {found['rest']}")
                pairs = (word.partition("=") for command in assigned for word in command.words[1:])
                environment |= {name: value for name, equals, value in pairs if equals}
            case "RUN":
                yield from (Command(block, block.line(number), c.words, c.environment) for c in commands)
            case name:
                listed = _listed(found["rest"])
                started[name] = listed if listed is not None else commands[0].words if commands else ()
                line = block.line(number)
    if words := (*started.get("ENTRYPOINT", ()), *started.get("CMD", ())):
        yield Command(block, line, words, environment)


def _listed(text: str) -> tuple[str, ...] | None:
    """The words of ``["python", "server.py"]``; None for any other text."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(data) if isinstance(data, list) and all(isinstance(word, str) for word in data) else None


def heredocs_of(block: Block) -> Iterator[Heredoc]:
    """Yield the texts that a shell fence writes, in order; nothing for other fences."""
    if block.language in SHELLS:
        yield from heredocs_in(block.text)


def heredocs_in(script: str) -> Iterator[Heredoc]:
    """Yield the texts that a script writes, in order."""
    if not ("<<" in script or "echo" in script):
        return
    lines = script.splitlines()[:MAX_LINES]
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if len(line) > MAX_LINE_CHARS:
            continue
        if echoed := _ECHO.fullmatch(line):
            literal = echoed["quote"] == "'" or not _EXPANDED.search(echoed["text"])
            yield Heredoc(echoed["path"], number - 1, (echoed["text"],), number, literal)
        found = _HEREDOC.search(line)
        if found is None:
            continue
        end = next((n for n in range(number, len(lines)) if lines[n].strip() == found["word"]), len(lines))
        text = tuple(text.lstrip("\t") if found["tabs"] else text for text in lines[number:end])
        target = _TARGET.search(line) if _WRITES.match(line) else None
        literal = bool(found["quote"]) or not _EXPANDED.search("\n".join(text))
        yield Heredoc(target["path"] if target else "", number, text, end + 1, literal)
        number = end + 1


def _has_prompt(line: str) -> bool:
    return _ENVIRONMENT.sub("", line.strip(), count=1).startswith("$ ")


def _entered(folder: str, words: tuple[str, ...]) -> str:
    """The folder after a command: ``cd`` goes down, or elsewhere, which is the start again."""
    if words[0] != "cd" or len(words) != 2:
        return folder
    path = words[1].replace("\\", "/").removeprefix("./").rstrip("/")
    if path == "..":
        return folder.rpartition("/")[0]
    return "" if path.startswith(("/", "~", "..", "$")) else f"{folder}/{path}".strip("/")


def prose_commands_of(block: Block) -> Iterator[Command]:
    """Yield the simple commands in the prose that is about a block, in order."""
    for line, text in block.prose_commands:
        for words in split_line(text):
            yield Command(block, Span(block.span.file, line, line), words.words, words.environment)


def split_line(text: str) -> tuple[Words, ...]:
    """Return the simple commands of one line; nothing for a line that no shell takes, or that is too long."""
    if len(text) > MAX_LINE_CHARS:
        return ()
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:
        return ()
    commands: list[Words] = []
    current: list[str] = []
    for token in [*tokens, ";"]:
        if token in _SEPARATORS:
            if words := _words(current):
                commands.append(words)
            current = []
        else:
            current.append(token)
    return tuple(commands)


def _from_windows(line: str) -> str:
    """A line of PowerShell or cmd as other shells have it."""
    if prompt := _WINDOWS_PROMPT.match(line):
        line = line[prompt.end() :]
    if assigned := _WINDOWS_SET.fullmatch(line):
        value = assigned[3].strip().strip("\"'")
        return f"export {assigned[1] or assigned[2]}={shlex.quote(value)}"
    line = line.replace("\\", "/")
    words = line.split(" ", 1)
    if words[0] == "py":
        line = " ".join(["python", *words[1:]]).replace("python -3 ", "python ", 1)
    return f"{line[:-1]}\\" if line.endswith((" `", " ^")) else line


def without_prompt(line: str) -> str:
    """Return a line of a shell fence without the prompt that it may begin with, or the name of an environment."""
    line = _ENVIRONMENT.sub("", line, count=1)
    for prompt in _PROMPTS:
        if line.startswith(prompt):
            return line[len(prompt) :]
    return line


def _words(tokens: list[str]) -> Words | None:
    environment: dict[str, str] = {}
    rest = list(tokens)
    while rest:
        wrapper = next((words for words in _WRAPPERS if tuple(rest[: len(words)]) == words), None)
        name, equals, value = rest[0].partition("=")
        if wrapper:
            rest = rest[len(wrapper) :]
        elif equals and name.isidentifier():
            environment[name] = value
            rest.pop(0)
        else:
            break
    if rest and (versioned := _VERSIONED.fullmatch(rest[0])):
        rest[0] = versioned["name"]
    # what follows a redirection is not an argument
    for index, token in enumerate(rest):
        if set(token) <= set("<>&") or token in {">>", "2>"}:
            rest = rest[:index]
            break
    return Words(tuple(rest), environment) if rest else None
