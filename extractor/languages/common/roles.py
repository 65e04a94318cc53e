"""What code does in the terms of a specification, and the knowledge by which a specification decides it.

The extractor knows languages, package managers and web frameworks. Which classes make a server of the protocol that the
docs specify, and which code is about that protocol at all, is handed in as a :class:`CodeProfile`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from extractor.languages.common.addresses import is_side_path
from extractor.model import Dependency, ExampleKind, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.languages.common.modes import Modes


class Start(StrEnum):
    """How a program is started."""

    RUN = "run"
    """Its own code starts it when the file is run."""
    APP = "app"
    """It makes an ASGI application that a server has to serve."""
    HANDLER = "handler"
    """It exports a request handler that a server has to serve."""
    NONE = "none"
    """Nothing in it starts anything."""


@dataclass(frozen=True, slots=True)
class Role:
    """What code does, by its facts."""

    kind: ExampleKind
    start: Start
    relevant: bool
    """Whether the code is about what the specification specifies."""
    line: int = 1
    """Line that decided, 1-based."""
    handle: str | None = None
    """Name of the application, handler or server object that would have to be started."""
    why: str = ""
    """For code that is not a program: what it is instead, as a clause for reports."""
    obstacle: str = ""
    """For a program that a conversation cannot judge: why, as such a clause."""
    modes: Modes | None = None
    """For a server of several transports: what decides which of them it serves."""
    is_transport_guessed: bool = False
    """Whether the code does not state its transport, and what its library takes then is not known."""


def _unknown_role(_files: Sequence[CodeFacts]) -> Role:
    return Role(ExampleKind.OTHER, Start.NONE, relevant=False, why="neither starts a server nor connects to one")


def _no_paths(_files: Sequence[CodeFacts], _services: Sequence[ServiceRequest]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """What a specification knows of programs in one language. The default recognises nothing."""

    role: Callable[[Sequence[CodeFacts]], Role] = _unknown_role
    """The role of a program whose files have these facts, the main file's first."""
    endpoint_paths: Callable[[Sequence[CodeFacts], Sequence[ServiceRequest]], tuple[str, ...]] = _no_paths
    """Paths at which a server may offer its endpoint, best first; not those of the services beside it."""
    registrations: frozenset[str] = frozenset()
    """Methods or decorators whose functions run only when a client asks for them."""
    loaders: Mapping[str, Dependency] = field(default_factory=dict)
    """Commands with ``run FILE`` that import a file and run the server in it, and the packages they belong to."""
    http_transports: frozenset[str] = frozenset()
    """Values of such a command's ``--transport`` that mean HTTP; any other means stdio."""
    stdio_settings: tuple[str, ...] = ()
    """Settings, lower case as ``name=value``, by which a program serves stdio whatever its packages are."""


USUAL_AUTHORIZATION: Final = ServiceRequest(
    "authorization",
    "localhost",
    8080,
    {"realm": "master", "client_id": "docprobe-client", "client_secret": "docprobe-client-secret"},
)
"""Keycloak's default address and realm. A profile's own has the same three settings."""
_NO_RULES: Final = LanguageRules()


@dataclass(frozen=True, slots=True)
class CodeProfile:
    """What a specification makes of the code in its docs."""

    rules: Mapping[str, LanguageRules] = field(default_factory=dict)
    """By name of the language."""
    words: tuple[str, ...] = ()
    """Lower-case words that mark a text that does not parse as relevant."""
    listed_words: tuple[str, ...] = ()
    """The same for languages without a parser, whose code is only listed."""
    host_configuration: str | None = None
    """Key of a JSON configuration that maps names to ``command``, ``args`` and ``env`` of servers to start."""
    scaffolds: Mapping[str, str] = field(default_factory=dict)
    """Packages that need a generated project around the program; what the program is, as a clause for reports."""
    spawning: frozenset[str] = frozenset()
    """Calls by which a client starts its server: with a command, or with the path of a script."""
    authorization: ServiceRequest = USUAL_AUTHORIZATION
    """The authorization server that examples expect where the docs leave the details to the reader."""
    may_be_endpoint: Callable[[str], bool] = lambda path: not is_side_path(path)
    """Whether the endpoint may be at a path that the page names."""
    tool_ports: frozenset[int] = frozenset()
    """Ports of tools beside every server, such as an inspector's, where no server of a page is."""
    protocol_headers: frozenset[str] = frozenset()
    """Lower-case names of headers that the protocol itself sets in every request."""
    local_modules: frozenset[str] = frozenset()
    """Names that docs give to modules of the reader; a package of that name is never meant."""
    brought: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Packages that another one brings with it, so that a reader who installs that one can import them."""
    python_packages: Mapping[str, str] = field(default_factory=dict)
    """Import name to distribution name, added to the extractor's table."""
    features: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of crates: the feature that code needs which has a certain word, where the page states no features."""
    jvm_packages: Mapping[str, str] = field(default_factory=dict)
    """Beginning of a Java package's name to ``group:artifact``, for pages that have no build file."""

    @property
    def loaders(self) -> tuple[str, ...]:
        """The loaders of all languages, each once."""
        return tuple(dict.fromkeys(name for rules in self.rules.values() for name in rules.loaders))

    def of(self, language: str) -> LanguageRules:
        """Return the rules for a language, by its name."""
        return self.rules.get(language, _NO_RULES)
