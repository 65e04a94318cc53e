"""What runs: images, sockets, log lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from msgspec import Meta

from extractor.base.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class Image:
    """A bundle's dependencies, installed."""

    tag: str
    """``docprobe/deps:<key>``."""
    key: str
    """Content key: base image, platform, installer version and flags, index, cutoff, lock, dependencies."""
    packages: Mapping[str, str]
    """Resolved versions of everything installed, direct and transitive."""
    cutoff: str | None = None
    """ISO date up to whose end (UTC) packages were resolved; None for today's."""
    lock: str | None = None
    """Text of the resolved lock, replayable offline."""
    skipped_scripts: tuple[str, ...] = ()
    """Packages whose install scripts were not run."""
    refused: tuple[str, ...] = ()
    """``host:port`` of what was asked for while it was installed and is not a registry in use. Untrusted."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Versions of the interpreter and the package client by name, and ``image``: what the base image is made of."""
    remarks: tuple[str, ...] = ()
    """Why packages have other versions than the page asks for: docprobe's own interpreter is older, or a mirror has no
    dates."""


@dataclass(frozen=True, slots=True)
class ListeningSocket:
    """A TCP socket that listens inside the pod."""

    address: str
    """Textual IP address: ``127.0.0.1``, ``::1``, ``0.0.0.0``, ``::``."""
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this host can reach it."""
        return is_loopback(self.address)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that an example or its installer wrote."""

    at_s: Annotated[float, Meta(description="Seconds since the start of the run.")]
    """From a monotonic clock."""
    source: str
    """``stdout``, ``stderr``, ``authorization``, ``docprobe``."""
    text: str
    """Without line end, at most 2,000 characters, secrets redacted, otherwise as written (hostile)."""

    def since(self, start: float) -> LogLine:
        """Return the line with its time, one of ``time.monotonic``, in seconds since ``start``.

        What was written before has a time below zero.
        """
        return replace(self, at_s=round(self.at_s - start, 4))


@dataclass(frozen=True, slots=True)
class ModuleAnswer:
    """What installed packages say of one module that code imports."""

    found: bool | None
    """Whether it is there; None if that is not known."""
    missing: tuple[str, ...] = ()
    """Names that were asked for and that it does not have."""
    words: str = ""
    """Why it is not there, or not known; the runtime's own words (hostile)."""
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For names that are missing: what it has under similar names, likeliest first."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the packages of one day say of imports."""

    date: str | None
    """ISO date up to whose end packages were resolved; None for today's."""
    packages: Mapping[str, str]
    answers: Mapping[str, ModuleAnswer]
    """By module; one that is not here was not answered."""
    failed: str | None = None
    """Why nothing could be looked up, as a clause."""
    lasting: bool = False
    """Whether what was not answered has the packages for a cause, so that it is the same all day."""


@dataclass(frozen=True, slots=True)
class TypeMessage:
    """One message of a type checker."""

    file: str
    line: int
    """1-based line of that file."""
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """What a type checker says of the files of a program that runs."""

    messages: tuple[TypeMessage, ...]
    version: str = ""
    """Of the checker."""
    own: bool = False
    """Whether the page states the checker's options; else they are strict."""
    failed: str | None = None
    """Why nothing could be checked, as a clause."""


RARELY: Final = 4
"""Requests for which a place ran rarely if it ran for fewer."""


@dataclass(frozen=True, slots=True)
class LibraryFunction:
    """A function of a package that a program executed."""

    package: str
    version: str
    """Empty if it is not known."""
    function: str
    """Untrusted, as the package is."""

    def __str__(self) -> str:
        package = f"{self.package} {self.version}".rstrip()
        return f"`{self.function}` of {package}"


@dataclass(frozen=True, slots=True)
class TracedExchange:
    """What a program executed for one request, next to a request that differs from it by what is wrong."""

    number: int
    """Of the exchange."""
    control: int
    """Number of the exchange that it is compared with; 0 if there is none like it."""
    ran: Mapping[str, tuple[int, ...]]
    """Lines that ran for it, by file of the bundle."""
    only: Mapping[str, tuple[tuple[int, int], ...]]
    """Places that ran for it and not for the control, by file: line from 1, column from 0 in bytes."""
    library: tuple[LibraryFunction, ...] = ()
    """Functions of packages that ran for it and not for the control."""
    rare: Mapping[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    """Places that ran for it and for few requests with which nothing is wrong, by file: line, column, how many."""
    kinds: Mapping[str, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    """Places that ran for it and for few other kinds of requests, by file: line, column, how many kinds."""
    places: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)
    """All places that ran for it, by file."""
