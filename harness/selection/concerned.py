"""Which examples a change concerns: the docs as they were are read again and compared with what they are."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.base.globs import matches_any
from harness.base.errors import UsageError
from harness.base.git import Repository, is_media
from harness.baseline.file import parse
from harness.load import bind_statements, load_corpus, load_examples
from harness.model import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Corpus, Example
    from harness.baseline.file import Baseline
    from harness.config import Config
    from harness.model import Side
    from harness.selection.changed import Change
    from harness.spec.binding import Bound

Rule = tuple[str, str]
"""Requirement and revision."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What a change means for each example."""

    before: tuple[Example, ...]
    """Every example at the merge base."""
    everything: bool
    """Whether the configuration changed, and with it what is said of any example."""
    named: frozenset[str]
    """Examples of which the baseline says something else than it did."""
    tables: frozenset[str]
    """Ids and globs of which the configuration says something else."""
    judged_by: frozenset[tuple[Side, str]]
    """Side and revision of the requirements that stand on other sentences."""

    def concerned(self, examples: Sequence[Example]) -> tuple[Example, ...]:
        """Those of ``examples`` that the change concerns.

        An example is concerned if its own text (blocks, includes) or what extraction says of it differs from the merge
        base, if a requirement that it is judged by stands on other sentences than it did, or if the baseline or its
        table of the configuration says something else of it. Everything is, if the rest of the configuration changed.
        """
        was = {example.id: (example.digest, example.status) for example in self.before}
        return tuple(
            example
            for example in examples
            if self.everything or was.get(example.id) != (example.digest, example.status) or self._is_told_anew(example)
        )

    def _is_told_anew(self, example: Example) -> bool:
        by_name = example.id in self.named or matches_any(example.id, self.tables)
        return by_name or any(
            side in SIDES[example.kind] and example.revision in {revision, None} for side, revision in self.judged_by
        )


def concern(config: Config, since: Change, bound: Bound) -> Concern:
    """Read the docs as they were at the merge base and compare what they say. ``bound`` is by the docs as they are."""
    with _tree_at(Repository(config.docs, config.host), since.base) as old:
        there = replace(config, docs=old) if old is not None else None
        corpus = load_corpus(there) if there is not None else None
        before = load_examples(there, corpus).all if there is not None else ()
        oracle = corpus if config.spec in {None, config.docs} else _rules_at(config, since)
        rules = _rules_changed(oracle, bound, config)
    sides = {row.id: row.side for row in config.catalogue.requirements}
    return Concern(
        before=before,
        everything=since.configuration,
        named=_named_anew(config, since) if since.baseline else frozenset(),
        tables=since.tables,
        judged_by=frozenset((sides[name], revision) for name, revision in rules),
    )


def _rules_at(config: Config, since: Change) -> Corpus | None:
    """The normative text at the merge base, where it is another tree of the same repository."""
    if config.spec is None or not since.rules:
        return None
    with _tree_at(Repository(config.spec, config.host), since.base) as old:
        return load_corpus(replace(config, docs=old)) if old is not None else None


def _rules_changed(before: Corpus | None, bound: Bound, config: Config) -> frozenset[Rule]:
    """Requirements that stood on other sentences, or on sentences that read differently; none if nothing is known."""
    if before is None:
        return frozenset()
    was = _standing(bind_statements(before.statements, config))
    now = _standing(bound)
    return frozenset(rule for rule in was.keys() | now.keys() if was.get(rule) != now.get(rule))


def _standing(bound: Bound) -> Mapping[Rule, frozenset[str]]:
    """Requirement and revision to the fingerprints of its sentences, those that drifted away included."""
    found: dict[Rule, set[str]] = defaultdict(set)
    for statement, names in (bound.standing_on or {}).items():
        for name in names:
            found[name, statement.revision or ""].add(statement.fingerprint)
    for entry in bound.drift:
        nearest = entry.nearest.fingerprint if entry.nearest else ""
        found[entry.requirement, entry.revision].add(f"{entry.kind.value} {nearest}")
    return {rule: frozenset(prints) for rule, prints in found.items()}


def _named_anew(config: Config, since: Change) -> frozenset[str]:
    """Examples of baseline entries that were added, removed or changed."""
    path = config.baseline
    if path is None:
        return frozenset()
    now = _entries(parse(path.read_text(encoding="utf-8"), path.name))
    folder = Repository(path.parent, config.host)
    try:
        was = _entries(parse(folder.git("show", f"{since.base}:./{path.name}").decode(), path.name))
    except UsageError:
        was = frozenset()
    return frozenset(example for example, *_ in was ^ now)


def _entries(baseline: Baseline) -> frozenset[tuple[str, str, str, str]]:
    return frozenset(
        (entry.example, entry.requirement, entry.reason, str(entry.expires)) for entry in baseline.findings
    )


@contextmanager
def _tree_at(checkout: Repository, commit: str) -> Iterator[Path | None]:
    """A folder as it was at a commit, in a temporary one; None if it was not there.

    Links are left out: a docs tree may hold some that lead out of it.
    """
    prefix = checkout.git("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").strip().rstrip("/")
    try:
        files = checkout.files(commit, prefix or ".")
    except UsageError:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="docprobe-base-") as folder:
        checkout.write([file for file in files if not is_media(file.path)], Path(folder))
        yield Path(folder)
