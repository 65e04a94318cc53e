"""Proving a patch: the patched page is extracted, run and judged like any other, and compared with what was."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import LANGUAGES, syntax_tree
from harness.base.errors import DocprobeError, UsageError
from harness.judge.example import PACKAGES, RUNS
from harness.judge.start_fixes import own_lines, undefined_name
from harness.load import load_examples
from harness.model import Status, Verdict
from harness.repair.edits import first_failure, fixable, has_fix, on_pages, patched, propose
from harness.repair.install_edits import install_edits
from harness.repair.proofs import ProvedPatch, sources_of, store_proof
from harness.repair.start_edits import modules_importing, questions
from harness.repair.trial import FailedFix, Trial, failure_of, outcome_of, why_not
from harness.run.code_checks import look_up
from harness.run.execute import execute
from harness.run.observer import Silent
from harness.run.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import anyio

    from extractor.model import Example
    from harness.config import Config
    from harness.model import Edit, ExampleResult, Finding, ModuleAnswer, Report, Run
    from harness.repair.edits import FileEdit
    from harness.repair.proofs import Proofs
    from harness.repair.trial import RuleInRevision
    from harness.rule import Catalogue
    from harness.run.connect import Connect
    from harness.run.observer import Observer

_FIXABLE: Final = frozenset({Status.JUDGED, Status.NOT_RUNNING})
_MOST_ALONE: Final = 3
"""Fixes that are tried one by one if they do not work together."""
_MOST_ELSEWHERE: Final = 8
"""Modules that other examples of the docs import a missing name from, of which packages are asked."""


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
    """
    before = (await execute(replace(plan, examples=(example,)), config, connect, observer=observer)).examples[0]
    if before.status not in _FIXABLE:
        raise UsageError(
            f"{example.id} cannot be fixed, it is {before.status.value}: {before.reason}", "see docprobe examples DOCS"
        )
    trial = await _try(plan, example, before, config, connect, observer)
    _proof_of(trial, before, config.state, observer)
    return trial


async def prove_all(
    plan: Plan,
    report: Report,
    config: Config,
    connect: Connect,
    observer: Observer,
    *,
    known: Proofs,
    stop: anyio.Event,
) -> tuple[dict[str, ProvedPatch], dict[str, FailedFix]]:
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
    proofs, failures = dict(known), dict[str, FailedFix]()
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
        if (failed := failure_of(trial)) is not None:
            failures[result.digest] = failed
        proof = _proof_of(trial, result, config.state, observer)
        if proof is not None:
            proofs[result.digest] = proof
    return proofs, failures


def _proof_of(trial: Trial, before: ExampleResult, state: Path, observer: Observer) -> ProvedPatch | None:
    """Return what a trial proves for the text and the packages of ``before``, stored for later runs if possible."""
    known = (before.packages, *(run.packages for run in before.runs))
    if not trial.holds or dict(trial.packages) not in map(dict, known):
        return None
    proof = ProvedPatch(trial.fixed, trial.edits)
    try:
        store_proof(proof, before, state)
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
    fault = _Fault(plan, example, before, config, await _answers(plan, example, before, config, connect, observer))
    wanted = [finding for finding in fixable(before.findings, config.catalogue) if any(fault.edits((finding,)))]
    trial = await _try_findings(fault, wanted, connect, observer, stop)
    works = sorted({requirement for requirement, _ in trial.fixed})
    if not works or trial.holds or trial.trouble is not None:
        return trial
    # what does not work takes nothing away from what does: all that does, else each by itself
    together = [works] if len(works) < len(trial.tried) else []
    for names in (*together, *([name] for name in works[:_MOST_ALONE] if len(works) > 1)):
        fewer = [finding for finding in wanted if finding.requirement in names]
        again = await _try_findings(fault, fewer, connect, observer, stop)
        if again.holds:
            left_out = tuple(name for name in trial.tried if name not in names)
            return replace(again, unfitting=trial.unfitting, given_up=FailedFix(left_out, why_not(trial)))
    return trial


@dataclass(frozen=True, slots=True)
class _Fault:
    """An example that violates something, with all that a fix can be made from."""

    plan: Plan
    example: Example
    before: ExampleResult
    config: Config
    answers: Mapping[str, ModuleAnswer]
    """What packages say of names that are missing, by module."""

    @property
    def sources(self) -> Mapping[str, str]:
        """The text of the page and of what it includes, by path."""
        return sources_of(self.example, self.plan.corpus, self.config.docs)

    def edits(self, wanted: Sequence[Finding]) -> tuple[tuple[FileEdit, ...], tuple[Edit, ...]]:
        """Return the edits that may fix some findings: of the example's files, and of the page's install lines."""
        assert self.example.bundle is not None, "what was run has a bundle"
        bundle, before = self.example.bundle, self.before
        edits = propose(wanted, before.conversation, bundle, self.config.catalogue, before.runs, self.answers)
        lacking = [finding for finding in wanted if finding.requirement == PACKAGES]
        return edits, install_edits(lacking[0], bundle, self.sources) if lacking else ()


async def _answers(
    plan: Plan, example: Example, before: ExampleResult, config: Config, connect: Connect, observer: Observer
) -> Mapping[str, ModuleAnswer]:
    """Return what the example's packages say of the names whose lack kept it from running, best modules first."""
    bundle, failed = example.bundle, first_failure(before.runs)
    violated = any(f.requirement == RUNS and f.verdict is Verdict.VIOLATED for f in before.findings)
    language = next((one for one in LANGUAGES if bundle is not None and one.name == bundle.language), None)
    if bundle is None or failed is None or not violated or not isinstance(language, RunnableLanguage):
        return {}
    elsewhere = _modules_elsewhere(undefined_name(_log(failed)), plan)
    wanted, tool = questions(failed, bundle, elsewhere), language.look_up
    if not wanted or tool is None:
        return {}
    asking = replace(bundle, files=(tool.file, *language.look_up_files), command=tool.command)
    async with connect(config) as engine:
        found = await look_up(engine, asking, wanted, cutoff=failed.date, progress=lambda _: None)
    if found.failed is not None:
        observer.note(f"{example.id}: its packages could not be asked for names: {found.failed}")
    return {module: found.answers[module] for module in wanted if module in found.answers}


def _log(run: Run) -> str:
    return "\n".join(own_lines(run.logs))


def _modules_elsewhere(name: str, plan: Plan) -> tuple[str, ...]:
    """Return the modules from which examples of the docs import a name, the most usual first."""
    found: Counter[str] = Counter()
    for example in plan.all_examples if name else ():
        for file in example.bundle.files if example.bundle is not None else ():
            root = syntax_tree(file.path, file.text) if name in file.text else None
            found.update(modules_importing(name, root) if root is not None else ())
    return tuple(module for module, _ in found.most_common(_MOST_ELSEWHERE))


async def _try_findings(
    fault: _Fault, wanted: Sequence[Finding], connect: Connect, observer: Observer, stop: anyio.Event | None
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
    again = _patched_plan(plan, example, {**sources, **{file: new for file, (_, new) in texts.items()}}, config)
    after = (await execute(again, config, connect, observer=observer, stop=stop)).examples[0]
    if after.status is not Status.JUDGED:
        trouble = f"{after.status.value}: {after.reason}"
        names = tuple(sorted(tried))
        return Trial(edits, texts, tried=names, remaining=names, unfitting=unfitting, trouble=trouble)
    was, now = _verdicts(before), _verdicts(after)
    # what nobody could judge without a conversation is not broken by having one
    ran = before.status is Status.JUDGED
    new = [k for k, v in now.items() if v is Verdict.VIOLATED and was.get(k) is not Verdict.VIOLATED]
    return Trial(
        edits=edits,
        texts=texts,
        tried=tuple(sorted(tried)),
        fixed=tuple(k for k, v in was.items() if v is Verdict.VIOLATED and now.get(k) is Verdict.SATISFIED),
        remaining=tuple(name for name in _fixable_names(after, catalogue) if name in tried),
        unfitting=unfitting,
        broken=_names(k for k in new if ran or k in was),
        shown=_names(k for k in new if not ran and k not in was),
        packages=after.packages,
        blocking=_blocking_names(after, catalogue),
    )


def _patched_plan(plan: Plan, example: Example, sources: Mapping[str, str], config: Config) -> Plan:
    """Return a plan for the same example on the patched page, read from a tree of that page and what it includes."""
    with tempfile.TemporaryDirectory(prefix="docprobe-fix-") as folder:
        root = Path(folder)
        for name, source in sources.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source, encoding="utf-8")
        # the site's own configuration, which decides how the page is read, is not there
        layout = replace(config.layout, flavour=plan.corpus.page(example.page).flavour)
        loaded = load_examples(replace(config, docs=root, layout=layout, no_cache=True))
    same = [other for other in loaded.assembled if other.id == example.id]
    if not same:
        raise UsageError(
            f"{example.id} is not an example any more on the fixed page", "fix the page by hand and run docprobe check"
        )
    return Plan(loaded.corpus, plan.bound, (same[0],), (same[0],))


def _verdicts(result: ExampleResult) -> dict[RuleInRevision, Verdict]:
    return {(finding.requirement, finding.revision): finding.verdict for finding in result.findings}


def _fixable_names(result: ExampleResult, catalogue: Catalogue) -> tuple[str, ...]:
    return _names((f.requirement, f.revision) for f in fixable(result.findings, catalogue))


def _blocking_names(result: ExampleResult, catalogue: Catalogue) -> tuple[str, ...]:
    blocking = (finding for finding in result.findings if finding.gates)
    return _names((f.requirement, f.revision) for f in blocking if not has_fix(f.requirement, catalogue))


def _names(keys: Iterable[RuleInRevision]) -> tuple[str, ...]:
    return tuple(sorted({requirement for requirement, _ in keys}))
