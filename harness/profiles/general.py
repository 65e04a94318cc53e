"""Docs of any specification: programs that serve HTTP are built and started, and nothing is asked of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.roles import CodeProfile, LanguageRules, Role, Start
from extractor.languages.ecmascript.web import served_paths
from extractor.languages.python.web import serving, start_of
from extractor.model import ExampleKind
from harness.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.languages.common.facts import CodeFacts
    from harness.rule import Rule

_LIBRARIES: Final = frozenset(
    {"http", "https", "http2", "node:http", "node:https", "node:http2", "express", "fastify", "koa", "hono",
     "@hono/node-server", "restify", "polka", "connect", "@hapi/hapi", "@nestjs/core", "elysia", "h3", "ws"}
)  # fmt: skip
"""Modules that a server in TypeScript or JavaScript listens by."""
_LISTENING: Final = frozenset({"listen", "serve"})
_OWN: Final = ("Deno.serve", "Bun.serve")
_NOTHING: Final = Role(ExampleKind.OTHER, Start.NONE, relevant=False, why="starts no server")


def role_of_ecmascript(files: Sequence[CodeFacts]) -> Role:
    """Return HTTP_SERVER for a program that listens by a module of the runtime or a web framework."""
    served = any(imported.module in _LIBRARIES for code in files for imported in code.imports)
    for call in (call for code in files for call in code.calls):
        if call.name in _OWN or (served and call.last in _LISTENING):
            return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant=True, line=call.line)
    return _NOTHING


def role_of_python(files: Sequence[CodeFacts]) -> Role:
    """Return HTTP_SERVER for a program that starts a server, or makes an ASGI application."""
    server = serving(files)
    if server is None or server.call is None:
        return _NOTHING
    if server.application is not None:
        line, handle = server.application.line, server.application.target
        return Role(ExampleKind.HTTP_SERVER, Start.APP, relevant=True, line=line, handle=handle)
    if server.started and (server.call.function is None or start_of(files) is Start.RUN):
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant=True, line=server.call.line)
    return _NOTHING


_ECMASCRIPT: Final = LanguageRules(role=role_of_ecmascript, endpoint_paths=served_paths)
CODE: Final = CodeProfile(
    rules={"python": LanguageRules(role=role_of_python), "typescript": _ECMASCRIPT, "javascript": _ECMASCRIPT}
)


def _rules() -> tuple[Rule, ...]:
    from harness.judge.example_rules import example_rules

    return example_rules()


GENERAL: Final = Profile(name="general", code=CODE, rules=_rules)
"""No specification in particular: examples are built, started and listened to; statements and imports are read."""


def with_other_servers(code: CodeProfile) -> CodeProfile:
    """Return what a specification makes of code, to which servers that are not about it are examples too."""
    rules = {name: replace(own, role=_first_relevant(own.role, CODE.of(name).role)) for name, own in code.rules.items()}
    return replace(code, rules=rules)


def _first_relevant(
    own: Callable[[Sequence[CodeFacts]], Role], general: Callable[[Sequence[CodeFacts]], Role]
) -> Callable[[Sequence[CodeFacts]], Role]:
    def role(files: Sequence[CodeFacts]) -> Role:
        first = own(files)
        return first if first.relevant or not (other := general(files)).relevant else other

    return role
