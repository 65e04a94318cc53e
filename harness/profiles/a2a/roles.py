"""What the protocol makes of code: which programs are agents that serve it, and which are its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.roles import CodeProfile, LanguageRules, Role, Start
from extractor.languages.ecmascript.web import served_paths
from extractor.languages.python.web import ASGI_SERVERS, serving, start_of
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.model import ServiceRequest

_PACKAGES: Final = ("a2a", "@a2a-js/sdk")
_CARD: Final = ".well-known/agent-card.json"
_SERVES: Final = frozenset(
    {"create_jsonrpc_routes", "create_rest_routes", "create_agent_card_routes", "A2AStarletteApplication",
     "A2AFastAPIApplication", "A2ARESTFastAPIApplication", "add_a2a_routes_to_fastapi", "to_a2a", "A2AExpressApp",
     "jsonRpcHandler", "restHandler", "agentCardHandler"}
)  # fmt: skip
"""Functions and classes of the SDKs that put an agent behind HTTP."""
_ASKS: Final = frozenset(
    {"create_client", "A2AClient", "ClientFactory", "A2ACardResolver", "A2AClient.fromCardUrl", "createFromUrl",
     "createFromAgentCard"}
)  # fmt: skip
_LISTENS: Final = frozenset({"listen", "serve"})


def role_of_python(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program in Python whose files have these facts, the main file's first."""
    relevant = _is_about_it(files)
    calls = [call for code in files for call in code.calls]
    if any(call.last in _SERVES for call in calls) or _writes_card(files):
        if run := next((call for call in calls if call.name in ASGI_SERVERS), None):
            return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant, run.line)
        server = serving(files)
        if server is not None and server.application is not None:
            made = server.application
            return Role(ExampleKind.HTTP_SERVER, Start.APP, relevant, made.line, made.target)
        if server is not None and server.started and server.call is not None:
            start = Start.RUN if server.call.function is None else start_of(files)
            why = "starts a server in a function that nothing calls"
            return Role(ExampleKind.HTTP_SERVER, start, relevant, server.call.line, why=why)
    return _no_server(files, relevant, start_of(files))


def role_of_ecmascript(files: Sequence[CodeFacts]) -> Role:
    """Return the role of a program in TypeScript or JavaScript, as :func:`role_of_python`."""
    relevant = _is_about_it(files)
    calls = [call for code in files for call in code.calls]
    serves = any(call.last in _SERVES for call in calls) or _writes_card(files)
    if serves and (listener := next((call for call in calls if call.last in _LISTENS), None)):
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant, listener.line)
    return _no_server(files, relevant, Start.RUN if any(call.function is None for call in calls) else Start.NONE)


def _no_server(files: Sequence[CodeFacts], relevant: bool, start: Start) -> Role:
    """The role of code that serves nothing: a client, a part of an agent, or neither."""
    calls = [call for code in files for call in code.calls]
    if client := next((call for call in calls if call.last in _ASKS or call.name in _ASKS), None):
        return Role(ExampleKind.CLIENT, start, relevant, client.line, why="creates a client that nothing runs")
    if made := next((call for call in calls if call.last in _SERVES), None):
        return Role(ExampleKind.OTHER, Start.NONE, relevant, made.line, why="creates an agent that nothing serves")
    if any("AgentExecutor" in bases for code in files for bases in code.bases.values()):
        return Role(ExampleKind.OTHER, Start.NONE, relevant, why="is the part of an agent that handles its messages")
    return Role(ExampleKind.OTHER, Start.NONE, relevant, why="neither serves an agent nor asks one")


def _is_about_it(files: Sequence[CodeFacts]) -> bool:
    """Whether code imports an SDK of the protocol, or writes an Agent Card's address itself."""
    modules = [imported.module for code in files for imported in code.imports]
    imported = any(f"{module}/".startswith((f"{name}/", f"{name}.")) for module in modules for name in _PACKAGES)
    return imported or _writes_card(files) or any(c.last in _SERVES for code in files for c in code.calls)


def _writes_card(files: Sequence[CodeFacts]) -> bool:
    return any(_CARD in text.value for code in files for text in code.texts)


def endpoint_paths(files: Sequence[CodeFacts], services: Sequence[ServiceRequest] = ()) -> tuple[str, ...]:
    """Return the paths that routes of a program have, best first: the card says where JSON-RPC is spoken."""
    return tuple(path for path in served_paths(files, services) if "." not in path)


_ECMASCRIPT: Final = LanguageRules(role=role_of_ecmascript, endpoint_paths=endpoint_paths)
CODE: Final = CodeProfile(
    rules={
        "python": LanguageRules(role=role_of_python, endpoint_paths=endpoint_paths),
        "typescript": _ECMASCRIPT,
        "javascript": _ECMASCRIPT,
    },
    words=("a2a", "agent-card.json"),
    listed_words=("a2a", "agent-card.json", "agentcard"),
    protocol_headers=frozenset({"a2a-version", "a2a-extensions"}),
    # what the names in the docs' own multi-file samples stand for
    local_modules=frozenset({"agent_executor", "agent"}),
    brought={
        "a2a-sdk": frozenset({"httpx", "httpx-sse", "pydantic", "protobuf", "google-api-core"}),
    },
    python_packages={"a2a": "a2a-sdk[http-server]"},
)
