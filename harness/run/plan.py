"""What a run is about: the docs, the sentences that judge, and the examples that are selected. Nothing is run here."""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractor.model import ExampleKind, ExampleStatus
from harness.base.errors import UsageError
from harness.model import Status
from harness.spec.bind import with_accepted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extractor.model import Corpus, Example, Problem
    from harness.baseline.file import Baseline
    from harness.config import Config
    from harness.model import ExampleResult, NoLongerRunnable, PrintedExample, TextChange
    from harness.selection.changed import Change
    from harness.spec.bind import Bound


@dataclass(frozen=True, slots=True)
class BasePlan:
    """The docs at the merge base of a change, as far as its examples come from them."""

    since: Change
    settings: Config
    """The configuration that its text is judged by: the one at the merge base."""
    bound: Bound
    origins: Mapping[str, Example]
    """By the id of an example as it is now, the one that it comes from."""
    all_examples: tuple[Example, ...]
    printed: tuple[PrintedExample, ...]
    baseline: Baseline
    successors: Mapping[str, str] = field(default_factory=dict)
    """By the id of then, the id of now of each example that was renamed or moved, whether it is selected or not."""
    unjudged: str | None = None
    """Why nothing of the merge base is judged; None if it is."""
    text_is_new: bool = False
    """Whether ``bound`` is the normative text of now, as there was none: then no sentence had drifted yet."""

    def origin(self, example: Example, *, is_before: bool) -> Example | None:
        """Return the example at the merge base that ``example`` comes from; itself if it is of the merge base."""
        return example if is_before else self.origins.get(example.id)

    def groups(self) -> Mapping[str, tuple[Example, ...]]:
        """Return the origins that can run, by digest."""
        return grouped(self.origins.values())

    def copies(self, digest: str) -> tuple[Example, ...]:
        """Return every example at the merge base with that text, in order of id."""
        return copies_of(digest, self.all_examples)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is about, before anything is started."""

    corpus: Corpus
    bound: Bound
    """The requirements, with the sentences that they are bound to."""
    examples: tuple[Example, ...]
    """The selected ones, of every status."""
    all_examples: tuple[Example, ...]
    """Selected or not, of the pages that were read: those with a copy of a selected text are among them."""
    printed: tuple[PrintedExample, ...] = ()
    """Exchanges that the pages print, by the same ids."""
    problems: tuple[Problem, ...] = ()
    """Problems of the docs to report: all, or those of the files that a change touches."""
    unmatched: tuple[str, ...] = ()
    """A sentence for each pattern of the configuration file that matches nothing."""
    no_longer_runnable: tuple[NoLongerRunnable, ...] = ()
    """Examples that could be run before a change and cannot any more."""
    text_changes: tuple[TextChange, ...] = ()
    """What a change does to the normative text."""
    schemas: frozenset[str] = frozenset()
    """Revisions whose JSON Schema a change adds, edits or removes."""
    left_out: tuple[str, ...] = ()
    """Pages that are not read any more, as a change has its configuration ignore them."""
    edited: frozenset[str] = frozenset()
    """Ids of the whole programs that a change adds or edits."""
    base: BasePlan | None = None
    """What the results are compared with; None if nothing is."""
    only_if_judged_under: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By id, revisions of which one must decide about an example for a change to affect it."""

    @property
    def ids(self) -> frozenset[str]:
        """Ids of all examples, selected or not: what a baseline names is among them."""
        return frozenset(example.id for example in self.all_examples)

    @property
    def pages(self) -> frozenset[str]:
        """Paths of all pages of the docs, and of what could not be read."""
        read = {page.path for page in self.corpus.pages}
        return frozenset(read | {problem.span.file for problem in self.corpus.problems} | {*self.corpus.unread})

    def accepting(self, baseline: Baseline) -> Plan:
        """Return the plan in which rules are judged again whose changed sentences the baseline accepts."""
        accepted = {entry.identity for entry in baseline.drift}
        base = self.base
        if base is not None:
            # what the change accepts was in doubt before it, and what is found then is not new
            known = accepted | {entry.identity for entry in base.baseline.drift}
            base = replace(base, bound=with_accepted(base.bound, known))
        return replace(self, bound=with_accepted(self.bound, accepted), base=base) if accepted or base else self

    def groups(self) -> Mapping[str, tuple[Example, ...]]:
        """Return the selected, runnable examples by digest: identical copies together, in order of id."""
        return grouped(self.examples)

    def copies(self, digest: str) -> tuple[Example, ...]:
        """Return every example with that text, selected or not, in order of id."""
        return copies_of(digest, self.all_examples)

    def affects(self, result: ExampleResult) -> bool:
        """Return whether a change concerns an example, now that it is known which revision it is judged under."""
        revisions = self.only_if_judged_under.get(result.id)
        return revisions is None or result.status is Status.BLOCKED or result.judged_under in revisions

    def only_runnable(self, pattern: str, kind: ExampleKind | None = None) -> Example:
        """Return the one selected example that can run.

        Args:
            pattern: that selected; for the message.
            kind: of the example; None for any.

        Raises:
            UsageError: none can run, or several can; the hint lists them.
        """
        runnable = [e for e in self.examples if e.bundle is not None and kind in {None, e.kind}]
        if len(runnable) == 1:
            return runnable[0]
        what = "runnable example" if kind is None else f"runnable {kind.value}"
        others = [e for e in self.examples if e.bundle is not None] if not runnable else []
        if kind is not None and len(others) == 1:
            raise UsageError(
                f"{others[0].id} is of kind {others[0].kind.value}, not {kind.value}",
                f"check it instead: docprobe check --select {shlex.quote(others[0].id)}",
            )
        if not runnable:
            raise UsageError(f"no {what} matches '{pattern}'", "see why: docprobe examples DOCS")
        ids = ", ".join(example.id for example in runnable[:5]) + (", …" if len(runnable) > 5 else "")
        raise UsageError(f"{len(runnable)} examples match '{pattern}'", f"name one of them: {ids}")


def grouped(examples: Iterable[Example]) -> Mapping[str, tuple[Example, ...]]:
    """Return the runnable examples by digest: identical copies together, in order of id."""
    groups: dict[str, dict[str, Example]] = defaultdict(dict)
    for example in examples:
        if example.status is ExampleStatus.RUNNABLE:
            groups[example.digest][example.id] = example
    return {digest: tuple(sorted(group.values(), key=lambda e: e.id)) for digest, group in groups.items()}


def copies_of(digest: str, examples: Iterable[Example]) -> tuple[Example, ...]:
    """Return the examples with a text, in order of id."""
    return tuple(sorted((example for example in examples if example.digest == digest), key=lambda e: e.id))
