"""``docprobe judge``: a saved transcript is judged again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.base.codec import to_json
from tests.support.command import refused, run
from tests.support.report_pieces import transcript

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"


def _file(tmp_path: Path) -> Path:
    path = tmp_path / "transcript.json"
    path.write_bytes(to_json(transcript(TYPESCRIPT)))
    return path


def test_a_transcript_gives_findings_without_docs_or_engine(tmp_path: Path) -> None:
    done = run("judge", _file(tmp_path), "--format", "json")
    found = {f["requirement"]: f for e in json.loads(done.output)["examples"] for f in e["findings"]
             if f["revision"] == "2025-11-25"}  # fmt: skip
    assert found["session.terminated-404"]["verdict"] == "violated"
    assert found["session.terminated-404"]["gates"] is True
    assert done.exit_code == 1


def test_the_revision_can_be_named(tmp_path: Path) -> None:
    done = run("judge", _file(tmp_path), "--revision", "2026-07-28", "--format", "json")
    gating = [f for e in json.loads(done.output)["examples"] for f in e["findings"] if f["gates"]]
    assert gating == []


def test_messages_are_checked_by_the_schema_that_is_given_and_its_absence_is_said_once(tmp_path: Path) -> None:
    schema = Path(__file__).parents[2] / "fixtures" / "mcp" / "schema"

    def said(*arguments: object) -> tuple[list[str], str]:
        document = json.loads(run("judge", _file(tmp_path), "--format", "json", *arguments).output)
        rows = [f for e in document["examples"] for f in e["findings"] if f["revision"] == "2025-11-25"]
        found = {f["requirement"]: f["verdict"] for f in rows}
        return [problem for problem in document["problems"] if "JSON Schema" in problem], found["message.schema"]

    remarks, verdict = said()
    assert len(remarks) == 1
    assert "2025-11-25" in remarks[0]
    assert "--schema DIR" in remarks[0]
    assert verdict == "not_applicable"
    remarks, verdict = said("--schema", schema)
    assert [remark for remark in remarks if "2025-11-25" in remark] == []
    assert verdict != "not_applicable"


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "docprobe/1"}'])
def test_what_is_not_a_transcript_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    assert "x.json" in refused(run("judge", path)).message


def test_a_transcript_of_an_older_format_is_refused_with_both_formats(tmp_path: Path) -> None:
    older = json.loads(to_json(transcript(TYPESCRIPT)))
    del older["format"]
    older["facts"] = {"baseline": "ok"}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(older))
    error = refused(run("judge", path))
    assert "docprobe-transcript/1" in error.message
    assert "docprobe-transcript/2" in error.message
    assert "docprobe check" in (error.hint or "")
