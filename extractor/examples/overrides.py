"""What a maintainer says about an example, in ``docprobe.toml`` or in a directive, and which blocks that selects."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from extractor.base.globs import matches
from extractor.languages.common.files import refusal
from extractor.languages.common.package_names import RefusedError, dependency_of
from extractor.model import ExampleKind, ExampleOverride

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Block, Directive, Manager

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""A token (RFC 9110, section 5.6.2)."""
BEFORE: Final = "before:"
"""Prefix of a ``glue`` key whose text goes in front of the file instead of behind it."""
AUTHORIZATION: Final = "authorization"
NONE: Final = ExampleOverride()
"""No override."""
_TEXTS: Final = {"kind": "kind", "cwd": "cwd", "endpoint": "endpoint", "resolve": "resolve_date"}
"""Keys of a directive whose value is taken as it is, to the fields that they fill."""
_LISTS: Final = {"deps": "dependencies", "services": "services"}
_ORDINAL: Final = re.compile(r"[0-9]{1,9}")
NO_REASON: Final = "left out by a directive"


def override_for(example_id: str, overrides: Mapping[str, ExampleOverride]) -> ExampleOverride | None:
    """Return the configuration's entry for an example: that of exactly its id, else the first glob that matches."""
    if example_id in overrides:
        return overrides[example_id]
    for pattern, override in overrides.items():
        if matches(example_id, pattern):
            return override
    return None


def from_directives(directives: Sequence[Directive]) -> ExampleOverride:
    """Return the directives above a program's blocks as an override.

    ``file``, ``id``, ``join`` and ``language`` are about one block and are read where blocks are.
    """
    values: dict[str, Any] = {}
    for key, value in (pair for directive in directives for pair in directive.values.items()):
        if field := _TEXTS.get(key):
            values[field] = value
        elif field := _LISTS.get(key):
            values[field] = tuple(value.split())
        elif key == "command":
            values["command"] = tuple(shlex.split(value))
        elif key == "env":
            pairs = (word.partition("=") for word in shlex.split(value))
            values["environment"] = {**values.get("environment", {}), **{name: text for name, _, text in pairs}}
        elif key == "skip":
            values["skip"] = value or NO_REASON
        elif key == "expected":
            values["not_runnable"] = value.partition(":")[2].strip() or value
    return replace(NONE, **values)


def merged(config: ExampleOverride, directive: ExampleOverride) -> ExampleOverride:
    """Return both together; the directive wins, since it is in the docs themselves."""
    names = [f.name for f in fields(directive) if getattr(directive, f.name) != getattr(NONE, f.name)]
    values: dict[str, Any] = {name: getattr(directive, name) for name in names}
    if "environment" in values:
        values["environment"] = {**config.environment, **directive.environment}
    return replace(config, **values)


def mistakes(override: ExampleOverride, manager: Manager | None) -> tuple[str, ...]:
    """Return the impossible values of an override, each as a clause.

    Args:
        override: of an example.
        manager: of the example's language; None leaves out packages.
    """
    clauses: list[str] = []
    kinds = [kind.value for kind in ExampleKind]
    if override.kind is not None and override.kind not in kinds:
        clauses.append(f"kind “{override.kind}” is not one of {', '.join(kinds)}")
    if override.endpoint is not None and not override.endpoint.startswith("/"):
        clauses.append(f"endpoint “{override.endpoint}” does not begin with /")
    for name, value in override.headers.items():
        if not (_HEADER_NAME.fullmatch(name) and value and value.isascii() and value.isprintable()):
            clauses.append(f"header “{name}” is not one that a request can carry")
    if override.cwd not in {None, "."} and (why := refusal(override.cwd or "")):
        clauses.append(f"cwd {why}")
    if override.command is not None and not override.command:
        clauses.append("command is empty")
    names = [*override.files.values(), *(key.removeprefix(BEFORE) for key in override.glue)]
    clauses += [f"a file {why}" for name in names if (why := refusal(name))]
    if override.resolve_date is not None and not _is_date(override.resolve_date):
        clauses.append(f"resolve-date “{override.resolve_date}” is not a date like 2025-11-25")
    unknown = [service for service in override.services or () if service != AUTHORIZATION]
    clauses += [f"service “{service}” is unknown; docprobe has: {AUTHORIZATION}" for service in unknown]
    for text in override.dependencies or ():
        if manager is None:
            break
        try:
            dependency_of(text, manager)
        except RefusedError as refused:
            clauses.append(str(refused))
    return tuple(clauses)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def selected(selector: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks of a page that a selector selects.

    ``#slug``: all under that heading; ``label:server.ts``: by label, name or tab; ``line:120``: the block with that
    line; ``n:3``: by 0-based position on the page.
    """
    if selector.startswith("#"):
        return tuple(b for b in blocks if b.place.headings and b.place.headings[-1].slug == selector[1:])
    kind, _, value = selector.partition(":")
    match kind:
        case "label":
            return tuple(b for b in blocks if value in {b.info.label, b.info.name, b.place.tab})
        case "line" if _ORDINAL.fullmatch(value):
            return tuple(b for b in blocks if b.span.first <= int(value) <= b.span.last)
        case "n" if _ORDINAL.fullmatch(value):
            return tuple(b for b in blocks if b.ordinal == int(value))
        case _:
            return ()
