"""Names that a server answers to: its own protection against DNS rebinding turns every other Host away."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from extractor.code.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.code.facts import Code

_KEYWORDS: Final = frozenset({"allowed_hosts", "allowedHosts"})
_ANY_PORT: Final = ":*"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]", "*")


def host_names(codes: Sequence[Code]) -> tuple[str, ...]:
    """Hosts from the lists of allowed ones in the code; empty if there are none, or if loopback is among them.

    One without a port comes first; in ``example.com:*`` the star stands for any port.
    """
    found: list[str] = []
    for value in (v for code in codes for c in code.calls for k, v in c.keywords.items() if k in _KEYWORDS):
        if isinstance(value, Ref):
            found += _texts(value.text)
    if any(name.startswith(_LOOPBACK) for name in found):
        return ()
    return tuple(sorted(dict.fromkeys(found), key=lambda name: name.endswith(_ANY_PORT)))


def _texts(literal: str) -> list[str]:
    """The strings of a list as Python or JavaScript writes it; empty if it is computed."""
    try:
        listed = ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list | tuple) else []
