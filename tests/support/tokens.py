"""Tokens that the test servers understand: the JSON of their claims."""

from __future__ import annotations

import json

from harness.profiles.mcp import tokens

FAR_FUTURE = 4_000_000_000


class PlainTokens:
    """A TokenSource without an authorization server behind it."""

    audience: str | None = "the-server"

    def __init__(self) -> None:
        self._issued: dict[str, str] = {}

    def token(self, label: str, *, audience: str) -> str:
        claims = {"sub": "user1", "scope": "tools", "aud": audience, "exp": FAR_FUTURE, "active": True}
        match label:
            case tokens.USER2:
                claims["sub"] = "user2"
            case tokens.NO_SCOPE:
                claims["scope"] = ""
            case tokens.EXPIRED:
                claims["exp"] = 1
            case tokens.INACTIVE:
                claims["active"] = False
            case tokens.WRONG_AUDIENCE:
                claims["aud"] = "another-server"
            case tokens.AUDIENCE_LIST:
                claims["aud"] = ["account", audience]
            case tokens.AUDIENCE_LIST_REVERSED:
                claims["aud"] = [audience, "account"]
        value = json.dumps(claims, separators=(",", ":"))
        self._issued[value] = label
        return value

    def redact(self, text: str) -> str:
        for value, label in self._issued.items():
            text = text.replace(value, f"<token:{label}>")
        return text
