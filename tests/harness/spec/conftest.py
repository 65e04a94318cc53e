"""A small specification tree to bind to and to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.model import Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.model import Statement

LAYOUT = Layout(revisions=("2025-06-18", "2025-11-25", "2026-07-28", "draft"), specification=("/specification",))

TRANSPORTS = """\
## Sessions

When a session ended:

- The server may end a session whenever it likes, and from then on it **MUST** answer every request that names that
  session with status 404.
- A server that needs a session id **SHOULD** turn away a request that carries none with status 400.

The id of a session **MUST** be made of visible ASCII characters only, and clients **MAY** log it.

## Streams

The server **MUST NOT** send one and the same message on two streams. Streams **SHOULD** end soon.
"""

AUTHORIZATION = """\
## Tokens

A token that has expired **MUST** be answered with status 401.
"""


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., tuple[Statement, ...]]:
    """Write the tree with replacements in the text, and give its statements."""

    def make(
        *replacements: tuple[str, str], transports: str = "transports.mdx", revision: str = "2025-11-25"
    ) -> tuple[Statement, ...]:
        folder = tmp_path / "specification" / revision / "basic"
        folder.mkdir(parents=True, exist_ok=True)
        for page in folder.iterdir():
            page.unlink()
        text = TRANSPORTS
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (folder / transports).write_text(text, encoding="utf-8")
        (folder / "authorization.mdx").write_text(AUTHORIZATION, encoding="utf-8")
        return extract(tmp_path, LAYOUT, jobs=1).statements

    return make
