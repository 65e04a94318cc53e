"""fastmcp: ``python fastmcp_v4.py MODE --port N`` with MODE stateful, json, stateless, guarded or resumable."""

from __future__ import annotations

import argparse
import socket

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.event_store import EventStore

parser = argparse.ArgumentParser()
parser.add_argument("mode")
parser.add_argument("--port", type=int, default=0)
arguments = parser.parse_args()
listening = socket.create_server(("127.0.0.1", arguments.port))
port = listening.getsockname()[1]
server = FastMCP("sdk")


@server.tool
def add(a: int, b: int) -> int:
    return a + b


app = server.http_app(
    json_response=arguments.mode == "json",
    stateless_http=arguments.mode == "stateless",
    event_store=EventStore() if arguments.mode == "resumable" else None,
    host_origin_protection=True if arguments.mode == "guarded" else None,
)
print(f"listening 127.0.0.1 {port}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
