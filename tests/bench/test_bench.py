"""The rows of the benchmark, and the texts whose memory it measures."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from extractor.model import ExampleKind
from harness.base.codec import to_json
from harness.cli.main import cli
from harness.model import Recording, Transcript
from tests.bench import __main__ as bench
from tests.bench import times
from tests.bench.measure import NotMeasured, Row
from tests.bench.memory import write_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    assert "(aim 1.5x)" in str(Row("servers", 3.0, 1.0, aim="1.5x"))


def test_a_part_that_fails_is_named_and_costs_no_other_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing() -> Iterator[Row]:
        yield Row("before it failed", 1.0, 1.0)
        raise NotMeasured("no engine")

    parts = (("broken", failing), ("whole", lambda: iter([Row("whole", 3.0, 2.0)])))
    monkeypatch.setattr(bench, "parts", lambda *given: parts)
    monkeypatch.setattr("sys.argv", ["bench", "--out", str(tmp_path / "report" / "bench.json")])
    bench.main()
    written = json.loads((tmp_path / "report" / "bench.json").read_text())
    assert [(row["what"], row["ratio"]) for row in written["rows"]] == [("before it failed", 1.0), ("whole", 1.5)]
    assert written["not_measured"] == ["broken: no engine"]
    assert "not measured: broken: no engine" in capsys.readouterr().out


def test_what_make_notes_tells_a_new_machine_from_one_where_everything_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, file = time.time() - 90, tmp_path / "report" / times.FILE
    environment, engine = tmp_path / "environment", tmp_path / "engine"
    for written, after_s in ((environment, 10), (engine, 60)):
        written.touch()
        os.utime(written, (began + after_s, began + after_s))
    monkeypatch.setattr(times, "_images_since", lambda since: 3 if since == began else 0)
    cold = times.note("check", began, environment, engine, file)
    assert (cold.environment_s, cold.engine_s, cold.images, cold.is_cold) == (10, 50, 3, True)
    assert cold.seconds >= 90
    warm = times.note("check", time.time() - 5, environment, engine, file)
    assert (warm.environment_s, warm.engine_s, warm.is_cold) == (0, 0, False)
    times.note("test", began, environment, engine, file)
    assert times.last(file, "check") == warm
    assert times.last(file, "check", cold=True) == cold
    assert times.last(file, "soak") is None
    assert times.last(tmp_path / "missing", "check") is None
