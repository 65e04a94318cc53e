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

from extractor.languages.common.facts import Ref
from extractor.model import (
    ROOT,
    SEARCH_PATH,
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
    from collections.abc import Iterator, Mapping

    from extractor.languages.common.facts import Call, CodeFacts, Value
    from extractor.languages.common.values import Draft

KIND: Final = "spawned"
"""Kind of the service that relays lead to."""
PORT: Final = 3119
FOLDER: Final = ".docprobe/bin"
"""Where commands are that no container has, in the example's folder."""
_PYTHON: Final = frozenset({"python", "python3", "sys.executable"})
_NODE: Final = frozenset({"node", "process.execPath"})
COMMAND_KEY: Final = "command"
"""Key of the command in a host's configuration of its servers."""
_BESIDE_COMMAND: Final = frozenset({"args", "transport", "type"})
"""What a server's configuration has beside its command: ``{"math": {"command": "npx", "args": […]}}``."""
_CLIENT: Final = "Client"
"""A call that starts a server if it is given a script, and connects to one if it is given anything else."""
_COMMAND_CALLS: Final = frozenset(
    {"exec.Command", "exec.CommandContext", "Command.new", "ServerParameters.builder", "ProcessBuilder"}
)
"""Calls of Go, Rust, Java and Kotlin that make a command."""
_BUILT: Final = frozenset({"new", "builder"})
"""Of those, the last names of calls after which further calls add the arguments."""
_SCRIPT: Final = re.compile(r"[\w@./ -]+\.(?:py|js|mjs|cjs)")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
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
    for words, line in _started(draft):
        if words is None:
            return "is a client that starts its server itself, by a command that docprobe cannot read"
        path, text = _replacement(words, draft.program.language.toolchain)
        shown = " ".join(words)
        if path in own:
            return f"is a client that starts a server of its own page (`{shown}`): it never asks docprobe anything"
        if path is None:
            return f"is a client that starts `{shown}`, which docprobe has no stand-in for"
        files[path] = SourceFile(path, text, (Segment(1, len(text.splitlines()), None),))
        span = draft.program.main.snippets[0].block.span
        at = Span(span.file, span.first + line, span.first + line) if len(draft.facts) == 1 else span
        notes.append(Note(NoteKind.STAND_IN, Origin.STATED, shown, span=at))
    commands = any(path.startswith(FOLDER) for path in files)
    return StandIns(files, {"PATH": f"{ROOT}/app/{FOLDER}:{SEARCH_PATH}"} if commands else {}, tuple(notes))


def configured_commands(draft: Draft) -> tuple[Call, ...]:
    """Return the dictionaries of a program that configure a server which a client starts."""
    tables = (table for code in draft.facts for table in code.tables)
    return tuple(t for t in tables if _is_command(t.keywords.get(COMMAND_KEY)) and t.keywords.keys() & _BESIDE_COMMAND)


def _is_command(value: Value) -> bool:
    """Whether a value may be a command, and not the schema of one."""
    return isinstance(value, str) or (isinstance(value, Ref) and not value.text.startswith(("{", "[")))


def _started(draft: Draft) -> Iterator[tuple[tuple[str, ...] | None, int]]:
    """The words of each command that starts a server, None for one that the code computes; and its line."""
    for code in draft.facts:
        for call in code.calls:
            # a constructor is ``TokioChildProcess.new`` in Rust
            name = call.name.removesuffix(".new").rpartition(".")[2]
            if name not in draft.docs.profile.spawning or (name == _CLIENT and call.last != _CLIENT):
                continue
            if (found := _words(call)) is not None:
                yield found or _commanded(code) or None, call.line
    for table in configured_commands(draft):
        yield _words(table) or None, table.line


def _commanded(code: CodeFacts) -> tuple[str, ...]:
    """The words of the one command that code makes apart: ``exec.Command("npx", "-y")``, ``Command::new("npx")``."""
    made = [call for call in code.calls if ".".join(call.name.split(".")[-2:]) in _COMMAND_CALLS]
    given = [a for call in made for a in call.arguments if isinstance(a, str) or call.last != "CommandContext"]
    added = [call for call in code.calls if call.last in {"arg", "args"}] if made and made[0].last in _BUILT else []
    for call in sorted(added, key=lambda call: (call.line, len(call.name))):
        given += [word for a in call.arguments for word in (_listed(a) if isinstance(a, Ref) else (a,))]
    texts = tuple(word for word in given if isinstance(word, str))
    return texts if len(made) == 1 and len(texts) == len(given) else ()


def _words(call: Call) -> tuple[str, ...] | None:
    """The words of the command of a call, empty if they cannot be read; None if it starts nothing."""
    command, arguments = call.keywords.get("command"), call.keywords.get("args")
    first = call.arguments[0] if call.arguments else None
    if command is None and isinstance(first, str):
        if _SCRIPT.fullmatch(first):
            return ("python" if first.endswith(".py") else "node", first)
        if "://" in first or call.last == _CLIENT:
            return None
        command, arguments = first, call.arguments[1] if len(call.arguments) > 1 else None
    if command is None and call.last == _CLIENT:
        return None
    if isinstance(command, Ref):
        command = command.text if command.text in {"sys.executable", "process.execPath"} else ""
    return (command, *_listed(arguments)) if isinstance(command, str) and command else ()


def _listed(value: Value) -> tuple[str, ...]:
    """The texts of a list, as far as they are literal."""
    return tuple(a or b for a, b in _QUOTED.findall(value.text)) if isinstance(value, Ref) else ()


def _replacement(words: tuple[str, ...], toolchain: str) -> tuple[str | None, str]:
    """The path and the text of what takes the place of a command's server; no path if nothing can."""
    command, rest = words[0], words[1:]
    if command in _PYTHON or (command in _NODE and toolchain.startswith("node")):
        text = PYTHON_RELAY if command in _PYTHON else NODE_RELAY
        if command in _PYTHON and rest[:1] == ("-m",) and rest[1:2] and _MODULE.fullmatch(rest[1]):
            return f"{rest[1].replace('.', '/')}.py", text
        script = next((word for word in rest if not word.startswith("-")), "")
        path = PurePosixPath(script)
        fits = _SCRIPT.fullmatch(script) and script.endswith(".py") == (command in _PYTHON)
        usable = fits and not path.is_absolute() and ".." not in path.parts
        return (str(path), text) if usable else (None, text)
    if not _COMMAND.fullmatch(command):
        return None, ""
    return f"{FOLDER}/{command}", f"#!/usr/bin/env -S python3 -I\n{PYTHON_RELAY}"
