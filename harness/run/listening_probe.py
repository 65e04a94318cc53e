"""The probe of examples that no specification asks anything of: they start, and listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.base.loopback import IPV4_LOOPBACK
from extractor.model import ExampleKind
from harness.base.errors import BlockedError
from harness.model import Transcript
from harness.profile import ReadyEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Bundle
    from harness.engine.protocol import Pod, Service
    from harness.model import LogLine
    from harness.profile import ProbeSettings


class ListeningProbe:
    """A :class:`harness.profile.Probe` that sends nothing."""

    def __init__(self, bundle: Bundle) -> None:
        """Take a bundle. Raises BlockedError unless it serves HTTP: of anything else nothing general can be said."""
        if bundle.kind is not ExampleKind.HTTP_SERVER:
            raise BlockedError(
                f"the profile has no probe for an example of kind {bundle.kind.value}",
                "name another profile in docprobe.toml, or leave it out: a directive with skip above its block",
            )
        self._kind = bundle.kind

    @property
    def services(self) -> tuple[Service, ...]:
        """Nothing is expected beside it."""
        return ()

    async def converse(self, pod: Pod, settings: ProbeSettings, progress: Callable[[str], None]) -> Transcript:
        """Return a transcript without exchanges: the example listens, or it would not have come here."""
        return Transcript("", self._kind, (), sockets=pod.sockets(), logs=self.redact(pod.logs()))

    def serves(self, transcript: Transcript) -> bool:
        """Return whether it listens."""
        return bool(transcript.sockets)

    def failure(self, transcript: Transcript) -> str:
        """Return why it does not serve."""
        return "" if transcript.sockets else "it no longer listens"

    def redact(self, logs: Sequence[LogLine]) -> tuple[LogLine, ...]:
        """Return the lines as they are: the example was given no secrets."""
        return tuple(logs)

    async def find_endpoint(self, pod: Pod, settings: ProbeSettings) -> ReadyEndpoint:
        """Return the root of the first port on which it listens."""
        sockets = pod.sockets()
        if not sockets:
            raise BlockedError("the example does not listen on any port", "see its log")
        port = sockets[0].port
        return ReadyEndpoint(IPV4_LOOPBACK, port, "/", f"http://localhost:{port}/")
