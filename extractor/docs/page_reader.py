"""File to page: revision, kind, dialect, front matter and tokens of a .md or .mdx file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extractor.base.globs import matches_any
from extractor.docs.components import pair_tags
from extractor.docs.directives import mark_directives
from extractor.docs.imported_pages import with_imported_code
from extractor.docs.includes import Includes
from extractor.docs.sites import Site, flavour_of
from extractor.docs.tree import page_text, revision_of
from extractor.markdown.front_matter import FrontMatter, read_front_matter
from extractor.markdown.parse_state import ParseState
from extractor.markdown.parser import MAX_NESTING, headings_only, parser
from extractor.markdown.unread import stand_in_prose, unread_constructs, unread_sentences
from extractor.model import Flavour, Layout, Page, PageKind, Problem, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.token import Token

_MAX_PROBLEMS: Final = 100
"""Problems reported per page; one more gives the number of the others."""
_PROSE: Final = frozenset((
    "inline", "paragraph_open", "paragraph_close", "heading_open", "heading_close", "hr",
    "bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close",
    "list_item_open", "list_item_close",
    "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
    "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
))  # fmt: skip
"""Types of tokens of prose and of its structure."""


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page, and the files that it includes."""

    page: Page
    depends: Mapping[str, str | None] = field(default_factory=dict)
    """SHA-256 of each included file by path; None for one that does not exist."""


def unreadable_page(path: str, layout: Layout, site: Site | None, reason: str) -> Page:
    """Return an empty page for a file that could not be read, with ``reason`` as its problem."""
    problem = Problem(Span(path, 1, 1), reason)
    flavour = flavour_of(path, site, layout)
    stem = Path(path).stem
    return Page(path, revision_of(path, layout), kind_of(path, layout), flavour, stem, {}, "", "", (), (problem,))


def parse_page(root: Path, path: str, data: bytes, layout: Layout, site: Site | None) -> ParsedPage:
    """Parse the bytes of the page at ``path``.

    Args:
        root: docs root; included files are read below it.
        path: of the page, relative to ``root``.
        data: the file's bytes.
        layout: revisions, normative pages and dialect of the docs.
        site: the documentation site that the page belongs to, if any.
    """
    source, wrong = page_text(data)
    problems = [_problem(path, line, message) for line, message in wrong]
    front_matter = read_front_matter(source)
    if front_matter.problem:
        problems.append(_problem(path, front_matter.problem[0] - 1, front_matter.problem[1]))
    flavour = flavour_of(path, site, layout)
    kind = kind_of(path, layout)
    env: dict[str, Any] = {}
    headings_only(env)  # paragraphs are parsed on demand, by inline_tokens
    tokens = parser(flavour).parse(_without_front_matter(source, front_matter), env)
    includes = Includes(root, path, site, layout.downloads)
    marked = _marked(tokens)
    includes.resolve(marked, flavour)
    if any(token.type == "esm" for token in marked):
        tokens = with_imported_code(tokens, flavour, includes)
        marked = _marked(tokens)
    by_line = [
        *ParseState.of(env).problems.items(),
        *_unclosed(marked),
        *_too_deep(tokens),
        *(mark_directives(tokens) if any(token.type == "comment" for token in marked) else ()),
        *includes.problems,
        *unread_constructs(tokens if stand_in_prose(flavour) else marked, flavour),
    ]
    if kind is PageKind.SPECIFICATION:
        by_line += unread_sentences(marked)
    if flavour in (Flavour.MINTLIFY, Flavour.DOCUSAURUS):
        by_line += pair_tags(marked).problems
    problems += [_problem(path, line, message) for line, message in sorted(by_line)]
    page = Page(
        path=path,
        revision=revision_of(path, layout, front_matter.values),
        kind=kind,
        flavour=flavour,
        title=_title(path, front_matter, tokens),
        front_matter=front_matter.values,
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        tokens=tuple(tokens),
        problems=_capped(path, problems),
    )
    return ParsedPage(page, includes.depends)


def kind_of(path: str, layout: Layout) -> PageKind:
    """Return SPECIFICATION by the layout's patterns; OTHER for parts that other pages include; else GUIDE."""
    if matches_any(path, layout.specification):
        return PageKind.SPECIFICATION
    parts = path.split("/")
    if parts[-1].startswith("_") or any(part in ("snippets", "_snippets", "_partials") for part in parts[:-1]):
        return PageKind.OTHER
    return PageKind.GUIDE


def _without_front_matter(source: str, front_matter: FrontMatter) -> str:
    """``source`` with the front matter's lines empty, so that line numbers stay."""
    source = source if source.endswith("\n") else source + "\n"
    start = 0
    for _ in range(front_matter.lines):
        start = source.find("\n", start) + 1
    return "\n" * front_matter.lines + source[start:]


def _marked(tokens: Sequence[Token]) -> list[Token]:
    """The tokens other than those of prose: a few of a page's, and what most looks are for is among them."""
    return [token for token in tokens if token.type not in _PROSE]


def _unclosed(tokens: Sequence[Token]) -> list[tuple[int, str]]:
    """Fences that end where the page or their container does."""
    return [
        (token.map[0], "a fence starts here and never ends")
        for token in tokens
        if token.type == "fence" and token.map and not token.meta["closed"]
    ]


def _too_deep(tokens: Sequence[Token]) -> list[tuple[int, str]]:
    """Where the parser stopped because lists and quotes are nested too deep."""
    deep = next((t for t in tokens if t.level >= MAX_NESTING - 1 and t.nesting == 1 and t.map), None)
    if deep is None or not deep.map:
        return []
    return [(deep.map[0], f"lists and quotes nested deeper than {MAX_NESTING}; deeper content is left out")]


def _title(path: str, front_matter: FrontMatter, tokens: Sequence[Token]) -> str:
    title = front_matter.values.get("title")
    if isinstance(title, str) and title.strip():
        return title.strip()
    headings = (t.meta["text"] for t in tokens if t.type == "heading_open" and t.tag == "h1")
    return next(headings, "") or Path(path).stem


def _problem(path: str, line: int, message: str) -> Problem:
    """A problem at ``line`` (0-based)."""
    return Problem(Span(path, line + 1, line + 1), message)


def _capped(path: str, problems: list[Problem]) -> tuple[Problem, ...]:
    if len(problems) <= _MAX_PROBLEMS:
        return tuple(problems)
    rest = len(problems) - _MAX_PROBLEMS
    return (*problems[:_MAX_PROBLEMS], Problem(Span(path, 1, 1), f"{rest} more problems on this page"))
