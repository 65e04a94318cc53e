"""Laying out the example's files, before the example starts.

Runs inside the container with Python 3.9 or newer and the standard library.
"""

from __future__ import annotations

import os

from harness.engine.tunnel.frames import Kind


class Files:
    """The example's files, below a root folder."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.made: set[str] = set()

    def lay_out(self, kind: Kind, payload: bytes) -> str | None:
        """Append to a file (STAGE: ``path NUL bytes``) or make a link (LINK: ``path NUL target``).

        Gives what went wrong, or None. A path that would leave the root is refused.
        """
        name, _, rest = payload.partition(b"\0")
        relative = name.decode()
        if relative.startswith("/") or ".." in relative.split("/"):
            return "path leaves the example: " + relative[:200]
        path = os.path.join(self.root, relative)
        folder = os.path.dirname(path)
        try:
            if folder not in self.made:
                os.makedirs(folder, exist_ok=True)
                self.made.add(folder)
            if kind is Kind.LINK:
                os.symlink(rest.decode(), path)
            else:
                with open(path, "ab") as file:
                    file.write(rest)
        except OSError as error:
            return f"{relative}: {error.strerror}"
        return None
