"""Imports of TypeScript and JavaScript: Node's own modules, packages (scoped ones too), files, aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.installs import npm_dependency
from extractor.model import Origin

if TYPE_CHECKING:
    from extractor.model import Dependency

_BUILT_IN: Final = """
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
sea sqlite stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib
"""
NODE_MODULES: Final = frozenset(_BUILT_IN.split())
"""Built-in modules (Node.js documentation, ``module.builtinModules``)."""
_ALIASES: Final = ("@/", "~/", "#", "$", "virtual:", "bun:", "deno:", "cloudflare:", "jsr:", "npm:", "http:", "https:")
"""Beginnings of specifiers that only another runtime or a project's own configuration resolves."""


def is_builtin(module: str) -> bool:
    """Whether Node.js brings the module."""
    return module.startswith("node:") or module.partition("/")[0] in NODE_MODULES


def is_alias(module: str) -> bool:
    """Whether only a project's configuration, or another runtime, knows the specifier."""
    return module.startswith(_ALIASES)


def package_name(module: str) -> str:
    """``@hono/node-server`` of ``@hono/node-server/serve-static``."""
    parts = module.split("/")
    return "/".join(parts[:2]) if module.startswith("@") else parts[0]


def package_of(module: str) -> Dependency | None:
    """The package that an import needs; None for built-ins and files.

    Raises RefusedError if the specifier can be no package name.
    """
    if module.startswith((".", "/")) or is_builtin(module) or is_alias(module):
        return None
    return npm_dependency(package_name(module), origin=Origin.INFERRED)
