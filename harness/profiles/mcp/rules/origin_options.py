"""Origin checked by the SDK's own option: of the TypeScript SDK's transports, of the Python SDK's servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.languages.common.syntax import CALLS, arguments_of, callee_of, text_of, walk
from harness.judge.import_edits import import_python
from harness.profiles.mcp.rules.session_names import variables
from harness.profiles.mcp.rules.version_guards import guard_origin
from harness.rule import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from harness.model import Finding, Transcript

_LOCAL: Final = ("localhost", "127.0.0.1")
_TRANSPORT: Final = re.compile(r"\w*HTTPServerTransport")
_ENABLED: Final = "enableDnsRebindingProtection"
_SETTINGS: Final = "TransportSecuritySettings"
_SETTINGS_IMPORT: Final = f"from mcp.server.transport_security import {_SETTINGS}"
_KEYWORDS: Final = {
    "FastMCP": "transport_security",
    "StreamableHTTPSessionManager": "security_settings",
    "StreamableHTTPServerTransport": "security_settings",
}
"""Constructors of the Python SDK that take the settings, and the keyword that they take them by."""
_SERVING: Final = re.compile(r"\.(?:streamable_http_app|run_streamable_http_async)$")
"""Methods of MCPServer that take the settings; its constructor does not."""


def check_origin(root: Node, finding: Finding, transcript: Transcript) -> Iterator[TextEdit]:
    """Have the SDK refuse every Origin but the server's own; where no object of an SDK answers requests, a guard.

    Args:
        root: of a file.
        finding: that a foreign Origin was served, or refused by a wrong status.
        transcript: with the address that was asked, whose port is the one of the server's own origins.
    """
    parts = urlsplit(transcript.endpoint or "")
    if parts.port is None:
        return
    origins = [f"{parts.scheme}://{host}:{parts.port}" for host in _LOCAL]
    of_sdk = _in_python(root, origins, parts.port) if root.type == "module" else _in_ecmascript(root, origins)
    yield from list(of_sdk) or guard_origin(root, origins, transcript)


def _in_ecmascript(root: Node, origins: list[str]) -> Iterator[TextEdit]:
    allowed = f"allowedOrigins: [{', '.join(_quoted(root, origin) for origin in origins)}]"
    for node in walk(root):
        made = node.child_by_field_name("constructor") if node.type == "new_expression" else None
        given = node.child_by_field_name("arguments") if made is not None else None
        if made is None or given is None or not _TRANSPORT.fullmatch(text_of(made).rpartition(".")[2]):
            continue
        options = next(iter(given.named_children), None)
        if options is None:
            yield TextEdit(given.end_byte - 1, given.end_byte - 1, f"{{ {_ENABLED}: true, {allowed} }}")
            continue
        if options.type == "identifier":
            # `const options = { … }; new Transport(options)`
            values = [value for name, value in variables(root) if name == text_of(options)]
            options = values[0] if len(values) == 1 else options
        if options.type == "object":
            yield from _in_options(options, allowed)


def _in_options(options: Node, allowed: str) -> Iterator[TextEdit]:
    """Add what is missing in front of the options that there are, each in a line of its own where they have one."""
    pairs = {text_of(pair.child_by_field_name("key")): pair for pair in options.named_children if pair.type == "pair"}
    switch = pairs[_ENABLED].child_by_field_name("value") if _ENABLED in pairs else None
    if switch is not None and text_of(switch) != "true":
        yield TextEdit(switch.start_byte, switch.end_byte, "true")
    new = [] if switch is not None else [f"{_ENABLED}: true"]
    new += [] if "allowedOrigins" in pairs else [allowed]
    first = next(iter(options.named_children), None)
    at = options.start_byte + 1
    if first is None:
        yield TextEdit(at, at, f" {', '.join(new)} ")
    elif first.start_point[0] > options.start_point[0]:
        indent = " " * first.start_point[1]
        yield TextEdit(at, at, "".join(f"\n{indent}{option}," for option in new))
    else:
        yield TextEdit(at, at, "".join(f" {option}," for option in new))


def _in_python(root: Node, origins: list[str], port: int) -> Iterator[TextEdit]:
    hosts = [f"{host}:{port}" for host in _LOCAL]
    lists = {name: f"{name}=[{', '.join(_quoted(root, value) for value in values)}]"
             for name, values in (("allowed_hosts", hosts), ("allowed_origins", origins))}  # fmt: skip
    given = next((node for node in walk(root) if node.type in CALLS and callee_of(node) == _SETTINGS), None)
    if given is not None:
        yield from _in_settings(given, lists)
        return
    changed = False
    for call in _answering_calls(root):
        arguments, keyword = call.child_by_field_name("arguments"), _keyword_of(call)
        if arguments is None or any(_name(part) == keyword for part in arguments_of(call)):
            continue
        changed = True
        yield TextEdit.last_argument(arguments, f"{keyword}={_settings(arguments, lists)}")
    if changed:
        yield from import_python(root, _SETTINGS_IMPORT)


def _settings(arguments: Node, lists: dict[str, str]) -> str:
    """Return the settings as an argument, each part in a line of its own: together they are wider than a page."""
    parts = ["enable_dns_rebinding_protection=True", *lists.values()]
    last = next((part for part in reversed(arguments.named_children) if part.type != "comment"), None)
    beside = last is not None and last.start_point[0] > arguments.start_point[0]
    indent = " " * (last.start_point[1] if last is not None and beside else _column_of_line(arguments))
    return f"{_SETTINGS}(\n{''.join(f'{indent}    {part},{chr(10)}' for part in parts)}{indent})"


def _column_of_line(node: Node) -> int:
    """Return the column of the outermost node that begins in the line in which a node begins."""
    while node.parent is not None and node.parent.start_point[0] == node.start_point[0]:
        node = node.parent
    return node.start_point[1]


def _answering_calls(root: Node) -> Iterator[Node]:
    """Yield the calls of a Python file that make what answers requests."""
    servers = {name for name, value in variables(root) if value.type in CALLS and callee_of(value) == "MCPServer"}
    for node in walk(root):
        callee = callee_of(node) if node.type in CALLS else ""
        over_http = any("streamable" in text_of(part) for part in arguments_of(node)) if callee else False
        runs = _SERVING.search(callee) or (callee.endswith(".run") and over_http)
        if callee in _KEYWORDS or (runs and callee.partition(".")[0] in servers):
            yield node


def _keyword_of(call: Node) -> str:
    return _KEYWORDS.get(callee_of(call), "transport_security")


def _in_settings(settings: Node, lists: dict[str, str]) -> Iterator[TextEdit]:
    """Switch on the protection that settings switch off, and add the lists that they leave out."""
    named = {_name(part): part for part in arguments_of(settings)}
    switch = named.get("enable_dns_rebinding_protection")
    value = switch.child_by_field_name("value") if switch is not None else None
    if value is not None and text_of(value) != "True":
        yield TextEdit(value.start_byte, value.end_byte, "True")
    arguments = settings.child_by_field_name("arguments")
    missing = [text for name, text in lists.items() if name not in named]
    if missing and arguments is not None:
        yield TextEdit.last_argument(arguments, ", ".join(missing))


def _name(argument: Node) -> str:
    return text_of(argument.child_by_field_name("name")) if argument.type == "keyword_argument" else ""


def _quoted(root: Node, value: str) -> str:
    """Return a literal in the quotes that most strings of the file have."""
    strings = [text_of(node)[:1] for node in walk(root) if node.type == "string"]
    quote = "'" if strings.count("'") > strings.count('"') else '"'
    return f"{quote}{value}{quote}"
