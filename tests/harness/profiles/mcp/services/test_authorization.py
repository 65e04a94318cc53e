"""The authorization server, used through Authlib's own client and joserfc: what others expect of one."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import KeySet

from extractor.model import ServiceRequest
from harness.profiles.mcp import tokens
from harness.profiles.mcp.services.authorization import AuthorizationService

if TYPE_CHECKING:
    from collections.abc import Mapping

with warnings.catch_warnings():
    # newer releases of the client prefer a renamed httpx and say so on import
    warnings.simplefilter("ignore")
    import authlib.deprecate

    warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client

pytestmark = pytest.mark.anyio
BASE = "http://localhost:8080"
REALM = f"{BASE}/realms/master"
OPENID = f"{REALM}/protocol/openid-connect"
AUDIENCE = "http://localhost:3000"


def service(**settings: str) -> AuthorizationService:
    return AuthorizationService(ServiceRequest("authorization", "localhost", 8080, settings))


def client(made: AuthorizationService) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url=BASE)


async def introspect(made: AuthorizationService, token: str, **form: str) -> httpx.Response:
    async with client(made) as http:
        return await http.post(f"{OPENID}/token/introspect", data={"token": token, **form})


@pytest.mark.parametrize(
    "path",
    [
        "/realms/other/.well-known/openid-configuration",
        "/realms/other/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/realms/other",
        "/.well-known/openid-configuration/realms/other",
        "/.well-known/oauth-authorization-server/realms/other/",
    ],
)
async def test_metadata_is_valid_at_every_well_known_place(path: str) -> None:
    async with client(service()) as http:
        document = (await http.get(path)).json()
    assert document["issuer"] == f"{BASE}/realms/other"
    assert document["introspection_endpoint"] == f"{BASE}/realms/other/protocol/openid-connect/token/introspect"
    metadata = AuthorizationServerMetadata(document)
    metadata.validate_grant_types_supported()
    metadata.validate_code_challenge_methods_supported()
    metadata.validate_response_types_supported()


async def test_labelled_tokens_say_what_their_names_promise() -> None:
    made = service(realm="master", client_id="mcp-server", scope="a:read a:write")
    async with client(made) as http:
        keys = KeySet.import_key_set((await http.get(f"{OPENID}/certs")).json())

    def claims(label: str) -> Mapping[str, Any]:
        return jwt.decode(made.token(label, audience=AUDIENCE), keys).claims

    user1, user2, other = claims(tokens.USER1), claims(tokens.USER2), claims(tokens.NO_SCOPE)
    assert user1["iss"] == REALM
    assert user1["aud"] == AUDIENCE
    assert user1["scope"] == "a:read a:write"
    assert user1["exp"] > time.time()
    assert (user2["azp"], user2["sub"] != user1["sub"]) == (user1["azp"], True)
    assert (other["sub"], other["azp"]) == (user1["sub"], user1["azp"])
    assert "a:read" not in other["scope"]
    assert claims(tokens.EXPIRED)["exp"] < time.time()
    assert AUDIENCE not in claims(tokens.WRONG_AUDIENCE)["aud"]
    assert claims(tokens.AUDIENCE_LIST)["aud"] == ["account", AUDIENCE]
    assert claims(tokens.AUDIENCE_LIST_REVERSED)["aud"] == [AUDIENCE, "account"]
    assert claims(tokens.INACTIVE)["exp"] > time.time()


async def test_a_label_gives_the_same_token_again_and_unknown_labels_none() -> None:
    made = service()
    assert made.token(tokens.USER1, audience="a") == made.token(tokens.USER1, audience="a")
    assert made.token(tokens.USER1, audience="a") != made.token(tokens.USER1, audience="b")
    with pytest.raises(ValueError, match="nobody"):
        made.token("nobody", audience="a")


@pytest.mark.parametrize(
    ("label", "active"),
    [
        (tokens.USER1, True),
        (tokens.USER2, True),
        (tokens.NO_SCOPE, True),
        (tokens.WRONG_AUDIENCE, True),
        (tokens.AUDIENCE_LIST, True),
        (tokens.EXPIRED, False),
        (tokens.INACTIVE, False),
    ],
)
async def test_introspection_by_label(label: str, active: bool) -> None:
    made = service(client_id="mcp-server")
    reply = await introspect(made, made.token(label, audience=AUDIENCE), client_id="mcp-server")
    assert reply.status_code == 200
    answer = reply.json()
    assert answer["active"] is active
    if active:
        assert answer["token_type"] == "Bearer"
        assert {"sub", "aud", "exp", "client_id", "scope", "iss", "username"} <= set(answer)
    else:
        assert answer == {"active": False}


async def test_introspection_of_an_unknown_token_is_inactive() -> None:
    assert (await introspect(service(client_id="c"), "made-up", client_id="c")).json() == {"active": False}


async def test_a_confidential_client_must_show_its_secret() -> None:
    made = service(client_id="mcp-server", client_secret="hush")
    token = made.token(tokens.USER1, audience=AUDIENCE)
    assert (await introspect(made, token, client_id="mcp-server")).status_code in (400, 401)
    assert (await introspect(made, token, client_id="mcp-server", client_secret="wrong")).status_code in (400, 401)
    assert (await introspect(made, token, client_id="mcp-server", client_secret="hush")).json()["active"] is True
    async with client(made) as http:
        basic = await http.post(f"{OPENID}/token/introspect", data={"token": token}, auth=("mcp-server", "hush"))
    assert basic.json()["active"] is True


async def test_where_the_docs_name_no_client_any_may_introspect() -> None:
    made = service()
    reply = await introspect(made, made.token(tokens.USER1, audience="x"), client_id="anyone", client_secret="s")
    assert reply.json()["active"] is True


async def test_client_credentials_through_authlibs_client() -> None:
    made = service(client_id="mcp-server", client_secret="hush", audience=AUDIENCE)
    transport = httpx.ASGITransport(made.app)
    async with AsyncOAuth2Client("mcp-server", "hush", transport=transport) as oauth:
        token = await oauth.fetch_token(f"{OPENID}/token", grant_type="client_credentials")
        revoked = await oauth.introspect_token(f"{OPENID}/token/introspect", token=token["access_token"])
    assert revoked.json()["aud"] == AUDIENCE
    assert revoked.json()["active"] is True


async def test_authorization_code_with_pkce_through_authlibs_client() -> None:
    made = service()
    verifier = generate_token(48)
    transport = httpx.ASGITransport(made.app)
    redirect = "http://localhost:9999/callback"
    async with AsyncOAuth2Client(
        "docprobe", redirect_uri=redirect, transport=transport, token_endpoint_auth_method="none"
    ) as oauth:
        url, state = oauth.create_authorization_url(
            f"{OPENID}/auth",
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            resource=AUDIENCE,
        )
        granted = await oauth.request("GET", url, withhold_token=True)
        assert granted.status_code == 302
        location = granted.headers["location"]
        assert location.startswith(redirect)
        with pytest.raises(Exception, match="Code challenge failed"):
            await oauth.fetch_token(
                f"{OPENID}/token", authorization_response=location, state=state, code_verifier=generate_token(48)
            )
        token = await oauth.fetch_token(
            f"{OPENID}/token", authorization_response=location, state=state, code_verifier=verifier
        )
    answer = (await introspect(made, token["access_token"], client_id="docprobe")).json()
    assert (answer["aud"], answer["username"]) == (AUDIENCE, tokens.USER1)


async def test_dynamic_registration_then_a_code() -> None:
    made = service()
    async with client(made) as http:
        registered = await http.post(
            f"{REALM}/clients-registrations/openid-connect",
            json={
                "client_name": "c",
                "redirect_uris": ["http://localhost:1/cb"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
            },
        )
        assert registered.status_code == 201, registered.text
        made_id = registered.json()["client_id"]
        granted = await http.get(
            f"{OPENID}/auth",
            params={"client_id": made_id, "response_type": "code", "redirect_uri": "http://localhost:1/cb"},
        )
        elsewhere = await http.get(
            f"{OPENID}/auth",
            params={"client_id": made_id, "response_type": "code", "redirect_uri": "http://evil.example/cb"},
        )
        broken = await http.post(f"{REALM}/clients-registrations/openid-connect", content=b"[[[")
    assert granted.status_code == 302
    assert elsewhere.status_code == 400
    assert broken.status_code == 400


async def test_the_log_names_tokens_by_label_and_never_prints_them() -> None:
    made = service(client_id="mcp-server", client_secret="hush")
    token = made.token(tokens.INACTIVE, audience=AUDIENCE)
    await introspect(made, token, client_id="mcp-server", client_secret="hush")
    async with client(made) as http:
        await http.get("/nowhere")
    lines = [line.text for line in made.log()]
    assert lines == [
        "POST /realms/master/protocol/openid-connect/token/introspect -> 200 (token inactive is inactive)",
        "GET /nowhere -> 404",
    ]
    assert {line.source for line in made.log()} == {"authorization"}
    assert token not in "".join(lines)
    assert "hush" not in "".join(lines)


async def test_a_huge_body_is_refused_not_kept() -> None:
    reply = await introspect(service(client_id="c"), "x" * 5_000_000, client_id="c")
    assert reply.status_code in (400, 401)
