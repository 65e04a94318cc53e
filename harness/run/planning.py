"""A plan is made: docs read, requirements bound, examples selected. Nothing is run here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.base.errors import NothingSelectedError, UsageError
from harness.baseline.file import named_examples
from harness.load import load_normative_text, unmatched_patterns
from harness.run.narrowing import narrowed
from harness.run.old_sentences import old_sentences
from harness.run.plan import Plan
from harness.selection.pages import load_changed, load_selected
from harness.selection.select import Selection, select
from harness.spec.bind import with_old_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Example
    from harness.config import Config, Shard
    from harness.selection.changed import Change


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
        plan = narrowed(plan, since, config, selection, settings)
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
