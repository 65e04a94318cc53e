"""Authlib's OAuth 2 server for one request of one realm: grants, introspection, registration.

Authlib has no binding for ASGI, so this is one: the three methods that make its requests and responses, and the
storage its grants and endpoints ask for. A server is made for each HTTP request; what lasts is in
:class:`~harness.profiles.mcp.services.auth_state.AuthState`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, JsonRequest, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from starlette.responses import JSONResponse, RedirectResponse, Response

from harness.profiles.mcp.services.auth_state import AUTH_METHODS, GRANT_TYPES, AuthorizationCode, AuthState, Client
from harness.profiles.mcp.services.issuer import LIFE_S, IssuedToken, User, random_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_CLIENTS: Final = 256
"""Clients that one example may register: examples are untrusted, and memory is limited."""
MOST_CODES: Final = 256
"""Codes that are remembered."""


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = list(AUTH_METHODS)
    server: OAuthServer

    def save_authorization_code(self, code: str, request: Any) -> None:
        data, codes = request.payload.data, self.server.state.codes
        while len(codes) >= MOST_CODES:
            del codes[next(iter(codes))]
        codes[code] = AuthorizationCode(
            code=code,
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope or self.server.state.scope,
            user=request.user,
            audience=data.get("resource") or self.server.state.audience,
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        found = self.server.state.codes.get(code)
        return found if found is not None and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        self.server.state.codes.pop(authorization_code.code, None)

    def authenticate_user(self, authorization_code: AuthorizationCode) -> User:
        self.server.resource = authorization_code.audience
        return authorization_code.user


class _ClientCredentialsGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar = ["client_secret_basic", "client_secret_post"]


class _Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS: ClassVar = list(AUTH_METHODS)
    server: OAuthServer

    def check_permission(self, token: IssuedToken, client: Client, request: Any) -> bool:
        return True

    def query_token(self, token_string: str, token_type_hint: str | None) -> IssuedToken | None:
        found = self.server.state.issuer.find(token_string)
        active = found is not None and not found.is_expired() and not found.is_revoked()
        self.server.remark = f"token {found.label if found else 'unknown'} is {'active' if active else 'inactive'}"
        return found

    def introspect_token(self, token: IssuedToken) -> dict[str, Any]:
        return {**token.claims, "username": token.claims["preferred_username"], "token_type": "Bearer"}


class _Registration(ClientRegistrationEndpoint):  # type: ignore[misc]
    server: OAuthServer

    def authenticate_token(self, request: Any) -> str:
        return "anonymous"

    def get_server_metadata(self) -> dict[str, Any]:
        return {
            "grant_types_supported": [*GRANT_TYPES, "refresh_token"],
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        }

    def generate_client_secret(self, request: Any) -> str:
        return "" if request.payload.data.get("token_endpoint_auth_method") == "none" else random_secret()

    def save_client(self, client_info: dict[str, Any], client_metadata: dict[str, Any], request: Any) -> Client:
        client = Client(
            client_info["client_id"],
            client_info["client_secret"] or None,
            tuple(client_metadata.get("redirect_uris", ())),
        )
        if len(self.server.state.clients) >= MOST_CLIENTS:
            raise OAuth2Error("too many clients", status_code=429)
        self.server.state.clients[client.client_id] = client
        return client


class OAuthServer(AuthorizationServer):  # type: ignore[misc]
    """Handles one HTTP request of one realm."""

    def __init__(self, register: AuthState, issuer: str) -> None:
        super().__init__()
        self.state = register
        self.resource: str | None = None
        self.remark = ""
        """What the log adds to this request's status."""
        self._issuer = issuer
        self.register_grant(_CodeGrant, [CodeChallenge(required=True)])
        self.register_grant(_ClientCredentialsGrant)
        self.register_endpoint(_Introspection)
        self.register_endpoint(_Registration)
        self.register_token_generator("default", self._token)

    def query_client(self, client_id: str) -> Client | None:
        """Return a client by its id; None if it is unknown."""
        found = self.state.clients.get(client_id)
        return (
            Client(client_id, accepts_any_secret=True) if found is None and self.state.allow_unknown_clients else found
        )

    def save_token(self, token: Any, request: Any) -> None:
        """Do nothing: the issuer remembers."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Do nothing: nobody listens."""

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """Return the request, which :func:`oauth2_request` made."""
        return request

    def create_json_request(self, request: Any) -> JsonRequest:
        """Return the request, which :func:`json_request` made."""
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Make Starlette's response."""
        names = {name: value for name, value in headers if name.lower() != "content-type"}
        if status == 302:
            return RedirectResponse(names["Location"], 302)
        return JSONResponse(body, status, headers=names)

    def _token(
        self,
        grant_type: str,
        client: Client,
        user: User | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        granted = scope or self.state.scope
        issued = self.state.issuer.issue(
            label=f"{user.name} through {client.client_id}" if user else f"client {client.client_id}",
            issuer=self._issuer,
            subject=user.subject if user else f"service-account-{client.client_id}",
            client=client.client_id,
            audience=self.resource or self.state.audience,
            scope=granted,
            name=user.name if user else None,
        )
        self.remark = f"token {issued.label}"
        return {"access_token": issued.value, "token_type": "Bearer", "expires_in": LIFE_S, "scope": granted}


class _Request(OAuth2Request):  # type: ignore[misc]
    """An OAuth2Request from plain values."""

    def __init__(self, method: str, uri: str, headers: Mapping[str, str], values: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload = BasicOAuth2Payload(values)
        self._values = values

    @property
    def args(self) -> dict[str, str]:
        return self._values

    @property
    def form(self) -> dict[str, str]:
        return self._values


def oauth2_request(method: str, target: str, headers: Mapping[str, str], values: dict[str, str]) -> OAuth2Request:
    """Make a request in Authlib's form. It wants https, which a loopback service inside a pod does not need."""
    return _Request(method, f"https://localhost{target}", headers, values)


def json_request(method: str, target: str, headers: Mapping[str, str], values: dict[str, Any]) -> JsonRequest:
    """Make a request with a JSON body, in Authlib's form."""
    request = JsonRequest(method, f"https://localhost{target}", headers)
    request.payload = BasicOAuth2Payload(values)
    return request
