"""Hold the conversation with a server that the user runs, and judge it by the normative text: ``docprobe probe``."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import httpx

from extractor.base.text import one_line
from extractor.model import Bundle, ExampleKind, Manager, Span, StatedHeader
from harness.base.errors import NotServingError
from harness.base.redaction import redact_texts
from harness.model import NAMED_SERVER
from harness.run.attempt import make_probe
from harness.run.running_program import RunningProgram
from harness.run.running_server import RunningServer, ServerAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from harness.config import Config
    from harness.engine.protocol import Pod
    from harness.model import Transcript

_SECRET = "<secret>"


async def probe_server(
    server: ServerAddress | tuple[str, ...],
    config: Config,
    *,
    name: str,
    headers: Mapping[str, str],
    tokens: Mapping[str, str],
    per_second: float,
    ends_sessions: bool,
    progress: Callable[[str], None],
) -> Transcript:
    """Return the conversation with a running server.

    Args:
        server: where it is, or the command of a program that speaks over stdin and stdout.
        config: the revisions that are asked for, and the limits.
        name: what errors call it.
        headers: what every request carries; their values are redacted.
        tokens: bearer tokens by label: of user 1, who asks, and of user 2 if there is one; redacted, too.
        per_second: the most requests that are sent in a second.
        ends_sessions: whether DELETE may be sent.
        progress: called when something begins.

    Raises:
        NotServingError: it does not serve what the specification calls a server.
        UsageError: the program cannot be started.
        BlockedError: docprobe, or its environment, prevented an answer.
    """
    if tokens and not config.profile.takes_tokens:
        headers = {**headers, "Authorization": f"Bearer {next(iter(tokens.values()))}"}
    bundle = _bundle(server, name, headers)
    probe = make_probe(bundle, config.profile)
    settings = replace(config.probe_settings, ends_sessions=ends_sessions, tokens=tokens)
    if isinstance(server, ServerAddress):
        # it runs already: its first answer may take no longer than any other
        settings = replace(settings, endpoint=server.target, start_s=config.timeout_s)
    async with _connected(server, config, per_second) as pod:
        transcript = await probe.converse(pod, settings, progress)
    # what a server at an address is bound to is not known
    transcript = replace(transcript, sockets=())
    for value in filter(None, {word for text in headers.values() for word in (text, text.split(" ")[-1])}):
        transcript = redact_texts(transcript, lambda text, value=value: text.replace(value, _SECRET))  # type: ignore[misc]
    if not probe.serves(transcript):
        raise _not_serving(server, name, transcript, probe.failure(transcript) or config.profile.serving.fails, tokens)
    endpoint = httpx.URL(transcript.endpoint or "")
    if isinstance(server, ServerAddress) and endpoint.raw_path != server.url.raw_path:
        raise NotServingError(f"{name} does not serve; {endpoint.path} does", "give that path in the URL")
    return transcript


def _not_serving(
    server: ServerAddress | tuple[str, ...],
    name: str,
    transcript: Transcript,
    reason: str,
    tokens: Mapping[str, str],
) -> NotServingError:
    """Return the error that says why a server cannot be judged, with what may help."""
    if not isinstance(server, ServerAddress):
        hint = "it must read messages from its stdin and answer them on its stdout"
        said = next((line.text for line in reversed(transcript.logs) if line.text.strip()), "")
        words = f"{name} does not serve: {reason}" + (f"; its stderr ends with: {one_line(said)}" if said else "")
        return NotServingError(words, hint)
    if transcript.demands_token and not tokens:
        return NotServingError(
            f"{name} requires a token, and none was given",
            "give one with --token, DOCPROBE_TOKEN, or an `Authorization: Bearer` line of --header-file",
        )
    if transcript.demands_token:
        return NotServingError(f"{name} does not serve: {reason}", "give a token that it accepts")
    return NotServingError(
        f"{name} does not serve: {reason}",
        "check that the server speaks the protocol of --spec, and the scheme and path of the URL",
    )


@asynccontextmanager
async def _connected(server: ServerAddress | tuple[str, ...], config: Config, per_second: float) -> AsyncIterator[Pod]:
    if isinstance(server, ServerAddress):
        yield RunningServer(server, per_second)
        return
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        program = RunningProgram(server, config.host.variables, tasks)
        try:
            await program.start()
            yield program
        except Exception as error:  # as it is, not as the task group's ExceptionGroup
            failure = error
        finally:
            await program.stop()
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


def _bundle(server: ServerAddress | tuple[str, ...], name: str, headers: Mapping[str, str]) -> Bundle:
    """Return what the probe must know of the server, as if a page had stated it."""
    at = isinstance(server, ServerAddress)
    where = Span(name, 1, 1)
    paths: Sequence[str] = (server.target,) if isinstance(server, ServerAddress) else ()
    return Bundle(
        example_id=f"{NAMED_SERVER}#{'http' if at else 'stdio'}",
        language="",
        kind=ExampleKind.HTTP_SERVER if at else ExampleKind.STDIO_SERVER,
        toolchain="",
        files=(),
        manager=Manager.NPM,
        dependencies=(),
        command=() if isinstance(server, ServerAddress) else server,
        endpoint_paths=tuple(paths),
        stated_headers=tuple(StatedHeader(header, value, where) for header, value in headers.items()),
        host_names=(server.authority,) if isinstance(server, ServerAddress) else (),
    )
