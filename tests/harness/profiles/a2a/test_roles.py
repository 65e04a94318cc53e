"""Which code is about the protocol, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.model import ExampleKind, ExampleStatus
from harness.load import load_examples
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

PYTHON = """\
import uvicorn
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from starlette.applications import Starlette

routes = [*create_agent_card_routes(None), *create_jsonrpc_routes(None, "/agent")]
"""
RUN = 'uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=4100)\n'
APP = "app = Starlette(routes=routes)\n"
EXECUTOR = """\
from a2a.server.agent_execution import AgentExecutor


class Weather(AgentExecutor):
    async def execute(self, context, event_queue):
        pass
"""
CLIENT = """\
import asyncio

from a2a.client import create_client


async def main():
    await create_client("http://localhost:4100")


asyncio.run(main())
"""
JAVASCRIPT = """\
import express from "express";
import { agentCardHandler, jsonRpcHandler } from "@a2a-js/sdk/server/express";

const app = express();
app.use("/.well-known/agent-card.json", agentCardHandler({}));
app.use("/agent", jsonRpcHandler({}));
app.listen(4100);
"""
BY_HAND = """\
from flask import Flask

app = Flask(__name__)


@app.get("/.well-known/agent-card.json")
def card():
    return {}


app.run(port=4100)
"""
OTHER = "from flask import Flask\n\napp = Flask(__name__)\napp.run(port=4100)\n"


def examples(root: Path, info: str, code: str) -> tuple[Example, ...]:
    (root / "docprobe.toml").write_text('profile = "a2a"\n')
    (root / "a.md").write_text(f"# A\n\n```{info}\n{code}```\n")
    return load_examples(load_config(root, environ={"DOCPROBE_STATE": str(root / ".state")})).all


@pytest.mark.parametrize(
    ("info", "code", "kind", "status"),
    [
        ("python main.py", PYTHON + RUN, ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE),
        ("python main.py", PYTHON + APP, ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE),
        ("python main.py", BY_HAND, ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE),
        ("js server.mjs", JAVASCRIPT, ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE),
        ("python main.py", PYTHON, ExampleKind.OTHER, ExampleStatus.FRAGMENT),
        ("python main.py", EXECUTOR, ExampleKind.OTHER, ExampleStatus.FRAGMENT),
        ("python client.py", CLIENT, ExampleKind.CLIENT, ExampleStatus.RUNNABLE),
    ],
    ids=("run", "app", "by hand", "express", "routes", "executor", "client"),
)
def test_roles(tmp_path: Path, info: str, code: str, kind: ExampleKind, status: ExampleStatus) -> None:
    (found,) = examples(tmp_path, info, code)
    assert (found.kind, found.status) == (kind, status)


def test_a_server_of_something_else_is_none_of_the_protocols(tmp_path: Path) -> None:
    assert examples(tmp_path, "python main.py", OTHER) == ()


def test_the_sdk_comes_with_what_serves_http(tmp_path: Path) -> None:
    (found,) = examples(tmp_path, "python main.py", PYTHON + RUN)
    assert found.bundle is not None
    assert "a2a-sdk[http-server]" in {str(dependency) for dependency in found.bundle.dependencies}
    assert "/agent" in found.bundle.endpoint_paths
