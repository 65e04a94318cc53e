"""The Python SDK of A2A: ``python a2a_python.py MODE --port N`` with MODE task, quiet (no streaming) or message."""

from __future__ import annotations

import argparse
import socket

import uvicorn
from a2a.helpers import new_task_from_user_message, new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, TaskState
from starlette.applications import Starlette

parser = argparse.ArgumentParser()
parser.add_argument("mode")
parser.add_argument("--port", type=int, default=0)
arguments = parser.parse_args()


class Echo(AgentExecutor):
    async def execute(self, context, event_queue):
        if arguments.mode == "message":
            await event_queue.enqueue_event(new_text_message("Echo"))
            return
        task = context.current_task or new_task_from_user_message(context.message)
        await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue=event_queue, task_id=task.id, context_id=task.context_id)
        await updater.update_status(state=TaskState.TASK_STATE_WORKING)
        await updater.add_artifact(parts=[new_text_part(text="Echo")])
        await updater.update_status(state=TaskState.TASK_STATE_COMPLETED)

    async def cancel(self, context, event_queue):
        raise NotImplementedError


listening = socket.create_server(("127.0.0.1", arguments.port))
port = listening.getsockname()[1]
card = AgentCard(
    name="Echo",
    description="Echoes.",
    version="1.0.0",
    default_input_modes=["text/plain"],
    default_output_modes=["text/plain"],
    capabilities=AgentCapabilities(streaming=arguments.mode != "quiet"),
    supported_interfaces=[
        AgentInterface(protocol_binding="JSONRPC", url=f"http://127.0.0.1:{port}/rpc", protocol_version="1.0")
    ],
    skills=[AgentSkill(id="echo", name="Echo", description="Echoes.", tags=["echo"])],
)
handler = DefaultRequestHandler(agent_executor=Echo(), task_store=InMemoryTaskStore(), agent_card=card)
app = Starlette(routes=[*create_agent_card_routes(card), *create_jsonrpc_routes(handler, "/rpc")])
print(f"listening 127.0.0.1 {port}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
