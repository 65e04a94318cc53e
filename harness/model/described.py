"""Types of fields with their meaning and bounds. The published schema takes both from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

Seconds = Annotated[float, Meta(ge=0, description="Seconds, from a monotonic clock.")]
Revision = Annotated[str, Meta(description="A revision of the docs; empty for none.")]
Shard = Annotated[str, Meta(pattern=r"^[1-9]\d{0,3}/[1-9]\d{0,3}$")]
Packages = Annotated[
    Mapping[str, str], Meta(description="Resolved package versions by name, transitive ones included.")
]
