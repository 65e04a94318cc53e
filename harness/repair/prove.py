"""Proving a patch: the patched page is extracted, run and judged like any other, and compared with what was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.base.errors import split_hint
from harness.base.errors import BlockedError, DocprobeError, UsageError
from harness.judge.example import RUNS
from harness.model import Status, Verdict
from harness.repair.attempts import try_findings
from harness.repair.edits import fixable
from harness.repair.fault import Fault, asked
from harness.repair.pins import pins_for
from harness.repair.proofs import ProvedPatch, sources_of, store_proof
from harness.repair.trial import FailedFix, Trial, failures_of, outcome_of, why_not
from harness.run.execute import execute
from harness.run.observer import Silent

if TYPE_CHECKING:
    import anyio

    from extractor.model import Example
    from harness.config import Config
    from harness.model import ExampleResult, Report
    from harness.repair.proofs import Proofs
    from harness.run.connect import Connect
    from harness.run.observer import Observer
    from harness.run.plan import Plan

_FIXABLE: Final = frozenset({Status.JUDGED, Status.NOT_RUNNING})
_MOST_ALONE: Final = 3
"""Fixes that are tried one by one if they do not work together."""
_MOST_LEFT_OUT: Final = 4
"""Fixes that are left out, one after the other, to see whether the others work together."""


async def prove(plan: Plan, example: Example, config: Config, connect: Connect, observer: Observer) -> Trial:
    """Run an example, propose a patch, run the patched page, and compare. A patch that holds is stored.

    Args:
        plan: that holds the example.
        example: a runnable one.
        config: of the run.
        connect: opens the engine.
        observer: is informed of progress, and of a proof that cannot be stored.

    Raises:
        UsageError: the example was not run, so that nobody knows what to fix.
        BlockedError: it could not be run, because of the environment or docprobe itself.
    """
    before = (await execute(replace(plan, examples=(example,)), config, connect, observer=observer)).examples[0]
    if before.status is Status.BLOCKED:
        reason, hint = split_hint(before.reason or "")
        raise BlockedError(f"no fix for {example.id} can be tried: {reason}", hint)
    if before.status not in _FIXABLE:
        raise UsageError(
            f"{example.id} cannot be fixed, it is {before.status.value}: {before.reason}", "see docprobe examples DOCS"
        )
    trial = await _try(plan, example, before, config, connect, observer)
    _proof_of(trial, before, plan, config, observer)
    return replace(trial, violated=violated_by(before))


def violated_by(result: ExampleResult) -> tuple[str, ...]:
    """Return the requirements that an example violates, sorted."""
    return tuple(sorted({one.requirement for one in result.findings if one.verdict is Verdict.VIOLATED}))


async def prove_all(
    plan: Plan,
    report: Report,
    config: Config,
    connect: Connect,
    observer: Observer,
    *,
    known: Proofs,
    stop: anyio.Event,
) -> tuple[dict[str, ProvedPatch], dict[str, tuple[FailedFix, ...]]]:
    """Prove a patch for every distinct text of a report that has a violation with a known fix.

    Args:
        plan: of the run.
        report: of the run.
        config: of the run.
        connect: opens the engine.
        observer: is informed of each result, and of proofs that cannot be stored.
        known: proofs from earlier runs; their texts are not run again.
        stop: when it is set, nothing more is run.

    Returns:
        The patches that hold, by digest of the text, ``known`` ones included; and what was tried and does not work.
    """
    proofs, failures = dict(known), dict[str, tuple[FailedFix, ...]]()
    examples = {example.id: example for example in plan.examples}
    fixables = [result for result in report.examples if fixable(result.findings, config.catalogue)]
    for result in {result.digest: result for result in reversed(fixables)}.values():
        if stop.is_set() or result.id not in examples or result.digest in proofs:
            continue
        observer.note(f"{result.id}: trying a fix")
        try:
            trial = await _try(plan, examples[result.id], result, config, connect, Silent(), stop)
        except Exception as error:
            # the report is there already: what goes wrong here must not cost anybody its verdicts
            observer.note(f"{result.id}: the fix could not be tried: {type(error).__name__}: {error}")
            continue
        observer.note(f"{result.id}: {outcome_of(trial)}")
        failures[result.digest] = failures_of(trial)
        proof = _proof_of(trial, result, plan, config, observer)
        if proof is not None:
            proofs[result.digest] = proof
    return proofs, failures


def _proof_of(
    trial: Trial, before: ExampleResult, plan: Plan, config: Config, observer: Observer
) -> ProvedPatch | None:
    """Return what a trial proves for the text and the packages of ``before``, stored for later runs if possible."""
    known = (before.packages, *(run.packages for run in before.runs))
    # other packages are what a pin is for
    if not trial.holds or not (trial.pins or dict(trial.packages) in map(dict, known)):
        return None
    proof = ProvedPatch(trial.fixed, trial.edits, trial.pins, trial.alternative)
    try:
        store_proof(proof, before, plan, config)
    except DocprobeError as error:
        observer.note(f"{before.id}: the proof is not stored for later runs: {error.in_one_line()}")
    return proof


async def _try(
    plan: Plan,
    example: Example,
    before: ExampleResult,
    config: Config,
    connect: Connect,
    observer: Observer,
    stop: anyio.Event | None = None,
) -> Trial:
    # the fixed page is compared by what it answers: nobody asks for its lines
    config = replace(config, trace=False)
    sources = sources_of(example, plan.corpus, config.docs)
    fault = await asked(Fault(plan, example, before, config, sources), connect, observer)
    trial = await _try_fault(fault, connect, observer, stop)
    runs = [finding for finding in fixable(before.findings, config.catalogue) if finding.requirement == RUNS]
    assert example.bundle is not None, "what was run has a bundle"
    failed: list[FailedFix] = []
    for pins in pins_for(before.runs, example.bundle) if runs else ():
        pinned = replace(fault, pins=pins)
        if (stop is not None and stop.is_set()) or not any(pinned.edits(runs)):
            continue
        if _makes_run(trial):
            # both ways are a choice of the page's author
            if (await try_findings(pinned, runs, connect, observer, stop)).holds:
                return replace(trial, alternative=pins)
            continue
        other = await _try_fault(pinned, connect, observer, stop)
        if _makes_run(other):
            in_code = FailedFix((RUNS,), why_not(trial)) if trial.texts and RUNS in trial.tried else trial.given_up
            return replace(other, given_up=other.given_up or in_code)
        if trial.texts:
            failed.append(FailedFix((RUNS,), why_not(other)))
        else:
            trial = other
    return replace(trial, failed_pins=tuple(failed))


def _makes_run(trial: Trial) -> bool:
    return trial.holds and any(requirement == RUNS for requirement, _ in trial.fixed)


async def _try_fault(fault: Fault, connect: Connect, observer: Observer, stop: anyio.Event | None) -> Trial:
    """Try the fixes of all findings together; if they do not work so, fewer of them."""
    before, config = fault.before, fault.config
    wanted = [finding for finding in fixable(before.findings, config.catalogue) if any(fault.edits((finding,)))]
    trial = await try_findings(fault, wanted, connect, observer, stop)
    if trial.holds:
        return trial
    # an example that stops running shows of no edit that it works
    fixed = {requirement for requirement, _ in trial.fixed}
    works = [name for name in trial.tried if name in fixed or trial.trouble is not None]
    # what does not work takes nothing away from what does: all that does, else all but one, else one by itself
    groups = [works] if 0 < len(works) < len(trial.tried) else []
    groups += [[name for name in works if name != left] for left in works[:_MOST_LEFT_OUT] if len(works) > 2]
    groups += [[name] for name in works[:_MOST_ALONE] if len(trial.tried) > 1]
    for names in groups:
        fewer = [finding for finding in wanted if finding.requirement in names]
        again = await try_findings(fault, fewer, connect, observer, stop)
        if again.holds:
            left_out = tuple(name for name in trial.tried if name not in names)
            return replace(again, unfitting=trial.unfitting, given_up=FailedFix(left_out, why_not(trial)))
    return trial
