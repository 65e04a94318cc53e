"""A docs tree with one page per test server: what lets ``docprobe run`` start the servers of ``tests/servers``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVERS = Path(__file__).parent.parent / "servers"
PORT = 39017
"""Of every server, in its pod and on the host: a server may look at the Host header."""
LANGUAGES = {
    "python": ("python", "serve.py", "*.py", "python"),
    "node": ("javascript", "serve.mjs", "*.mjs", "node"),
}
"""Folder of the servers, to the fence's language, the program, all its files and what runs it."""
FENCE = "`````"


@dataclass(frozen=True)
class Server:
    """One server of ``tests/servers`` on a page of its own."""

    folder: str
    name: str
    revision: str = "2025-11-25"

    @property
    def page(self) -> str:
        """The page, relative to the docs root, without its extension."""
        return f"docs/{self.revision}/servers/{self.folder}-{self.name.lower()}"

    @property
    def example(self) -> str:
        """The id docprobe gives to the example on it."""
        return f"{self.page}#{LANGUAGES[self.folder][0]}"


def write_docs(root: Path, servers: Iterable[Server]) -> None:
    """Write the tree: every page shows all files of its folder, and the command that starts one server."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "docprobe.toml").write_text('profile = "mcp"\n')
    for server in servers:
        page = root / f"{server.page}.mdx"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_page(server))


def _page(server: Server) -> str:
    language, program, files, runner = LANGUAGES[server.folder]
    how = f'kind=http-server endpoint=/mcp command="{runner} {program} {server.name} --port {PORT}"'
    blocks = [
        f"{{/* docprobe: id={language} join=server file={file.name} {how if file.name == program else ''} */}}\n\n"
        f"{FENCE}{language}\n{file.read_text()}{FENCE}"
        for file in sorted(SERVERS.joinpath(server.folder).glob(files))
    ]
    return "\n\n".join([f"---\ntitle: {server.name}\n---", *blocks, f"It answers at `http://localhost:{PORT}/mcp`.\n"])
