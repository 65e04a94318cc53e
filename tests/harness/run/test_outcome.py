"""A report is built in one place, and what decides the exit code is applied in one order."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from harness.baseline.file import Baseline, Known
from harness.config import Shard
from harness.engine.protocol import Limits
from harness.model import Edit, FailOn, Patch, Resolve
from harness.run.outcome import build_report, conclude
from harness.run.source import DocsSource
from harness.settings import load_config
from tests.support.reports import rich_report

STARTED = datetime.datetime(2026, 11, 22, 3, 0, 0, tzinfo=datetime.UTC)
RICH = rich_report()
BLOCKING = next(
    (example, finding) for example in RICH.examples for finding in example.findings if finding.gates
)  # fmt: skip
EXAMPLE, FINDING = BLOCKING
ONE = replace(RICH, examples=(replace(EXAMPLE, findings=(FINDING,)),), drift=(), baseline=(), fail_on=FailOn.MUST)


def test_a_report_without_a_plan_is_that_of_a_saved_transcript() -> None:
    report = build_report(DocsSource("a saved transcript"), RICH.examples, STARTED, 1.5)
    assert (report.docs_root, report.commit, report.started, report.duration_s) == (
        "a saved transcript", None, "2026-11-22T03:00:00Z", 1.5,
    )  # fmt: skip
    assert report.examples == RICH.examples
    assert (report.fail_on, report.strict, report.narrowed, report.exit_code) == (FailOn.MUST, False, False, 0)


def test_the_settings_of_the_run_are_in_its_report(tmp_path: Path) -> None:
    (tmp_path / "docprobe.toml").write_text("")
    config = load_config(tmp_path, environ={}, state=tmp_path, strict=True, fail_on="never", changed_since="main")
    report = build_report(DocsSource("docs", commit="c" * 40), (), STARTED, config=config)
    assert (report.fail_on, report.strict, report.narrowed, report.commit) == (FailOn.NEVER, True, True, "c" * 40)


def test_shards_name_what_they_have_in_common(tmp_path: Path) -> None:
    """Shards that were run or judged differently do not belong to the same run."""
    (tmp_path / "docprobe.toml").write_text("")
    config = replace(load_config(tmp_path, environ={}, state=tmp_path), shard=Shard.parse("1/2"))

    def division(**changed: object) -> str | None:
        return build_report(DocsSource("docs"), (), STARTED, config=replace(config, **changed)).division  # type: ignore[arg-type]

    others = (
        {"shard": replace(Shard.parse("1/2"), texts={"d": 1})},
        {"select": ("a",)}, {"revisions": ("draft",)}, {"requirements": ("session.header",)},
        {"resolve": Resolve.DATED}, {"trace": False}, {"runtime": "runsc"}, {"timeout_s": 1.0},
        {"limits": Limits(memory_mib=9)}, {"profile": replace(config.profile, name="other")},
    )  # fmt: skip
    named = [division(), *(division(**other) for other in others)]
    assert None not in named
    assert len(set(named)) == len(named)
    assert division(shard=Shard.parse("2/2"), jobs=7, state=tmp_path / "s", no_cache=True) == named[0]
    assert division(shard=None) is None


def test_a_blocking_finding_decides_the_exit_code() -> None:
    assert conclude(ONE).exit_code == 1


@pytest.mark.parametrize("requirement", [FINDING.requirement, "another.requirement"])
def test_a_known_finding_does_not_block_and_others_do(requirement: str) -> None:
    known = Baseline(known=(Known(EXAMPLE.id, requirement, "accepted"),))
    rows = tuple(row for row in RICH.requirements if row.id == FINDING.requirement)
    concluded = conclude(replace(ONE, requirements=rows), known)
    assert concluded.exit_code == (0 if requirement == FINDING.requirement else 1)


def test_fail_on_never_comes_before_the_baseline_and_the_exit_code() -> None:
    assert conclude(replace(ONE, fail_on=FailOn.NEVER)).exit_code == 0


def test_an_interrupted_run_ends_with_its_own_code() -> None:
    assert conclude(ONE, interrupted=True).exit_code == 130


def test_a_patch_is_at_its_finding_and_at_no_other() -> None:
    patch = Patch("run with this change, it holds", (Edit(EXAMPLE.page, 1, 1, "new\n"),))
    key = (EXAMPLE.id, FINDING.requirement, FINDING.revision)
    concluded = conclude(RICH, patches={key: patch})
    patched = {
        (example.id, finding.requirement, finding.revision)
        for example in concluded.examples
        for finding in example.findings
        if finding.patch is patch
    }
    assert patched == {key}
