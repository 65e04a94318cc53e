"""Run one server: ``python serve.py NAME[@WHERE] [--port N]``. Prints ``listening ADDRESS PORT``.

NAME is a class of one of the modules below; its docstring says what it does. WHERE is for ``bad_replies``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import sys
from typing import Any

import wire

MODULES = (
    "conforming",
    "variants",
    "variants_features",
    "variants_wire",
    "modern",
    "modern_handles",
    "faults_modern",
    "faults_modern_http",
    "faults_headers",
    "asking",
    "tasks",
    "contents",
    "faults_session",
    "faults_access",
    "faults_exchange",
    "faults_features",
    "faults_streams",
    "bad_replies",
)


def find(name: str) -> Any:
    for module in MODULES:
        if hasattr(importlib.import_module(module), name):
            return getattr(importlib.import_module(module), name)
    raise SystemExit(f"no server is called {name}")


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    name, _, where = arguments.name.partition("@")
    kind = find(name)
    if where:
        kind.where = where
    await asyncio.sleep(getattr(kind, "start_s", 0))
    server = kind()
    reply_kind = getattr(kind, "reply", wire.Reply)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            request = await wire.read_request(reader)
            if request is not None:
                await server.handle(request, reply_kind(reader, writer))
        with contextlib.suppress(ConnectionError):
            writer.close()

    listening = await asyncio.start_server(connected, getattr(kind, "host", "127.0.0.1"), arguments.port)
    address, port = listening.sockets[0].getsockname()[:2]
    print(f"listening {address} {port}", flush=True)
    async with listening:
        await listening.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
    sys.exit(0)
