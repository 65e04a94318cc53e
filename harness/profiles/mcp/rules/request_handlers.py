"""Which functions of a file answer the requests to its endpoint: by routes, by what a server is made of, by name.

Read from the syntax tree, in Python, JavaScript and TypeScript.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import CALLS, FUNCTIONS, arguments_of, callee_of, text_of, walk
from harness.profiles.mcp.rules.session_names import function_name, names_in, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tree_sitter import Node

_ROUTING: Final = re.compile(
    r"(?:^|\.)(?:add_)?(?:post|all|use|on|route|api_route|get|delete|put|patch|any|Route|path|re_path|add"
    r"|api_route|url_rule|websocket)$",
    re.IGNORECASE,
)
"""Callables that give a handler to a path: of a router, or what a list of routes is made of."""
_OTHER_METHODS: Final = re.compile(r"(?:^|[._])(?:get|delete|put|patch|head|options)$", re.IGNORECASE)
"""Of routes that no message is sent to: a handler is one of the endpoint's if it reads the session id."""
_USE: Final = re.compile(r"\.use$")
_SERVER_OF: Final = re.compile(r"(?:^|\.)(?:createServer|createSecureServer)$")
_FETCH_SERVER: Final = re.compile(r"(?:^|\.)serve$")
_BY_NAME: Final = frozenset({"do_POST", "POST", "fetch"})
"""Of functions and methods that a runtime or a framework calls."""
_OTHER_NAMES: Final = frozenset({"do_GET", "do_DELETE", "GET", "DELETE"})
_APPLICATIONS: Final = (("scope", "receive", "send"), ("environ", "start_response"))
"""Parameters of an application of ASGI, and of WSGI."""
_METHODS: Final = frozenset({"post", "do_POST"})
"""Of a class that answers requests."""
_CLASSES: Final = frozenset({"class_definition", "class_declaration"})
_HANDLER_KEY: Final = "handler"
_PATH_KEYS: Final = frozenset({"url", "path"})
_SELVES: Final = frozenset({"self", "cls", "this"})


def request_handlers(root: Node, path: str) -> list[Node]:
    """Return the functions of a file that answer requests with a message, those of its endpoint's routes if it has any.

    Args:
        root: of the file.
        path: of the endpoint, as it was asked.
    """
    found = list(_routed(root, path)) or list(_middleware(root)) or list(_served(root)) or list(_applications(root))
    return list(dict.fromkeys(found))


def positional_names(function: Node) -> list[str]:
    """Return the names of a function's parameters, without ``self``.

    The name of a parameter that is not a plain identifier is empty.
    """
    listed = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
    if listed is None:
        return []
    names = []
    for part in listed.named_children if listed.type != "identifier" else [listed]:
        held = part.child_by_field_name("pattern") or part.child_by_field_name("name") or part
        held = held.named_children[0] if held.type == "typed_parameter" else held
        names.append(text_of(held) if held.type == "identifier" else "")
    return names[1:] if names and names[0] in _SELVES else names


def _routed(root: Node, path: str) -> Iterator[Node]:
    """Yield the handlers of routes of the endpoint; where no route has its path, those of a router that is mounted."""
    routes = list(_routes(root))
    names = names_in(root)
    # middleware is asked only where no route answers, and what answers any path where none has this one
    ranks = ((_is_path, False), (_is_wild, False), (_is_path, True), (_is_wild, True), (_is_mounted, False))
    chosen = (
        [(method, given) for method, route, given in routes if fits(route, path) and bool(_USE.search(method)) is used]
        for fits, used in ranks
    )
    for method, given in next(filter(None, chosen), []):
        function = _function(root, given)
        if function is not None and (not _OTHER_METHODS.search(method) or names.reads_header(function)):
            yield function


def _routes(root: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield what makes each route, its path, and the expression that is given as its handler."""
    texts = {name: value for name, value in variables(root) if value.type == "string"}
    for node in walk(root):
        if node.type == "decorated_definition":
            definition = node.child_by_field_name("definition")
            for part in node.named_children if definition is not None else ():
                call = part.named_children[0] if part.type == "decorator" and part.named_children else None
                if call is not None and call.type == "call" and _ROUTING.search(callee_of(call)):
                    for route in _paths(arguments_of(call), texts):
                        yield callee_of(call), route, definition or node
        elif node.type in CALLS and (_ROUTING.search(callee_of(node)) or not node.type.endswith("expression")):
            given = arguments_of(node)
            handlers = [part for part in map(_value, given) if part.type not in {"string", "list", "object"}]
            paths = list(_paths(given, texts)) or _paths_of_chain(callee_of(node))
            if handlers and paths and (_ROUTING.search(callee_of(node)) or "." not in callee_of(node)):
                yield from ((callee_of(node), route, handlers[-1]) for route in paths)
        elif node.type == "tuple" and len(node.named_children) >= 2:
            # Tornado: `(r"/mcp", Handler)`
            for route in _paths(node.named_children[:1], texts):
                yield "", route, node.named_children[1]
        elif node.type == "object":
            # Fastify: `{ method: "POST", url: "/mcp", handler }`
            pairs = {text_of(part.child_by_field_name("key")): part for part in node.named_children}
            urls = (pairs[key].child_by_field_name("value") for key in _PATH_KEYS if key in pairs)
            handler = pairs.get(_HANDLER_KEY) or _method_of(node, _HANDLER_KEY)
            for route in _paths([url for url in urls if url is not None], texts) if handler is not None else ():
                yield text_of(pairs.get("method")), route, _value(handler) if handler is not None else node


def _paths(given: Iterable[Node], texts: dict[str, Node]) -> Iterator[str]:
    """Yield the paths among some expressions: texts, lists of texts, and variables that are one."""
    for part in map(_value, given):
        held = texts.get(text_of(part), part) if part.type == "identifier" else part
        if held.type == "string":
            text = text_of(held).lstrip("rRfFbB").strip("\"'`")
            if "/" in text or text in {"", "*"} or re.fullmatch(r"\^?[\w-]+\$?", text):
                yield text.strip("^$")
        elif held.type == "array":
            yield from _paths(held.named_children, texts)


def _paths_of_chain(callee: str) -> list[str]:
    """Return the path of Express's ``app.route("/mcp").post``."""
    found = re.search(r"""\.route\(\s*["'`]([^"'`]*)["'`]\s*\)""", callee)
    return [found[1]] if found else []


def _is_path(route: str, path: str) -> bool:
    """Return whether a route has the path of the endpoint, or its end: what is in front is where it is mounted."""
    wanted, stripped = path.strip("/"), route.strip("/")
    return stripped == wanted or (bool(stripped) and f"/{wanted}".endswith(f"/{stripped}"))


def _is_wild(route: str, path: str) -> bool:
    """Return whether a route has the path of the endpoint among others: ``/mcp/*``."""
    start, wild, _ = route.partition("*")
    return bool(wild) and f"/{path.strip('/')}".startswith(f"/{start.strip('/')}")


def _is_mounted(route: str, path: str) -> bool:
    """Return whether a route is that of a router which is mounted elsewhere."""
    return not route.strip("/")


def _middleware(root: Node) -> Iterator[Node]:
    """Yield the middleware that answers, where a router gets no paths: what reads the session id, else the last."""
    given = (arguments_of(node) for node in walk(root) if node.type in CALLS and callee_of(node).endswith(".use"))
    functions = [function for parts in given if len(parts) == 1 and (function := _function(root, parts[0])) is not None]
    names = names_in(root)
    reading = [function for function in functions if names.reads_header(function)]
    yield from reading or functions[-1:]


def _served(root: Node) -> Iterator[Node]:
    """Yield what a server is made of, and the functions that a runtime calls by their names."""
    names = names_in(root)
    for node in walk(root):
        given = arguments_of(node) if node.type in CALLS else []
        if _SERVER_OF.search(callee_of(node) if given else "") or _FETCH_SERVER.search(
            callee_of(node) if given else ""
        ):
            functions = (_function(root, part) for part in reversed(given) if part.type != "object")
            yield from (function for function in functions if function is not None)
        elif node.type in FUNCTIONS:
            name = text_of(node.child_by_field_name("name"))
            if name in _BY_NAME or (name in _OTHER_NAMES and names.reads_header(node)):
                yield node
        elif node.type == "pair" and text_of(node.child_by_field_name("key")) == "fetch":
            value = node.child_by_field_name("value")
            if value is not None and (function := _function(root, value)) is not None:
                yield function


def _applications(root: Node) -> Iterator[Node]:
    for node in walk(root):
        if node.type in FUNCTIONS and tuple(positional_names(node)) in _APPLICATIONS:
            yield node


def _function(root: Node, given: Node) -> Node | None:
    """Return the function that an expression stands for: itself, by its name, of a class, or in another's call."""
    if given.type in FUNCTIONS:
        return _delegate(root, given) or given
    if given.type in {"attribute", "member_expression"}:
        # `books.post`, of an object of a class of the file
        whole = (node for node in walk(root) if node.type in _CLASSES)
        methods = (_method_of(one, text_of(given).rpartition(".")[2]) for one in whole)
        return next((method for method in methods if method is not None), None)
    if given.type == "identifier":
        name = text_of(given)
        for node in walk(root):
            if node.type in FUNCTIONS and function_name(node) == name:
                return _delegate(root, node) or node
            if node.type in _CLASSES and text_of(node.child_by_field_name("name")) == name:
                return _method_of(node, *_METHODS)
        return None
    if given.type in _CLASSES:
        return _method_of(given, *_METHODS)
    if given.type in CALLS:
        # `wrapped(async (req, res) => …)`, `View.as_view()`, `handle.bind(this)`
        receiver = callee_of(given).partition(".")[0]
        parts = [*arguments_of(given), *(node for node in walk(given) if text_of(node) == receiver)]
        return next((found for part in parts if (found := _function(root, part)) is not None), None)
    return None


def _delegate(root: Node, function: Node) -> Node | None:
    """Return the function of the file that another one passes all of its parameters on to, as its only expression."""
    body, given = function.child_by_field_name("body"), positional_names(function)
    if function.type != "arrow_function" or body is None or body.type != "call_expression" or not given:
        return None
    if [text_of(part) for part in arguments_of(body)][: len(given)] != given:
        return None
    named = (node for node in walk(root) if node.type in FUNCTIONS and node != function)
    return next((node for node in named if function_name(node) == callee_of(body)), None)


def _method_of(whole: Node, *names: str) -> Node | None:
    """Return the method of a class or an object that has one of some names."""
    methods = (node for node in walk(whole) if node.type in FUNCTIONS)
    return next((node for node in methods if text_of(node.child_by_field_name("name")) in names), None)


def _value(argument: Node) -> Node:
    """Return the value of an argument or a pair that has a name."""
    return argument.child_by_field_name("value") or argument
