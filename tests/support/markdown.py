"""Text to the parser's tokens."""

from __future__ import annotations

from markdown_it.token import Token

from extractor.markdown.parse_state import ParseState
from extractor.markdown.parser import parser
from extractor.model import Flavour


def parse(text: str, flavour: Flavour = Flavour.MINTLIFY) -> tuple[list[Token], dict[int, str]]:
    """The tokens of a page, and its problems by line (0-based)."""
    env: dict[str, object] = {}
    tokens = parser(flavour).parse(text, env)
    return tokens, ParseState.of(env).problems


def kinds(text: str, flavour: Flavour = Flavour.MINTLIFY) -> list[str]:
    """The types of the tokens."""
    return [token.type for token in parse(text, flavour)[0]]
