"""What is special to the format github."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.exit_code import with_exit_code
from harness.model import ReportProblem, Status, Verdict
from harness.report import github
from tests.support.github_runner import decoded, obeys
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report


class TestGithub:
    def test_at_most_ten_of_a_type_and_the_rest_is_counted(self) -> None:
        report = rich_report()
        many = tuple(replace(report.examples[0], id=f"{n}", digest=f"{n}") for n in range(30))
        lines = github.render(replace(report, examples=many)).split("\n")
        for kind in ("error", "warning", "notice"):
            assert len([line for line in lines if line.startswith(f"::{kind} ")]) == 10
        assert "docprobe: 82 more errors in the job summary" in lines

    def test_one_copy_of_each_text_comes_before_the_second_of_any(self) -> None:
        titles = [
            decoded(line)[1]["title"] for line in github.render(rich_report()).split("\n") if line[:7] == "::error"
        ]
        assert titles.index("baseline") < len(titles) - 1
        names = [title.removeprefix("MUST ").partition(":")[0] for title in titles]
        assert names[:3] == ["session.terminated-404", "auth.invalid-401", "http.origin-validate"]

    @pytest.mark.parametrize("edited", [False, True])
    def test_what_two_runs_have_otherwise_is_a_warning_and_not_the_changes_fault(self, edited: bool) -> None:
        first = rich_report().examples[0]
        flaky = replace(
            first.findings[0], verdict=Verdict.INCONCLUSIVE, gates=False, flaky=True, summary="Two runs differ."
        )
        example = replace(first, status=Status.JUDGED, findings=(flaky,))
        report = replace(
            rich_report(), examples=(example,), lost=(), drift=(), baseline=(), problems=(),
            edited=(example.id,) if edited else (),
        )  # fmt: skip
        report = with_exit_code(report)
        lines = [line for line in github.render(report).split("\n") if line.startswith("::")]
        assert [line.partition(" ")[0] for line in lines] == ["::warning"]
        assert "Two runs differ." in lines[0]
        assert report.exit_code == (3 if edited else 0)

    def test_a_remark_on_the_run_is_not_called_a_problem_in_the_docs(self) -> None:
        problems = (ReportProblem("out.json cannot be written"), *rich_report().problems)
        lines = github.render(replace(rich_report(), examples=(), lost=(), drift=(), baseline=(), problems=problems))
        found = [decoded(line)[1] for line in lines.split("\n") if line.startswith("::")]
        assert [(one["title"], one.get("file")) for one in found] == [
            ("problem", None), ("problem in the docs", "docs/docs/learn/broken.mdx"),
        ]  # fmt: skip

    def test_hostile_text_makes_no_further_command(self) -> None:
        lines = [line for line in github.render(hostile_report()).split("\n") if obeys(line)]
        for line in lines:
            name, properties, data = decoded(line)
            assert name in {"error", "warning", "notice"}
            assert set(properties) <= {"file", "line", "endLine", "title"}
            assert properties.get("line", "1").isdigit()
            assert "\x1b" not in data

    def test_files_are_named_as_the_repository_names_them(self) -> None:
        report = rich_report()
        top = github.render(replace(report, root_in_repository="."))
        below = github.render(replace(report, root_in_repository="site/docs"))
        assert "file=docs/2025-11-25/tutorials" in top
        assert "file=site/docs/docs/2025-11-25/tutorials" in below
