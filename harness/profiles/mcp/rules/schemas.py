"""Messages by the definitions of a revision's JSON Schema."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from harness.base.jsonrpc import is_response

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from harness.base.jsonrpc import Message
    from harness.model import MessageSchema

_SHOWN: Final = 160
"""Characters of a violation that a summary shows: it quotes the example."""
_SIDES: Final = ("Client", "Server")
"""Beginnings of definitions that join those of one side."""
_ERRORS: Final = ("JSONRPCErrorResponse", "JSONRPCError")
"""Definition of an error, by the newer and the older name."""
_TASK_CREATED: Final = "CreateTaskResult"
_INPUT_REQUIRED: Final = "InputRequiredResult"


@functools.lru_cache(maxsize=64)
def _methods(schema: MessageSchema) -> dict[str, str]:
    """Return the definition of the requests and notifications of a schema, by method."""
    found: dict[str, str] = {}
    for name, definition in schema.definitions.items():
        fields = definition.get("properties") if isinstance(definition, dict) else None
        method = fields.get("method") if isinstance(fields, dict) else None
        if isinstance(method, dict) and isinstance(method.get("const"), str) and not name.startswith(_SIDES):
            found[method["const"]] = name
    return found


def definition_of(schema: MessageSchema, message: Message, request: Message | None) -> str | None:
    """Return the name of the definition that a message must follow; None if the schema has none for it.

    Args:
        schema: of the revision.
        message: any message.
        request: that a result may answer; None if it is not known.
    """
    method = message.get("method")
    if isinstance(method, str):
        return _methods(schema).get(method)
    if not is_response(message):
        return None
    if "error" in message:
        return next((name for name in _ERRORS if name in schema.definitions), None)
    request = request or {}
    asked = _methods(schema).get(str(request.get("method")))
    if asked is None or message.get("id") != request.get("id"):
        return None
    result = message.get("result")
    if isinstance(result, dict) and "task" in result and "task" in (request.get("params") or {}):
        return _TASK_CREATED if _TASK_CREATED in schema.definitions else None
    interim = isinstance(result, dict) and result.get("resultType") == "input_required"
    if interim and _INPUT_REQUIRED in schema.definitions:
        return _INPUT_REQUIRED
    name = f"{asked.removesuffix('Request')}Result"
    return next((each for each in (name, "EmptyResult", "Result") if each in schema.definitions), None)


def _judged_part(message: Message, definition: str) -> Any:
    """Return the result of a response, or the whole message; an error without an id gets one."""
    if "method" in message:
        return message
    if definition in _ERRORS:
        return message if message.get("id") is not None else {**message, "id": 0}
    return message["result"]


def violation(schema: MessageSchema, name: str, message: Message) -> str | None:
    """Return where and how a message breaks a definition, with the path in the schema; None if it is valid."""
    error = _error(schema, name, message)
    if error is None:
        return None
    place = "/".join(str(step) for step in error.absolute_path)
    rule = "/".join(str(step) for step in error.absolute_schema_path)
    return f"{f'{place}: ' if place else ''}{error.message[:_SHOWN]} ({schema.key}/{name}, {rule[:_SHOWN]})"


def lacks_something(schema: MessageSchema, name: str, message: Message) -> bool:
    """Return whether all that is wrong with a message is that required fields are missing."""
    error = _error(schema, name, message)
    return error is not None and error.validator == "required"


def _error(schema: MessageSchema, name: str, message: Message) -> ValidationError | None:
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error: ValidationError | None = best_match(_validator(schema, name).iter_errors(_judged_part(message, name)))
    except (Unresolvable, RecursionError):
        return None
    return error


@functools.lru_cache(maxsize=512)
def _validator(schema: MessageSchema, name: str) -> Validator:
    # imported here: only docs with schemas need it
    from jsonschema.validators import validator_for
    from referencing import Registry

    document = {**schema.document, "$ref": f"#/{schema.key}/{name}"}
    # with a registry of its own nothing is fetched: the schema is the docs'
    return validator_for(schema.document)(document, registry=Registry())
