"""The blocks of the real MCP docs (DOCPROBE_REAL_DOCS: a checkout at the commit the expectations name)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractor.docs.corpus import extract
from harness.profiles.registry import MCP
from tests.real_docs.run import docs_root

pytestmark = [
    pytest.mark.real_docs,
    pytest.mark.skipif("DOCPROBE_REAL_DOCS" not in os.environ, reason="DOCPROBE_REAL_DOCS is not set"),
]


def test_every_block_and_no_other() -> None:
    corpus = extract(docs_root(Path(os.environ["DOCPROBE_REAL_DOCS"])), MCP.layout, statements=False)
    assert (len(corpus.pages), len(corpus.blocks)) == (344, 2934)
    assert len({(block.language, block.text) for block in corpus.blocks}) == 993
    assert corpus.problems == ()


def test_where_the_tutorials_stand() -> None:
    corpus = extract(docs_root(Path(os.environ["DOCPROBE_REAL_DOCS"])), MCP.layout, statements=False)
    at = {str(block.span): block for block in corpus.blocks}
    server = at["docs/2025-11-25/tutorials/security/authorization.mdx:316-609"]
    assert (server.place.tab, server.place.tab_siblings) == ("TypeScript", ("TypeScript", "Python", "C#"))
    assert server.revision == "2025-11-25"
    labels = at["docs/2025-06-18/develop/build-server.mdx:83-85"].place.code_group
    assert labels == ("macOS/Linux", "Windows")
    swallowed_by_others = "docs/2026-07-28/learn/architecture.mdx"
    assert {161, 180} <= {block.span.first for block in corpus.blocks if block.span.file == swallowed_by_others}
    client = "docs/2026-07-28/develop/build-client.mdx:875-877"
    assert (at[client].place.list_depth, at[client].span.column) == (1, 4)
