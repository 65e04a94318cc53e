"""An example that violates something, and what a fix of it can be made from: its page, what its packages say."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import LANGUAGES, syntax_tree
from harness.base.errors import UsageError
from harness.judge.example import PACKAGES, RUNS
from harness.judge.start_fixes import own_lines, undefined_name
from harness.load import load_examples
from harness.model import Verdict
from harness.repair.edits import first_failure, propose
from harness.repair.pins import edits_of_installs
from harness.repair.start_edits import modules_importing, questions
from harness.run.code_checks import look_up
from harness.run.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Example
    from harness.config import Config
    from harness.model import Edit, ExampleResult, Finding, ModuleAnswer, Run
    from harness.repair.edits import FileEdit
    from harness.repair.pins import Pin
    from harness.run.connect import Connect
    from harness.run.observer import Observer

_MOST_ELSEWHERE: Final = 8
"""Modules that other examples of the docs import a missing name from, of which packages are asked."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An example that violates something, with all that a fix can be made from."""

    plan: Plan
    example: Example
    before: ExampleResult
    config: Config
    sources: Mapping[str, str]
    """The text of the page and of what it includes, by path."""
    answers: Mapping[str, ModuleAnswer] = field(default_factory=dict)
    """What packages say of names that are missing, by module."""
    pins: tuple[Pin, ...] = ()
    """Packages that are pinned so that the example runs; its code stays then."""

    def edits(self, wanted: Sequence[Finding]) -> tuple[tuple[FileEdit, ...], tuple[Edit, ...]]:
        """Return the edits that may fix some findings: of the example's files, and of the page's install lines."""
        assert self.example.bundle is not None, "what was run has a bundle"
        bundle, before = self.example.bundle, self.before
        in_code = [finding for finding in wanted if finding.requirement != RUNS or not self.pins]
        edits = propose(in_code, before.conversation, bundle, self.config.catalogue, before.runs, self.answers)
        lacking = next((finding for finding in wanted if finding.requirement == PACKAGES), None)
        pins = self.pins if len(in_code) < len(wanted) else ()
        return edits, edits_of_installs(lacking, pins, bundle, self.sources)


async def asked(fault: Fault, connect: Connect, observer: Observer) -> Fault:
    """Return a fault with what the example's packages say of the names whose lack kept it from running."""
    bundle, before = fault.example.bundle, fault.before
    failed = first_failure(before.runs)
    violated = any(f.requirement == RUNS and f.verdict is Verdict.VIOLATED for f in before.findings)
    language = next((one for one in LANGUAGES if bundle is not None and one.name == bundle.language), None)
    if bundle is None or failed is None or not violated or not isinstance(language, RunnableLanguage):
        return fault
    elsewhere = _modules_elsewhere(undefined_name(_log(failed)), fault.plan)
    wanted, tool = questions(failed, bundle, elsewhere), language.look_up
    if not wanted or tool is None:
        return fault
    asking = replace(bundle, files=(tool.file, *language.look_up_files), command=tool.command)
    async with connect(fault.config) as engine:
        found = await look_up(engine, asking, wanted, cutoff=failed.date, progress=lambda _: None)
    if found.failed is not None:
        observer.note(f"{fault.example.id}: the names that its packages export could not be looked up: {found.failed}")
    return replace(fault, answers={module: found.answers[module] for module in wanted if module in found.answers})


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


def patched_plan(plan: Plan, example: Example, sources: Mapping[str, str], config: Config) -> Plan:
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
            f"the fixed page no longer contains the example {example.id}", "fix the page by hand and run docprobe check"
        )
    return Plan(loaded.corpus, plan.bound, (same[0],), (same[0],))
