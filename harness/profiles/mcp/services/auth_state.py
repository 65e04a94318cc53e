"""What the authorization server knows: clients, codes, and the mint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from extractor.base.loopback import is_loopback

if TYPE_CHECKING:
    from harness.profiles.mcp.services.issuer import Mint, User

GRANT_TYPES: Final = ("authorization_code", "client_credentials")
AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "none")


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):  # type: ignore[misc]
    """A client, in the words of RFC 6749."""

    client_id: str
    client_secret: str | None = None
    """None for a public client: it may send any secret or none."""
    redirect_uris: tuple[str, ...] = ()
    anything_goes: bool = False
    """Whether any secret is right: for a resource server whose credentials the docs leave to the reader."""

    def get_client_id(self) -> str:
        """Its id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """The first that was registered."""
        return self.redirect_uris[0] if self.redirect_uris else None

    def get_allowed_scope(self, scope: str | None) -> str:
        """Any scope is granted."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """A registered one, or anything on this machine for a client without any (RFC 8252, section 7.3)."""
        return redirect_uri in self.redirect_uris or (
            not self.redirect_uris and is_loopback(urlsplit(redirect_uri).hostname or "")
        )

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is right."""
        return self.anything_goes or self.client_secret in (None, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client with a secret must show it."""
        return self.anything_goes or self.client_secret is None or method != "none"

    def check_response_type(self, response_type: str) -> bool:
        """Only codes."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Client credentials need a secret."""
        return grant_type == "authorization_code" or (
            grant_type == "client_credentials" and self.client_secret is not None
        )


@dataclass(frozen=True, slots=True)
class Code:
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
        """As in the authorization request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """As granted."""
        return self.scope


@dataclass(slots=True)
class Register:
    """What the authorization server knows. Lasts as long as the service."""

    mint: Mint
    scope: str
    audience: str
    """Of tokens whose request names no resource."""
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    open_door: bool = False
    """Whether an unknown client may introspect (the docs name no credentials)."""
