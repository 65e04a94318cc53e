"""fastmcp: ``python fastmcp_v4.py MODE --port N`` with MODE stateful or stateless."""

from __future__ import annotations

import argparse
import socket

import uvicorn
from fastmcp import FastMCP

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


app = server.http_app(stateless_http=arguments.mode == "stateless")
print(f"listening 127.0.0.1 {port}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
