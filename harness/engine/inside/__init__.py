"""Programs that run inside containers: shipped as text, standard library only, never imported by docprobe itself.

:func:`command` makes the argument vector that runs one of them.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final

_BOOTSTRAP: Final = (
    "import sys,types,json\n"
    "for name,text in json.loads(sys.argv.pop(1)):\n"
    " module=types.ModuleType(name);sys.modules[name]=module\n"
    " exec(compile(text,name.rsplit('.')[-1]+'.py','exec'),module.__dict__)\n"
    "module.main()\n"
)
"""Defines the modules in order from their text and calls ``main()`` of the last."""


_PROGRAMS: Final = {
    "anchor": ("tunnel.frames", "inside.files", "inside.host_stream", "inside.listening", "inside.anchor"),
    "worker": ("inside.worker",),
}
"""Program to its modules below ``harness.engine``, each after those that it imports."""


def command(program: str, *arguments: str, python: str = "python3") -> list[str]:
    """The argument vector that runs ``program`` (``anchor`` or ``worker``) with ``arguments``.

    Isolated from the environment and the site packages: what the container holds cannot change the program.
    """
    engine = files("harness.engine")
    modules = [
        (f"harness.engine.{name}", engine.joinpath(f"{name.replace('.', '/')}.py").read_text("utf-8"))
        for name in _PROGRAMS[program]
    ]
    return [python, "-I", "-S", "-c", _BOOTSTRAP, json.dumps(modules), *arguments]
