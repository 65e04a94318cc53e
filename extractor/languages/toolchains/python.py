"""Python and uv in the base image that all others are made of."""

from __future__ import annotations

from typing import Final

from extractor.model import ROOT, TOOLS, Source, Toolchain

_UV: Final = f"{TOOLS}/uv"
_STEPS: Final = (
    ("python3", "-c", f"import os; os.makedirs({ROOT!r}, exist_ok=True); os.chmod({ROOT!r}, 0o1777)"),
    ("python3", "-m", "venv", _UV),
    (f"{_UV}/bin/pip", "install", "--no-input", "--no-cache-dir", "--quiet", "--only-binary", ":all:", "uv==0.13.9"),
    ("ln", "-sf", f"{_UV}/bin/uv", f"{_UV}/bin/uvx", "/usr/local/bin/"),
    ("uv", "--version"),
    # Debian has no `python`; docs write it, and an example without packages has no environment of its own to bring one
    ("python3", "-c", "import os, shutil; shutil.which('python') or "
     "os.symlink(shutil.which('python3'), '/usr/local/bin/python')"),
)  # fmt: skip
PYTHON: Final = Toolchain(
    "python",
    "uv",
    (Source("uv of PyPI", _STEPS),),
    below=None,
    versions={"python": ("python3", "--version"), "uv": ("uv", "--version")},
)

_NEWEST: Final = "3.14"
_DOWNLOADED: Final = f"{TOOLS}/python-newest"
NEWEST_PYTHON: Final = Toolchain(
    "python-newest",
    f"Python {_NEWEST}",
    (
        Source(
            "uv's own Python",
            (
                ("uv", "python", "install", "--quiet", "--install-dir", _DOWNLOADED, _NEWEST),
                ("sh", "-c", f"ln -sf {_DOWNLOADED}/cpython-{_NEWEST}*/bin/python3 /usr/local/bin/python3"),
                ("ln", "-sf", "python3", "/usr/local/bin/python"),
                ("python3", "-c", f"import sys; assert sys.version.startswith({_NEWEST!r})"),
            ),
        ),
        Source(f"the image python:{_NEWEST}-bookworm", _STEPS, image=f"python:{_NEWEST}-bookworm"),
    ),
)
"""For packages that ask for a newer Python than the base image has."""
