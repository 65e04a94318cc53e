"""Programs to which guards are added at the start of what answers messages, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.languages.registry import syntax_tree
from extractor.model import ExampleKind
from harness.model import Transcript
from harness.profiles.mcp.rules.version_guards import guard_origin, guard_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Node

    from harness.rule import TextEdit

VERSIONS = ("2025-06-18", "2025-11-25")


def with_version_guard(
    path: str, text: str, *, at: str = "/mcp", versions: tuple[str, ...] = VERSIONS, modern: bool = False
) -> str:
    """Return the program with a guard that refuses all but the versions that it negotiates."""
    transcript = Transcript(
        "x", ExampleKind.HTTP_SERVER, (), endpoint=f"http://localhost:3000{at}", negotiated=versions,
        modern=versions if modern else (),
    )  # fmt: skip
    return _edited(path, text, lambda root: guard_version(root, transcript))


def added_lines(path: str, text: str, **options: object) -> str:
    """Return the lines that are added, without the indentation that all of them have; the others stay as they are."""
    old, new = text.split("\n"), with_version_guard(path, text, **options).split("\n")  # type: ignore[arg-type]
    fresh = list(new)
    for line in old:
        fresh.remove(line)
    return "\n".join(line for line in fresh if line)


OWN = ("http://localhost:3000", "http://127.0.0.1:3000")


def with_origin_guard(path: str, text: str) -> str:
    """Return the program with a guard that refuses all but its own Origin."""
    transcript = Transcript("x", ExampleKind.HTTP_SERVER, (), endpoint="http://localhost:3000/mcp")
    return _edited(path, text, lambda root: guard_origin(root, OWN, transcript))


def _edited(path: str, text: str, edits_of: Callable[[Node], Iterable[TextEdit]]) -> str:
    """Return the program with the edits made; it still parses."""
    root = syntax_tree(path, text)
    assert root is not None
    data = text.encode()
    edits = list(edits_of(root))
    assert len({edit.start for edit in edits}) == len(edits), "no two edits are at one place"
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        data = data[: edit.start] + edit.new.encode() + data[edit.end :]
    after = syntax_tree(path, data.decode())
    assert after is not None
    assert not after.has_error
    return data.decode()


EXPRESS = """\
import express from "express";

const app = express();
app.use("/mcp", authenticate);
app.post("/mcp", authenticate, async (req, res) => {
  res.json(answer(req.body));
});
app.get("/mcp", (req, res) => res.status(405).end());
app.post("/other", (req, res) => res.end());
"""
STARLETTE = '''\
from starlette.responses import Response
from starlette.routing import Route


async def mcp(request):
    """Answer everything."""
    return Response()


routes = [Route("/mcp", mcp, methods=["POST"])]
'''
AIOHTTP = """\
from aiohttp import web


async def handle(request: web.Request) -> web.Response:
    return web.json_response({})


app = web.Application()
app.router.add_post("/mcp", handle)
"""
ASGI = """\
import json


async def app(scope, receive, send):
    await send({})
"""
WSGI = ASGI.replace("async ", "").replace("scope, receive, send", "environ, start_response").replace("await send", "f")
