"""Servers that a client starts by a command of its own: a program of docprobe's takes their place.

The page shows the client, and rarely the server it starts. A file that the command names and the page does not show is
docprobe's to supply, and so is a command that no container has (``npx``, ``uvx``, ``docker``): either is a relay, which
carries its standard streams to a service beside the example.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.examples.spawned_commands import SCRIPT, UNREADABLE, spawned_commands
from extractor.languages.common.startup import means_file
from extractor.model import (
    ROOT,
    SEARCH_PATH,
    STAND_INS,
    ExampleKind,
    Note,
    NoteKind,
    Origin,
    Segment,
    ServiceRequest,
    SourceFile,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.languages.common.values import Draft

KIND: Final = "spawned"
"""Kind of the service that relays lead to."""
PORT: Final = 3119
_PYTHON: Final = frozenset({"python", "python3", "sys.executable"})
_NODE: Final = frozenset({"node", "process.execPath"})
_ITSELF: Final = frozenset({"sys.executable", "process.execPath"})
"""The interpreter that the client is run by, wherever it is."""
_COMMAND: Final = re.compile(r"[A-Za-z0-9][\w.+-]*")
_MODULE: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
PYTHON_RELAY: Final = f"""\
import os, socket, threading

with socket.create_connection(("127.0.0.1", {PORT})) as server:

    def send():
        while data := os.read(0, 65536):
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)

    threading.Thread(target=send, daemon=True).start()
    while data := server.recv(65536):
        while data:
            data = data[os.write(1, data):]
"""
NODE_RELAY: Final = f"""\
import("node:net").then(({{ connect }}) => {{
  const server = connect({PORT}, "127.0.0.1");
  server.on("error", () => process.exit(1));
  process.stdin.pipe(server);
  server.pipe(process.stdout);
}});
"""
"""Valid as a module of either kind."""
INTERPRETER: Final = f"""\
#!/bin/sh
others="${{PATH#*:}}"
real=$(PATH="$others"; command -v NAME)
missing=
for word in "$@"; do
  case "$word" in
    -*) ;;
    *.py | *.js | *.mjs | *.cjs) if [ -e "$word" ]; then exec "$real" "$@"; else missing=1; fi ;;
  esac
done
[ "$missing" ] || exec "$real" "$@"
exec "$(PATH="$others"; command -v python3)" -I -c '{PYTHON_RELAY}'
"""
"""An interpreter that runs what is there, and is a relay in place of a script that is not."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """What is put beside a client, so that the servers it starts are docprobe's."""

    files: Mapping[str, SourceFile] = field(default_factory=dict)
    """By path."""
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def services(self) -> tuple[ServiceRequest, ...]:
        """What the relays lead to."""
        return (ServiceRequest(KIND, "localhost", PORT),) if self.files else ()


def stand_ins(draft: Draft) -> StandIns | str:
    """Return what takes the place of the servers that a client starts; a clause that says why nothing can.

    No files are returned for a program that starts none.
    """
    if draft.kind is not ExampleKind.CLIENT:
        return StandIns()
    files: dict[str, SourceFile] = {}
    notes: list[Note] = []
    own = {name.path for file in draft.program.files if (name := file.name) is not None}
    for words, line in spawned_commands(draft):
        if words is None:
            return "is a client that starts its server itself, by a command that docprobe cannot read"
        path, text = _replacement(words, draft.program.language.toolchain)
        shown = " ".join(words)
        if path is None and UNREADABLE in words:
            return f"is a client that starts `{shown}`, and what `{UNREADABLE}` stands for is computed"
        if path in own or any(means_file(_script(words[1:]), one) for one in own):
            return f"is a client that starts a server of its own page (`{shown}`): it never asks docprobe anything"
        if path is None:
            return f"is a client that starts `{shown}`, which docprobe has no stand-in for"
        files[path] = SourceFile(path, text, (Segment(1, len(text.splitlines()), None),))
        span = draft.program.main.snippets[0].block.span
        at = Span(span.file, span.first + line, span.first + line) if len(draft.facts) == 1 else span
        notes.append(Note(NoteKind.STAND_IN, Origin.STATED, shown, span=at))
    commands = any(path.startswith(STAND_INS) for path in files)
    return StandIns(files, {"PATH": f"{ROOT}/app/{STAND_INS}:{SEARCH_PATH}"} if commands else {}, tuple(notes))


def _replacement(words: tuple[str, ...], toolchain: str) -> tuple[str | None, str]:
    """The path and the text of what takes the place of a command's server; no path if nothing can."""
    command, rest = words[0], words[1:]
    if command in _PYTHON or (command in _NODE and toolchain.startswith("node")):
        text = PYTHON_RELAY if command in _PYTHON else NODE_RELAY
        if command in _PYTHON and rest[:1] == ("-m",) and rest[1:2] and _MODULE.fullmatch(rest[1]):
            return f"{rest[1].replace('.', '/')}.py", text
        script = _script(rest)
        path = PurePosixPath(script)
        if not SCRIPT.fullmatch(script) or script.endswith(".py") != (command in _PYTHON):
            return None, text
        if not path.is_absolute() and ".." not in path.parts:
            return str(path), text
        # it is outside of the example's folder: whoever is to run it takes its place
        return (None, text) if command in _ITSELF else (f"{STAND_INS}/{command}", INTERPRETER.replace("NAME", command))
    if not _COMMAND.fullmatch(command):
        return None, ""
    return f"{STAND_INS}/{command}", f"#!/usr/bin/env -S python3 -I\n{PYTHON_RELAY}"


def _script(arguments: tuple[str, ...]) -> str:
    """The file that arguments give an interpreter."""
    return next((word for word in arguments if not word.startswith("-")), "")
