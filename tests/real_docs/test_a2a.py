"""The rows of A2A and the sentences of its real specification (DOCPROBE_A2A_DOCS: a checkout of a2aproject/A2A)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.load import load_normative_text
from harness.profiles.registry import A2A
from harness.settings import load_config

pytestmark = [
    pytest.mark.real_docs,
    pytest.mark.skipif("DOCPROBE_A2A_DOCS" not in os.environ, reason="DOCPROBE_A2A_DOCS is not set"),
]


def test_each_row_quotes_its_sentence(tmp_path: Path) -> None:
    settings = tmp_path / "docprobe.toml"
    settings.write_text('profile = "a2a"\n')
    docs = Path(os.environ["DOCPROBE_A2A_DOCS"])
    bound = load_normative_text(load_config(docs, settings, environ={"DOCPROBE_STATE": str(tmp_path)})).bound
    assert bound.drift == ()
    quoted = {id: row.statement for (id, _), row in bound.requirements.items() if row.statement is not None}
    assert len(quoted) == 30
    assert {row.id for row in A2A.catalogue.requirements if row.id not in quoted} >= {"http.media-type"}
    for id, words in (
        ("card.valid", "AgentCard object"),
        ("version.unsupported", "VersionNotSupportedError"),
        ("stream.closes", "MUST close"),
        ("push.unsupported", "PushNotificationNotSupportedError"),
        ("list.no-artifacts", "includeArtifacts"),
    ):
        statement = quoted[id]
        assert statement is not None
        assert words in statement.text
