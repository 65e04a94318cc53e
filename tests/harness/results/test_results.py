from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.results.merge import merge
from harness.results.results import LAST_RUN, last_run, read, write
from tests.support.reports import rich_report

if TYPE_CHECKING:
    from pathlib import Path


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
            last_run(tmp_path)
        assert "docprobe check" in (caught.value.hint or "")
        write(rich_report(), tmp_path / LAST_RUN)
        assert last_run(tmp_path).version == "0.1.0"


class TestMerge:
    def halves(self) -> tuple[object, object]:
        report = rich_report()
        first = replace(report, examples=report.examples[:2], drift=report.drift, baseline=(), duration_s=10.0)
        second = replace(report, examples=report.examples[2:], started="2026-11-22T03:00:05Z", duration_s=10.0)
        return first, second

    def test_shards_join_to_the_whole(self) -> None:
        first, second = self.halves()
        joined = merge((first, second), ("a", "b"))  # type: ignore[arg-type]
        whole = rich_report()
        assert joined.examples == tuple(sorted(whole.examples, key=lambda e: e.id))
        assert joined.drift == whole.drift
        assert joined.baseline == whole.baseline
        assert (joined.started, joined.duration_s, joined.exit_code) == ("2026-11-22T03:00:00Z", 15.0, 1)

    def test_the_exit_code_is_decided_anew(self) -> None:
        report = rich_report()
        fine = replace(report, examples=report.examples[3:4], drift=(), baseline=(), exit_code=0)
        ours = replace(fine, examples=(report.examples[5],), exit_code=3)
        assert merge((fine, ours), ("a", "b")).exit_code == 3
        assert merge((fine, replace(fine, examples=(), exit_code=3)), ("a", "b")).exit_code == 0

    def test_the_same_result_twice_is_no_conflict_times_apart(self) -> None:
        report = rich_report()
        again = replace(report, examples=tuple(replace(e, duration_s=99.0, cached=True) for e in report.examples))
        assert len(merge((report, again), ("a", "b")).examples) == len(report.examples)

    def test_results_that_disagree_are_named(self) -> None:
        report = rich_report()
        other = replace(report, examples=(replace(report.examples[0], reason="else"), *report.examples[1:]))
        with pytest.raises(UsageError) as caught:
            merge((report, other), ("a.json", "b.json"))
        assert f"{report.examples[0].id} (a.json and b.json)" in caught.value.message

    @pytest.mark.parametrize("changed", [{"commit": "0" * 40}, {"version": "9"}, {"docs_root": "x"}, {"strict": True}])
    def test_results_of_other_docs_are_refused(self, changed: dict[str, object]) -> None:
        with pytest.raises(UsageError, match=r"a\.json and b\.json differ"):
            merge((rich_report(), replace(rich_report(), **changed)), ("a.json", "b.json"))  # type: ignore[arg-type]
