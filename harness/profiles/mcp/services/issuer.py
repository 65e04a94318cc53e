"""Access tokens as Keycloak makes them: RS256, ``aud`` as a string unless a list is asked for, ``azp``, ``sid``."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from harness.profiles.mcp import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

LIFE_S: Final = 3600
MOST_KNOWN: Final = 256
"""Tokens that are remembered, beside those by label."""
CLIENT: Final = "docprobe"
OTHER_CLIENT: Final = "docprobe-other"
ELSEWHERE: Final = "http://elsewhere.example/mcp"
"""The audience of a token that is for another server."""


@dataclass(frozen=True, slots=True)
class User:
    """Someone who can grant access."""

    name: str
    subject: str


USERS: Final[Mapping[str, User]] = {
    tokens.USER1: User(tokens.USER1, "6c7f1c0e-6d0c-4a3e-9d0b-0d3c3f1a0001"),
    tokens.USER2: User(tokens.USER2, "6c7f1c0e-6d0c-4a3e-9d0b-0d3c3f1a0002"),
}


@dataclass(frozen=True, slots=True)
class Minted:
    """A token and what its server knows of it. Has the methods that Authlib asks of a token."""

    value: str
    claims: Mapping[str, Any]
    label: str
    """How logs name it."""
    revoked: bool = False

    def is_expired(self) -> bool:
        """Whether its time is over."""
        return bool(self.claims["exp"] < time.time())

    def is_revoked(self) -> bool:
        """Whether it was withdrawn."""
        return self.revoked


class Mint:
    """Makes and remembers tokens."""

    def __init__(self, issuer: str, scope: str) -> None:
        """One key per mint.

        Args:
            issuer: ``iss`` of tokens asked for by label.
            scope: ``scope`` of those.
        """
        self._issuer, self._scope = issuer, scope
        self._key = RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"}, auto_kid=True)
        self._known: dict[str, Minted] = {}
        self._by_label: dict[tuple[str, str], Minted] = {}

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517)."""
        return dict(KeySet([self._key]).as_dict(private=False))

    def find(self, value: str) -> Minted | None:
        """What is known of a token. Those by label are never forgotten."""
        by_label = (minted for minted in self._by_label.values() if minted.value == value)
        return self._known.get(value) or next(by_label, None)

    def issue(
        self,
        *,
        label: str,
        issuer: str,
        subject: str,
        client: str,
        audience: str | list[str],
        scope: str,
        name: str | None = None,
        age_s: int = 0,
    ) -> Minted:
        """A new token.

        Args:
            label: for logs.
            issuer: ``iss``.
            subject: ``sub``.
            client: ``azp`` and ``client_id``.
            audience: ``aud``, in the form in which it is to stand in the token.
            scope: space-separated.
            name: of the user.
            age_s: how long ago it was issued.
        """
        issued = int(time.time()) - age_s
        claims: dict[str, Any] = {
            "exp": issued + LIFE_S,
            "iat": issued,
            "auth_time": issued,
            "jti": str(uuid.uuid4()),
            "iss": issuer,
            "aud": audience,
            "sub": subject,
            "typ": "Bearer",
            "azp": client,
            "client_id": client,
            "sid": str(uuid.uuid4()),
            "scope": scope,
            "preferred_username": name or client,
        }
        value = jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self._key.kid}, claims, self._key)
        minted = Minted(value, claims, label)
        # whoever asks for tokens without end gets them, and the oldest are forgotten
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[value] = minted
        return minted

    def by_label(self, label: str, audience: str) -> str:
        """The token that :class:`harness.profiles.mcp.tokens.TokenSource` promises for a label.

        Raises:
            ValueError: for a label that is none.
        """
        if label not in tokens.LABELS:
            raise ValueError(f"no token is called {label}")
        if (label, audience) not in self._by_label:
            user = USERS[tokens.USER2 if label == tokens.USER2 else tokens.USER1]
            minted = self.issue(
                label=label,
                issuer=self._issuer,
                subject=user.subject,
                client=OTHER_CLIENT if label == tokens.OTHER_CLIENT else CLIENT,
                audience=_audience(label, audience),
                scope=self._scope,
                name=user.name,
                age_s=2 * LIFE_S if label == tokens.EXPIRED else 0,
            )
            if label == tokens.INACTIVE:
                minted = replace(minted, revoked=True)
                self._known[minted.value] = minted
            self._by_label[(label, audience)] = minted
        return self._by_label[(label, audience)].value


def _audience(label: str, audience: str) -> str | list[str]:
    match label:
        case tokens.WRONG_AUDIENCE:
            return ELSEWHERE
        case tokens.AUDIENCE_LIST:
            return ["account", audience]
        case tokens.AUDIENCE_LIST_REVERSED:
            return [audience, "account"]
        case _:
            return audience


def secret() -> str:
    """A random client secret."""
    return secrets.token_urlsafe(24)
