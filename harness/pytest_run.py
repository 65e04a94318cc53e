"""What the pytest plugin runs: examples with what each will be asked, and one example's report on demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import anyio

from extractor.model import ExampleStatus
from harness.model import SIDES, Stage
from harness.repair.proofs import load_proofs, patches_of
from harness.run.execute import execute
from harness.run.outcome import conclude
from harness.run.planning import make_plan
from harness.run.renamed import load_followed_baseline
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from extractor.model import Example
    from harness.model import Report
    from harness.run.connect import Connect
    from harness.run.plan import Plan


@dataclass(frozen=True, slots=True)
class Planned:
    """One example, before anything ran."""

    id: str
    page: str
    """Relative to the docs root."""
    line: int
    """First line, 1-based."""
    requirements: tuple[str, ...]
    """Ids it will be asked, in the catalogue's order; of one that cannot run, whether it starts and no more."""
    reason: str | None
    """Why it cannot run; None if it can."""


class ItemSource(Protocol):
    """Where the plugin's items come from."""

    def examples(self) -> Sequence[Planned]:
        """Return every selected example, in order of id."""
        ...

    def judge(self, example_id: str) -> Report:
        """Run and judge one example; the baseline is applied."""
        ...


class PlannedRun:
    """The real source: extracts once, and runs an example when its first item is set up."""

    def __init__(self, docs: Path, select: Sequence[str], connect: Connect) -> None:
        """Read configuration, docs and baseline. Raises UsageError."""
        self._config = load_config(docs, select=tuple(select))
        self._connect = connect
        plan = make_plan(self._config)
        self._baseline = load_followed_baseline(self._config, plan)
        self._plan: Plan = plan.accepting(self._baseline)

    def examples(self) -> Sequence[Planned]:
        """Implement :class:`ItemSource`."""
        return tuple(self._planned(example) for example in sorted(self._plan.examples, key=lambda e: e.id))

    def judge(self, example_id: str) -> Report:
        """Implement :class:`ItemSource`."""
        chosen = tuple(example for example in self._plan.examples if example.id == example_id)
        todo = replace(self._plan, examples=chosen)
        report = anyio.run(execute, todo, self._config, self._connect)
        proofs = load_proofs(report, self._plan, self._config)
        return conclude(report, self._baseline, patches_of(proofs, report, todo, self._config.docs))

    def _planned(self, example: Example) -> Planned:
        line = example.spans[0].first if example.spans else 1
        if example.status not in {ExampleStatus.RUNNABLE, ExampleStatus.FAILED}:
            reason = f"{example.status.value}: {example.reason or 'no reason given'}"
            return Planned(example.id, example.page, line, tuple(self._ids(Stage.START)), reason)
        before = (*self._ids(Stage.START), *self._ids(Stage.PAGE))
        asked = {
            name: None
            for (name, revision), row in self._plan.bound.requirements.items()
            if row.requirement.side in SIDES[example.kind] and revision in {example.revision or revision, ""}
            if name not in before
        }
        names = (*before, *asked)
        wanted = self._config.requirements
        asked_for = tuple(name for name in names if not wanted or name in wanted)
        return Planned(example.id, example.page, line, asked_for, None)

    def _ids(self, stage: Stage) -> Iterator[str]:
        """Yield the ids of the requirements that are judged from ``stage``."""
        return (row.id for row in self._config.catalogue.requirements if row.stage is stage)
