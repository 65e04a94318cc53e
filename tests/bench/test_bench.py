"""The rows of the benchmark, and the texts whose memory it measures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from extractor.model import ExampleKind
from harness.base.codec import to_json
from harness.cli.main import cli
from harness.model import Recording, Transcript
from tests.bench.__main__ import Row
from tests.bench.memory import write_recorded

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.processes
def test_texts_with_a_recording_are_checked_without_an_engine(tmp_path: Path) -> None:
    recording = tmp_path / "recording.json"
    recording.write_bytes(to_json(Recording((), Transcript("e", ExampleKind.HTTP_SERVER, ()))))
    docs, state = tmp_path / "docs", tmp_path / "state"
    assert write_recorded(docs, state, 3, recording) == 3
    out = tmp_path / "out.json"
    done = CliRunner().invoke(cli, ["check", str(docs), "--state", str(state), "--format", f"json:{out}"])
    assert out.exists(), done.output + repr(done.exception)
    examples = json.loads(out.read_text())["examples"]
    assert [(example["status"], example["cached"]) for example in examples] == [("judged", True)] * 3


def test_a_row_shows_its_ratio_and_unit() -> None:
    assert str(Row("memory", 150.0, 100.0, "a note", "MiB")).split() == [
        "memory", "150.00", "MiB", "100.00", "MiB", "1.5x", "a", "note",
    ]  # fmt: skip
    assert Row("nothing to compare with", 1.0, 0.0).ratio == 0.0
