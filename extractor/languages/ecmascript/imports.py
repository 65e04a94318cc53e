"""Names and modules that Node.js and the language bring, and packages that imports need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.package_names import dependency_of
from extractor.model import Manager, Origin

if TYPE_CHECKING:
    from extractor.model import Dependency

_LANGUAGE: Final = """
Array ArrayBuffer AsyncIterator Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON
Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol
SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet
AggregateError decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN
parseFloat parseInt undefined unescape arguments
"""
_NODE: Final = """
AbortController AbortSignal Blob BroadcastChannel Buffer ByteLengthQueuingStrategy CompressionStream
CountQueuingStrategy Crypto CryptoKey CustomEvent DecompressionStream Event EventSource EventTarget File FormData
Headers MessageChannel MessageEvent MessagePort Navigator PerformanceEntry ReadableByteStreamController ReadableStream
ReadableStreamBYOBReader ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder TextDecoderStream
TextEncoder TextEncoderStream TransformStream URL URLSearchParams WebAssembly WebSocket WritableStream atob btoa
clearImmediate clearInterval clearTimeout console crypto fetch global localStorage navigator performance process
queueMicrotask sessionStorage setImmediate setInterval setTimeout structuredClone DOMException WebCrypto
"""
_COMMON_JS: Final = "__dirname __filename exports module require"

RUNTIMES: Final = frozenset({"Bun", "Deno"})
"""Names that only other runtimes give: their own."""

GLOBALS: Final = frozenset(f"{_LANGUAGE} {_NODE} {_COMMON_JS}".split()) | RUNTIMES
"""Names whose use does not mean that a definition is missing (Node.js documentation, "Global objects")."""
_BUILT_IN: Final = """
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
sea sqlite stream string_decoder sys test timers tls trace_events tty url util v8 vm wasi worker_threads zlib
"""
NODE_MODULES: Final = frozenset(_BUILT_IN.split())
"""Built-in modules (Node.js documentation, ``module.builtinModules``)."""
_OF_RUNTIMES: Final = {
    "bun:": "needs the runtime Bun", "deno:": "needs the runtime Deno", "jsr:": "needs the runtime Deno",
    "npm:": "needs the runtime Deno", "cloudflare:": "needs the runtime Cloudflare Workers",
    "http:": "imports by URL, as Deno or a browser does", "https:": "imports by URL, as Deno or a browser does",
}  # fmt: skip
"""By the beginning of specifiers that only other runtimes resolve: what a program with such an import does."""
_ALIASES: Final = ("@/", "~/", "#", "$", "virtual:", *_OF_RUNTIMES)
"""Those, and beginnings of specifiers that a project's own configuration resolves."""


_MADE_UP: Final = re.compile(
    r"@?(?:my|your|some|the|example|sample|acme|our|company)(?:[-_/]|$)|@?(?:your|my)[a-z]*(?:org|company|scope|team)\b"
    r"|@(?:org|scope|repo|workspace|internal|app|company|namespace|server|shared|lib|packages)/"
    r"|@(?:[\w.]+-)*(?:examples?|demos?|samples?|internal|workspace|monorepo)(?:-[\w.]+)*/",
    re.IGNORECASE,
)


def is_builtin(module: str) -> bool:
    """Return whether Node.js brings the module."""
    return module.startswith("node:") or module.partition("/")[0] in NODE_MODULES


def is_alias(module: str) -> bool:
    """Return whether only a project's configuration, or another runtime, resolves the specifier."""
    return module.startswith(_ALIASES)


def need_of(module: str) -> str | None:
    """Return what a program needs that imports the specifier, as a clause; None if Node.js may resolve it."""
    return next((need for start, need in _OF_RUNTIMES.items() if module.startswith(start)), None)


def package_name(module: str) -> str:
    """Return ``@hono/node-server`` of ``@hono/node-server/serve-static``."""
    parts = module.split("/")
    return "/".join(parts[:2]) if module.startswith("@") else parts[0]


def is_made_up(package: str) -> bool:
    """Return whether docs use a package's name for one of the reader: whoever registers it must not be installed."""
    return _MADE_UP.match(package) is not None


def package_of(module: str) -> Dependency | None:
    """Return the package that an import needs; None for built-ins, files and aliases.

    Raises:
        RefusedError: the specifier cannot be a package name.
    """
    if module.startswith((".", "/")) or is_builtin(module) or is_alias(module):
        return None
    return dependency_of(package_name(module), Manager.NPM, origin=Origin.INFERRED)
