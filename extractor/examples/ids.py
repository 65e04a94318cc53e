"""Ids of examples, which survive edits elsewhere on the page, and digests, which are equal for identical copies."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.model import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.languages.common.values import Language
    from extractor.model import Block, Bundle, Corpus, Example, Span


def page_stem(page: str) -> str:
    """Return ``docs/2025-11-25/develop/build-server`` of ``docs/2025-11-25/develop/build-server.mdx``."""
    return re.sub(r"\.mdx?$", "", page)


def stem_of(example_id: str) -> str:
    """Return the page of an example without its extension: what stands before the ``#`` of its id."""
    return example_id.partition("#")[0]


def example_ids(page: str, examples: Sequence[tuple[Block, Language, bool]]) -> tuple[str, ...]:
    """Return one id for each example of a page.

    The page without its extension, ``#``, and the tab or the language. Where that clashes, the slug of the nearest
    heading; where several languages share it, the slug and the language; then an ordinal within that heading. A
    directive's ``id=`` wins. Whether an example can run does not change its id: a fragment that somebody completes
    keeps it.

    Args:
        page: path with its extension.
        examples: of each its first block, its language, and whether it is a file of a project that another example
            runs as a whole: it vanishes when that one is complete, so that it never takes a name from another.
    """
    stem = page_stem(page)
    wholes = [(_base(block, language), _heading(block)) for block, language, part in examples if not part]
    total = Counter(base for base, _ in wholes)
    languages = {head: {base for base, other in wholes if other == head} for _, head in wholes}
    seen: Counter[str] = Counter()
    ids: dict[int, str] = {}
    for index in sorted(range(len(examples)), key=lambda i: examples[i][2]):
        block, language, part = examples[index]
        base, head = _base(block, language), _heading(block)
        directed = [directive.values["id"] for directive in block.directives if "id" in directive.values]
        if directed:
            name = slug(directed[-1])
        elif head is None or (total[base] == 1 and not part):
            name = base
        else:
            name = head if languages.get(head, {base}) == {base} and head not in total else f"{head}.{base}"
        seen[name] += 1
        ids[index] = f"{stem}#{name}" if seen[name] == 1 else f"{stem}#{name}.{seen[name]}"
    return tuple(ids[index] for index in range(len(examples)))


def with_repeated_ids(corpus: Corpus, examples: Sequence[Example]) -> Corpus:
    """Return the corpus with a problem for each id that directives give to several examples of a page.

    The later ones get an ordinal, which moves when one before them goes.
    """
    owners = {span: example.id for example in examples for span in example.spans}
    places: dict[tuple[str, str], dict[str, Span]] = defaultdict(dict)
    for block in corpus.blocks:
        for directive in block.directives:
            if "id" in directive.values and block.span in owners:
                key = (block.span.file, slug(directive.values["id"]))
                places[key].setdefault(owners[block.span], directive.span)
    twice = [(name, list(spans.values())) for (_, name), spans in places.items() if len(spans) > 1]
    repeated = [Problem(spans[1], _used_twice(name, spans)) for name, spans in twice]
    problems = sorted([*corpus.problems, *repeated], key=lambda problem: (problem.span, problem.message))
    return replace(corpus, problems=tuple(problems)) if repeated else corpus


def _used_twice(name: str, spans: Sequence[Span]) -> str:
    count = "twice" if len(spans) == 2 else f"{len(spans)} times"
    return f"id {name!r} is used {count}: {', '.join(map(str, spans[:-1]))} and {spans[-1]}"


def slug(text: str) -> str:
    """Return the text in lower case, letters and digits of any script with hyphens between.

    That is safe in a glob, a path and a URL.
    """
    return re.sub(r"\W+", "-", text.lower()).strip("-") or "x"


def _base(block: Block, language: Language) -> str:
    # here, since ids are read far more often than they are made
    from extractor.languages.common.view import scope_of
    from extractor.languages.registry import LANGUAGES

    by_title = {language.title.lower(): language.name for language in LANGUAGES}
    for title in reversed(scope_of(block)):
        return by_title.get(title.lower(), slug(title))
    return language.name


def _heading(block: Block) -> str | None:
    return slug(block.place.headings[-1].slug) if block.place.headings else None


def bundle_digest(bundle: Bundle) -> str:
    """Return the SHA-256 over everything that decides how the bundle runs, and nothing of where it comes from."""
    value = {
        "language": bundle.language,
        "kind": bundle.kind,
        "toolchain": bundle.toolchain,
        "files": [[file.path, file.text] for file in bundle.files],
        "manager": bundle.manager,
        "dependencies": [[d.name, d.specifier, list(d.extras)] for d in bundle.dependencies],
        "command": list(bundle.command),
        "cwd": bundle.cwd,
        "build": [list(step) for step in bundle.build],
        "environment": dict(sorted(bundle.environment.items())),
        "services": [[s.kind, s.host, s.port, dict(sorted(s.settings.items()))] for s in bundle.services],
        "endpoint_paths": list(bundle.endpoint_paths),
        "stated": [str(endpoint) for endpoint in bundle.stated_endpoints],
        "headers": [[header.name, header.value] for header in bundle.stated_headers],
        "installer": bundle.installer,
        "host_names": list(bundle.host_names),
        "allow_scripts": bundle.allow_scripts,
    }
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def text_digest(blocks: Sequence[Block]) -> str:
    """Return the SHA-256 over the texts of blocks that do not make a bundle."""
    return hashlib.sha256("\0".join(block.sha256 for block in blocks).encode()).hexdigest()
