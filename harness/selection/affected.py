"""Which examples a change affects: the docs at the merge base are read and compared with the docs as they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from extractor.base.globs import matches_any
from extractor.examples.ids import bundle_digest
from extractor.model import Corpus, ExampleStatus
from harness.base.errors import UsageError
from harness.load import bind_statements, load_examples, load_pages, load_schemas, with_schemas
from harness.model import SIDES
from harness.selection.docs_before import (
    contents_before,
    docs_before,
    includes_others,
    pages_alone,
    rules_at,
    schemas_before,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from extractor.model import Example
    from harness.config import Config
    from harness.model import MessageSchema, PrintedExample, Side
    from harness.selection.changed import Change
    from harness.spec.bind import Bound

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
    text_is_new: bool = False
    """Whether there is no ``bound``, as the merge base has no normative text where it is now."""
    everything: bool = False
    """Whether something changed that decides about every example, such as the configuration apart from ``tables``."""
    changed: frozenset[str] = frozenset()
    """Ids of examples whose own text, or what extraction makes of it, is not what it was; or that are new."""
    relisted: frozenset[str] = frozenset()
    """Ids of examples whose baseline entries changed."""
    tables: frozenset[str] = frozenset()
    """Ids and globs whose tables in the configuration changed."""
    locked: frozenset[str] = frozenset()
    """Digests of the texts whose packages a lock file gives otherwise."""
    rules: frozenset[tuple[Side, str]] = frozenset()
    """Side and revision of the requirements that are bound to other sentences now."""
    schemas: frozenset[str] = frozenset()
    """Revisions whose JSON Schema is not what it was."""
    problems: frozenset[tuple[str, str]] = frozenset()
    """File and message of each problem of the docs at the merge base."""
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
            or example.digest in self.locked
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
    corpus, before = docs_before(settings or config, since, now)
    bound_before = _bound_before(settings or config, since, corpus, bound)
    rules = frozenset() if bound_before is None else _differing(bound_before, bound)
    elsewhere = config.spec is not None and config.spec != config.docs
    text_is_new = bound_before is None and (since.rules if elsewhere else corpus is None)
    sides = {row.id: row.side for row in config.catalogue.requirements}
    return Impact(
        before=before.all if before is not None else (),
        printed=before.printed if before is not None else (),
        bound=bound_before,
        text_is_new=text_is_new,
        # text that was not there judged nothing
        everything=since.configuration or since.images or (since.rules and bound_before is None),
        changed=_changed_examples(before.all if before is not None else (), examples),
        relisted=relisted,
        tables=since.tables,
        locked=since.locked,
        rules=frozenset((sides[requirement], revision) for requirement, revision in rules),
        schemas=frozenset(r for _, r in _with_other_schemas(bound_before, bound)) if bound_before else frozenset(),
        problems=frozenset((one.span.file, one.message) for one in (before.corpus.problems if before else ())),
        drafts=frozenset(config.layout.drafts),
    )


def _bound_before(config: Config, since: Change, docs: Corpus | None, now: Bound) -> Bound | None:
    """Return the requirements bound to the text and schemas of the merge base; None if it has no normative text.

    Args:
        config: of then.
        since: the change.
        docs: at the merge base.
        now: the requirements, bound to the text as it is.
    """
    elsewhere = config.spec is not None and config.spec != config.docs
    text = rules_at(config.spec, config, since) if config.spec is not None and elsewhere else docs
    with schemas_before(config, since) as folder:
        if text is not None:
            return bind_statements(text.statements, replace(config, schema=folder))
        if elsewhere and since.schemas:
            return with_schemas(now, load_schemas(folder, config.rules_layout.revisions))
    return None


def affects_nothing(config: Config, since: Change) -> bool:
    """Return whether the changed pages alone show that a change affects no example: the case of most changes of prose.

    Only those pages are read, as they were and as they are, which takes a fraction of a second. If they hold the same
    blocks, examples and sentences, the whole trees do too. False says nothing: then :func:`find_impact` decides.
    """
    names = pages_alone(config, since)
    if since.is_beside_pages or names is None or len(names) > FEW:
        return False
    now = load_pages(config, {name: None for name in names if (config.docs / name).is_file()})
    try:
        before = load_pages(config, contents_before(config, since, names))
    except UsageError:
        return False
    if now.problems or includes_others(before) or includes_others(now):
        return False
    return _contents(before) == _contents(now) and not _changed_examples(
        load_examples(config, before).all, load_examples(config, now).all
    )


def _changed_examples(before: Sequence[Example], now: Sequence[Example]) -> frozenset[str]:
    """Return the ids that are new or gone, or stand for something else than before."""
    was, have = ({(example.id, _decisive(example)) for example in examples} for examples in (before, now))
    return frozenset(id for id, _ in was ^ have)


def _decisive(example: Example) -> Hashable:
    """Return all of an example that decides how it runs and how it is judged, and nothing of where it stands."""
    imports = None if example.imports is None else bundle_digest(example.imports.bundle)
    notes = frozenset((note.kind, note.origin, note.name) for note in example.notes)
    stated = (example.kind, example.revision, example.resolve_date, example.expected, example.whole)
    return (example.digest, example.status, stated, imports, notes)


def _contents(corpus: Corpus) -> Sequence[Hashable]:
    """Return all of some pages that examples and bindings can depend on, apart from line numbers."""
    return (
        *((block.span.file, block.sha256, block.info.raw) for block in corpus.blocks),
        *((one.page, one.revision, one.anchor, one.level, one.subject, one.fingerprint) for one in corpus.statements),
    )


def _differing(before: Bound, now: Bound) -> frozenset[RuleInRevision]:
    """Return the requirements that are bound to other sentences now, or have another JSON Schema."""
    was, have = _sentences(before), _sentences(now)
    return frozenset(
        rule for rule in was.keys() | have.keys() if was.get(rule) != have.get(rule)
    ) | _with_other_schemas(before, now)


def _with_other_schemas(before: Bound, now: Bound) -> frozenset[RuleInRevision]:
    rows = before.requirements.keys() & now.requirements.keys()
    # what is the same in both was read twice; all rows of a revision have one schema
    differs = {
        pair: _holds(pair[0]) != _holds(pair[1])
        for pair in {(before.requirements[rule].schema, now.requirements[rule].schema) for rule in rows}
    }
    return frozenset(r for r in rows if differs[before.requirements[r].schema, now.requirements[r].schema])


def _holds(schema: MessageSchema | None) -> tuple[str, Mapping[str, Any]] | None:
    return None if schema is None else (schema.key, schema.document)


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
