"""What the prober needs of an authorization server: tokens, by a label for what is special about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class GivenTokens:
    """A TokenSource of the tokens that a user gave for a running server. It has no others."""

    audience: str | None = None

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """Take tokens by label: ``user1``'s, and ``user2``'s if there is one."""
        self._tokens = dict(tokens)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the tokens there are."""
        return tuple(self._tokens)

    def token(self, label: str, *, audience: str) -> str:
        """Return the token that was given under that label, whatever its audience."""
        return self._tokens[label]

    def redact(self, text: str) -> str:
        """Return ``text`` with every given token replaced by ``<token:label>``."""
        for label, token in sorted(self._tokens.items(), key=lambda item: -len(item[1])):
            text = text.replace(token, f"<token:{label}>")
        return text
