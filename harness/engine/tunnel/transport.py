"""HTTP into the pod: httpx over httpcore over the tunnel.

URLs are those inside the pod, so the Host header and the origin are what a local client would send.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final

import anyio
import httpcore
import httpx
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from harness.engine.tunnel.channel import Channel
from harness.engine.tunnel.frames import MAX_PAYLOAD

Connect = Callable[[str, int], Awaitable[ByteStream]]
"""Opens a connection to a host and port inside the pod; OSError if it is refused. One that is refused later breaks."""
Close = Callable[[], Awaitable[None]]

_ERRORS: Final = {
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.ProtocolError: httpx.ProtocolError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}


class PodTransport(httpx.AsyncBaseTransport):
    """Transport whose connections are opened inside the pod."""

    def __init__(self, connect: Connect, *, kept: int = 40) -> None:
        """Take what opens connections, and how many that are idle are kept for later requests."""
        self._backend = _Backend(connect)
        self._pool = None
        if kept:
            self._pool = httpcore.AsyncConnectionPool(
                network_backend=self._backend, max_connections=200, max_keepalive_connections=kept
            )
        self._open: set[httpcore.AsyncHTTPConnection] = set()
        """Connections of requests that are not done, where none is kept: a pool would be asked for nothing."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the response's body is streamed."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        inner = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _httpx_errors(request):
            response, close = await (self._alone(inner) if self._pool is None else self._pooled(inner, self._pool))
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response, request, close),
            extensions=response.extensions,
        )

    async def _pooled(
        self, request: httpcore.Request, pool: httpcore.AsyncConnectionPool
    ) -> tuple[httpcore.Response, Close]:
        response = await pool.handle_async_request(request)
        return response, response.aclose

    async def _alone(self, request: httpcore.Request) -> tuple[httpcore.Response, Close]:
        """Send a request on a connection of its own; return the response, and what closes the connection."""
        connection = httpcore.AsyncHTTPConnection(request.url.origin, network_backend=self._backend)

        async def close() -> None:
            self._open.discard(connection)
            await connection.aclose()

        self._open.add(connection)
        try:
            return await connection.handle_async_request(request), close
        except BaseException:
            with anyio.CancelScope(shield=True):
                await close()
            raise

    async def aclose(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.aclose()
        while self._open:
            await self._open.pop().aclose()


class _Body(httpx.AsyncByteStream):
    """A response's body, with httpx's errors."""

    def __init__(self, response: httpcore.Response, request: httpx.Request, close: Close) -> None:
        self._response = response
        self._request = request
        self._close = close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors(self._request):
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        with _httpx_errors(self._request):
            try:
                await self._response.aclose()
            finally:
                await self._close()


@contextmanager
def _httpx_errors(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except tuple(_ERRORS) as error:
        for kind in type(error).__mro__:
            if kind in _ERRORS:
                raise _ERRORS[kind](str(error), request=request) from error
        raise


def _within(timeout: float | None) -> AbstractContextManager[object]:
    return nullcontext() if timeout is None else anyio.fail_after(timeout)


class _Backend(httpcore.AsyncNetworkBackend):
    """httpcore's view of the pod's network."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with _within(timeout):
                return _Stream(await self._connect(host, port))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host}:{port} did not accept in {timeout} s") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    """httpcore's view of one connection. What it writes is sent at once when it reads: few frames, one round trip."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._unsent = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            with _within(timeout):
                # a server may answer, and end the connection, before it has read everything
                with suppress(anyio.BrokenResourceError):
                    await self._send()
                return await self._stream.receive(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(f"received nothing for {timeout} s") from error
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise (self._refused() or httpcore.ReadError(_why(error))) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._unsent += buffer
        if len(self._unsent) < MAX_PAYLOAD:
            return
        try:
            with _within(timeout):
                await self._send()
        except TimeoutError as error:
            raise httpcore.WriteTimeout(f"could not send anything for {timeout} s") from error
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise (self._refused() or httpcore.WriteError(_why(error))) from error

    async def _send(self) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent:
            await self._stream.send(unsent)

    def _refused(self) -> httpcore.ConnectError | None:
        """Return the error of a connection that was not made; None if it was."""
        refusal = self._stream.refusal if isinstance(self._stream, Channel) else None
        return httpcore.ConnectError(str(refusal)) if refusal is not None else None

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            with _within(timeout):
                await self._send()
                return _Stream(
                    await TLSStream.wrap(
                        self._stream, hostname=server_hostname, ssl_context=ssl_context, standard_compatible=False
                    )
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no TLS handshake in time") from error
        except (ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream) as error:
            raise (self._refused() or httpcore.ConnectError(_why(error))) from error

    def get_extra_info(self, info: str) -> Any:
        # an idle connection that has something to read has been closed by the server: the pool must not use it again
        return self._stream.readable if info == "is_readable" and isinstance(self._stream, Channel) else None


def _why(error: Exception) -> str:
    return str(error.__cause__ or error) or "the connection was closed"
