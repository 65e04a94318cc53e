"""Names of files that come from docs. A name never leads out of the bundle."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

MAX_PATH_CHARS: Final = 255
RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))]
)  # fmt: skip
"""Device names of Windows (Microsoft, "Naming Files, Paths, and Namespaces"): a file of that name breaks checkouts."""
FORBIDDEN_FOLDERS: Final = frozenset({".git", "node_modules", ".venv", "site-packages", "__pycache__"})
"""Folders that belong to tools: docs never write there."""
FORBIDDEN_FILES: Final = frozenset(
    {".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", "pip.conf", "uv.toml", ".pnpmfile.cjs", "bunfig.toml",
     "sitecustomize.py", "usercustomize.py"}
)  # fmt: skip
"""Files that redirect a package client or an interpreter."""


def refusal(name: str) -> str | None:
    """Why a file of a page may not be called ``name``, as what the example does wrong; None if it may.

    ``name`` is a path as docs write it. A backslash counts as a separator.
    """
    shown = name if len(name) <= 60 else name[:57] + "…"
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    path = name.replace("\\", "/")
    parts = PurePosixPath(path).parts
    lowered = [part.lower() for part in parts]
    if ".." in parts:
        return f"has a file name that leads out of its folder: “{shown}”"
    if not path.strip("/ ."):
        return f"has a file name that is empty: “{shown}”"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in path):
        return f"has a file name with an invisible or control character: “{shown}”"
    if len(path) > MAX_PATH_CHARS:
        return f"has a file name of {len(path)} characters, more than {MAX_PATH_CHARS}: “{shown}”"
    if path.startswith(("/", "~")) or PureWindowsPath(path).drive:
        return f"has a file name that is absolute: “{shown}”"
    if any(part.split(".")[0] in RESERVED for part in lowered):
        return f"has a file name that is reserved on Windows: “{shown}”"
    if any(part.endswith((" ", ".")) or part.startswith((" ", "-")) or set(part) & set('<>:"|?*') for part in parts):
        return f"has a file name that not every system accepts: “{shown}”"
    if FORBIDDEN_FOLDERS & set(lowered) or lowered[-1] in FORBIDDEN_FILES:
        return f"has a file name that belongs to a tool: “{shown}”"
    return None


def normal(name: str) -> str:
    r"""``./src\index.ts`` as ``src/index.ts``. Only for names that :func:`refusal` lets through."""
    return str(PurePosixPath(name.replace("\\", "/")))
