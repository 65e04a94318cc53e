"""What a page states of requests to its server: addresses, headers and variables, wherever they are written.

Shell lines, HTTP requests, JSON configuration and client code have grammars of their own, and docs write parts of
them only: what is read here are URLs and quoted pairs, in any of them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import URL_HOST, is_local
from extractor.languages.common.shell import SHELLS, commands_of
from extractor.languages.common.view import Address, Header, Variables
from extractor.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Block

MAX_CHARS: Final = 100_000
_REQUESTS: Final = SHELLS | {"powershell", "http", "text", ""}
_JSON: Final = frozenset({"json", "jsonc", "json5"})
_URL: Final = re.compile(
    rf"https?://(?P<host>{URL_HOST}|0\.0\.0\.0)(?::(?:(?P<port>\d{{1,5}})|\$?\{{[^{{}}\s]{{1,60}}\}}|<[^<>\s]{{1,40}}>))?"
    r"(?P<path>[/?][^\s`\"'<>|)\],;\\\x80-\U0010ffff]*)?",
    re.ASCII,
)
_PLACED: Final = re.compile(r"[{}<>$*]")
"""Parts of a path that the reader has to fill in."""
_REQUEST_LINE: Final = re.compile(r"^(?:GET|POST|DELETE|ALL) (?P<path>/\S*)(?: HTTP/[\d.]+)?$", re.MULTILINE)
_PATH: Final = re.compile(r"/[\w./~%@:-]*(?:\?[\w=&%.+-]*)?", re.ASCII)
_COMMENT: Final = re.compile(r"\s*(?://|#|/?\*)")
_OPTION: Final = re.compile(r"(?:-H|--header)[ =]*(?P<quote>[\"'])(?P<text>[^\"'\n]{1,2000})(?P=quote)")
_PAIR: Final = re.compile(r"(?P<name>[A-Za-z][\w-]{0,100}): ?(?P<value>[^\s].{0,2000})")
_BEARER: Final = re.compile(r"Bearer \S+")
_HEADERS: Final = re.compile(
    r"headers[\"']?\s*[:=]\s*(?:new Headers\(\s*)?"
    r"\{(?P<body>[^{}]{1,4000}(?:\$?\{[^{}]{0,80}\}[^{}]{0,400}){0,20})\}"
)
_QUOTED: Final = re.compile(
    r"[\"']?(?P<name>[A-Za-z][\w-]{0,100})[\"']?\s*:\s*f?(?P<quote>[\"'`])(?P<value>[^\n]{1,2000}?)(?P=quote)"
)
_ANY_URL: Final = re.compile(r"https?://[^\s\"'`/?#]{1,300}(?P<path>/[^\s\"'`?#]{0,300})?[^\s\"'`]{0,300}")
_LINE_END: Final = re.compile(r"(?<!\\)\n(?![^\S\n]*(?:-|\\|[\"']))")
"""Where a command ends: not before a line that goes on with an option, nor behind a backslash."""
_CREDENTIAL: Final = re.compile(r"authorization|key|token|secret|auth|tenant", re.IGNORECASE)
"""Names of headers that count where a page may as well print those of an answer."""
_ASSIGNMENT: Final = re.compile(r"(?:export |set )?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>\S+)", re.ASCII)
_HOST_HEADER: Final = re.compile(r"^host:[ \t]*(\S+)", re.I | re.M)
_HOST_PORT: Final = re.compile(r":\d*$", re.ASCII)
_ENDS: Final = ".,;:!?"


def addresses_of(block: Block) -> Iterator[Address]:
    """Yield the addresses of this machine that a block, a comment in it, or the prose about it states, in order."""
    for line, text in block.prose_values:
        span = Span(block.span.file, line, line)
        if match := _URL.match(text):
            yield from _address(block, match, span, sure=False, in_code=False)
        elif _PATH.fullmatch(path := text.rpartition(" ")[2]):
            yield Address(block, path, span, in_code=False)
    if len(block.text) > MAX_CHARS:
        return
    configured = _configured_urls(block)
    for offset, written in enumerate(block.text.splitlines()):
        in_code = _COMMENT.match(written) is None
        for match in _URL.finditer(written):
            sure = match.group() in configured or (block.language in _REQUESTS and "jsonrpc" in block.text)
            line_text = written if block.language in _REQUESTS else ""
            yield from _address(block, match, block.line(offset), sure=sure, in_code=in_code, line=line_text)
        for found in _ANY_URL.finditer(written):
            url, path = found.group(), found["path"] or "/"
            if url in configured and not _URL.match(url) and not _PLACED.search(path):
                yield Address(block, path, block.line(offset), elsewhere=True)
    if block.language in _REQUESTS:
        for match in _REQUEST_LINE.finditer(block.text):
            if not _PLACED.search(match["path"]):
                offset = block.text.count("\n", 0, match.start())
                yield Address(
                    block, match["path"], block.line(offset), elsewhere=_names_another(block.text, match.end())
                )


def _names_another(text: str, start: int) -> bool:
    """Whether the Host header of the request whose first line ends at ``start`` names another machine."""
    head = text[start:].partition("\n\n")[0]
    host = _HOST_HEADER.search(head)
    return host is not None and not is_local(_HOST_PORT.sub("", host[1]))


def _address(
    block: Block, match: re.Match[str], span: Span, *, sure: bool, in_code: bool, line: str = ""
) -> Iterator[Address]:
    path = (match["path"] or "").rstrip(_ENDS)
    if _PLACED.search(path):
        return
    path = f"/{path}" if path.startswith("?") else path or "/"
    # a bare origin is too rarely written on purpose to count, but for a client's configuration
    if path != "/" or sure:
        port = int(match["port"]) if match["port"] else None
        yield Address(block, path, span, match["host"], port, sure, in_code, line)


def headers_of(block: Block) -> Iterator[Header]:
    """Yield the headers of requests that a block or the prose about it states, placeholders and all."""
    for line, text in block.prose_values:
        span = Span(block.span.file, line, line)
        if _BEARER.fullmatch(text):
            yield Header(block, "Authorization", text, span, in_code=False)
        elif (pair := _PAIR.fullmatch(text)) and _CREDENTIAL.search(pair["name"]):
            yield Header(block, pair["name"], pair["value"], span, in_code=False)
    for _, text in block.prose_commands:
        yield from _from_options(block, text)
    if len(block.text) > MAX_CHARS:
        return
    yield from _from_options(block, block.text)
    if block.language == "http":
        for offset, written in enumerate(block.text.splitlines()):
            if (pair := _PAIR.fullmatch(written)) and _CREDENTIAL.search(pair["name"]):
                yield Header(block, pair["name"], pair["value"], block.line(offset))
    for listed in _HEADERS.finditer(block.text):
        for pair in _QUOTED.finditer(listed["body"]):
            offset = block.text.count("\n", 0, listed.start("body") + pair.start())
            yield Header(block, pair["name"], pair["value"], block.line(offset))


def _from_options(block: Block, text: str) -> Iterator[Header]:
    """Headers of ``-H`` and ``--header``, in a command or in the arguments of a configuration."""
    offset = 0
    for command in _LINE_END.split(text):
        url = _ANY_URL.search(command)
        to = url.group() if url and not _URL.match(url.group()) else ""
        # "--header", "X-Api-Key: abc" as a configuration's list has it
        for match in _OPTION.finditer(re.sub(r"[\"'](-H|--header)[\"'],\s*", r"\1 ", command)):
            if pair := _PAIR.fullmatch(match["text"].strip()):
                inside = next((n for n, line in enumerate(command.splitlines()) if match["text"] in line), 0)
                yield Header(block, pair["name"], pair["value"].strip(), block.line(offset + inside), to=to)
        offset += command.count("\n") + 1


def assignments_of(block: Block, *, windows: bool = False) -> Iterator[Variables]:
    """Yield the variables that the prose about a block assigns, or an ``export`` line of a shell fence.

    Args:
        block: any fence.
        windows: whether fences for PowerShell and cmd count as well.
    """
    stated = [text for _, text in block.prose_values]
    lines = commands_of(block, windows=windows)
    stated += [word for command in lines if command.words[0] == "export" for word in command.words[1:]]
    values = {m["name"]: m["value"].strip("\"'") for text in stated if (m := _ASSIGNMENT.fullmatch(text))}
    if values:
        yield Variables(block, values)


def _configured_urls(block: Block) -> frozenset[str]:
    """The URLs that a client's JSON configuration gives for its servers, whatever its keys are called."""
    if block.language not in _JSON or "url" not in block.text.lower():
        return frozenset()
    try:
        # comments, as jsonc has them
        data = json.loads(re.sub(r"^[^\S\n]*//.*$", "", block.text, flags=re.MULTILINE))
    except (ValueError, RecursionError):
        return frozenset()
    urls: set[str] = set()
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            urls |= {u for key, u in value.items() if key.lower().endswith("url") and isinstance(u, str)}
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return frozenset(urls)
