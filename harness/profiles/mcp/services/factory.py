"""Make the services that a bundle expects beside it in its pod."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import URL_HOST
from extractor.model import ExampleKind
from harness.profiles.mcp.services.authorization import AuthorizationService
from harness.profiles.mcp.services.scripted_server import ScriptedServer, ScriptedService
from harness.profiles.mcp.services.scripted_stdio import ScriptedStdio

if TYPE_CHECKING:
    from extractor.model import Bundle
    from harness.engine.protocol import Service
    from harness.profiles.mcp.tokens import TokenSource

AUTHORIZATION: Final = "authorization"
SPAWNED: Final = "spawned"
CONNECTED: Final = "connected"
"""Kinds of services that bundles ask for."""
_LOCAL_URL: Final = re.compile(rf"http://{URL_HOST}:(\d{{2,5}})\b")
_MOST_PORTS: Final = 4


@dataclass(frozen=True, slots=True)
class ExampleServices:
    """The services of one example."""

    services: tuple[Service, ...] = ()
    tokens: TokenSource | None = None
    """None if the example expects no authorization server."""
    scripted: ScriptedServer | None = None
    """What a client example talks to; None for servers, and for clients that name no URL on this machine and start no
    server."""


def services_for(bundle: Bundle) -> ExampleServices:
    """Make the services of a bundle. Unknown kinds are left out: the example will report what it lacks."""
    authorization = next((AuthorizationService(r) for r in bundle.services if r.kind == AUTHORIZATION), None)
    services: list[Service] = [] if authorization is None else [authorization]
    script: ScriptedServer | None = None
    if bundle.kind is ExampleKind.CLIENT:
        taken = {service.port for service in services}
        ports = [port for port in client_ports(bundle) if port not in taken][:_MOST_PORTS]
        relays = [request.port for request in bundle.services if request.kind == SPAWNED]
        if ports or relays:
            script = ScriptedServer()
            services += [ScriptedService(script, port) for port in ports]
            services += [ScriptedStdio(script, port) for port in relays]
    return ExampleServices(tuple(services), authorization, script)


def client_ports(bundle: Bundle) -> tuple[int, ...]:
    """Return the ports on this machine that a client's code, command or environment names, in order."""
    texts = [*(file.text for file in bundle.files), *bundle.command, *bundle.environment.values()]
    ports = [int(match.group(1)) for text in texts for match in _LOCAL_URL.finditer(text)]
    ports += [request.port for request in bundle.services if request.kind == CONNECTED]
    return tuple(dict.fromkeys(port for port in ports if 0 < port < 65536))
