"""The names and values in a conversation. Each exchange is read once, however many findings ask for them. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from harness.base import jsonrpc
from harness.judge.blame.answer_code import texts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from harness.model import Exchange, Transcript

Kind: TypeAlias = tuple[str, str]
"""What kind of a request it is: its HTTP method, and the methods of its messages."""
_DEEPEST: Final = 40


@dataclass(frozen=True, eq=False)
class Tokens:
    """The names and values in a conversation's requests and replies."""

    transcript: Transcript

    @cached_property
    def exchanges(self) -> dict[int, Exchange]:
        """The exchanges, by number."""
        return {exchange.number: exchange for exchange in self.transcript.exchanges}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names and values of all requests, in lower case."""
        return frozenset(name.lower() for one in self.transcript.exchanges for name in names_of_request(one))

    def count_others(self, kinds: Collection[Kind]) -> int:
        """Return how many requests of other kinds were answered."""
        counts = self._counts
        return counts.total() - sum(counts[kind] for kind in kinds)

    def count_with(self, token: str, kinds: Collection[Kind]) -> int:
        """Return how many replies to requests of other kinds have a name or value."""
        return self._in_all[token] - sum(self._tokens[kind][token] for kind in kinds if kind in self._tokens)

    @cached_property
    def _counts(self) -> Counter[Kind]:
        return Counter(kind_of_request(one) for one in self.transcript.exchanges if one.reply is not None)

    @cached_property
    def _tokens(self) -> dict[Kind, Counter[str]]:
        """How many replies to each kind of requests have each name and value."""
        found: dict[Kind, Counter[str]] = {}
        for one in self.transcript.exchanges:
            if one.reply is not None:
                found.setdefault(kind_of_request(one), Counter()).update(tokens_of_reply(one))
        return found

    @cached_property
    def _in_all(self) -> Counter[str]:
        every: Counter[str] = Counter()
        for tokens in self._tokens.values():
            every.update(tokens)
        return every


def kind_of_request(exchange: Exchange) -> Kind:
    """Return what kind of a request it is."""
    return exchange.method, jsonrpc.methods(exchange.body)


def values_of_request(exchange: Exchange) -> set[str]:
    """Return the names and values of a request's body and the values of its headers."""
    body = {token for pair in members(jsonrpc.parse(exchange.body)) for token in pair}
    return {*body, *(value for _, value in exchange.headers)} - {""}


def names_of_request(exchange: Exchange) -> set[str]:
    """Return the names and values of a request, with those of its headers."""
    return values_of_request(exchange) | {name for name, _ in exchange.headers}


def tokens_of_reply(exchange: Exchange) -> set[str]:
    """Return the names and values of a reply: of its messages, its media type and its status."""
    if exchange.reply is None:
        return set()
    tokens = {token for pair in members_of_reply(exchange) for token in pair}
    return tokens | {exchange.reply.media_type or "", str(exchange.reply.status)} - {""}


def members_of_reply(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield each key and plain value of a reply's messages."""
    for text in texts_of(exchange):
        yield from members(jsonrpc.parse(text))


def members(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield each key and plain value of a JSON value; values in lists have the list's key."""
    match value:
        case _ if depth > _DEEPEST:
            return
        case dict():
            for name, inner in value.items():
                yield name, ""
                yield from members(inner, name, depth + 1)
        case list():
            for inner in value:
                yield from members(inner, key, depth + 1)
        case str() | int() | float() if not isinstance(value, bool):
            yield key, str(value)
        case _:
            return
