"""Names that Node.js gives every module (its documentation, "Global objects") and the language's own."""

from __future__ import annotations

from typing import Final

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
"""Names that only another runtime gives, and that runtime's own name."""

GLOBALS: Final = frozenset(f"{_LANGUAGE} {_NODE} {_COMMON_JS}".split()) | RUNTIMES
"""Names that are no sign of a missing definition."""
