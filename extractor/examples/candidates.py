"""What may become an example on one page: its programs, and the code of languages that can only be listed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from extractor.examples.by_hand import joined_by_directive
from extractor.examples.grouping import programs
from extractor.examples.names import stated_name, with_commands
from extractor.examples.page_context import page_context_of
from extractor.examples.pieces import in_context
from extractor.examples.unfilled import unfilled_facts
from extractor.languages.common.roles import Start
from extractor.languages.common.values import Listing, Program, RunnableLanguage, Snippet
from extractor.languages.common.view import in_view, project_blocks, scope_of
from extractor.languages.registry import language_for
from extractor.model import Manager

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import CodeFacts
    from extractor.languages.common.roles import CodeProfile, Role
    from extractor.languages.common.values import DocsContext, Language
    from extractor.languages.common.view import PageContext
    from extractor.model import Block

    Candidate: TypeAlias = Program | Listing
    Parsed: TypeAlias = dict[tuple[str, str], tuple[CodeFacts, Role]]
    """Facts and role of a text, by language and digest: pages of several revisions share most of their code."""

MAX_CODE_BLOCKS: Final = 2000
"""Blocks of one page that are looked at."""


@dataclass(frozen=True, slots=True)
class PageView:
    """Everything that decides about the examples of one page."""

    blocks: tuple[Block, ...]
    snippets: tuple[Snippet, ...]
    around: PageContext
    docs: DocsContext


def page_view(blocks: Sequence[Block], docs: DocsContext, parsed: Parsed) -> PageView:
    """Read a page.

    Args:
        blocks: all blocks of the page, in order.
        docs: what is known beyond the page.
        parsed: texts of other pages that were parsed before; those of this page are added.
    """
    around = page_context_of(blocks, docs.profile.host_configuration)
    return PageView(tuple(blocks), _snippets(blocks, around, docs.profile, parsed), around, docs)


def candidates_of(page: PageView) -> list[Candidate]:
    """Return what may become an example, as the page itself has it, in order of line."""
    by_hand = joined_by_directive(page.snippets, page.blocks)
    taken = {id(snippet) for program in by_hand for snippet in program.snippets}
    commands = (*page.around.commands, *page.around.prose_commands)
    found = programs(page.snippets, page.docs.profile, commands)
    others = [p for p in found if not all(id(snippet) in taken for snippet in p.snippets)]
    return sorted([*by_hand, *_relevant(others, page), *_listings(page)], key=lambda c: c.blocks[0].span)


def parts_of(page: PageView, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Return the ordinals of files that belong to another example because the page shows its whole project."""
    starting = [c for c in candidates if isinstance(c, Program) and _starts(c)]
    scopes = {scope_of(c.blocks[0]) for c in starting if c.language.manager is Manager.NPM}
    own = {block.ordinal for program in starting for block in program.blocks}
    shown = (block for scope in scopes for block in project_blocks(in_view(page.around, scope)).values())
    return frozenset(block.ordinal for block in shown) - own


def _starts(program: Program) -> bool:
    return any(snippet.role.start is not Start.NONE for snippet in program.main.snippets)


def _snippets(
    blocks: Sequence[Block], around: PageContext, profile: CodeProfile, parsed: Parsed
) -> tuple[Snippet, ...]:
    """The page's code in languages that can be built."""
    snippets: list[Snippet] = []
    for block in blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if isinstance(language, RunnableLanguage):
            rules, key = profile.of(language.name), (language.name, block.sha256)
            if unfilled := unfilled_facts(block):
                read = (unfilled, rules.role((unfilled,)))
            elif key in parsed:
                read = parsed[key]
            else:
                facts = language.parse(block.text, rules.registrations)
                read = parsed[key] = (facts, rules.role((facts,)))
            snippets.append(Snippet(block, language, *read, stated_name(block, language.suffixes)))
    return tuple(with_commands(in_context(snippets, profile), around, profile))


def _listings(page: PageView) -> Iterator[Listing]:
    """By language and tab, the code that can only be listed, where any of it is relevant."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[Language, list[Block]]] = {}
    for block in page.blocks[:MAX_CODE_BLOCKS]:
        language = language_for(block)
        if language and not isinstance(language, RunnableLanguage):
            groups.setdefault((language.name, scope_of(block)), (language, []))[1].append(block)
    for language, group in groups.values():
        if any(_mentions(block, page.docs.profile.listed_words) for block in group):
            yield Listing(language, tuple(group))


def _mentions(block: Block, words: Sequence[str]) -> bool:
    """Whether one of the words is in the block's text, in whatever case."""
    text = block.text.lower()
    return any(word in text for word in words)


def _is_broken(snippet: Snippet) -> bool:
    error = snippet.facts.error
    return error is not None and not error.unread


def _relevant(candidates: Sequence[Program], page: PageView) -> Iterator[Program]:
    """The programs that are relevant, or use names of the page's code that is."""
    words = page.docs.profile.words
    defined: dict[str, set[str]] = defaultdict(set)
    for snippet in page.snippets:
        if snippet.role.relevant:
            defined[snippet.language.name].update(snippet.facts.defines)
    for program in candidates:
        own = program.snippets
        relevant = any(s.role.relevant or (_is_broken(s) and _mentions(s.block, words)) for s in own)
        # modules of the language are used everywhere
        used = ((s.language, name) for s in own for name in s.facts.free if name not in s.language.modules)
        if relevant or any(name in defined[language.name] for language, name in used):
            yield program
