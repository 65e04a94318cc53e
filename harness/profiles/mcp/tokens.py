"""What the prober needs of an authorization server: tokens, by a label for what is special about them."""

from __future__ import annotations

from typing import Final, Protocol

USER1: Final = "user1"
USER2: Final = "user2"
"""Same client as user 1, another subject."""
NO_SCOPE: Final = "no-scope"
"""User 1's, with none of the scopes that the authorization server has."""
EXPIRED: Final = "expired"
INACTIVE: Final = "inactive"
"""Well-signed and not expired, but revoked: introspection says inactive."""
WRONG_AUDIENCE: Final = "wrong-audience"
AUDIENCE_LIST: Final = "audience-list"
"""``aud`` is ``["account", <audience>]``, as Keycloak sends it."""
AUDIENCE_LIST_REVERSED: Final = "audience-list-reversed"

LABELS: Final = (
    USER1,
    USER2,
    NO_SCOPE,
    EXPIRED,
    INACTIVE,
    WRONG_AUDIENCE,
    AUDIENCE_LIST,
    AUDIENCE_LIST_REVERSED,
)


class TokenSource(Protocol):
    """Issues tokens that the example's authorization server vouches for, or not, by label."""

    @property
    def audience(self) -> str | None:
        """The audience that the docs or the configuration name; None if the prober has to find it."""
        ...

    def token(self, label: str, *, audience: str) -> str:
        """Return a bearer token; the same string for the same label and audience.

        Args:
            label: one of ``LABELS``.
            audience: the resource (RFC 8707) that a right token is for.
        """
        ...

    def redact(self, text: str) -> str:
        """Return ``text`` with every token that this source issued replaced by ``<token:label>``."""
        ...
