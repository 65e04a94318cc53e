"""How examples of the protocol are talked to, by their kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, assert_never

from extractor.base.loopback import IPV4_LOOPBACK
from extractor.model import ExampleKind
from harness.base.errors import BlockedError
from harness.base.redaction import redact_texts
from harness.profile import ReadyEndpoint
from harness.profiles.mcp.revisions import offered_versions
from harness.profiles.mcp.tokens import GivenTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Bundle
    from harness.engine.protocol import Pod, Service
    from harness.model import LogLine, Transcript
    from harness.profile import ProbeSettings
    from harness.profiles.mcp.tokens import TokenSource


Recorded = TypeVar("Recorded")
_TOO_MANY: Final = 429
_WORDS: Final = ("mcp", "modelcontextprotocol", "jsonrpc", "initialize", "registertool", "setrequesthandler")


def concerns_mcp(bundle: Bundle) -> bool:
    """Return whether a program is about the protocol: a server of something else has none of its words."""
    if bundle.kind is not ExampleKind.HTTP_SERVER:
        return True
    return any(word in file.text.lower() for file in bundle.files for word in _WORDS)


class McpProbe:
    """The protocol's :class:`harness.profile.Probe` for one bundle. Its parts are imported when something is asked."""

    def __init__(self, bundle: Bundle) -> None:
        """Make the authorization server, or the scripted server, that ``bundle`` expects beside it."""
        from harness.profiles.mcp.services.factory import services_for

        self._bundle = bundle
        self._beside = services_for(bundle)
        self._tokens: TokenSource | None = self._beside.tokens

    @property
    def services(self) -> tuple[Service, ...]:
        """What the example expects beside it."""
        return self._beside.services

    async def converse(self, pod: Pod, settings: ProbeSettings, progress: Callable[[str], None]) -> Transcript:
        """Hold the whole conversation with the started example (one that serves HTTP listens already)."""
        bundle = self._bundle
        if settings.tokens:
            self._tokens = GivenTokens(settings.tokens)
        match bundle.kind:
            case ExampleKind.HTTP_SERVER:
                from harness.profiles.mcp.probes.converse_http import converse_http

                progress("probing")
                redacting = replace(settings, heard=lambda so_far: settings.heard(self._redacted(so_far)))
                transcript = await converse_http(pod, bundle, redacting, self._tokens, progress)
            case ExampleKind.STDIO_SERVER:
                from harness.profiles.mcp.probes.converse_stdio import converse_stdio

                progress("probing over stdin and stdout")
                transcript = await converse_stdio(
                    pod,
                    bundle,
                    revisions=settings.revisions,
                    timeout_s=settings.timeout_s,
                    start_s=settings.start_s,
                    most_bytes=settings.exchange_bytes,
                )
            case ExampleKind.CLIENT:
                from harness.profiles.mcp.probes.converse_client import converse_client

                progress("watching what it sends")
                transcript = await converse_client(pod, bundle, self._beside.scripted, timeout_s=settings.start_s)
            case ExampleKind.OTHER:
                raise AssertionError("an example of kind other has no bundle")
            case _:
                assert_never(bundle.kind)
        if not self.serves(transcript) and _only_too_many(transcript):
            raise BlockedError(
                "the example answered 429 to every initialize, also after waiting as long as it asked for",
                "raise its rate limit to a few requests per second",
            )
        return self._redacted(transcript)

    def redact(self, logs: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Return log lines without the tokens that were issued to the example."""
        return self._redacted(tuple(logs))

    def _redacted(self, recorded: Recorded) -> Recorded:
        return recorded if self._tokens is None else redact_texts(recorded, self._tokens.redact)

    def serves(self, transcript: Transcript) -> bool:
        """Return whether the baseline was served: with a failed one every verdict would be made up.

        An example that served an initialize and refused the next request for load runs: what needs more than it gave
        stays open.
        """
        served = transcript.facts.not_served is None or transcript.facts.refused_for_load
        return bool(transcript.negotiated) and served

    def failure(self, transcript: Transcript) -> str:
        """Return why the baseline was not served."""
        return transcript.facts.not_served or ""

    async def find_endpoint(self, pod: Pod, settings: ProbeSettings) -> ReadyEndpoint:
        """Find where the listening example serves, with a token if it demands one."""
        from harness.exchanges.recorder import Recorder
        from harness.profiles.mcp.messages import EndpointAddress
        from harness.profiles.mcp.probes import discovery
        from harness.profiles.mcp.probes.access import authorize
        from harness.profiles.mcp.probes.probed_server import ProbedServer

        sockets = pod.sockets()
        bundle, tokens = self._bundle, self._tokens
        recorder = Recorder(
            pod.transport,
            timeout_s=settings.timeout_s,
            start_s=settings.start_s,
            budget_s=settings.start_s + 6 * settings.timeout_s,
            exchange_bytes=settings.exchange_bytes,
        )
        try:
            peer = ProbedServer(
                pod,
                recorder,
                EndpointAddress(IPV4_LOOPBACK, sockets[0].port, "/"),
                tokens,
                start_s=settings.start_s,
                stated_headers=bundle.stated_headers,
            )
            addresses = discovery.candidate_addresses(
                sockets, bundle.endpoint_paths, pod.logs(), bundle.host_names, bundle.stated_endpoints
            )
            answer = await discovery.find_endpoint(peer, addresses, settings.revisions)
            if answer is not None and answer.status == discovery.UNAUTHORIZED:
                await authorize(peer, answer, offered_versions(settings.revisions)[0])
        finally:
            await recorder.close()
        token = None
        if peer.token is not None and tokens is not None:
            token = tokens.token(peer.token, audience=peer.audience)
        address = peer.address
        return ReadyEndpoint(
            address.ip.strip("[]"), address.port, address.target, address.public_url, token, peer.stated_headers
        )


def _only_too_many(transcript: Transcript) -> bool:
    """Return whether nothing but 429 (RFC 6585, section 4) was ever answered where an address answered at all."""
    statuses = [exchange.status for exchange in transcript.exchanges]
    return _TOO_MANY in statuses and not any(status is not None and 200 <= status < 300 for status in statuses)
