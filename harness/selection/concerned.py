"""Which examples a change concerns: the docs as they were are read again and compared with what they are."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.corpus import extract
from extractor.examples import find_examples
from harness.baseline.file import parse
from harness.errors import UsageError
from harness.requirements.binding import bind, load_bindings
from harness.requirements.catalogue import CATALOGUE
from harness.selection.gitfiles import files_of, git, is_media, write_files
from harness.selection.select import SIDES
from harness.stages.printed import printed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from extractor.model import Corpus, Example
    from harness.baseline.file import Baseline
    from harness.config import Config
    from harness.requirements.binding import Bound
    from harness.selection.changed import Change

Rule = tuple[str, str]
"""Requirement and revision."""


def selector(config: Config, since: Change, bound: Bound, examples: tuple[Example, ...]) -> Callable[[Example], bool]:
    """A filter for the examples that the change concerns.

    An example is concerned if its own text (blocks, includes) differs from the merge base, if a requirement that it is
    judged by stands on other sentences than it did, or if the baseline says something else of it. Everything is, if
    the configuration changed.
    """
    if since.configuration:
        return lambda example: True
    with _tree_at(config.docs, since.base) as old:
        before = _corpus(old, config) if old is not None else None
        digests = _digests(before, config) if before is not None else {}
        oracle = before if config.spec in {None, config.docs} else _rules_at(config, since)
        rules = _rules_changed(oracle, bound, config)
    named = _named_anew(config, since) if since.baseline else frozenset()

    def concerned(example: Example) -> bool:
        if digests.get(example.id) != example.digest or example.id in named:
            return True
        return any(
            side in SIDES[example.kind] and example.revision in {revision, None} for side, revision in judged_by
        )

    sides = {row.id: row.side for row in CATALOGUE}
    judged_by = {(sides[name], revision) for name, revision in rules}
    return concerned


def _corpus(root: Path, config: Config) -> Corpus:
    """The docs of another commit; pages that did not change since are in the cache."""
    return extract(root, config.layout, jobs=config.jobs, cache=None if config.no_cache else config.state / "pages")


def _digests(corpus: Corpus, config: Config) -> Mapping[str, str]:
    found = find_examples(corpus, overrides=config.overrides, python_packages=config.python_packages)
    shown = [entry.example for entry in printed(corpus)]
    return {example.id: example.digest for example in (*found, *shown)}


def _rules_at(config: Config, since: Change) -> Corpus | None:
    """The normative text at the merge base, where it is another tree of the same repository."""
    if config.spec is None or not since.rules:
        return None
    with _tree_at(config.spec, since.base) as old:
        return _corpus(old, config) if old is not None else None


def _rules_changed(before: Corpus | None, bound: Bound, config: Config) -> frozenset[Rule]:
    """Requirements that stood on other sentences, or on sentences that read differently; none if nothing is known."""
    if before is None:
        return frozenset()
    was = _standing(bind(before.statements, load_bindings(config.bindings), CATALOGUE))
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
    try:
        was = _entries(parse(git(path.parent, "show", f"{since.base}:./{path.name}").decode(), path.name))
    except UsageError:
        was = frozenset()
    return frozenset(example for example, *_ in was ^ now)


def _entries(baseline: Baseline) -> frozenset[tuple[str, str, str, str]]:
    return frozenset(
        (entry.example, entry.requirement, entry.reason, str(entry.expires)) for entry in baseline.findings
    )


@contextmanager
def _tree_at(root: Path, commit: str) -> Iterator[Path | None]:
    """A folder as it was at a commit, in a temporary one; None if it was not there.

    Links are left out: a docs tree may hold some that lead out of it.
    """
    prefix = git(root, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").strip().rstrip("/")
    try:
        files = files_of(root, commit, prefix or ".")
    except UsageError:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="docprobe-base-") as folder:
        write_files(root, [(path, id) for path, id in files if not is_media(path)], Path(folder))
        yield Path(folder)
