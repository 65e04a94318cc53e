"""Entries of the baseline that name an example by an id of the past: which example they are about now.

An id takes a heading's part where several examples of a page share a language or a tab, so a heading that is inserted
above unchanged blocks renames them. A change knows the ids of its merge base; else the page's own history in git does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.examples.ids import page_stem, stem_of
from harness.base.git import Repository
from harness.baseline.file import Baseline, load_baseline, named_examples
from harness.load import load_examples, load_pages, pages_left_out
from harness.selection.origins import find_origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.config import Config
    from harness.run.plan import BasePlan, Plan

VERSIONS: Final = 20
"""Versions of one page that are read, newest first."""


def load_followed_baseline(config: Config, plan: Plan) -> Baseline:
    """Return the baseline of the configuration, its entries about the examples as they are called in the docs at hand.

    Raises:
        UsageError: as :func:`harness.baseline.file.load_baseline`.
    """
    path = config.baseline
    if path is None:
        return Baseline()
    named = named_examples(path)
    renamed: dict[str, str] = {}
    removed: frozenset[str] = frozenset()
    if plan.base is not None:
        before = {entry.example for entry in plan.base.baseline.findings} | (named - plan.ids)
        renamed = {old: new for old, new in plan.base.successors.items() if old in before & named}
        removed = frozenset(example.id for example in plan.base.all_examples)
    renamed |= _from_history(named - plan.ids - renamed.keys() - removed, config, plan)
    left_out = pages_left_out(config) if named - plan.ids else ()
    name = str(config.baseline_place or path)
    baseline = load_baseline(path, plan.ids, plan.pages, config.catalogue.ids, renamed, removed, left_out, name)
    return baseline if plan.base is None else _within_change(baseline, plan.base)


def _within_change(baseline: Baseline, base: BasePlan) -> Baseline:
    """Return the baseline of a change without entries that named nothing before it either: they are not about it."""
    there = {example.id for example in base.all_examples}
    old = {entry.example for entry in base.baseline.findings} - there
    dead = old & baseline.gone
    return replace(
        baseline,
        known=tuple(entry for entry in baseline.known if entry.example not in dead),
        not_runnable=tuple(entry for entry in baseline.not_runnable if entry.example not in dead),
        gone=baseline.gone - dead,
    )


def _from_history(ids: frozenset[str], config: Config, plan: Plan) -> Mapping[str, str]:
    """Return the ids of now of examples whose page is still there, by the ids that they had in its history."""
    pages = {page_stem(page): page for page in plan.pages}
    wanted: dict[str, set[str]] = defaultdict(set)
    for id in ids:
        if (page := pages.get(stem_of(id))) is not None:
            wanted[page].add(id)
    found: dict[str, str] = {}
    repository = Repository(config.docs, config.host)
    for page, names in wanted.items():
        now = [example for example in plan.all_examples if example.page == page]
        for source in repository.versions(page, VERSIONS):
            before = load_examples(config, load_pages(config, {page: source})).all
            of_then = [example for example in before if example.id in names - found.keys()]
            origins = find_origins(now, now, before)
            found |= {e.id: new for e in of_then for new, origin in origins.items() if origin.id == e.id}
            if names <= found.keys():
                break
    return found
