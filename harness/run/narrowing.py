"""A plan is narrowed to what a change affects: its examples, and what they are compared with at the merge base."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.base.text import printable
from extractor.base.tomlfile import utf8_text
from extractor.docs.tree import is_page_name, page_text
from extractor.examples.ids import page_stem, stem_of
from harness.base.checkout import file_at
from harness.base.errors import LinkError, UsageError
from harness.base.git import Repository
from harness.baseline.file import Baseline, parse_baseline
from harness.model import Trust
from harness.run.plan import BasePlan, Plan
from harness.selection.affected import find_impact
from harness.selection.docs_before import contents_before
from harness.selection.left_out import left_out_pages
from harness.selection.no_longer_runnable import no_longer_runnable
from harness.selection.origins import find_origins
from harness.spec.diff import text_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from extractor.model import Corpus, Example
    from harness.config import Config
    from harness.selection.changed import Change
    from harness.selection.select import Selection


def narrowed(plan: Plan, since: Change, config: Config, selection: Selection, settings: Config | str | None) -> Plan:
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
    new = tuple(problem for problem in plan.problems if (problem.span.file, problem.message) not in impact.problems)
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
            impact.text_is_new,
        ),
        only_if_judged_under=impact.only_if_judged_under(affected),
        problems=tuple(problem for problem in plan.problems if problem.span.file in named or problem in new),
        text_changes=text_changes(impact.bound, plan.bound, since.ref) if impact.bound is not None else (),
        no_longer_runnable=no_longer_runnable(
            before,
            plan.all_examples,
            _sources(plan.corpus),
            since,
            every,
            _sources_before(config, since),
            new,
            trusted=config.settings.trust is not Trust.BASE,
        ),
        schemas=impact.schemas,
        left_out=left_out_pages(config, then, since),
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
    before, now = _baseline_before(config, since), _baseline_now(config)
    return frozenset(entry.example for entry in {*before.findings} ^ {*now.findings})


def _baseline_now(config: Config) -> Baseline:
    """Return the baseline that counts in this run."""
    path = config.baseline
    if path is None:
        return Baseline()
    name = str(config.baseline_place or path)
    return parse_baseline(utf8_text(path.read_bytes(), name), name)


def _baseline_before(config: Config, since: Change) -> Baseline:
    """Return the baseline as it was at the merge base; an empty one if it was not there or not valid."""
    if config.settings.trust is Trust.BASE:
        return _baseline_now(config)
    path = config.baseline_place
    if path is None:
        return Baseline()
    try:
        data = file_at(path, Repository(config.docs, config.host), since.base)
    except LinkError:
        return Baseline()
    try:
        return Baseline() if data is None else parse_baseline(utf8_text(data, path.name), path.name)
    except UsageError:
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
