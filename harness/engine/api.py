"""Calls to the engine: in threads, each with a deadline, and errors a user can act on."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import anyio
import docker
import docker.context
import docker.errors
import docker.utils
import requests
from anyio import to_thread

from extractor.base.text import printable
from harness.base.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
T = TypeVar("T")

CALL_S: Final = 30.0
"""Deadline of an ordinary call, in seconds."""
SLOW_S: Final = 300.0
"""Deadline of a call that moves an image."""
_SILENT_S: Final = 2.0
"""Deadline of calls to an engine that hung before."""
_THREADS: Final = 32
_USUAL_SOCKET: Final = "unix:///var/run/docker.sock"
_RESTART: Final = "restart the engine (Debian's: `service docker restart`), then run it again"
_DOCTOR: Final = "`docprobe doctor` says what is missing; `docprobe doctor --fix` mends what it safely can"


class SilentError(EngineError):
    """The engine is there and does not answer: it hangs."""


class GoneError(EngineError):
    """What the call was about does not exist (any more)."""


class ConflictError(EngineError):
    """What the call was about is in use, or in another state."""


class Api:
    """The engine's API. ``raw`` is docker-py's low-level client; call it through :meth:`call` only."""

    def __init__(self, raw: docker.APIClient) -> None:
        self.raw = raw
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._silent = False

    async def call(
        self, what: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``function(*args, **kwargs)`` in a thread, within CALL_S; ``what`` names it: ``create a container``.

        A call that was begun is waited for even when the caller is cancelled, so that nothing is made behind its
        back. Raises GoneError, ConflictError or EngineError.
        """
        return await self.call_within(CALL_S, what, function, *args, **kwargs)

    async def call_within(
        self, deadline_s: float, what: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As :meth:`call`, with another deadline in seconds."""
        if self._silent:  # it hung before: do not wait as long for every further call
            deadline_s = min(deadline_s, _SILENT_S)
        with anyio.move_on_after(deadline_s, shield=True):
            try:
                result = await to_thread.run_sync(
                    partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=self._limiter
                )
                self._silent = False
                return result
            except docker.errors.NotFound as error:
                raise GoneError(f"the engine could not {what}: {_explain(error)}", _DOCTOR) from error
            except docker.errors.APIError as error:
                kind = ConflictError if error.status_code == 409 else EngineError
                raise kind(f"the engine could not {what}: {_explain(error)}", _DOCTOR) from error
            except (requests.RequestException, docker.errors.DockerException, OSError) as error:
                raise EngineError(f"the engine went away while asked to {what}: {error}", _DOCTOR) from error
        self._silent = True
        raise SilentError(f"the engine does not answer: asked to {what}, no reply within {deadline_s:g} s", _RESTART)


async def reach(environment: Mapping[str, str]) -> Api:
    """The engine that the environment names (DOCKER_HOST, the current docker context), or the usual one.

    Raises EngineError, with what to do, if none answers.
    """
    try:
        with anyio.fail_after(CALL_S):
            return Api(await to_thread.run_sync(partial(_client, environment), abandon_on_cancel=True))
    except TimeoutError as error:
        raise SilentError(f"the container engine does not answer within {CALL_S:g} s", _RESTART) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        where = environment.get("DOCKER_HOST") or "its usual socket"
        cause = _root_cause(error)
        step = "let this user reach the engine's socket (group docker), or run as root"
        raise EngineError(
            f"no container engine answers at {where}: {_words(cause)}",
            step if isinstance(cause, PermissionError) else _DOCTOR,
        ) from error


class _Client(docker.APIClient):
    """docker-py's client, deaf to the environment: REQUESTS_CA_BUNDLE would replace the CA of an engine's own TLS."""

    @property
    def trust_env(self) -> bool:
        """Whether requests reads proxies, CA bundles and netrc from the environment."""
        return False

    @trust_env.setter
    def trust_env(self, value: bool) -> None:
        pass


def _client(environment: Mapping[str, str]) -> docker.APIClient:
    """A client that has talked to its engine once. The API version is negotiated, never pinned."""
    settings: dict[str, Any] = {**docker.utils.kwargs_from_env(environment=dict(environment))}
    if "base_url" not in settings:
        context: Any = docker.context.ContextAPI.get_current_context()
        if context is not None and context.Host:
            settings |= {"base_url": context.Host, "tls": context.TLSConfig or False}
    _knock(settings.get("base_url") or _USUAL_SOCKET)
    return _Client(version="auto", timeout=int(SLOW_S), num_pools=_THREADS, **settings)


def _knock(address: str) -> None:
    """See whether somebody listens at a UNIX socket. Raises OSError, whose reason docker-py would bury."""
    scheme, _, path = address.partition("://")
    if scheme in ("unix", "http+unix") and path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)


def _explain(error: docker.errors.APIError) -> str:
    return printable(str(error.explanation or error))[:500]


def _words(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)[:300]


def _root_cause(error: BaseException) -> BaseException:
    """The innermost reason: docker-py and requests wrap it several times."""
    seen: BaseException = error
    for _ in range(10):
        inner = seen.__cause__ or seen.__context__ or next((a for a in seen.args if isinstance(a, BaseException)), None)
        inner = inner or getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            break
        seen = inner
    return seen


