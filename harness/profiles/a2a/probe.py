"""How an example of the protocol is talked to: a :class:`harness.profile.Probe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.base.errors import BlockedError
from harness.base.jsonrpc import METHOD_NOT_FOUND, error_code
from harness.exchanges.http_exchange import StoppedError
from harness.exchanges.recorder import Recorder
from harness.model import Facts, Incident, Transcript
from harness.profile import ReadyEndpoint
from harness.profiles.a2a import steps
from harness.profiles.a2a.conversation import Found, converse, find_agent
from harness.profiles.a2a.reading import response_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Bundle
    from harness.engine.protocol import Pod, Service
    from harness.model import LogLine
    from harness.profile import ProbeSettings

_BUDGET_TIMEOUTS: Final = 16
"""The conversation's budget in multiples of the time for one answer."""
_LEAST_BUDGET_S: Final = 120.0


class A2aProbe:
    """Talks to one agent over JSON-RPC. Agents with other bindings only have their card read."""

    def __init__(self, bundle: Bundle) -> None:
        """Take the bundle that will be started."""
        self._bundle = bundle
        self._headers = tuple((header.name, header.value) for header in bundle.stated_headers)

    @property
    def services(self) -> tuple[Service, ...]:
        """Nothing is expected beside an agent."""
        return ()

    async def converse(self, pod: Pod, settings: ProbeSettings, progress: Callable[[str], None]) -> Transcript:
        """Hold the whole conversation with the started agent."""
        progress("probing")
        recorder, sockets = _recorder(pod, settings), pod.sockets()
        found, stopped = Found(None, None, None, "it does not listen on any port"), None
        try:
            if sockets:
                found = await find_agent(recorder, sockets, self._bundle, self._headers)
                await converse(recorder, found)
        except StoppedError as error:
            stopped = Incident(len(recorder.exchanges), str(error))
        finally:
            await recorder.close()
        served = found.card is not None or (found.first is not None and response_of(found.first.exchange) is not None)
        return Transcript(
            self._bundle.example_id,
            self._bundle.kind,
            recorder.exchanges,
            negotiated=(steps.REVISION,) if served and _speaks_it(found) else (),
            sockets=sockets,
            endpoint=found.agent.place.public_url if found.agent is not None else None,
            logs=pod.logs(),
            facts=Facts(
                not_served=None if served else found.failure,
                stopped=stopped,
                stated_headers=tuple(name for name, _ in self._headers),
            ),
        )

    def serves(self, transcript: Transcript) -> bool:
        """Return whether it runs: its card is there, or it answers messages as JSON-RPC answers."""
        return transcript.facts.not_served is None

    def failure(self, transcript: Transcript) -> str:
        """Return why it does not serve."""
        return transcript.facts.not_served or ""

    def redact(self, logs: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Return the lines as they are: the example was given no secrets."""
        return tuple(logs)

    async def find_endpoint(self, pod: Pod, settings: ProbeSettings) -> ReadyEndpoint:
        """Find where the listening agent speaks JSON-RPC."""
        recorder, sockets = _recorder(pod, settings), pod.sockets()
        if not sockets:
            raise BlockedError("the example does not listen on any port", "see its log")
        try:
            found = await find_agent(recorder, sockets, self._bundle, self._headers)
        finally:
            await recorder.close()
        if found.agent is None:
            raise BlockedError(found.failure, "see the log of the example, and what its card declares")
        place = found.agent.place
        return ReadyEndpoint(place.ip.strip("[]"), place.port, place.path, place.public_url, headers=self._headers)


def _speaks_it(found: Found) -> bool:
    """Return whether an agent speaks this version: agents of 0.3 have another card, and no method SendMessage."""
    if found.card is not None and "supportedInterfaces" in found.card:
        return True
    first = response_of(found.first.exchange) if found.first is not None else None
    if first is None:
        return found.card is not None and "protocolVersion" not in found.card
    return error_code(first) not in (METHOD_NOT_FOUND, steps.VERSION_NOT_SUPPORTED)


def _recorder(pod: Pod, settings: ProbeSettings) -> Recorder:
    return Recorder(
        pod.transport,
        timeout_s=settings.timeout_s,
        start_s=settings.start_s,
        budget_s=max(_LEAST_BUDGET_S, _BUDGET_TIMEOUTS * settings.timeout_s),
        exchange_bytes=settings.exchange_bytes,
    )
