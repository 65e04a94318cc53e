"""The authorization server that examples expect beside them, at Keycloak's paths for any realm.

Metadata (RFC 8414, OpenID discovery, both well-known layouts), JWKS, authorization code with PKCE, client credentials,
introspection (RFC 7662), dynamic registration (RFC 7591). It runs in docprobe's own process, so everything the example
asks of it is in the transcript's log, with tokens by their labels.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.model import LogLine
from harness.profiles.mcp.services.asgi import AsgiServer
from harness.profiles.mcp.services.auth_state import AUTH_METHODS, GRANT_TYPES, AuthState, Client
from harness.profiles.mcp.services.issuer import CLIENT, USERS, TokenIssuer
from harness.profiles.mcp.services.oauth import OAuthServer, json_request, oauth2_request
from harness.profiles.mcp.tokens import USER1

if TYPE_CHECKING:
    from anyio.abc import ByteStream
    from starlette.requests import Request

    from extractor.model import ServiceRequest

DEFAULT_SCOPE: Final = "mcp:tools"
DEFAULT_REALM: Final = "master"
MOST_BYTES: Final = 64 * 1024
"""Of a request's body."""
MOST_LINES: Final = 2000
SOURCE: Final = "authorization"


class AuthorizationService:
    """A Service and a TokenSource. Settings: realm, client_id, client_secret, scope, audience."""

    def __init__(self, request: ServiceRequest) -> None:
        settings = request.settings
        self.port = request.port
        self.host = request.host
        self.audience = settings.get("audience") or None
        self._log: list[LogLine] = []
        scope = settings.get("scope") or DEFAULT_SCOPE
        issuer = self._issuer(settings.get("realm") or DEFAULT_REALM)
        client_id, client_secret = settings.get("client_id"), settings.get("client_secret") or None
        self.state = AuthState(
            TokenIssuer(issuer, scope), scope, self.audience or "account", allow_unknown_clients=client_id is None
        )
        for client in (Client(client_id or CLIENT, client_secret), Client(CLIENT)):
            self.state.clients.setdefault(client.client_id, client)
        self.app = Starlette(routes=self._routes())
        self._server = AsgiServer(self.app)

    # --- Service and TokenSource -----------------------------------------------------------------------------

    async def serve(self, stream: ByteStream) -> None:
        """Serve one connection to its end."""
        await self._server.serve(stream)

    def log(self) -> tuple[LogLine, ...]:
        """Return one line per request: method, path, status, and whose token it was about."""
        return tuple(self._log)

    def token(self, label: str, *, audience: str) -> str:
        """Return a token, as :class:`harness.profiles.mcp.tokens.TokenSource` says."""
        return self.state.issuer.token_for(label, audience)

    def redact(self, text: str) -> str:
        """Replace tokens, as :class:`harness.profiles.mcp.tokens.TokenSource` says."""
        return self.state.issuer.redact(text)

    # --- HTTP ------------------------------------------------------------------------------------------------

    def _routes(self) -> list[Route]:
        realm, openid = "/realms/{realm}", "/realms/{realm}/protocol/openid-connect"
        metadata = (
            f"{realm}/.well-known/openid-configuration",
            f"{realm}/.well-known/oauth-authorization-server",
            f"/.well-known/openid-configuration{realm}",
            f"/.well-known/oauth-authorization-server{realm}",
        )
        return [
            *(Route(path, self._metadata) for path in (p for base in metadata for p in (base, f"{base}/"))),
            Route(f"{openid}/certs", self._certs),
            Route(f"{openid}/auth", self._authorize),
            Route(f"{openid}/token", self._token, methods=["POST"]),
            Route(f"{openid}/token/introspect", self._introspect, methods=["POST"]),
            Route(f"{realm}/clients-registrations/openid-connect", self._register, methods=["POST"]),
            Route("/{path:path}", self._nothing, methods=["GET", "POST", "PUT", "DELETE"]),
        ]

    def _issuer(self, realm: str) -> str:
        return f"http://{self.host}:{self.port}/realms/{realm}"

    def _note(self, request: Request, response: Response, remark: str = "") -> Response:
        if len(self._log) < MOST_LINES:
            path = request.url.path[:200].encode("ascii", "backslashreplace").decode()
            text = f"{request.method} {path} -> {response.status_code}" + (f" ({remark})" if remark else "")
            self._log.append(LogLine(time.monotonic(), SOURCE, text[:2000]))
        return response

    async def _metadata(self, request: Request) -> Response:
        issuer = self._issuer(request.path_params["realm"])
        openid = f"{issuer}/protocol/openid-connect"
        document = {
            "issuer": issuer,
            "authorization_endpoint": f"{openid}/auth",
            "token_endpoint": f"{openid}/token",
            "introspection_endpoint": f"{openid}/token/introspect",
            "jwks_uri": f"{openid}/certs",
            "registration_endpoint": f"{issuer}/clients-registrations/openid-connect",
            "grant_types_supported": list(GRANT_TYPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", *self.state.scope.split()],
            "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
        }
        return self._note(request, JSONResponse(document))

    async def _certs(self, request: Request) -> Response:
        return self._note(request, JSONResponse(self.state.issuer.jwks()))

    async def _authorize(self, request: Request) -> Response:
        """Let user 1 grant everything at once, without asking (``docprobe run``)."""
        server, values = self._authlib(request), dict(request.query_params)
        inner = oauth2_request("GET", str(request.url.path), request.headers, values)
        try:
            grant = server.get_consent_grant(inner, USERS[USER1])
        except OAuth2Error as error:
            return self._note(request, self._refused(server, inner, error))
        response: Response = server.create_authorization_response(inner, USERS[USER1], grant)
        return self._note(request, response, f"client {values.get('client_id', '')[:100]}")

    async def _token(self, request: Request) -> Response:
        server, values = self._authlib(request), await _form(request)
        server.resource = values.get("resource")
        inner = oauth2_request("POST", request.url.path, request.headers, values)
        return self._note(request, server.create_token_response(inner), server.remark)

    async def _introspect(self, request: Request) -> Response:
        server = self._authlib(request)
        inner = oauth2_request("POST", request.url.path, request.headers, await _form(request))
        return self._note(request, server.create_endpoint_response("introspection", inner), server.remark)

    async def _register(self, request: Request) -> Response:
        server = self._authlib(request)
        try:
            values = json.loads(await _body(request))
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            return self._note(request, JSONResponse({"error": "invalid_client_metadata"}, 400))
        inner = json_request("POST", request.url.path, request.headers, values)
        return self._note(request, server.create_endpoint_response("client_registration", inner))

    async def _nothing(self, request: Request) -> Response:
        return self._note(request, JSONResponse({"error": "not_found"}, 404))

    def _authlib(self, request: Request) -> OAuthServer:
        return OAuthServer(self.state, self._issuer(request.path_params["realm"]))

    def _refused(self, server: OAuthServer, inner: Any, error: OAuth2Error) -> Response:
        response: Response = server.handle_error_response(inner, error)
        return response


async def _body(request: Request) -> bytes:
    """Return the body, cut at ``MOST_BYTES``: no honest request is longer."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            break
    return bytes(body[:MOST_BYTES])


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of an urlencoded body; empty if it is malformed."""
    text = (await _body(request)).decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}
