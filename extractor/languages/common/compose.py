"""Compose files (Compose Specification, "services"): how their services are started, and in which environment."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from extractor.languages.common.shell import MAX_LINE_CHARS, Command
from extractor.markdown.front_matter import read_front_matter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Block

MAX_CHARS: Final = 20_000
_FENCES: Final = frozenset({"yaml", "yml", "compose", "docker-compose"})
_VARIABLE: Final = re.compile(r"\$(?:\{(?P<name>\w+)(?::?-(?P<default>[^{}]*))?[^{}]*\}|\w+)")
"""``${PORT:-8000}`` with its default, or a variable of the reader's own."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    block: Block
    environment: Mapping[str, str]
    """Values that the file states; not those that it takes from its reader's environment."""
    entrypoint: tuple[str, ...] | None = None
    """In place of the image's own."""
    command: tuple[str, ...] | None = None
    """In place of the image's own."""
    built: bool = False
    """Whether its image is built from a Dockerfile."""


def services_of(block: Block) -> Iterator[Service]:
    """Yield the services of a Compose file; nothing for other fences."""
    if block.language not in _FENCES or "services:" not in block.text or len(block.text) > MAX_CHARS:
        return
    services = read_front_matter(f"---\n{block.text}\n---\n").values.get("services")
    for service in services.values() if isinstance(services, dict) else ():
        if isinstance(service, dict):
            yield Service(
                block,
                _environment(service.get("environment")),
                _words(service.get("entrypoint")),
                _words(service.get("command")),
                "build" in service,
            )


def composed_commands(images: Sequence[Command], services: Sequence[Service]) -> tuple[Command, ...]:
    """Return what a page's images run, as its Compose files have them run, and what these run themselves.

    Args:
        images: starts of the page's Dockerfiles, each the last command of its fence.
        services: of its Compose files.
    """
    if not services:
        return tuple(images)
    ends = {command.block.span: command for command in images}
    built = [service for service in services if service.built]
    # with several of either, only their folders tell which image is whose
    mine = built[0] if len(ends) == 1 and len(built) == 1 else None
    composed: list[Command] = []
    for command in images:
        started = command is ends[command.block.span]
        composed.append(_merged(command, mine) if started and mine else command)
    for service in services:
        if service is not mine and (words := (*(service.entrypoint or ()), *(service.command or ()))):
            composed.append(Command(service.block, service.block.line(0), words, service.environment))
    return tuple(composed)


def _merged(image: Command, service: Service) -> Command:
    """An image's start with what the service changes of it."""
    environment = {**image.environment, **service.environment}
    words = (*(service.entrypoint or ()), *(service.command or ()))
    if not words:
        return replace(image, environment=environment)
    return Command(service.block, service.block.line(0), words, environment)


def _environment(written: Any) -> dict[str, str]:
    """The mapping or the list of ``NAME=value``."""
    if isinstance(written, list):
        pairs: list[tuple[Any, Any]] = [
            (name, value) for text in written if isinstance(text, str)
            for name, equals, value in (text.partition("="),) if equals
        ]  # fmt: skip
    else:
        pairs = list(written.items()) if isinstance(written, dict) else []
    texts = ((name, _text(value)) for name, value in pairs if isinstance(name, str) and name.isidentifier())
    return {name: text for name, text in texts if text is not None}


def _text(value: Any) -> str | None:
    """A value as a container sees it; None where it is left to the reader's environment."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        return None
    if any(found["default"] is None for found in _VARIABLE.finditer(value)):
        return None
    return _VARIABLE.sub(lambda found: str(found["default"]), value)


def _words(written: Any) -> tuple[str, ...] | None:
    """A command in either form."""
    if isinstance(written, list):
        return tuple(word for word in written if isinstance(word, str))
    if not isinstance(written, str) or len(written) > MAX_LINE_CHARS:
        return None
    try:
        return tuple(shlex.split(written))
    except ValueError:
        return None
