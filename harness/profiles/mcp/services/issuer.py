"""Access tokens as Keycloak makes them: RS256, ``aud`` as a string unless a list is asked for, ``azp``, ``sid``."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from harness.profiles.mcp import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

LIFE_S: Final = 3600
MOST_KNOWN: Final = 256
"""Tokens that are remembered, apart from those by label."""
CLIENT: Final = "docprobe"
ANOTHER_SCOPE: Final = "docprobe:nothing"
"""Of a token without the scopes that a server may demand."""
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
class IssuedToken:
    """A token and what its issuer knows about it, with the methods that Authlib asks of a token."""

    value: str
    claims: Mapping[str, Any]
    label: str
    """How logs name it."""
    revoked: bool = False

    def is_expired(self) -> bool:
        """Return whether its time is over."""
        return bool(self.claims["exp"] < time.time())

    def is_revoked(self) -> bool:
        """Return whether it was withdrawn."""
        return self.revoked


@cache
def _signing_key() -> RSAKey:
    """Return the key of every issuer of this process: it proves nothing to anybody else, and takes long to make."""
    return RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256"}, auto_kid=True)


class TokenIssuer:
    """Makes tokens, remembers them, and finds them again in texts."""

    def __init__(self, issuer: str, scope: str) -> None:
        """Begin with no tokens.

        Args:
            issuer: ``iss`` of tokens asked for by label.
            scope: ``scope`` of those.
        """
        self._issuer, self._scope = issuer, scope
        self._key = _signing_key()
        self._known: dict[str, IssuedToken] = {}
        self._by_label: dict[tuple[str, str], IssuedToken] = {}
        self._pattern: re.Pattern[str] | None = None
        """Any token of this issuer, whole or cut: they all begin with the same header, which names its key."""

    def jwks(self) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return dict(KeySet([self._key]).as_dict(private=False))

    def find(self, value: str) -> IssuedToken | None:
        """Return what is known about a token; None if it is unknown. Those by label are never forgotten."""
        by_label = (issued for issued in self._by_label.values() if issued.value == value)
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
    ) -> IssuedToken:
        """Make a token.

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
        issued_at = int(time.time()) - age_s
        claims: dict[str, Any] = {
            "exp": issued_at + LIFE_S,
            "iat": issued_at,
            "auth_time": issued_at,
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
        issued = IssuedToken(value, claims, label)
        if self._pattern is None:
            self._pattern = re.compile(rf"{re.escape(value.split('.')[0])}\.[\w-]*(?:\.[\w-]*)?", re.ASCII)
        # whoever asks for tokens without end gets them, and the oldest are forgotten
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[value] = issued
        return issued

    def token_for(self, label: str, audience: str) -> str:
        """Return the token that :class:`harness.profiles.mcp.tokens.TokenSource` promises for a label.

        Raises:
            ValueError: the label is unknown.
        """
        if label not in tokens.LABELS:
            raise ValueError(f"unknown token label {label!r}")
        if (label, audience) not in self._by_label:
            user = USERS[tokens.USER2 if label == tokens.USER2 else tokens.USER1]
            issued = self.issue(
                label=label,
                issuer=self._issuer,
                subject=user.subject,
                client=CLIENT,
                audience=_audience(label, audience),
                scope=ANOTHER_SCOPE if label == tokens.NO_SCOPE else self._scope,
                name=user.name,
                age_s=2 * LIFE_S if label == tokens.EXPIRED else 0,
            )
            if label == tokens.INACTIVE:
                issued = replace(issued, revoked=True)
                self._known[issued.value] = issued
            self._by_label[(label, audience)] = issued
        return self._by_label[(label, audience)].value

    def redact(self, text: str) -> str:
        """Return ``text`` with every token of this issuer, also one cut short, replaced by ``<token:label>``."""
        return text if self._pattern is None else self._pattern.sub(self._label_of, text)

    def _label_of(self, match: re.Match[str]) -> str:
        token = self.find(match.group())
        return f"<token:{token.label if token is not None else 'unknown'}>"


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


def random_secret() -> str:
    """Return a random client secret."""
    return secrets.token_urlsafe(24)
