"""How a GitHub Actions runner reads a line of output, in our own few words: the reference for escaping tests.

Rules of the public runner: a command of the present form starts a line, white space aside, with ``::name props::``;
one of the older form is ``##[name props]`` anywhere in a line. Per cent codes are decoded in a fixed order.
"""

from __future__ import annotations

import re

COMMANDS = {
    "error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "add-matcher", "set-output", "set-env",
    "save-state", "add-path", "stop-commands", "echo", "task.setvariable",
}  # fmt: skip


def obeys(line: str) -> bool:
    """Whether a runner takes ``line`` for a command."""
    stripped = line.lstrip()
    if stripped.startswith("::") and "::" in stripped[2:]:
        return stripped[2:].split("::", 1)[0].split(" ")[0].lower() in COMMANDS
    older = re.search(r"##(?:vso)?\[([^\]]*)\]", line)
    return older is not None and older[1].split(" ")[0].lower() in COMMANDS


def decoded(line: str) -> tuple[str, dict[str, str], str]:
    """Name, properties and message of a command line."""
    info, data = line.lstrip()[2:].split("::", 1)
    name, _, rest = info.partition(" ")
    properties = dict(pair.split("=", 1) for pair in rest.split(",") if "=" in pair)
    return name, {key: _unescape(value, ":,") for key, value in properties.items()}, _unescape(data, "")


def _unescape(text: str, also: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        if char in also or char in "\r\n":
            text = text.replace(code, char)
    return text.replace("%25", "%")
