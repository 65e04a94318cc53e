"""Compiles an example without a network, with the crates that were compiled before.

Runs in a container, in the example's folder, with Python 3.9 or newer and the standard library. Its arguments are
cargo's. The folder of what was compiled cannot be written to: cargo gets one of links into it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

CRATES = "/example/rust/crates"
COMPILED = "/example/rust/target"
TARGET = "target"


def main() -> None:
    """Compile, with compilers' messages of one line each."""
    prepare()
    command = ["cargo", "build", "--offline", "--quiet", "--message-format=short", *sys.argv[1:]]
    raise SystemExit(subprocess.run(command, check=False).returncode)


def prepare() -> None:
    """Add the crates to the manifest that it does not name, and lay the lock and what was compiled beside it."""
    own = text_of("Cargo.toml")
    # a table's header ends what is before it, so these can follow anything
    added = [table for name, table in tables(text_of(f"{CRATES}/Cargo.toml")) if not names(own, name)]
    with open("Cargo.toml", "a", encoding="utf-8") as file:
        file.write("".join(f"\n{table}\n" for table in added))
    if not os.path.exists("Cargo.lock") and os.path.exists(f"{CRATES}/Cargo.lock"):
        shutil.copyfile(f"{CRATES}/Cargo.lock", "Cargo.lock")
    if os.path.isdir(COMPILED) and not os.path.exists(TARGET):
        subprocess.run(["cp", "-rs", COMPILED, TARGET], check=True)


def tables(manifest: str) -> list[tuple[str, str]]:
    """Return the crates of docprobe's own manifest: name, and table."""
    found = re.finditer(r"^\[(?:dev-)?dependencies\.([\w-]+)\]\n(?:(?!\[).*\n?)*", manifest, re.MULTILINE)
    return [(match[1], match[0].strip()) for match in found]


def names(manifest: str, crate: str) -> bool:
    """Return whether a manifest names a crate, as a key, as a table, or as the package behind another name."""
    word = re.sub("[-_]", "[-_]", re.escape(crate).replace(r"\-", "-"))
    named = rf'^\s*"?{word}"?\s*[.=]|dependencies\.\s*"?{word}"?\s*\]|\bpackage\s*=\s*"{word}"'
    body = re.sub(r"^[^\S\n]*#.*$", "", manifest, flags=re.MULTILINE)
    return re.search(named, body, re.MULTILINE) is not None


def text_of(path: str) -> str:
    """Return a file's text; empty if it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
