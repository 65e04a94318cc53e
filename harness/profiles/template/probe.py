"""The conversation with an example of the template protocol: what is sent and what came back, for rules to read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx

from extractor.base.loopback import IPV4_LOOPBACK
from extractor.model import ExampleKind
from harness.base.errors import BlockedError
from harness.model import Exchange, Failure, FailureKind, Reply, Transcript
from harness.profile import ReadyEndpoint
from harness.profiles.template.rules import LIST_STEP, REVISION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Bundle
    from harness.engine.protocol import Pod, Service
    from harness.model import LogLine
    from harness.profile import ProbeSettings


def serves_http(bundle: Bundle) -> bool:
    """Return whether the probe can talk to a bundle."""
    return bundle.kind is ExampleKind.HTTP_SERVER


class TemplateProbe:
    """A :class:`harness.profile.Probe`."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle that will be started."""
        self._kind = bundle.kind

    @property
    def services(self) -> tuple[Service, ...]:
        """What the example expects beside it, such as an authorization server: nothing."""
        return ()

    async def converse(self, pod: Pod, settings: ProbeSettings, progress: Callable[[str], None]) -> Transcript:
        """Send every request of the conversation; the example listens already."""
        progress("probing")
        endpoint = await self.find_endpoint(pod, settings)
        async with httpx.AsyncClient(transport=pod.transport(), timeout=settings.timeout_s) as client:
            exchanges = (await _get(client, endpoint, number=1, step=LIST_STEP),)
        return Transcript(
            example_id="",
            kind=self._kind,
            exchanges=exchanges,
            # the revisions that it speaks: it is judged by their text
            negotiated=(REVISION,),
            sockets=pod.sockets(),
            endpoint=endpoint.url,
            logs=self.redact(pod.logs()),
        )

    def serves(self, transcript: Transcript) -> bool:
        """Return whether it runs, in the specification's sense: here, that it answers at all."""
        return any(exchange.reply is not None for exchange in transcript.exchanges)

    def failure(self, transcript: Transcript) -> str:
        """Return why it does not serve, as part of a sentence."""
        return "GET /things is not answered"

    def redact(self, logs: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Return log lines without the secrets that the example was given: it has none."""
        return tuple(logs)

    async def find_endpoint(self, pod: Pod, settings: ProbeSettings) -> ReadyEndpoint:
        """Return where the listening example serves."""
        sockets = pod.sockets()
        if not sockets:
            raise BlockedError("the example does not listen on any port", "see its log")
        return ReadyEndpoint(IPV4_LOOPBACK, sockets[0].port, "/things", f"http://localhost:{sockets[0].port}/things")


async def _get(client: httpx.AsyncClient, endpoint: ReadyEndpoint, *, number: int, step: str) -> Exchange:
    """Send one GET and return the exchange, with or without a reply."""
    headers = (("host", f"localhost:{endpoint.port}"), ("accept", "application/json"))
    began = time.monotonic()
    reply, failure = None, None
    try:
        answer = await client.get(f"http://{endpoint.address}:{endpoint.port}{endpoint.path}", headers=list(headers))
        reply = Reply(
            answer.status_code, tuple(answer.headers.multi_items()), answer.text, body_bytes=len(answer.content)
        )
    except httpx.TimeoutException as error:
        failure = Failure(FailureKind.TIMEOUT, str(error))
    except httpx.HTTPError as error:
        failure = Failure(FailureKind.RESET, str(error))
    return Exchange(
        number=number,
        step=step,
        revision=REVISION,
        process=0,
        method="GET",
        target=endpoint.path,
        headers=headers,
        body="",
        reply=reply,
        failure=failure,
        started_s=0.0,
        duration_s=round(time.monotonic() - began, 3),
    )
