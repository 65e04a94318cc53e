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
    """Why a file of a page may not be called ``name``, in one sentence; None if it may.

    ``name`` is a path as docs write it. A backslash counts as a separator.
    """
    shown = name if len(name) <= 60 else name[:57] + "…"
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    path = name.replace("\\", "/")
    parts = PurePosixPath(path).parts
    lowered = [part.lower() for part in parts]
    if not path.strip("/ ."):
        return f"the file name “{shown}” is empty"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in path):
        return f"the file name “{shown}” holds an invisible or control character"
    if len(path) > MAX_PATH_CHARS:
        return f"the file name “{shown}” is {len(path)} characters long, more than {MAX_PATH_CHARS}"
    if path.startswith(("/", "~")) or PureWindowsPath(path).drive:
        return f"the file name “{shown}” is absolute"
    if ".." in parts:
        return f"the file name “{shown}” leads out of the example's folder"
    if any(part.split(".")[0] in RESERVED for part in lowered):
        return f"the file name “{shown}” is reserved on Windows"
    if any(part.endswith((" ", ".")) or part.startswith((" ", "-")) or set(part) & set('<>:"|?*') for part in parts):
        return f"the file name “{shown}” is no name that every system accepts"
    if FORBIDDEN_FOLDERS & set(lowered) or lowered[-1] in FORBIDDEN_FILES:
        return f"the file name “{shown}” belongs to a tool, not to an example"
    return None


def normal(name: str) -> str:
    r"""``./src\index.ts`` as ``src/index.ts``. Only for names that :func:`refusal` lets through."""
    return str(PurePosixPath(name.replace("\\", "/")))
