"""Proving a patch: the patched page is extracted, run and judged like any other, and compared with what was."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.model import Status, Verdict
from harness.repair.fix import RULES, patched, propose, unified
from harness.run import Plan, check, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extractor.model import Example
    from harness.config import Config
    from harness.model import ExampleResult
    from harness.progress import Observer
    from harness.run import Connect


@dataclass(frozen=True, slots=True)
class Proof:
    """A patch and what running it showed."""

    page: str
    patch: str
    """Unified diff, paths relative to the docs root; empty if no rule has a proposal."""
    text: str
    """The whole patched page."""
    mended: tuple[str, ...]
    """Requirements that were violated and are satisfied now."""
    remaining: tuple[str, ...]
    """Requirements with a rule that are still violated."""
    broken: tuple[str, ...]
    """Requirements that were satisfied and are not any more."""
    trouble: str | None
    """Why the patched example could not be judged; None if it was."""

    @property
    def holds(self) -> bool:
        """Whether the patch mends something, breaks nothing and leaves nothing it set out to mend."""
        return bool(self.mended) and not self.broken and not self.remaining and self.trouble is None


async def prove(todo: Plan, example: Example, config: Config, connect: Connect, observer: Observer) -> Proof:
    """Run the example, propose a patch, run the patched page, compare.

    Raises UsageError if the example does not run, so that there is nothing to mend or to prove.
    """
    only = replace(todo, examples=(example,))
    before = (await check(only, config, connect, observer=observer)).examples[0]
    if before.status is not Status.JUDGED or before.transcript is None or example.bundle is None:
        raise UsageError(f"{example.id} is {before.status.value}: {before.reason}", "see: docprobe examples DOCS")
    page = todo.corpus.page(example.page)
    edits = propose(before.findings, before.transcript, example.bundle)
    text = patched(page.source, edits)
    patch = unified(example.page, page.source, text)
    if not patch:
        return Proof(example.page, "", page.source, (), _mendable(before), (), None)
    after = await _judged(todo, example, text, config, connect, observer)
    if after.status is not Status.JUDGED:
        return Proof(example.page, patch, text, (), _mendable(before), (), f"{after.status.value}: {after.reason}")
    was, now = _verdicts(before), _verdicts(after)
    return Proof(
        page=example.page,
        patch=patch,
        text=text,
        mended=_names(k for k, v in was.items() if v is Verdict.VIOLATED and now.get(k) is Verdict.SATISFIED),
        remaining=_mendable(after),
        broken=_names(k for k, v in now.items() if v is Verdict.VIOLATED and was.get(k) is not Verdict.VIOLATED),
        trouble=None,
    )


async def _judged(
    todo: Plan, example: Example, text: str, config: Config, connect: Connect, observer: Observer
) -> ExampleResult:
    """The result of the same example on the patched page, in a tree that holds the page and what it includes."""
    with tempfile.TemporaryDirectory(prefix="docprobe-fix-") as folder:
        root = Path(folder)
        for block in todo.corpus.blocks:
            for included in block.includes if block.span.file == example.page else ():
                target = root / included.file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(config.docs / included.file, target)
        target = root / example.page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        corpus, found = find(replace(config, docs=root, no_cache=True))
        same = [other for other in found if other.id == example.id]
        if not same:
            raise UsageError(f"{example.id} is no example any more once the page is patched")
        report = await check(Plan(corpus, todo.bound, (same[0],), (same[0],)), config, connect, observer=observer)
        return report.examples[0]


def _verdicts(result: ExampleResult) -> dict[tuple[str, str], Verdict]:
    return {(finding.requirement, finding.revision): finding.verdict for finding in result.findings}


def _mendable(result: ExampleResult) -> tuple[str, ...]:
    return _names(
        (f.requirement, f.revision) for f in result.findings if f.verdict is Verdict.VIOLATED and f.requirement in RULES
    )


def _names(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, _ in keys}))
