"""Which examples a change affects: the docs at the merge base are read and compared with the docs as they are."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extractor.base.globs import matches_any
from extractor.docs.tree import is_page_name
from extractor.model import Corpus, ExampleStatus, Flavour
from harness.base.errors import UsageError
from harness.base.git import Repository, is_media
from harness.load import bind_statements, load_corpus, load_examples, load_pages, schema_folder
from harness.model import SIDES

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence

    from extractor.model import Block, Example
    from harness.base.host import HostEnvironment
    from harness.config import Config
    from harness.load import LoadedExamples
    from harness.model import PrintedExample, Side
    from harness.selection.changed import Change
    from harness.spec.bind import Bound

INCLUDING: Final = frozenset({Flavour.VITEPRESS, Flavour.MKDOCS})
"""Dialects in which a page may include another page."""
FEW: Final = 40
"""Up to so many changed pages, reading them alone first is worth the time."""

JUDGED: Final = frozenset({ExampleStatus.RUNNABLE, ExampleStatus.PRINTED})
"""Examples that rules judge: a changed rule means nothing to the others."""

RuleInRevision = tuple[str, str]
"""A requirement's id and a revision."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change means for the examples of the docs."""

    before: tuple[Example, ...]
    """Every example at the merge base."""
    printed: tuple[PrintedExample, ...] = ()
    """Exchanges that pages printed at the merge base, by the same ids."""
    bound: Bound | None = None
    """The requirements, bound to the normative text at the merge base; None if that has not changed."""
    everything: bool = False
    """Whether the configuration changed, apart from ``tables``: it decides about every example."""
    changed: frozenset[str] = frozenset()
    """Ids of examples whose own text, or what extraction makes of it, is not what it was; or that are new."""
    relisted: frozenset[str] = frozenset()
    """Ids of examples whose baseline entries changed."""
    tables: frozenset[str] = frozenset()
    """Ids and globs whose tables in the configuration changed."""
    rules: frozenset[tuple[Side, str]] = frozenset()
    """Side and revision of the requirements that are bound to other sentences now."""
    drafts: frozenset[str] = frozenset()
    """Revisions that no server can negotiate."""

    def affected_examples(self, examples: Sequence[Example]) -> tuple[Example, ...]:
        """Return those of ``examples``, of the docs as they are, that must be checked again."""
        return tuple(e for e in examples if self._changes(e) or self._rules_revisions(e))

    def only_if_judged_under(self, examples: Sequence[Example]) -> Mapping[str, frozenset[str]]:
        """Return by id the revisions under one of which an example must be judged for the change to affect it.

        Those are examples of pages without a revision which nothing but changed rules affects: which revision they are
        judged under shows when they run.
        """
        unsure = (e for e in examples if e.revision is None and not self._changes(e))
        return {example.id: self._rules_revisions(example) for example in unsure}

    def _changes(self, example: Example) -> bool:
        return (
            self.everything
            or example.id in self.changed
            or example.id in self.relisted
            or matches_any(example.id, self.tables)
        )

    def _rules_revisions(self, example: Example) -> frozenset[str]:
        """Return the revisions of changed rules that the example may be judged under."""
        if example.status not in JUDGED:
            return frozenset()
        revisions = {revision for side, revision in self.rules if side in SIDES[example.kind]}
        if example.revision is not None:
            return frozenset(revisions & {example.revision})
        # no server negotiates a draft, so no page belongs to one without being in its folder
        return frozenset(revisions - self.drafts)


def find_impact(
    config: Config,
    since: Change,
    now: Corpus,
    examples: Sequence[Example],
    bound: Bound,
    relisted: frozenset[str] = frozenset(),
    *,
    settings: Config | None = None,
) -> Impact:
    """Read the docs at the merge base and compare them with the docs as they are.

    Args:
        config: of the run.
        since: the change.
        now: the docs as they are.
        examples: every example of the docs as they are.
        bound: the requirements, bound to the normative text as it is.
        relisted: ids of examples whose baseline entries changed.
        settings: the configuration at the merge base; None if it is the same.
    """
    corpus, before = _docs_before(settings or config, since, now)
    text = corpus if config.spec is None or config.spec == config.docs else _rules_at(config.spec, config, since)
    bound_before = None if text is None else bind_statements(text.statements, settings or config)
    rules = frozenset() if bound_before is None else _differing(bound_before, bound)
    sides = {row.id: row.side for row in config.catalogue.requirements}
    return Impact(
        before=before.all if before is not None else (),
        printed=before.printed if before is not None else (),
        bound=bound_before,
        everything=since.configuration,
        changed=_changed_examples(before.all if before is not None else (), examples),
        relisted=relisted,
        tables=since.tables,
        rules=frozenset((sides[requirement], revision) for requirement, revision in rules),
        drafts=frozenset(config.layout.drafts),
    )


def affects_nothing(config: Config, since: Change) -> bool:
    """Return whether the changed pages alone show that a change affects no example: the case of most changes of prose.

    Only those pages are read, as they were and as they are, which takes a fraction of a second. If they hold the same
    blocks, examples and sentences, the whole trees do too. False says nothing: then :func:`find_impact` decides.
    """
    names = pages_alone(config, since)
    if since.rules or since.configuration or since.tables or since.baseline or names is None or len(names) > FEW:
        return False
    now = load_pages(config, {name: None for name in names if (config.docs / name).is_file()})
    try:
        before = load_pages(config, contents_at(Repository(config.docs, config.host), since.base, names))
    except UsageError:
        return False
    if now.problems or _includes(before) or _includes(now):
        return False
    return _contents(before) == _contents(now) and not _changed_examples(
        load_examples(config, before).all, load_examples(config, now).all
    )


def pages_alone(config: Config, since: Change) -> Sequence[str] | None:
    """Return the pages among the changed files; None if a file among them may decide how other pages are read."""
    names = [name for name in since.files if not is_media(name)]
    # any other file may be included by a page, or decide how pages are read
    return names if all(is_page_name(name, config.layout) for name in names) else None


def _changed_examples(before: Sequence[Example], now: Sequence[Example]) -> frozenset[str]:
    """Return the ids that are new or gone, or stand for another text or status than before."""
    was = {(example.id, example.digest, example.status) for example in before}
    return frozenset(id for id, _, _ in was ^ {(example.id, example.digest, example.status) for example in now})


def _contents(corpus: Corpus) -> Sequence[Hashable]:
    """Return all of some pages that examples and bindings can depend on, apart from line numbers."""
    return (
        *((block.span.file, block.sha256, block.info.raw) for block in corpus.blocks),
        *((one.page, one.anchor, one.level, one.fingerprint) for one in corpus.statements),
    )


def contents_at(docs: Repository, commit: str, names: Collection[str]) -> Mapping[str, bytes]:
    """Return the bytes of the files that were there at a commit."""
    prefix = _prefix(docs)
    wanted = [file for file in docs.files(commit, prefix or ".") if file.path in names] if names else []
    return {file.path: data for file, data in docs.contents(wanted)} if wanted else {}


def _docs_before(config: Config, since: Change, now: Corpus) -> tuple[Corpus | None, LoadedExamples | None]:
    """Return the docs at the merge base, and their examples; None if they were not there.

    Args:
        config: by which they are read.
        since: the change.
        now: the docs as they are. Where pages alone changed, the others are taken from there.
    """
    names = pages_alone(config, since)
    if names is None or since.configuration or now.layout != config.layout or not stand_alone(now):
        return _docs_at(config, since.base)
    try:
        before = load_pages(config, contents_at(Repository(config.docs, config.host), since.base, names))
    except UsageError:
        return None, None
    if not stand_alone(before):
        return _docs_at(config, since.base)
    corpus = _with_pages(now, before, frozenset(names))
    return corpus, load_examples(config, corpus)


def stand_alone(corpus: Corpus) -> bool:
    """Return whether each page is what its own file makes it: none includes others, or is a link to one."""
    elsewhere = any(not page.sha256 or (corpus.root / page.path).is_symlink() for page in corpus.pages)
    return not elsewhere and not _includes(corpus)


def _includes(corpus: Corpus) -> bool:
    """Return whether code of other files may be on a page: by its dialect, or as it imports a page that has some."""
    return any(page.flavour in INCLUDING for page in corpus.pages) or any(block.includes for block in corpus.blocks)


def _with_pages(corpus: Corpus, other: Corpus, names: frozenset[str]) -> Corpus:
    """Return a corpus with the pages ``names`` as another one has them: some may be gone there, or not yet there."""
    pages = (*(page for page in corpus.pages if page.path not in names), *other.pages)
    blocks = (*(block for block in corpus.blocks if block.span.file not in names), *other.blocks)
    statements = (*(one for one in corpus.statements if one.page not in names), *other.statements)
    return Corpus(
        root=corpus.root,
        layout=corpus.layout,
        pages=tuple(sorted(pages, key=lambda page: page.path)),
        # of one page they stay in their order
        blocks=tuple(sorted(blocks, key=_file_of)),
        statements=tuple(sorted(statements, key=lambda statement: statement.page)),
        problems=other.problems,
    )


def _file_of(block: Block) -> str:
    return block.span.file


def _docs_at(config: Config, commit: str) -> tuple[Corpus | None, LoadedExamples | None]:
    """Return the docs at a commit, and their examples; None if they were not there."""
    with tree_at(config.docs, commit, config.host) as folder:
        if folder is None:
            return None, None
        there = replace(config, docs=folder, schema=schema_folder(config))
        corpus = load_corpus(there)
        return corpus, load_examples(there, corpus)


def _rules_at(spec: Path, config: Config, since: Change) -> Corpus | None:
    """Return the normative text of another tree at the merge base; None if it is the same, or was not there."""
    if not since.rules:
        return None
    with tree_at(spec, since.base, config.host) as folder:
        return load_corpus(replace(config, docs=folder, layout=config.rules_layout)) if folder is not None else None


def _differing(before: Bound, now: Bound) -> frozenset[RuleInRevision]:
    """Return the requirements that are bound to other sentences now."""
    was, have = _sentences(before), _sentences(now)
    return frozenset(rule for rule in was.keys() | have.keys() if was.get(rule) != have.get(rule))


def _sentences(bound: Bound) -> Mapping[RuleInRevision, frozenset[str]]:
    """Return the fingerprints of the sentences of each requirement in each revision; drift counts as one of them."""
    found: dict[RuleInRevision, set[str]] = defaultdict(set)
    for statement, requirements in bound.requirements_by_statement.items():
        for requirement in requirements:
            found[requirement, statement.revision or ""].add(statement.fingerprint)
    for entry in bound.drift:
        nearest = entry.nearest.fingerprint if entry.nearest else ""
        found[entry.requirement, entry.revision].add(f"{entry.kind.value} {nearest}")
    return {rule: frozenset(fingerprints) for rule, fingerprints in found.items()}


def _prefix(checkout: Repository) -> str:
    """Return the folder as seen from the top of its checkout; empty for the top."""
    return checkout.git("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").strip().rstrip("/")


@contextmanager
def tree_at(root: Path, commit: str, host: HostEnvironment) -> Iterator[Path | None]:
    """Give a temporary folder that holds ``root`` as it was at a commit; None if it was not there.

    Links are left out: a docs tree may hold some that lead out of it.
    """
    checkout = Repository(root, host)
    try:
        files = checkout.files(commit, _prefix(checkout) or ".")
    except UsageError:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="docprobe-base-") as folder:
        checkout.write([file for file in files if not is_media(file.path)], Path(folder))
        yield Path(folder)
