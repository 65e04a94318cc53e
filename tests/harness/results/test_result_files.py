from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.results.result_files import LAST_RUN, last_run, newest_root, write, write_last_run
from harness.results.result_files import read as read_file
from tests.support.report_pieces import ROWS
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import Report


def read(path: Path) -> Report:
    return read_file(path, ROWS)


class TestFiles:
    def test_transcripts_come_back_with_their_examples(self, tmp_path: Path) -> None:
        path = tmp_path / "out.json"
        write(rich_report(), path)
        found = {example.id: example for example in read(path).examples}
        for example in rich_report().examples:
            assert found[example.id].transcript == example.transcript

    def test_copies_share_a_transcript_file_named_relative_to_the_document(self, tmp_path: Path) -> None:
        write(rich_report(), tmp_path / "deep" / "out.json")
        written = json.loads((tmp_path / "deep" / "out.json").read_text())
        names = {example["transcript"] for example in written["examples"]}
        assert names == {None, "out-transcripts/aaaaaaaaaaaaaaaa.json"}
        assert len(list((tmp_path / "deep" / "out-transcripts").iterdir())) == 1

    def test_nothing_in_the_file_depends_on_where_it_lies(self, tmp_path: Path) -> None:
        write(rich_report(), tmp_path / "a" / "out.json")
        write(rich_report(), tmp_path / "b" / "out.json")
        assert (tmp_path / "a" / "out.json").read_bytes() == (tmp_path / "b" / "out.json").read_bytes()

    @pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "link.json", "missing.json"])
    def test_a_document_names_no_file_outside_its_folder(self, tmp_path: Path, name: str) -> None:
        folder = tmp_path / "in"
        write(rich_report(), folder / "out.json")
        transcript = next((folder / "out-transcripts").iterdir())
        (tmp_path / "secret.json").write_bytes(transcript.read_bytes())
        (folder / "link.json").symlink_to(tmp_path / "secret.json")
        text = (folder / "out.json").read_text()
        (folder / "out.json").write_text(text.replace("out-transcripts/aaaaaaaaaaaaaaaa.json", name))
        assert all(example.transcript is None for example in read(folder / "out.json").examples)

    def test_a_broken_transcript_costs_only_itself(self, tmp_path: Path) -> None:
        write(rich_report(), tmp_path / "out.json")
        next((tmp_path / "out-transcripts").iterdir()).write_text("{")
        assert len(read(tmp_path / "out.json").examples) == len(rich_report().examples)

    def test_no_last_run_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            last_run(tmp_path, ROWS)
        assert "docprobe check" in (caught.value.hint or "")
        write(rich_report(), tmp_path / LAST_RUN)
        assert last_run(tmp_path, ROWS).version == "0.1.0"

    def test_each_docs_root_has_its_own_last_run(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one" / "docs", tmp_path / "other" / "docs"
        write_last_run(replace(rich_report(), commit="1" * 40), tmp_path, one)
        write_last_run(replace(rich_report(), commit="2" * 40), tmp_path, other)
        assert last_run(tmp_path, ROWS, one).commit == "1" * 40
        assert last_run(tmp_path, ROWS, other).commit == "2" * 40
        assert (last_run(tmp_path, ROWS).commit, newest_root(tmp_path)) == ("2" * 40, other)
        with pytest.raises(UsageError, match="not for 'docs': the last run was of") as caught:
            last_run(tmp_path, ROWS, tmp_path / "third" / "docs")
        assert f"--docs {other}" in (caught.value.hint or "")
        assert any(example.transcript for example in last_run(tmp_path, ROWS).examples)
