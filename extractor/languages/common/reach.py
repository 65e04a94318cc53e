"""Which calls of a program are made when it is started, and which only once somebody asks it for something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import Call, CodeFacts

_NAMELESS: Final = frozenset({"<anonymous>", "<lambda>"})
_EVENTS: Final = frozenset({"on_event", "on_startup", "before_serving", "before_app_serving", "listener"})
"""Decorators of functions that a web framework calls before it serves."""
_TAKING: Final = frozenset({"createServer", "createSecureServer", "serve"})
"""Calls whose function runs for every request."""
_PATHS: Final = ("path", "url")
_NAME: Final = re.compile(r"(?:[\w$]+\.)*([\w$]+)")


def may_begin(call: Call, files: Sequence[CodeFacts]) -> bool:
    """Return whether starting a program may lead to a call of it.

    It does not where the call is in a function that nothing calls or hands on at the start, other than as the handler
    of a route. Functions are told apart by their names.

    Args:
        call: of the program.
        files: facts of its files.
    """
    if call.function is None:
        return True
    if call.function in _NAMELESS:
        return not _is_handlers(call, files)
    return call.function in _reached(files)


def used_only_later(made: Sequence[Call], files: Sequence[CodeFacts]) -> bool:
    """Return whether starting a program leads to no use of things that its calls make, such as clients.

    One that is made when a module is loaded is not used by that.

    Args:
        made: calls that make them.
        files: facts of its files.
    """
    begun = tuple(f"{call.target}." for call in made if call.target)
    uses = (call for code in files for call in code.calls if call.name.startswith(begun))
    return not any(may_begin(call, files) for call in (*(c for c in made if c.function), *uses))


def _reached(files: Sequence[CodeFacts]) -> set[str]:
    """The functions that loading the files calls or hands on, and those that these call and hand on."""
    calls = [call for code in files for call in code.calls]
    functions = {call.function for call in calls if call.function} | {name for code in files for name in code.defines}
    waiting = [c for c in calls if c.function in _NAMELESS and not _is_handlers(c, files)]
    reached = {name for code in files for name in _before_serving(code)}
    while True:
        begun = [*waiting, *(c for c in calls if c.function is None or c.function in reached)]
        found = {name for call in begun for name in _named(call)} & functions - reached
        if not found:
            return reached
        reached |= found


def _named(call: Call) -> Iterator[str]:
    """The function that a call calls, and those that it hands on, unless as the handlers of a route."""
    yield call.last
    if not _is_route(call):
        for value in (*call.arguments, *call.keywords.values()):
            if isinstance(value, Ref) and (name := _NAME.fullmatch(value.text)):
                yield name[1]


def _before_serving(code: CodeFacts) -> Iterator[str]:
    """Functions with a decorator by which a web framework calls them before it serves."""
    for decorator in code.decorators:
        below = [(line, name) for name, line in code.defines.items() if line > decorator.line]
        if decorator.last in _EVENTS and below:
            yield min(below)[1]


def _is_handlers(call: Call, files: Sequence[CodeFacts]) -> bool:
    """Whether a call in a function without a name is made for a request: the statement around it adds a route."""
    code = next((code for code in files if any(one is call for one in code.calls)), None)
    above = [c for c in code.calls if c.function is None and c.line <= call.line] if code else []
    last = max((c.line for c in above if c.statement), default=0)
    return any(_is_route(c) or c.last in _TAKING for c in above if c.line >= last)


def _is_route(call: Call) -> bool:
    paths = (*call.arguments[:1], *(call.keywords.get(key) for key in _PATHS))
    return any(isinstance(path, str) and path.startswith("/") for path in paths)
