"""One frozen configuration, built once at the edge: defaults < profile < file < environment < flags."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from extractor.model import ExampleOverride, Layout
from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.engine.protocol import Limits
from harness.model import FailOn, Gate, Resolve, SettingsSource
from harness.profile import ProbeSettings, Profile
from harness.rule import Catalogue

__all__ = ["Config", "ExampleOverride"]


_COUNT: Final = re.compile(r"[0-9]{1,4}")
"""As many digits as the published results take."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts into which a run is divided."""

    index: int
    """Counted from 1."""
    count: int
    texts: Mapping[str, int] = field(default_factory=dict)
    """Which part a text belongs to by a plan, by digest."""
    plan: str = ""
    """The plan's file, for messages."""

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that ``I/N`` names. Raises UsageError unless 1 <= I <= N."""
        first, slash, second = text.partition("/")
        if slash and _COUNT.fullmatch(first) and _COUNT.fullmatch(second) and 1 <= int(first) <= int(second):
            return cls(int(first), int(second))
        raise UsageError(f"invalid --shard '{text}': expected I/N with 1 <= I <= N", "the first of four is --shard 1/4")

    def holds(self, digest: str) -> bool:
        """Return whether a distinct text belongs to this shard: identical copies are always in the same one."""
        if digest in self.texts:
            return self.texts[digest] == self.index
        return int.from_bytes(hashlib.sha256(digest.encode()).digest()[:8]) % self.count == self.index - 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run. Nothing reads the environment of the process after it is built."""

    docs: Path
    """The docs root."""
    layout: Layout
    profile: Profile
    bindings: Path | None = None
    """Bindings of the profile's catalogue to the sentences of the docs; None: statements are not bound."""
    spec: Path | None = None
    """Docs root that holds the normative text, if it is another tree."""
    spec_layout: Layout | None = None
    """Where that tree has its revisions and normative pages."""
    schema: Path | None = None
    """Folder of the revisions' JSON Schemas; None: ``schema`` beside the docs root of the normative text, if there."""
    file: Path | None = None
    """The docprobe.toml that was read."""
    file_places: tuple[Path, ...] = ()
    """Where one was looked for, in order: of those, the first that is there is ``file``."""
    overrides: Mapping[str, ExampleOverride] = field(default_factory=dict)
    python_packages: Mapping[str, str] = field(default_factory=dict)
    """Import name to package name, added to the built-in table."""
    limits: Limits = field(default_factory=Limits)
    state: Path = Path(".cache")
    """Folder of caches and of the last run."""
    select: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()
    changed_since: str | None = None
    gate: Gate = Gate.NEW
    """With ``changed_since``: which findings may fail the run."""
    fail_on: FailOn = FailOn.MUST
    baseline: Path | None = None
    """The file of known findings, if there is one."""
    baseline_place: Path | None = None
    """Where it is looked for; None if none is wanted."""
    jobs: int = 1
    scheduler: str | None = None
    """Address of a Dask scheduler whose workers run the texts; None: this machine's engine does."""
    shard: Shard | None = None
    resolve: Resolve = Resolve.TODAY
    no_cache: bool = False
    trace: bool = True
    """Whether a program that violates something is run once more, traced, to find the lines to blame."""
    strict: bool = False
    history: Path | None = None
    runtime: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    """Toolchain to the image that is used for it."""
    images_lock: Path | None = None
    """Digests of images that the project keeps beside its docprobe.toml, if there is such a file."""
    images_lock_place: Path | None = None
    """Where it is looked for."""
    lock: Path | None = None
    settings: SettingsSource = field(default_factory=SettingsSource)
    """Whose configuration, baseline and lock these are."""
    timeout_s: float = 10.0
    """Time to wait for response headers."""
    host: HostEnvironment = field(default_factory=HostEnvironment)
    """The environment of this process, for programs on this machine, the engine and installs."""

    @property
    def rules_layout(self) -> Layout:
        """Where the tree that holds the normative text has its revisions and normative pages."""
        whole = self.layout if self.spec is not None or not self.layout.only else replace(self.layout, only=())
        return self.spec_layout or whole

    @property
    def schema_folder(self) -> Path:
        """Where the revisions' JSON Schemas are, if there are any."""
        return self.schema or (self.spec or self.docs).parent / "schema"

    @property
    def catalogue(self) -> Catalogue:
        """The requirements that examples are judged by."""
        return self.profile.catalogue

    @property
    def probe_settings(self) -> ProbeSettings:
        """How examples are conversed with."""
        return ProbeSettings(
            self.protocol_revisions,
            timeout_s=self.timeout_s,
            start_s=self.limits.start_s,
            exchange_bytes=self.limits.exchange_mib * 1024 * 1024,
        )

    @property
    def protocol_revisions(self) -> tuple[str, ...]:
        """Revisions of the protocol that servers are asked for: those of the docs, or all known if they have none."""
        return self.layout.revisions or self.profile.revisions
