"""What a run is about: the docs, the sentences that judge, and the examples that are selected. Nothing is run here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractor.base.text import printable
from extractor.docs.tree import is_page_name, page_text
from extractor.examples.ids import page_stem, stem_of
from extractor.model import ExampleKind, ExampleStatus
from harness.base.errors import NothingSelectedError, UsageError
from harness.base.git import Repository
from harness.baseline.file import Baseline, named_examples, parse_baseline
from harness.load import load_normative_text, unmatched_patterns
from harness.model import Status, Trust
from harness.run.old_sentences import old_sentences
from harness.selection.affected import find_impact
from harness.selection.docs_before import contents_before
from harness.selection.no_longer_runnable import no_longer_runnable
from harness.selection.origins import find_origins
from harness.selection.pages import load_changed, load_selected
from harness.selection.select import Selection, select
from harness.spec.bind import with_accepted, with_old_sentences
from harness.spec.diff import text_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from extractor.model import Corpus, Example, Problem
    from harness.config import Config, Shard
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


def make_plan(
    config: Config,
    *,
    since: Change | None = None,
    settings: Config | str | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Plan:
    """Extract the docs, bind the requirements and select examples.

    Args:
        config: of the run.
        since: a change; only examples that it affects are selected, and the plan may be empty.
        settings: the configuration at the merge base of the change, or why its text cannot be judged by that; None if
            the change leaves the configuration alone.
        meanwhile: what this process does while others read pages, if they do.

    Raises:
        UsageError: nothing is selected, a requirement is unknown, or the bindings cannot be read.
    """
    for name in config.requirements:
        config.catalogue.requirement(name)
    selection = Selection(config.select, config.revisions, config.shard)
    named = named_examples(config.baseline)
    if since is None:
        loaded = load_selected(config, selection, named, meanwhile)
    else:
        loaded = load_changed(config, since, selection, named, meanwhile)
    corpus, found = loaded.corpus, loaded.all
    bound = load_normative_text(config, corpus).bound
    if not found and corpus.problems:
        first, *others = corpus.problems
        more = f" (problems in all: {len(corpus.problems)})" if others else ""
        raise NothingSelectedError(
            f"no example was found, and {first.span}: {first.message}{more}",
            "see what is wrong with the pages, and what is not read: docprobe examples DOCS",
        )
    chosen = select(found, selection)
    unmatched = unmatched_patterns(config, loaded)
    selected = {example.page for example in chosen}
    problems = tuple(p for p in corpus.problems if p.span.file in selected or selection.is_about(p.span.file))
    plan = Plan(corpus, bound, chosen, found, loaded.printed, problems, unmatched)
    if since is not None:
        plan = _narrowed(plan, since, config, selection, settings)
    if config.shard is not None and config.shard.texts:
        _check_planned(plan.examples, config.shard)
    plan = replace(plan, examples=tuple(example for example in plan.examples if selection.holds(example)))
    if not plan.examples:
        return plan
    # the history of the docs is read only for a report that shows it
    old = old_sentences(bound.drift, config, since.base if since else None)
    return replace(plan, bound=with_old_sentences(bound, old))


def _check_planned(examples: Sequence[Example], shard: Shard) -> None:
    """Raise UsageError if a plan is not about these examples at all: of some that it lacks, each shard has a share."""
    if examples and shard.texts.keys().isdisjoint(example.digest for example in examples):
        raise UsageError(
            f"{shard.plan} is a plan of other docs: it has none of the {len(examples)} selected examples",
            "write it with the same DOCS and filters: docprobe check DOCS --plan N",
        )


def _narrowed(plan: Plan, since: Change, config: Config, selection: Selection, settings: Config | str | None) -> Plan:
    """Return the plan with only those examples that a change affects, and what it breaks."""
    then, unjudged = (config, settings) if isinstance(settings, str) else (settings or config, None)
    relisted = _relisted_examples(config, since)
    impact = find_impact(config, since, plan.corpus, plan.all_examples, plan.bound, relisted, settings=then)
    before = [example for example in impact.before if selection.holds(example)]
    affected = impact.affected_examples(plan.examples)
    digests = {example.id: example.digest for example in affected}
    ids = impact.changed | digests.keys()
    every = find_origins([e for e in plan.all_examples if e.id in ids], plan.all_examples, impact.before)
    origins = {example.id: every[example.id] for example in affected if example.id in every}
    unedited = {id for id, origin in origins.items() if origin.digest == digests[id]}
    # what cannot be a page for its name is reported by a name that can be shown
    named = {*since.files, *map(printable, since.files)}
    return replace(
        plan,
        examples=affected,
        base=BasePlan(
            since,
            then,
            impact.bound or plan.bound,
            origins if unjudged is None else {},
            impact.before,
            impact.printed,
            _baseline_before(config, since),
            _successors(every, plan.pages, plan.ids),
            unjudged,
        ),
        only_if_judged_under=impact.only_if_judged_under(affected),
        problems=tuple(problem for problem in plan.problems if problem.span.file in named),
        text_changes=text_changes(impact.bound, plan.bound, since.ref) if impact.bound is not None else (),
        no_longer_runnable=no_longer_runnable(
            before, plan.all_examples, _sources(plan.corpus), since, every, _sources_before(config, since)
        ),
        edited=frozenset(e.id for e in plan.examples if e.whole and e.id in impact.changed - unedited),
    )


def _successors(origins: Mapping[str, Example], pages: Collection[str], ids: Collection[str]) -> Mapping[str, str]:
    """Return the ids of now of examples that are called otherwise, by the ids of then.

    An example that was copied is still called as it was; one that is gone from its page, or with it, was moved.

    Args:
        origins: of all examples whose id or text is not what it was.
        pages: paths of the pages of now.
        ids: of all examples of now.
    """
    on_page = {origin.id: id for id, origin in origins.items() if page_stem(origin.page) == stem_of(id)}
    moved = {
        origin.id: id
        for id, origin in origins.items()
        if origin.id not in on_page and (origin.page not in pages or origin.id not in ids)
    }
    return {old: new for old, new in {**moved, **on_page}.items() if old != new}


def _relisted_examples(config: Config, since: Change) -> frozenset[str]:
    """Return the ids of examples whose baseline entries the change adds, removes or edits."""
    if not since.baseline:
        return frozenset()
    path = config.baseline
    now = Baseline() if path is None else parse_baseline(path.read_text(encoding="utf-8"), path.name)
    before = _baseline_before(config, since)
    return frozenset(entry.example for entry in {*before.findings} ^ {*now.findings})


def _baseline_before(config: Config, since: Change) -> Baseline:
    """Return the baseline as it was at the merge base; an empty one if it was not there or not valid."""
    if config.settings.trust is Trust.BASE:
        path = config.baseline
        return Baseline() if path is None else parse_baseline(path.read_text(encoding="utf-8"), path.name)
    path = config.baseline_place
    if path is None:
        return Baseline()
    try:
        text = Repository(path.parent, config.host).git("show", f"{since.base}:./{path.name}").decode()
        return parse_baseline(text, path.name)
    except (UsageError, UnicodeDecodeError):
        return Baseline()


def _sources_before(config: Config, since: Change) -> dict[str, str]:
    """Return the text of the changed pages at the merge base, by path; nothing if one was a link."""
    try:
        found = contents_before(config, since, [name for name in since.files if is_page_name(name, config.layout)])
    except UsageError:
        return {}
    return {name: page_text(data)[0] for name, data in found.items()}


def _sources(corpus: Corpus) -> dict[str, str | None]:
    """Return the text of every page by its path; None for what could not be read."""
    unread = {problem.span.file: None for problem in corpus.problems}
    return {**unread, **{page.path: page.source for page in corpus.pages}}
