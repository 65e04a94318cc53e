"""Programs that run inside containers: shipped as text, standard library only, never run by docprobe itself.

``anchor`` is a pod's first process: ``anchor.py`` with ``connections.py``, ``host_stream.py`` and ``listening.py``.
``worker`` runs an install: ``worker.py``; ``go_modules``, ``cargo_crates`` and ``maven_packages`` are steps of one.
They work with Python 3.9 or newer.
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
    "anchor": ("tunnel.frames", "inside.host_stream", "inside.connections", "inside.listening", "inside.anchor"),
    "worker": ("inside.worker",),
    "go_modules": ("inside.go_modules",),
    "cargo_crates": ("inside.cargo_crates",),
    "maven_packages": ("inside.maven_packages",),
}
"""Program to its modules below ``harness.engine``, each after those that it imports."""


def program(name: str, *arguments: str, python: str = "python3") -> list[str]:
    """Return the argument vector that runs a program, such as ``anchor``, with ``arguments``.

    Python is isolated from the environment and the site packages: nothing in the container can change the program.
    """
    engine = files("harness.engine")
    modules = [
        (f"harness.engine.{module}", engine.joinpath(f"{module.replace('.', '/')}.py").read_text("utf-8"))
        for module in _PROGRAMS[name]
    ]
    return [python, "-I", "-S", "-c", _BOOTSTRAP, json.dumps(modules), *arguments]
