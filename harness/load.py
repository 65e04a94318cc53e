"""The one way in: from a configuration to the docs, their examples and their normative text.

JSON Schemas of messages are read from ``<folder>/<revision>/schema.json``.

Every command reads docs through here, so that each honours the same settings: where the normative text is (``spec``),
how many processes parse (``jobs``), and whether parsed pages come from the cache (``state``, ``no_cache``).
Imports of what only some commands need are in the functions that need them: they take longer than a cached tree.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import extractor
import harness
from extractor.base.errors import internal_error
from extractor.base.globs import matches_any, unused_patterns
from extractor.base.kept import Kept, code_digest, library_version, value_digest
from extractor.docs.corpus import Reading, extract_pages
from extractor.docs.tree import find_files
from extractor.examples.ids import page_stem, stem_of
from extractor.model import Example, ExampleKind, ExampleStatus, Problem
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from extractor.examples.example_cache import ExampleCache
    from extractor.model import Corpus, Statement
    from harness.config import Config
    from harness.model import MessageSchema, PrintedExample
    from harness.spec.bind import Bound
    from harness.spec.bindings_file import Binding
    from harness.spec.classification import ClassifiedStatement

_HARNESS: Final = Path(harness.__file__).parent
PROFILES: Final = (
    _HARNESS / "base", _HARNESS / "judge" / "findings.py", _HARNESS / "load.py", _HARNESS / "model",
    _HARNESS / "profiles", _HARNESS / "profile.py", _HARNESS / "rule.py",
)  # fmt: skip
"""Code that decides what a profile makes of a page's code, besides the extractor's."""
LIBRARIES: Final = ("jsonschema", "referencing")
"""Those that a profile reads printed messages with."""


FILE: Final = "schema.json"


@dataclass(frozen=True, slots=True)
class LoadedExamples:
    """Every example of a docs tree."""

    corpus: Corpus
    """The docs; its problems include ids that a page uses twice."""
    assembled: tuple[Example, ...]
    """Examples made of code blocks, of every status, in order of page and line."""
    printed: tuple[PrintedExample, ...]
    """Exchanges that pages print, in order of page."""

    @property
    def all(self) -> tuple[Example, ...]:
        """Both kinds of examples."""
        return (*self.assembled, *(printed.example for printed in self.printed))


@dataclass(frozen=True, slots=True)
class NormativeText:
    """The sentences of a specification, and the requirements that are bound to them."""

    root: Path
    """Docs root that holds them."""
    statements: tuple[Statement, ...]
    bound: Bound


def load_corpus(config: Config, *, statements: bool = True, only: Collection[str] | None = None) -> Corpus:
    """Return the docs at ``config.docs``, extracted.

    Args:
        config: where the docs are and how they are read.
        statements: whether normative statements are wanted; without them extraction is faster.
        only: paths of the pages that are wanted; None for all.
    """
    return _reading(config.docs, config, statements=statements, only=only).corpus()


def start_statements(config: Config, pages: Collection[str]) -> Reading:
    """Begin to extract the statements alone of some pages of the docs: in other processes, if there are many.

    Args:
        config: where the docs are and how they are read.
        pages: paths of the pages.
    """
    return _reading(config.docs, config, blocks=False, only=pages)


def load_pages(config: Config, contents: Mapping[str, bytes | None]) -> Corpus:
    """Return some pages of the docs, extracted alone: those that are cached by their bytes come from there.

    Args:
        config: where the docs are.
        contents: paths below the docs root; of each the bytes to read instead of the file, or None for the file.
    """
    return extract_pages(
        config.docs,
        config.layout,
        contents,
        config.profile.parties,
        config.profile.code.loaders,
        cache=_pages_folder(config),
        page_s=config.limits.page_s,
    )


def load_examples(config: Config, corpus: Corpus | None = None, known: LoadedExamples | None = None) -> LoadedExamples:
    """Return every example of the docs.

    Args:
        config: the overrides and the Python package names, and how the docs are read.
        corpus: the docs, if they are extracted already.
        known: what was loaded of other pages of these docs, or of some of these; they are not looked at again.

    Raises:
        UsageError: an override contradicts itself or the docs.
    """
    from extractor.examples.find import find_examples, still_valid
    from extractor.examples.ids import with_repeated_ids

    corpus = corpus or load_corpus(config, statements=False)
    assembled = find_examples(
        corpus,
        config.profile.code,
        config.overrides,
        config.python_packages,
        page_s=config.limits.page_s,
        cache=_example_cache(config),
        known=still_valid(known.assembled, known.corpus, corpus) if known else {},
    )
    printed, problems = _kept_printed(corpus, config)
    problems += [Problem(e.spans[0], e.reason or "") for e in assembled if e.status is ExampleStatus.FAILED]
    if problems:
        every = sorted([*corpus.problems, *problems], key=lambda problem: (problem.span, problem.message))
        corpus = replace(corpus, problems=tuple(every))
    return LoadedExamples(with_repeated_ids(corpus, assembled), assembled, tuple(printed))


def load_normative_text(config: Config, corpus: Corpus | None = None) -> NormativeText:
    """Return the normative text that the docs are judged by: that of ``config.spec`` if given, else of the docs.

    Args:
        config: where the text is, its bindings, and how it is read.
        corpus: the docs, if they are extracted already, with statements.

    Raises:
        UsageError: the bindings cannot be read or contradict the catalogue, or a JSON Schema cannot be read.
    """
    statements = load_statements(config, corpus)
    return NormativeText(config.spec or config.docs, statements, bind_statements(statements, config))


def load_statements(config: Config, corpus: Corpus | None = None) -> tuple[Statement, ...]:
    """Return the sentences of the normative text, unbound; arguments as for :func:`load_normative_text`."""
    root = config.spec or config.docs
    if corpus is None or corpus.layout != config.rules_layout or root.resolve() != config.docs.resolve():
        layout = config.rules_layout
        normative = [path for path in find_files(root, layout)[0] if matches_any(path, layout.specification)]
        corpus = _reading(root, replace(config, layout=layout), blocks=False, only=frozenset(normative)).corpus()
    return corpus.statements


def bind_statements(statements: tuple[Statement, ...], config: Config) -> Bound:
    """Return the catalogue of the configuration, bound to ``statements``, with the JSON Schemas of its revisions.

    Quotations bind nothing.
    """
    from harness.spec.bind import bind

    own = tuple(statement for statement in statements if not statement.quoted)
    bound = bind(own, bindings_of(config), config.catalogue.requirements)
    return with_schemas(bound, load_schemas(config.schema_folder, config.rules_layout.revisions))


def bindings_of(config: Config) -> tuple[Binding, ...]:
    """Return the bindings of the catalogue to sentences. Raises UsageError if they cannot be read."""
    from harness.spec.bindings_file import load_bindings

    return load_bindings(config.bindings, config.catalogue, _bindings_folder(config))


def classify_statements(config: Config, text: NormativeText) -> tuple[ClassifiedStatement, ...]:
    """Return each statement of ``text`` with its requirements, or the reason why it has none."""
    from harness.spec.classification import classify, load_classes

    return classify(text.statements, text.bound, load_classes(config.bindings, _bindings_folder(config)))


def unmatched_patterns(config: Config, examples: LoadedExamples) -> tuple[str, ...]:
    """Return a sentence for each pattern of the configuration file that matches nothing.

    They are the keys of ``[examples."…"]`` tables and the normative pages of ``[layout]``. Nothing is said of a
    pattern that may be about a page which is not read.
    """
    from extractor.examples.find import unused_overrides

    written = [p for p in config.layout.specification if p not in config.profile.layout.specification]
    unused = unused_overrides(examples.assembled, config.overrides)
    left_out = pages_left_out(config) if unused or written else ()
    stems = [page_stem(page) for page in left_out]
    unused = tuple(key for key in unused if not any(matches_any(stem, (stem_of(key),)) for stem in stems))
    tables = [f'[examples."{key}"] matches no example' for key in unused]
    pages = [*(page.path for page in examples.corpus.pages), *examples.corpus.unread, *left_out]
    normative = unused_patterns(written, pages) if config.spec is None else ()
    return (*tables, *(f"[layout] specification: '{pattern}' matches no page" for pattern in normative))


def pages_left_out(config: Config) -> tuple[str, ...]:
    """Return the pages of the docs that are not read since one page or a folder was asked for; none of whole docs."""
    if not config.layout.only:
        return ()
    whole = find_files(config.docs, replace(config.layout, only=()))[0]
    return tuple(page for page in whole if page not in config.layout.only)


def _bindings_folder(config: Config) -> Path | None:
    return None if config.no_cache else config.state / "bindings"


def _pages_folder(config: Config) -> Path | None:
    return None if config.no_cache else config.state / "pages"


def _example_cache(config: Config) -> ExampleCache | None:
    if config.no_cache:
        return None
    from extractor.examples.example_cache import ExampleCache

    return ExampleCache(
        config.state / "examples",
        config.profile.code,
        config.overrides,
        config.python_packages,
        code_of_profile=f"{config.profile.name} {code_digest(*PROFILES)}",
    )


def _reading(
    root: Path,
    config: Config,
    *,
    blocks: bool = True,
    statements: bool = True,
    only: Collection[str] | None = None,
) -> Reading:
    cache = _pages_folder(config)
    profile = config.profile
    return Reading(
        root,
        config.layout,
        profile.parties,
        profile.code.loaders,
        jobs=config.jobs,
        cache=cache,
        blocks=blocks,
        statements=statements,
        page_s=config.limits.page_s,
        only=only,
    )


def _kept_printed(corpus: Corpus, config: Config) -> tuple[Sequence[PrintedExample], list[Problem]]:
    """Return what :func:`_printed_examples` does; kept by all blocks and pages, the profile's code, and the schemas."""
    from harness.model import PrintedExample

    if config.no_cache:
        return _printed_examples(corpus, config)
    kept: Kept[tuple[PrintedExample, ...]] = Kept(config.state / "examples", tuple[PrintedExample, ...], ".printed")
    schemas = config.schema_folder
    revisions = sorted({block.revision or "" for block in corpus.blocks})
    there = [name for name in revisions if (schemas / name / FILE).is_file()]
    pages = [(page.path, page.sha256) for page in corpus.pages]
    inputs = value_digest((corpus.blocks, pages, there))
    libraries = [library_version(name) for name in LIBRARIES]
    code = (code_digest(*PROFILES), code_digest(Path(extractor.__file__).parent), sys.version, *libraries)
    key = " ".join((config.profile.name, *code, inputs))
    known = kept.load(key)
    if known is not None:
        return known, []
    printed, problems = _printed_examples(corpus, config)
    if not problems:
        kept.store(key, tuple(printed))
    return printed, problems


def _printed_examples(corpus: Corpus, config: Config) -> tuple[list[PrintedExample], list[Problem]]:
    """Return what every page prints, in order of page, and the pages where that failed.

    A page that prints messages and no exchanges is an example where its revision has a JSON Schema to judge them by.
    """
    from harness.model import PrintedExample

    schemas = config.schema_folder
    examples: list[PrintedExample] = []
    problems: list[Problem] = []
    sources = {page.path: page.source for page in corpus.pages}
    for page, group in groupby(corpus.blocks, key=lambda block: block.span.file):
        blocks = tuple(group)
        try:
            shown = config.profile.printed(blocks, page, sources.get(page, ""))
        except Exception as error:
            # a page that is read wrongly costs no other page its check
            problems.append(Problem(blocks[0].span, internal_error(error)))
            continue
        revision = blocks[0].revision or ""
        if shown is None or not (shown.transcript.exchanges or (schemas / revision / FILE).is_file()):
            continue
        text = "\0".join(block.sha256 for block in shown.blocks)
        example = Example(
            id=f"{PurePosixPath(page).with_suffix('')}#printed",
            page=page,
            revision=shown.blocks[0].revision,
            language=shown.blocks[0].language,
            kind=ExampleKind.OTHER,
            status=ExampleStatus.PRINTED,
            reason=None,
            spans=tuple(block.span for block in shown.blocks),
            digest=hashlib.sha256(text.encode()).hexdigest(),
        )
        examples.append(PrintedExample(example, replace(shown.transcript, example_id=example.id)))
    return examples, problems


_DEFINITIONS: Final = ("$defs", "definitions")


def load_schemas(folder: Path, revisions: Iterable[str]) -> dict[str, MessageSchema]:
    """Return the schema of each revision that has one.

    Args:
        folder: with a folder for each revision.
        revisions: of the docs.

    Raises:
        UsageError: a schema cannot be read, or has no definitions.
    """
    files = {revision: folder / revision / FILE for revision in revisions}
    return {revision: _read(file) for revision, file in files.items() if file.is_file()}


def with_schemas(bound: Bound, schemas: Mapping[str, MessageSchema]) -> Bound:
    """Return bound requirements, each with the schema of its revision, or none."""
    rows = {
        key: replace(row, schema=schemas.get(row.revision)) if row.schema or row.revision in schemas else row
        for key, row in bound.requirements.items()
    }
    return replace(bound, requirements=rows)


def _read(file: Path) -> MessageSchema:
    from harness.model import MessageSchema

    hint = "give a folder with <revision>/schema.json: --schema DIR"
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{file}: the JSON Schema cannot be read: {error}", hint) from error
    key = next(
        (key for key in _DEFINITIONS if isinstance(document, dict) and isinstance(document.get(key), dict)), None
    )
    if key is None:
        raise UsageError(f"{file}: not a JSON Schema of messages: it has neither `$defs` nor `definitions`", hint)
    return MessageSchema(f"{file.parent.name}/{file.name}", document, key)
