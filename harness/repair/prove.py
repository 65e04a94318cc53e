"""Proving a patch: the patched page is extracted, run and judged like any other, and compared with what was."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.base.errors import UsageError
from harness.load import load_examples
from harness.model import Status, Verdict
from harness.repair import kept
from harness.repair.fix import RULES, on_pages, patched, propose, unified
from harness.run.check import check
from harness.run.observer import Silent
from harness.run.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import anyio

    from extractor.model import Example
    from harness.config import Config
    from harness.model import ExampleResult, Report
    from harness.repair.fix import FileEdit
    from harness.run.check import Connect
    from harness.run.observer import Observer

Key = tuple[str, str]
"""Requirement and revision."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A patch and what running it showed."""

    edits: tuple[FileEdit, ...]
    """Empty if no rule has a proposal."""
    texts: Mapping[str, tuple[str, str]]
    """Every page and included file that the patch changes, before and after, by path relative to the docs root."""
    mended: tuple[Key, ...]
    """What was violated and is satisfied now."""
    remaining: tuple[str, ...]
    """Requirements with a rule that are still violated."""
    broken: tuple[str, ...]
    """Requirements that were not violated and are now."""
    packages: Mapping[str, str]
    """Installed when the patched example ran."""
    trouble: str | None
    """Why the patched example could not be judged; None if it was."""
    gating: tuple[str, ...] = ()
    """Requirements without a rule that still make a check fail, with the patch or where there is none."""

    @property
    def holds(self) -> bool:
        """Whether the patch mends something, breaks nothing and leaves nothing it set out to mend."""
        return bool(self.mended) and not self.broken and not self.remaining and self.trouble is None

    def patch(self, prefix: str = "") -> str:
        """As ``git apply`` reads it; ``prefix`` goes before each path and ends in a slash. Empty without a proposal."""
        return "".join(unified(prefix + path, before, after) for path, (before, after) in sorted(self.texts.items()))


async def prove(todo: Plan, example: Example, config: Config, connect: Connect, observer: Observer) -> Proof:
    """Run the example, propose a patch, run the patched page, compare. A patch that holds is kept in the state.

    Raises UsageError if the example does not run, so that there is nothing to mend or to prove.
    """
    only = replace(todo, examples=(example,))
    before = (await check(only, config, connect, observer=observer)).examples[0]
    if before.status is not Status.JUDGED:
        raise UsageError(f"{example.id} is {before.status.value}: {before.reason}", "see: docprobe examples DOCS")
    return await _proof(todo, example, before, config, connect, observer)


async def prove_all(
    todo: Plan, report: Report, config: Config, connect: Connect, observer: Observer, *, stop: anyio.Event
) -> None:
    """Prove a patch for every distinct text of ``report`` that has a violation with a rule; what holds is kept.

    A text whose proof is kept already is not run again. When ``stop`` is set nothing more is run.
    """
    examples = {example.id: example for example in todo.examples}
    mendable = {result.digest: result for result in reversed(report.examples) if _mendable(result)}
    for result in mendable.values():
        if stop.is_set() or result.id not in examples or kept.load(config.state, result) is not None:
            continue
        observer.note(f"{result.id}: proving a patch")
        try:
            proof = await _proof(todo, examples[result.id], result, config, connect, Silent(), stop)
        except Exception as error:
            # the report is made: what goes wrong here must not cost anybody its verdicts
            observer.note(f"{result.id}: no proof: {type(error).__name__}: {error}")
            continue
        observer.note(f"{result.id}: {_told(proof)}")


def _told(proof: Proof) -> str:
    if proof.holds:
        return f"the patch holds: it mends {', '.join(sorted({name for name, _ in proof.mended}))}"
    if not proof.texts:
        return "no patch is known for these lines"
    left = f"still violated {proof.remaining}, now broken {proof.broken}"
    return f"the patch does not hold and is not reported: {proof.trouble or left}"


async def _proof(
    todo: Plan,
    example: Example,
    before: ExampleResult,
    config: Config,
    connect: Connect,
    observer: Observer,
    stop: anyio.Event | None = None,
) -> Proof:
    assert before.transcript is not None, "what was judged has a transcript"
    assert example.bundle is not None, "what was judged has a bundle"
    edits = propose(before.findings, before.transcript, example.bundle)
    sources = kept.sources_of(example, todo.corpus, config.docs)
    by_file = on_pages(edits, example.bundle, sources)
    changed = {edit.span.file for edit in by_file}
    texts = {
        file: (sources[file], patched(sources[file], [edit for edit in by_file if edit.span.file == file]))
        for file in changed
    }
    if not texts:
        return Proof((), {}, (), _mendable(before), (), {}, None, _unmendable(before))
    again = _patched(todo, example, {**sources, **{file: new for file, (_, new) in texts.items()}}, config)
    after = (await check(again, config, connect, observer=observer, stop=stop)).examples[0]
    if after.status is not Status.JUDGED:
        return Proof(edits, texts, (), _mendable(before), (), {}, f"{after.status.value}: {after.reason}")
    was, now = _verdicts(before), _verdicts(after)
    proof = Proof(
        edits=edits,
        texts=texts,
        mended=tuple(k for k, v in was.items() if v is Verdict.VIOLATED and now.get(k) is Verdict.SATISFIED),
        remaining=_mendable(after),
        broken=_names(k for k, v in now.items() if v is Verdict.VIOLATED and was.get(k) is not Verdict.VIOLATED),
        packages=after.packages,
        trouble=None,
        gating=_unmendable(after),
    )
    if proof.holds and dict(before.packages) == dict(after.packages):
        kept.keep(config.state, before, kept.Kept(proof.mended, proof.edits))
    return proof


def _patched(todo: Plan, example: Example, sources: Mapping[str, str], config: Config) -> Plan:
    """The same example on the patched page, in a tree that holds the page and what it includes: ready to be run."""
    with tempfile.TemporaryDirectory(prefix="docprobe-fix-") as folder:
        root = Path(folder)
        for name, source in sources.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source, encoding="utf-8")
        # the site's own configuration, which says how the page is read, is not there
        layout = replace(config.layout, flavour=todo.corpus.page(example.page).flavour)
        loaded = load_examples(replace(config, docs=root, layout=layout, no_cache=True))
    same = [other for other in loaded.assembled if other.id == example.id]
    if not same:
        raise UsageError(f"{example.id} is no example any more once the page is patched")
    return Plan(loaded.corpus, todo.bound, (same[0],), (same[0],))


def _verdicts(result: ExampleResult) -> dict[tuple[str, str], Verdict]:
    return {(finding.requirement, finding.revision): finding.verdict for finding in result.findings}


def _mendable(result: ExampleResult) -> tuple[str, ...]:
    return _names(
        (f.requirement, f.revision) for f in result.findings if f.verdict is Verdict.VIOLATED and f.requirement in RULES
    )


def _unmendable(result: ExampleResult) -> tuple[str, ...]:
    return _names((f.requirement, f.revision) for f in result.findings if f.gates and f.requirement not in RULES)


def _names(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, _ in keys}))
