"""Derive from a model the types that a published file is written as and read into.

The model's own dataclasses are the format; what differs is stated once, in :class:`FormatOverrides`. The derived types
are msgspec structs, so that a file is validated with the path of what is wrong, and its JSON Schema comes from the same
types. Both directions are ``msgspec.convert(value, type, from_attributes=True)``.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Set


@dataclass(frozen=True, slots=True)
class FormatOverrides:
    """How a published format differs from the model. Everything is listed by class."""

    unpublished: Mapping[type, Set[str]] = field(default_factory=dict)
    """Fields that are not in the file. Read back, they have their defaults."""
    required: Mapping[type, Set[str]] = field(default_factory=dict)
    """Fields that a file must have although the model has a default for them. Others with a default may be missing."""
    renamed: Mapping[type, Mapping[str, str]] = field(default_factory=dict)
    """Keys in the file by field, where they differ."""
    titles: Mapping[type, str] = field(default_factory=dict)
    """Names of definitions in the JSON Schema, where they differ from the class."""
    replaced: Mapping[type, type] = field(default_factory=dict)
    """Structs for classes whose published shape is another: each has the attributes of both sides."""


def published_type(kind: type, deviations: FormatOverrides) -> Any:
    """Return the struct type that a dataclass is published as, and with it those of all its fields.

    Args:
        kind: a dataclass whose type hints can be resolved at run time.
        deviations: what differs from the model.
    """
    return _struct(kind, deviations, dict(deviations.replaced))


def _struct(kind: type, deviations: FormatOverrides, made: dict[type, Any]) -> Any:
    if kind in made:
        return made[kind]
    hints = get_type_hints(kind, include_extras=True)
    unpublished, required = deviations.unpublished.get(kind, ()), deviations.required.get(kind, ())
    definition: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for entry in fields(kind):
        if entry.name in unpublished:
            continue
        hint = _published(hints[entry.name], deviations, made)
        if entry.name in required or (entry.default is MISSING and entry.default_factory is MISSING):
            definition.append((entry.name, hint))
        elif entry.default_factory is not MISSING:
            definition.append((entry.name, hint, msgspec.field(default_factory=entry.default_factory)))
        else:
            definition.append((entry.name, hint, entry.default))
    made[kind] = msgspec.defstruct(
        deviations.titles.get(kind, kind.__name__),
        definition,
        kw_only=True,
        rename=dict(deviations.renamed.get(kind, {})),
        namespace={"__doc__": kind.__doc__},
    )
    return made[kind]


def _published(hint: Any, deviations: FormatOverrides, made: dict[type, Any]) -> Any:
    """A type hint with every dataclass in it replaced by its struct."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _struct(hint, deviations, made)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is None or origin is Literal:
        return made.get(hint, hint) if isinstance(hint, type) else hint
    first, *rest = (
        (_published(argument, deviations, made) for argument in arguments)
        if origin is not Annotated
        else (_published(arguments[0], deviations, made), *arguments[1:])
    )
    if origin is Annotated:
        return Annotated[(first, *rest)]
    if origin in {Union, types.UnionType}:
        return Union[(first, *rest)]
    return origin[(first, *rest)]
