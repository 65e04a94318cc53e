"""An example that asks the authorization server for things without end does not fill docprobe's memory."""

from __future__ import annotations

import httpx
import pytest

from extractor.model import ServiceRequest
from harness.profiles.mcp import tokens
from harness.profiles.mcp.services import issuer, oauth
from harness.profiles.mcp.services.authorization import AuthorizationService

pytestmark = [pytest.mark.anyio, pytest.mark.attack("authorization servers")]

REALM = "http://localhost:8080/realms/master"
SETTINGS = {"realm": "master", "client_id": "mcp-server", "client_secret": "hush"}


@pytest.fixture
def service() -> AuthorizationService:
    return AuthorizationService(ServiceRequest("authorization", "localhost", 8080, SETTINGS))


def client(service: AuthorizationService) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(service._server._config.app), trust_env=False)


async def test_tokens_without_end(service: AuthorizationService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer, "MOST_KNOWN", 5)
    ours = service.token(tokens.USER1, audience="http://localhost:3000")
    form = {"grant_type": "client_credentials", "client_id": "mcp-server", "client_secret": "hush"}
    async with client(service) as http:
        answers = [await http.post(f"{REALM}/protocol/openid-connect/token", data=form) for _ in range(12)]
        assert {answer.status_code for answer in answers} == {200}
        mint = service.state.issuer
        assert len(mint._known) == 5
        assert mint.find(answers[-1].json()["access_token"]) is not None
        assert mint.find(answers[0].json()["access_token"]) is None
        assert mint.find(ours) is not None, "the tokens that probes carry are never forgotten"


async def test_clients_without_end(service: AuthorizationService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "MOST_CLIENTS", 4)
    async with client(service) as http:
        codes = [
            (
                await http.post(
                    f"{REALM}/clients-registrations/openid-connect", json={"redirect_uris": ["http://localhost/cb"]}
                )
            ).status_code
            for _ in range(8)
        ]
    assert codes[0] == 201
    assert codes[-1] == 429
    assert len(service.state.clients) <= 4


async def test_bodies_and_log_lines_without_end(service: AuthorizationService) -> None:
    async with client(service) as http:
        for _ in range(2100):
            await http.get("http://localhost:8080/nothing")
        answer = await http.post(f"{REALM}/protocol/openid-connect/token", content=b"a=" + b"b" * 3_000_000)
        assert answer.status_code in {400, 401}
    assert len(service.log()) <= 2000
