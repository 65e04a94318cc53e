"""Names that a server answers to: its own protection against DNS rebinding turns every other Host away."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import is_loopback
from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.facts import Call, Code

_KEYWORDS: Final = frozenset({"allowed_hosts", "allowedHosts"})
_HOST: Final = re.compile(r"[\w.-]{1,200}(?::(?:\d{1,5}|\*))?", re.ASCII)
"""What may stand in a Host header: docs are not to write headers of their own."""
_MOUNTS: Final = frozenset({"Mount", "mount"})
_ANY_PORT: Final = ":*"
_PORT: Final = re.compile(r":(?:\d{1,5}|\*)$", re.ASCII)


def host_names(codes: Sequence[Code]) -> tuple[str, ...]:
    """Hosts from the lists of allowed ones in the code; empty if there are none, or if loopback is among them.

    One without a port comes first; in ``example.com:*`` the star stands for any port.
    """
    calls = [call for code in codes for call in code.calls]
    lists = [v.text for c in calls for k, v in c.keywords.items() if k in _KEYWORDS and isinstance(v, Ref)]
    # a route by host says which name is wanted only where nothing is mounted for every name
    mounted = any(call.last in _MOUNTS for call in calls)
    routed = [] if mounted else [name for call in calls for name in _routed(call)]
    found = [name for text in lists for name in _texts(text)] or routed
    if any(name.startswith("*") or is_loopback(_PORT.sub("", name)) for name in found):
        return ()
    sound = [name for name in found if _HOST.fullmatch(name)]
    return tuple(sorted(dict.fromkeys(sound), key=lambda name: name.endswith(_ANY_PORT)))


def _routed(call: Call) -> tuple[str, ...]:
    """The host of Starlette's ``Host("tools.example.com", app=…)``, unless it has parameters."""
    first = call.arguments[0] if call.last == "Host" and call.arguments else None
    return (first,) if isinstance(first, str) and "{" not in first else ()


def _texts(literal: str) -> list[str]:
    """The strings of a list as Python or JavaScript writes it; empty if it is computed."""
    try:
        listed = ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list | tuple) else []
