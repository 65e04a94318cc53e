"""Which services a bundle gets."""

from __future__ import annotations

from dataclasses import replace

from extractor.model import ExampleKind, ServiceRequest, SourceFile
from harness.profiles.mcp.services.factory import client_ports, services_for
from tests.support.local_pod import bundle

CLIENT = bundle(kind=ExampleKind.CLIENT)


def test_the_ports_of_a_client_come_from_its_own_code() -> None:
    code = 'fetch("http://localhost:8080/realms/x"); connect("http://127.0.0.1:3000/mcp"); "http://localhost:3000/"'
    made = replace(
        CLIENT,
        files=(SourceFile("client.ts", code),),
        services=(ServiceRequest("authorization", "localhost", 8080),),
        environment={"SERVER": "http://[::1]:4000/mcp"},
    )
    assert client_ports(made) == (8080, 3000, 4000)
    services = services_for(made)
    assert [service.port for service in services.services] == [8080, 3000, 4000]
    assert services.scripted is not None
    assert services.tokens is services.services[0]


def test_a_client_may_name_its_server_by_host_and_port() -> None:
    services = services_for(replace(CLIENT, services=(ServiceRequest("connected", "localhost", 8000),)))
    assert [service.port for service in services.services] == [8000]
    assert services.scripted is not None


def test_a_server_has_no_script_and_no_tokens_unless_it_asks() -> None:
    services = services_for(bundle())
    assert (services.services, services.tokens, services.scripted) == ((), None, None)
