"""The Python SDK 2.x: ``python python_v2.py MODE --port N`` with MODE stateful, json, stateless or resumable. All speak both eras."""

from __future__ import annotations

import argparse
import socket

import uvicorn
from mcp.server import MCPServer
from mcp.server.streamable_http import EventMessage, EventStore


class MemoryEvents(EventStore):
    """Streams by id, whoever's they are, as the SDK's example store keeps them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, object]] = []

    async def store_event(self, stream_id, message):
        event_id = f"event-{len(self.events)}"
        self.events.append((stream_id, event_id, message))
        return event_id

    async def replay_events_after(self, last_event_id, send_callback):
        found = next((stream for stream, event_id, _ in self.events if event_id == last_event_id), None)
        seen = False
        for stream, event_id, message in self.events:
            if stream == found and seen and message is not None:
                await send_callback(EventMessage(message, event_id))
            seen = seen or event_id == last_event_id
        return found


parser = argparse.ArgumentParser()
parser.add_argument("mode")
parser.add_argument("--port", type=int, default=0)
arguments = parser.parse_args()
listening = socket.create_server(("127.0.0.1", arguments.port))
port = listening.getsockname()[1]
server = MCPServer("sdk")


@server.tool()
def add(a: int, b: int) -> int:
    return a + b


app = server.streamable_http_app(
    json_response=arguments.mode == "json",
    stateless_http=arguments.mode == "stateless",
    event_store=MemoryEvents() if arguments.mode == "resumable" else None,
)
print(f"listening 127.0.0.1 {port}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
