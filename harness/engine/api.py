"""Calls to the container engine: in threads, each with a deadline, and with errors that a user can act on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import anyio
import docker
import docker.errors
import requests
from anyio import to_thread

from extractor.base.text import printable
from harness.base.errors import EngineError
from harness.engine.docker_client import THREADS, address_of_context, open_client
from harness.engine.engine_info import EngineInfo
from harness.engine.ssh import SOCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.base.host import HostEnvironment

P = ParamSpec("P")
T = TypeVar("T")

CALL_S: Final = 30.0
"""Deadline of an ordinary call, in seconds."""
_SILENT_S: Final = 2.0
"""Deadline of calls to an engine that did not answer the call before, in seconds."""
_RESTART: Final = "restart the engine (on Debian: `service docker restart`), then run docprobe again"
_DOCTOR: Final = "run `docprobe doctor` to see what is missing, or `docprobe doctor --fix` to set it up"
_ELSEWHERE: Final = {
    "tcp://": "check that the engine listens there; for TLS set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder"
    " with ca.pem, cert.pem and key.pem",
    "ssh://": f"check that the engine's socket is there: {SOCKET}, unless the address ends with another path",
}
"""What to look at if an engine on another machine does not answer, by the beginning of its address."""


class SilentError(EngineError):
    """The engine is there and does not answer."""


class GoneError(EngineError):
    """The object of the call does not exist, or no longer."""


class ConflictError(EngineError):
    """The object of the call is in use, or in a state that does not allow it."""


class Api:
    """The engine's API. ``raw`` is docker-py's low-level client; call it through :meth:`call` only."""

    def __init__(self, raw: docker.APIClient, *, forwarded: bool = False) -> None:
        """``forwarded``: the socket is one of this machine that leads to another."""
        self.raw = raw
        self._forwarded = forwarded
        self._limiter = anyio.CapacityLimiter(THREADS)
        self._silent = False

    @property
    def is_local(self) -> bool:
        """Whether the engine is reached through its own UNIX socket on this machine."""
        return str(self.raw.base_url).startswith("http+docker://") and not self._forwarded

    async def info(self) -> EngineInfo:
        """Return what the engine reports about itself. Raises EngineError."""
        what = "describe itself"
        return EngineInfo.of(await self.call(what, self.raw.info), await self.call(what, self.raw.version))

    async def call(self, what: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(*args, **kwargs)`` in a thread and return its result; at most CALL_S seconds.

        A call that was begun is waited for even when the caller is cancelled, so that nothing is created unnoticed.

        Args:
            what: completes "the engine could not …" in errors: ``create a container``.
            function: a method of ``raw``, or a function that calls several.
            args: its arguments.
            kwargs: its keyword arguments.

        Raises:
            GoneError: the object of the call does not exist.
            ConflictError: it is in use.
            SilentError: there was no answer in time.
            EngineError: anything else went wrong.
        """
        return await self.call_within(CALL_S, what, function, *args, **kwargs)

    async def call_within(
        self, deadline_s: float, what: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As :meth:`call`, with another deadline in seconds."""
        if self._silent:  # it did not answer before: do not wait as long for every further call
            deadline_s = min(deadline_s, _SILENT_S)
        with anyio.move_on_after(deadline_s, shield=True):
            try:
                result = await to_thread.run_sync(
                    partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=self._limiter
                )
                self._silent = False
                return result
            except docker.errors.NotFound as error:
                raise GoneError(f"the engine could not {what}: {_explanation(error)}", _DOCTOR) from error
            except docker.errors.APIError as error:
                kind = ConflictError if error.status_code == 409 or _is_ending(error) else EngineError
                raise kind(f"the engine could not {what}: {_explanation(error)}", _DOCTOR) from error
            except (requests.RequestException, docker.errors.DockerException, OSError) as error:
                raise EngineError(
                    f"the connection to the engine broke while it was asked to {what}: {error}", _DOCTOR
                ) from error
        self._silent = True
        raise SilentError(f"the engine did not {what} within {deadline_s:g} s: it does not answer", _RESTART)


async def open_api(host: HostEnvironment) -> Api:
    """Connect to the engine that the host's environment names (DOCKER_HOST, the docker context), or the usual one.

    Raises:
        SilentError: it does not answer.
        EngineError: there is none, or this user may not reach it.
    """
    try:
        with anyio.fail_after(CALL_S):
            client = await to_thread.run_sync(partial(open_client, host), abandon_on_cancel=True)
            return Api(client, forwarded=client.forward is not None)
    except TimeoutError as error:
        raise SilentError(f"the container engine does not answer within {CALL_S:g} s", _RESTART) from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        where = host.get("DOCKER_HOST") or address_of_context(host) or "its usual socket"
        cause = _root_cause(error)
        permit = "let this user reach the engine's socket (group docker), or run docprobe as root"
        hint = next((hint for scheme, hint in _ELSEWHERE.items() if where.startswith(scheme)), _DOCTOR)
        raise EngineError(
            f"no container engine answers at {where}: {_reason(cause)}",
            permit if isinstance(cause, PermissionError) else hint,
        ) from error


def _is_ending(error: docker.errors.APIError) -> bool:
    """Return whether Podman says, with status 500, that it removes the container itself, or another one needs it."""
    said = str(error.explanation)
    return error.status_code == 500 and ("state improper" in said or "has dependent containers" in said)


def _explanation(error: docker.errors.APIError) -> str:
    return printable(str(error.explanation or error))[:500]


def _reason(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)[:300]


def _root_cause(error: BaseException) -> BaseException:
    """Return the innermost cause: docker-py and requests wrap it several times."""
    cause: BaseException = error
    for _ in range(10):
        inner = cause.__cause__ or cause.__context__
        inner = inner or next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        inner = inner or getattr(cause, "reason", None)
        if not isinstance(inner, BaseException):
            break
        cause = inner
    return cause
