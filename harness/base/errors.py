"""Errors of the harness. Each class has its exit code (README, "Exit codes")."""

from __future__ import annotations

from typing import ClassVar

from extractor.base.errors import BlockedError, DocprobeError, DocsError, StorageError, UsageError, unwritable

__all__ = [
    "BlockedError",
    "DocprobeError",
    "DocsError",
    "EngineError",
    "InstallError",
    "LastingError",
    "LinkError",
    "NotServingError",
    "NothingSelectedError",
    "PodError",
    "RegistryError",
    "StorageError",
    "UnsuitableError",
    "UsageError",
    "unwritable",
]


class NothingSelectedError(UsageError):
    """The selection matches no example; the hint names the nearest (exit 2)."""


class NoDocsRootError(UsageError):
    """No docs root was found at or above a folder."""


class LinkError(UsageError):
    """A file of a checkout is a link that leads out of it, or round in circles (exit 2)."""


class NotServingError(UsageError):
    """An example that was asked for by name does not serve (exit 2)."""


class EngineError(BlockedError):
    """The container engine is absent, does not answer, or failed for a reason outside the example (exit 3)."""


class UnsuitableError(EngineError):
    """Packages need more than docprobe's base image, its way of installing or its limits allow: the same all day."""


class PythonVersionError(UnsuitableError):
    """A package asks for a newer Python than an example was to be installed with."""


class LastingError(BlockedError):
    """docprobe itself prevented an answer, and only another page, setting or docprobe can change that.

    So ends an example that meets one of docprobe's limits on a machine that is not too busy for it.
    """


class PodError(BlockedError):
    """A pod broke for a reason outside the example: the tunnel ended, the anchor died, a limit was hit (exit 3)."""


class NoRestartError(PodError):
    """A server that docprobe did not start was to be started afresh."""


class RegistryError(BlockedError):
    """A package registry could not be reached, or answered with a server error (exit 3)."""


class InstallError(DocprobeError):
    """The registries answered and the example's dependencies cannot be installed: the docs' fault (exit 1).

    The example is ``not-running``; ``log`` holds the installer's last lines.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None, log: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.log = log
