"""From the results of a run to its report, and to the exit code. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.base.kept import library_version
from harness.baseline.apply import apply_baseline
from harness.baseline.file import Baseline
from harness.judge.compare import compare
from harness.judge.exit_code import apply_fail_on, apply_gate, with_exit_code
from harness.judge.remarks import (
    changed_schema_remark,
    left_out_remark,
    limit_remarks,
    mark_blocking_drift,
    missing_schema_remark,
    missing_text_remark,
    source_lines,
)
from harness.judge.results import Ruleset
from harness.model import FindingChange, Report, ReportProblem, Stage

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from harness.config import Config, Shard
    from harness.judge.compare import BaseState
    from harness.model import Drift, ExampleResult, Finding, Patch, Requirement
    from harness.run.confirm import FindingKey
    from harness.run.plan import Plan
    from harness.run.source import DocsSource

INTERRUPTED = 130
"""Exit code of a run that the user ended."""


def _division(config: Config, shard: Shard) -> str:
    """Return a digest of what all shards of a run have in common: how texts are divided, run and judged."""
    filters = (config.select, config.revisions, sorted(config.requirements), sorted(shard.texts.items()))
    how = (config.profile.name, config.resolve, config.trace, config.runtime, config.timeout_s, config.limits)
    return hashlib.sha256(repr((filters, how)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def build_report(
    source: DocsSource,
    results: Sequence[ExampleResult],
    started: datetime.datetime,
    duration_s: float = 0.0,
    *,
    config: Config | None = None,
    plan: Plan | None = None,
    base: BaseState | None = None,
    requirements: Sequence[Requirement] = (),
    rules: Ruleset | None = None,
) -> Report:
    """Return the report on a run. Nothing in it decides the exit code yet: see :func:`conclude`.

    Args:
        source: where the docs come from.
        results: of the selected examples, in the order of the report.
        started: when the run began, UTC.
        duration_s: how long it took.
        config: of the run; None for a saved transcript, which is judged as by default.
        plan: of the run; None if nothing was planned.
        base: of a change, the merge base, judged; None to compare with nothing.
        requirements: the rows that examples were judged by.
        rules: what they were judged by where nothing was planned.
    """
    if config is not None and plan is not None:
        rules = Ruleset(config.profile, plan.bound)
    report = Report(
        version=library_version("docprobe"),
        started=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        duration_s=duration_s,
        docs_root=source.name,
        commit=source.commit,
        snapshot=source.snapshot,
        examples=tuple(results),
        requirements=tuple(requirements),
        rules_root=source.rules_root,
        root_in_repository=source.root_in_repository,
        problems=() if rules is None else tuple(map(ReportProblem, missing_schema_remark(results, rules))),
    )
    if config is None:
        return report
    report = _with_settings(report, config)
    if plan is not None:
        report = _with_plan(report, config, plan)
    if base is not None:
        start_rules = {row.id for row in report.requirements if row.stage is Stage.START}
        examples, drift, compared = compare(report.examples, report.drift, base, config.gate, start_rules)
        report = replace(report, examples=examples, drift=_relevant(drift, examples), compared=compared)
    return report


def _with_settings(report: Report, config: Config) -> Report:
    """Return the report with what a run was asked for."""
    return replace(
        report,
        settings=config.settings,
        strict=config.strict,
        fail_on=config.fail_on,
        narrowed=config.changed_since is not None,
        shards=() if config.shard is None else (str(config.shard),),
        division=None if config.shard is None else _division(config, config.shard),
    )


def _with_plan(report: Report, config: Config, plan: Plan) -> Report:
    """Return the report with what was read of the docs: drift, problems, excerpts, and what a change does to them."""
    results = report.examples
    return replace(
        report,
        drift=mark_blocking_drift(plan.bound.drift, results, config.layout.drafts, config.requirements),
        problems=(
            *report.problems,
            *(ReportProblem(remark) for remark in missing_text_remark(results, plan.bound)),
            *limit_remarks(results),
            *changed_schema_remark(plan.schemas),
            *left_out_remark(plan.left_out),
            *(ReportProblem(problem.message, problem.span) for problem in plan.problems),
        ),
        sources=source_lines(plan.corpus, results),
        lost=plan.no_longer_runnable,
        text_changes=plan.text_changes,
        edited=tuple(sorted(plan.edited & {result.id for result in results})),
    )


def _relevant(drift: Sequence[Drift], examples: Sequence[ExampleResult]) -> tuple[Drift, ...]:
    """Return the drift that a report on a change lists: what the change makes, and what its examples are judged by."""
    judged = {(finding.requirement, finding.revision) for example in examples for finding in example.findings}
    return tuple(
        entry
        for entry in drift
        if entry.change is FindingChange.INTRODUCED or (entry.requirement, entry.revision) in judged
    )


def conclude(
    report: Report,
    baseline: Baseline | None = None,
    patches: Mapping[FindingKey, Patch] | None = None,
    *,
    interrupted: bool = False,
) -> Report:
    """Return the report with everything that is decided after the run, its exit code last.

    Args:
        report: from :func:`build_report`.
        baseline: the known findings; none by default.
        patches: proved fixes, by the finding that each fixes.
        interrupted: whether the user ended the run.
    """
    report = with_patches(report, patches or {})
    report = apply_fail_on(report)
    report = apply_baseline(report, baseline or Baseline())
    report = apply_gate(report)
    report = with_exit_code(report)
    return replace(report, exit_code=INTERRUPTED) if interrupted else report


def with_patches(report: Report, patches: Mapping[FindingKey, Patch]) -> Report:
    """Return the report with each patch at the finding that it fixes."""

    def patched(finding: Finding, example: ExampleResult) -> Finding:
        patch = patches.get((example.id, finding.requirement, finding.revision))
        return finding if patch is None else replace(finding, patch=patch)

    return replace(
        report,
        examples=tuple(
            replace(example, findings=tuple(patched(finding, example) for finding in example.findings))
            for example in report.examples
        ),
    )
