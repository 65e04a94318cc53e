"""What the authorization server knows: clients, codes, and the tokens it issued."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from extractor.base.loopback import is_loopback

if TYPE_CHECKING:
    from harness.profiles.mcp.services.issuer import TokenIssuer, User

GRANT_TYPES: Final = ("authorization_code", "client_credentials")
AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "none")


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """A client, in the words of RFC 6749."""

    client_id: str
    client_secret: str | None = None
    """None for a public client: it may send any secret or none."""
    redirect_uris: tuple[str, ...] = ()
    accepts_any_secret: bool = False
    """Whether any secret is accepted: for a resource server whose credentials the docs leave to the reader."""

    def get_client_id(self) -> str:
        """Return its id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return the first that was registered."""
        return self.redirect_uris[0] if self.redirect_uris else None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Grant any scope."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Accept a registered URI, or any on this machine for a client without any (RFC 8252, section 7.3)."""
        return redirect_uri in self.redirect_uris or (
            not self.redirect_uris and is_loopback(urlsplit(redirect_uri).hostname or "")
        )

    def check_client_secret(self, client_secret: str) -> bool:
        """Return whether the secret is accepted."""
        return self.accepts_any_secret or self.client_secret in (None, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Demand that a client with a secret shows it."""
        return self.accepts_any_secret or self.client_secret is None or method != "none"

    def check_response_type(self, response_type: str) -> bool:
        """Allow codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Allow client credentials to clients with a secret only."""
        return grant_type == "authorization_code" or (
            grant_type == "client_credentials" and self.client_secret is not None
        )


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """An authorization code. Has the names that Authlib's PKCE extension asks for."""

    code: str
    client_id: str
    redirect_uri: str | None
    scope: str
    user: User
    audience: str
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str | None:
        """Return it as in the authorization request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return it as granted."""
        return self.scope


@dataclass(slots=True)
class AuthState:
    """Clients, codes and tokens of one authorization server. Lasts as long as the service."""

    issuer: TokenIssuer
    scope: str
    audience: str
    """Of tokens whose request names no resource."""
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    allow_unknown_clients: bool = False
    """Whether an unknown client may introspect (the docs name no credentials)."""
