"""How handlers of the common frameworks read a header and refuse a request, in Python, JavaScript and TypeScript."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_RESPONSE: Final = re.compile(r"\bnew Response\(|\bResponse\.json\(")


@dataclass(frozen=True, slots=True)
class GuardStyle:
    """How a handler written for a framework reads a header, and refuses a request by a JSON-RPC error."""

    imported: re.Pattern[str]
    """What the file imports, or the text of the handler's parameters."""
    header: str
    """The expression; ``{0}`` is the first parameter, ``{name}`` the header."""
    present: str
    """A condition that holds where there is such a header; ``{variable}`` is the variable."""
    answer: tuple[str, ...]
    """Statements; ``{0}`` to ``{2}`` are parameters, ``{body}`` the error as an object, ``{status}`` the status."""
    parameters: int = 1
    """That the handler has to have."""
    needs: str = ""
    """Import without which the answer has no name."""
    method: str = ""
    """The expression that has the request's method; empty where a framework gives each method a function."""
    not_allowed: tuple[str, ...] = ()
    """Statements that answer 405."""


def _style(
    imported: str,
    header: str,
    present: str,
    *answer: str,
    parameters: int = 1,
    needs: str = "",
    get: tuple[str, ...] = (),
) -> GuardStyle:
    return GuardStyle(re.compile(imported), header, present, answer, parameters, needs, get[0] if get else "", get[1:])


_SET: Final = "{variable} !== undefined"
_ECMASCRIPT: Final = (
    _style("hono", '{0}.req.header("{name}")', _SET, "return {0}.json({body}, {status});",
           get=("{0}.req.method", "return {0}.body(null, 405);")),
    _style(
        "fastify", '{0}.headers["{name}"]', _SET, "return {1}.code({status}).send({body});", parameters=2,
        get=("{0}.method", "return {1}.code(405).send();"),
    ),
    _style(r"""["']koa["']""", '{0}.get("{name}")', "{variable}", "{0}.status = {status};", "{0}.body = {body};",
           "return;",
           get=("{0}.method", "{0}.status = 405;", "return;")),
    _style("express", '{0}.header("{name}")', _SET, "{1}.status({status}).json({body});", "return;", parameters=2,
           get=("{0}.method", "{1}.status(405).end();", "return;")),
    _style(
        r"""["'](?:node:)?https?2?["']""", '{0}.headers["{name}"]', _SET,
        '{1}.writeHead({status}, {{ "Content-Type": "application/json" }});', "{1}.end(JSON.stringify({body}));",
        "return;",
        parameters=2, get=("{0}.method", "{1}.writeHead(405).end();", "return;"),
    ),
    _style("", '{0}.headers.get("{name}")', "{variable} !== null",
           "return Response.json({body}, {{ status: {status} }});",
           get=("{0}.method", "return new Response(null, {{ status: 405 }});")),
)  # fmt: skip
_GIVEN: Final = "{variable} is not None"
_PYTHON: Final = (
    _style(
        r"^do_(?:POST|GET|DELETE) ", 'self.headers.get("{name}")', _GIVEN,
        "body = json.dumps({body}).encode()", "self.send_response({status})",
        'self.send_header("Content-Type", "application/json")', 'self.send_header("Content-Length", str(len(body)))',
        'self.send_header("Connection", "close")', "self.end_headers()", "self.wfile.write(body)", "return",
        parameters=0, needs="import json",
    ),
    _style(
        r"\(scope, receive, send\)", 'dict({0}.get("headers", ())).get(b"{name}", b"").decode()', "{variable}",
        'headers = [(b"content-type", b"application/json")]',
        'await {2}({{"type": "http.response.start", "status": {status}, "headers": headers}})',
        'await {2}({{"type": "http.response.body", "body": json.dumps({body}).encode()}})', "return",
        parameters=3, needs="import json",
    ),
    _style(
        r"\(environ, start_response\)", '{0}.get("HTTP_{cgi}")', _GIVEN,
        '{1}("{status} {phrase}", [("Content-Type", "application/json")])', "return [json.dumps({body}).encode()]",
        parameters=2, needs="import json",
    ),
    _style("tornado", 'self.request.headers.get("{name}")', _GIVEN, "self.set_status({status})", "self.finish({body})",
           "return", parameters=0),
    _style("flask|quart", 'request.headers.get("{name}")', _GIVEN, "return {body}, {status}", parameters=0),
    _style("django", '{0}.headers.get("{name}")', _GIVEN, "return JsonResponse({body}, status={status})",
           needs="from django.http import JsonResponse"),
    _style("fastapi", '{0}.headers.get("{name}")', _GIVEN, "return JSONResponse({body}, status_code={status})",
           needs="from fastapi.responses import JSONResponse"),
    _style("starlette", '{0}.headers.get("{name}")', _GIVEN, "return JSONResponse({body}, status_code={status})",
           needs="from starlette.responses import JSONResponse"),
    _style("aiohttp", '{0}.headers.get("{name}")', _GIVEN, "return web.json_response({body}, status={status})",
           needs="from aiohttp import web"),
)  # fmt: skip


def style_of(root: Node, function: Node) -> GuardStyle | None:
    """Return the style of a handler: by its parameters or its name, else by what the file imports."""
    imports = imports_of(root)
    name = text_of(function.child_by_field_name("name"))
    own = f"{name} {text_of(function.child_by_field_name('parameters'))}"
    for style in _PYTHON if root.type == "module" else _ECMASCRIPT:
        if style.imported.pattern and (style.imported.search(imports) or style.imported.search(own)):
            return style
    # what a runtime of its own calls with a request, and gives a response
    return _ECMASCRIPT[-1] if root.type == "program" and _RESPONSE.search(text_of(root)) else None


def imports_of(root: Node) -> str:
    """Return the lines of a file that import something."""
    return "\n".join(
        text_of(node) for node in root.named_children if "import" in node.type or "require(" in text_of(node)
    )
