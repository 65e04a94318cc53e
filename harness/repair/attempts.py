"""One attempt at a fix: the page with some edits is extracted, run, judged, and compared with what was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.judge.example import PACKAGES, RUNS
from harness.model import Status, Verdict
from harness.repair.edits import edits_between, fixable, has_fix, on_pages, patched
from harness.repair.fault import Fault, asked, patched_plan
from harness.repair.trial import Trial
from harness.repair.trial_progress import tell
from harness.run.execute import execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import anyio

    from harness.model import ExampleResult, Finding
    from harness.repair.trial import RuleInRevision
    from harness.rule import Catalogue
    from harness.run.connect import Connect
    from harness.run.observer import Observer

_MOST_FURTHER: Final = 4
"""Faults that keep a program from running and are fixed one after the other, the first left out."""


async def try_findings(
    fault: Fault, wanted: Sequence[Finding], connect: Connect, observer: Observer, stop: anyio.Event | None
) -> Trial:
    """Try the fixes of some findings together."""
    plan, example, before, config = fault.plan, fault.example, fault.before, fault.config
    assert example.bundle is not None, "what was run has a bundle"
    catalogue, sources = config.catalogue, fault.sources
    edits, of_page = fault.edits(wanted)
    tried = {finding.requirement for finding in wanted}
    unfitting = tuple(name for name in _fixable_names(before, catalogue) if name not in tried)
    by_file = on_pages(edits, example.bundle, sources)
    by_file = (*by_file, *of_page) if by_file or not edits else ()
    texts = {
        file: (sources[file], patched(sources[file], [edit for edit in by_file if edit.span.file == file]))
        for file in {edit.span.file for edit in by_file}
    }
    if not texts:
        return Trial(remaining=tuple(sorted(tried)), unfitting=unfitting, blocking=_blocking_names(before, catalogue))
    now_sources = {**sources, **{file: new for file, (_, new) in texts.items()}}
    again = patched_plan(plan, example, now_sources, config)
    trying = tell(observer, example.id, tried, texts)
    after = (await execute(again, config, connect, observer=trying, stop=stop)).examples[0]
    if tried & {RUNS, PACKAGES}:
        rest = replace(fault, example=again.examples[0], before=after, sources=now_sources, answers={}, pins=())
        further = await _further(rest, connect, observer, stop)
        if further is not None and further.example.bundle is not None:
            edits = edits_between(example.bundle, further.example.bundle)
            texts = {file: (sources[file], new) for file, new in further.sources.items() if new != sources[file]}
            after = further.before
    if after.status is not Status.JUDGED:
        trouble = f"{after.status.value}: {after.reason}"
        names = tuple(sorted(tried))
        return Trial(edits, texts, tried=names, remaining=names, unfitting=unfitting, trouble=trouble)
    was, now = _verdicts(before), _verdicts(after)
    broken, shown = new_violations(before, after, runs=RUNS in tried)
    return Trial(
        edits=edits,
        texts=texts,
        tried=tuple(sorted(tried)),
        fixed=tuple(k for k, v in was.items() if v is Verdict.VIOLATED and now.get(k) is Verdict.SATISFIED),
        remaining=tuple(name for name in _fixable_names(after, catalogue) if name in tried),
        unfitting=unfitting,
        broken=broken,
        shown=shown,
        packages=after.packages,
        pins=fault.pins if RUNS in tried else (),
        blocking=_blocking_names(after, catalogue),
    )


def new_violations(
    before: ExampleResult, after: ExampleResult, *, runs: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the requirements that are newly violated: those that a fix breaks, and those that nobody could judge.

    What nobody could judge without a conversation is not broken by having one; nor is what is only judged in a revision
    that the example negotiates since it runs with other packages.

    Args:
        before: the example as it was.
        after: the same with the fix.
        runs: whether the fix is to make it run.
    """
    was, now = _verdicts(before), _verdicts(after)
    ran = before.status is Status.JUDGED
    new = [key for key, verdict in now.items() if verdict is Verdict.VIOLATED and was.get(key) is not Verdict.VIOLATED]
    unjudged = [
        key
        for key in new
        if (not ran and key not in was) or (runs and key[1] in {*after.negotiated} - {*before.negotiated})
    ]
    return _names(key for key in new if key not in unjudged), _names(unjudged)


async def _further(fault: Fault, connect: Connect, observer: Observer, stop: anyio.Event | None) -> Fault | None:
    """Return what is left of a fault once what keeps its example from running was fixed as well, one after the other.

    A program with two faults of this kind shows the second one only without the first.

    Args:
        fault: of a page on which the first is fixed.
        connect: opens the engine.
        observer: is informed of progress.
        stop: when it is set, nothing more is run.

    Returns:
        The last page that was run; None if nothing further was found to edit.
    """
    found: Fault | None = None
    for _ in range(_MOST_FURTHER):
        if fault.before.status is not Status.NOT_RUNNING or (stop is not None and stop.is_set()):
            break
        fault = await asked(fault, connect, observer)
        wanted = [one for one in fixable(fault.before.findings, fault.config.catalogue) if one.requirement == RUNS]
        edits, _ = fault.edits(wanted)
        assert fault.example.bundle is not None, "what was run has a bundle"
        sources = dict(fault.sources)
        on_page = on_pages(edits, fault.example.bundle, sources)
        if not on_page:
            break
        for file in {edit.span.file for edit in on_page}:
            sources[file] = patched(sources[file], [edit for edit in on_page if edit.span.file == file])
        plan = patched_plan(fault.plan, fault.example, sources, fault.config)
        texts = {file: (fault.sources[file], new) for file, new in sources.items() if new != fault.sources[file]}
        trying = tell(observer, fault.example.id, {RUNS}, texts)
        after = (await execute(plan, fault.config, connect, observer=trying, stop=stop)).examples[0]
        found = fault = replace(fault, example=plan.examples[0], before=after, sources=sources, answers={})
    return found


def _verdicts(result: ExampleResult) -> dict[RuleInRevision, Verdict]:
    return {(finding.requirement, finding.revision): finding.verdict for finding in result.findings}


def _fixable_names(result: ExampleResult, catalogue: Catalogue) -> tuple[str, ...]:
    return _names((f.requirement, f.revision) for f in fixable(result.findings, catalogue))


def _blocking_names(result: ExampleResult, catalogue: Catalogue) -> tuple[str, ...]:
    blocking = (finding for finding in result.findings if finding.gates)
    return _names((f.requirement, f.revision) for f in blocking if not has_fix(f.requirement, catalogue))


def _names(keys: Iterable[RuleInRevision]) -> tuple[str, ...]:
    return tuple(sorted({requirement for requirement, _ in keys}))
