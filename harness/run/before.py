"""The merge base of a change: which of its texts must run, and their results, for the comparison."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from extractor.model import ExampleStatus
from harness.judge.compare import BaseState
from harness.judge.results import Ruleset, result_of_printed, result_of_recording, result_without_run
from harness.run.disk import shortened

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from extractor.model import Example
    from harness.config import Config
    from harness.model import ExampleResult, Lookup, Recording
    from harness.run.plan import BasePlan, Plan


def only_before(plan: Plan, config: Config) -> Mapping[str, tuple[Example, ...]]:
    """Return the texts that must run only to compare with them, by digest: those that a change edits or removes.

    Left out are those that run otherwise than in this run; see :func:`otherwise_before`.
    """
    groups = plan.groups()
    before = plan.base.groups() if plan.base is not None else {}
    otherwise = otherwise_before(plan, config)
    return {digest: group for digest, group in before.items() if digest not in groups and digest not in otherwise}


def otherwise_before(plan: Plan, config: Config) -> Mapping[str, tuple[Example, ...]]:
    """Return the texts of the merge base that a change has run otherwise than then, by digest, whether it edits them.

    Other limits, other revisions to ask for and other packages may each bring a fault, or take one away.
    """
    base = plan.base
    if base is None or base.unjudged is not None:
        return {}
    groups = base.groups()
    if _asked(settings_before(config, base)) != _asked(config):
        return groups
    return {digest: group for digest, group in groups.items() if digest in base.since.locked}


def settings_before(config: Config, base: BasePlan) -> Config:
    """Return the configuration that texts of the merge base run by; what the user gave for this run is in it."""
    then = base.settings
    return replace(config, limits=then.limits, timeout_s=then.timeout_s, layout=then.layout)


def _asked(config: Config) -> Hashable:
    """Return what of a configuration decides how a text is run and conversed with, and may be another one before."""
    return config.limits, config.timeout_s, config.protocol_revisions


def fragments_before(plan: Plan) -> Sequence[Example]:
    """Return the fragments at the merge base whose imports must be looked up, by names of their own."""
    now = {example.digest for example in plan.examples}
    origins = {e.id: e for e in plan.base.origins.values()} if plan.base is not None else {}
    return [replace(e, id=name_before(e)) for e in origins.values() if e.imports is not None and e.digest not in now]


def name_before(example: Example) -> str:
    """Return what an example of the merge base is called while it runs."""
    return f"{example.id} (before the change)"


def judge_base(
    plan: Plan,
    base: BasePlan,
    affected: Sequence[ExampleResult],
    recordings: Mapping[str, Callable[[], Recording]],
    lookups: Mapping[str, tuple[Lookup, ...]],
    config: Config,
    today: datetime.date,
    guarded: Callable[[Example, Callable[[], ExampleResult]], ExampleResult],
) -> BaseState:
    """Judge the examples at the merge base by the rules of then, each for the one that comes from it.

    Args:
        plan: of the run.
        base: of the merge base.
        affected: the results to compare.
        recordings: of each text, by digest, what gives all that was recorded in this run; of a text that runs
            otherwise now, as it ran then.
        lookups: what was looked up for fragments, by id; those of then by :func:`name_before`.
        config: of the run.
        today: decides which entries of the baseline count.
        guarded: judges one example, such that a failure of docprobe costs no other its result.
    """
    rules = Ruleset(base.settings.profile, base.bound, config.requirements)
    transcripts = {printed.example.id: printed.transcript for printed in base.printed}
    of_code = {e.digest: lookups[e.id] for e in plan.examples if e.id in lookups}
    results: dict[str, ExampleResult] = {}
    reasons = {} if base.unjudged is None else {result.id: base.unjudged for result in affected}

    def judged(origin: Example) -> ExampleResult:
        copies = base.copies(origin.digest)
        if origin.status is ExampleStatus.RUNNABLE:
            result = result_of_recording(origin, copies, recordings[origin.digest](), rules, cached=False)
            return replace(result, transcript=result.transcript and shortened(result.transcript))
        if origin.status is ExampleStatus.PRINTED:
            return result_of_printed(origin, transcripts[origin.id], copies, rules)
        found = lookups.get(name_before(origin), of_code.get(origin.digest, ()))
        return result_without_run(origin, rules, found)

    for result in affected:
        origin = base.origins.get(result.id)
        if origin is None:
            continue
        if origin.status is ExampleStatus.RUNNABLE and origin.digest not in recordings:
            reasons[result.id] = "its text at the merge base was not run"
        else:
            results[result.id] = guarded(origin, partial(judged, origin))
    entries = (entry for entry in base.baseline.findings if entry.expires is None or today <= entry.expires)
    return BaseState(
        commit=base.since.base,
        ref=base.since.ref,
        results=results,
        reasons=reasons,
        accepted=frozenset((entry.example, entry.requirement) for entry in entries),
        drift=() if base.text_is_new else base.bound.drift,
    )
