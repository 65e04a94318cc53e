"""Page to statements: every normative sentence of a specification page, one statement per keyword use.

Works on the parser's tokens: code fences, front matter, comments and expressions are not inline text there, so they
never count. Headings are not sentences, but a list may continue one. A block quote is another specification's text
unless it is labelled as a note: its statements are marked as quoted, and bind nobody.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from extractor.markdown.tags import TagKind
from extractor.model import PLAIN_PARTIES, PageKind, Span, Statement, Subject
from extractor.normative.fingerprint import fingerprint, shingles
from extractor.normative.prose import Prose, anchor_of, prose_reader
from extractor.normative.sentences import LEVELS, KeywordUse, keyword_uses, sentences
from extractor.normative.subjects import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from extractor.model import Page, Parties

_NOTE: Final = re.compile(r"\s*(?:\[!\w+\]|(?:note|info|tip|important|caution|warning|danger)\b)", re.IGNORECASE)
"""How a block quote begins that is a note of its own page: GitHub's alerts, or a label."""
_TELLING: Final = re.compile(r"MUST|SHALL|SHOULD|REQUIRED|RECOMMENDED|MAY|OPTIONAL|:\W{0,20}\Z|\s(?:id|name)\s*=")
_CELL_WORDS: Final = 3
"""Words beside the keyword from which on a table cell counts as a sentence and not as a mark."""
_CLAUSE: Final = re.compile(r"[;—,]|\s[-–]\s")
_OWN_CLAUSE: Final = re.compile(
    r"(?:(?:and|so|thus|therefore|hence|then|consequently|accordingly|for\s+(?:this|which)|here)[,\s]+)*"
    r"(?!(?:if|when|whenever|unless|while|until|before|after|once|where|which|that|who|whose|as|provided|in\s+case)\b)"
    r".*\b(?:is|are|was|were|has|have|will|can|means?|appl(?:y|ies)|follows?|exists?)\b",
    re.IGNORECASE,
)
"""A clause with a subject and verb of its own, which a keyword in another clause does not govern."""
_LONGEST_TEXT: Final = 4_000
"""Characters of a statement's text; a longer one is cut: nobody wrote such a sentence."""


@dataclass(frozen=True, slots=True)
class _LeadIn:
    """The sentence that a list continues."""

    text: str
    span: Span
    keyword: str | None
    """The last keyword of the sentence: the one that governs items without a keyword of their own."""
    subject: str


@dataclass(slots=True)
class _List:
    """A list that is being read."""

    lead_in: _LeadIn | None
    at_item_start: bool = False


def _stripped_lines(token: Token, page: Page) -> int:
    """Return how many lines at the start of a paragraph the parser dropped: white space that is not ASCII ends none."""
    if token.map is None or token.map[1] - token.map[0] == token.content.count("\n") + 1:
        return 0
    begins = token.content.partition("\n")[0]
    lines = page.source.split("\n")[token.map[0] : token.map[1]]
    return next((at for at, line in enumerate(lines) if begins in line), 0)


@dataclass(slots=True)
class _StatementReader:
    """One pass over a page's tokens."""

    page: Page
    parties: Parties
    anchor: str = ""
    lists: list[_List] = field(default_factory=list)
    quotes: list[bool] = field(default_factory=list)
    """For each open block quote, whether it quotes somebody else."""
    last: _LeadIn | None = None
    """The last sentence of the paragraph or heading just read, if a list may continue it."""
    row: str | None = None
    """Plain text of the first cell of the table row that is being read."""
    row_anchor: str = ""
    """The anchor that the row itself has, if any."""

    def statements(self) -> Iterator[Statement]:
        tokens = self.page.tokens
        for at, token in enumerate(tokens):
            match token.type:
                case "bullet_list_open" | "ordered_list_open":
                    continues = at > 0 and tokens[at - 1].type in ("paragraph_close", "heading_close")
                    self.lists.append(_List(self.last if continues else None))
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                case "list_item_open":
                    self.lists[-1].at_item_start = True
                case "blockquote_open":
                    self.quotes.append(not self._is_note(at))
                case "blockquote_close":
                    self.quotes.pop()
                case "heading_open":
                    self.anchor = token.meta["slug"]
                case "tag" if token.meta["kind"] == TagKind.OPEN:
                    self.anchor = anchor_of(token.meta["name"], token.meta["attributes"]) or self.anchor
                case "tr_open":
                    self.row, self.row_anchor = None, ""
                case "inline":
                    yield from self._inline(token, tokens[at - 1].type if at else "")
                case _:
                    pass

    def _inline(self, token: Token, parent: str) -> Iterator[Statement]:
        first_cell = parent == "td_open" and self.row is None
        if parent == "th_open" or not (self._worth_reading(token) or first_cell):
            return
        prose = prose_reader(self.page.flavour).read(token)
        if stripped := _stripped_lines(token, self.page):
            prose = replace(prose, first_line=prose.first_line + stripped)
        if first_cell:
            self.row = _plain(prose.text)
        if parent == "heading_open":
            self._heading(prose)
        elif parent == "td_open":
            yield from self._cell(prose, None if first_cell else self.row)
        else:
            yield from self._paragraph(prose)

    def _worth_reading(self, token: Token) -> bool:
        """Whether a paragraph may hold a keyword, an anchor or a lead-in, or continues one: most do none of it."""
        innermost = self.lists[-1] if self.lists else None
        continues = bool(innermost and innermost.at_item_start and innermost.lead_in)
        if continues or _TELLING.search(token.content):
            return True
        self.last = None
        if innermost:
            innermost.at_item_start = False
        return False

    def _is_note(self, opened: int) -> bool:
        """Whether the block quote that ``tokens[opened]`` opens is a note of this page."""
        tokens = self.page.tokens
        first = next(
            tokens[at] for at in range(opened, len(tokens)) if tokens[at].type in ("inline", "blockquote_close")
        )
        return _NOTE.match(prose_reader(self.page.flavour).read(first).text) is not None

    def _heading(self, prose: Prose) -> None:
        """Keep a heading such as "Publishers MUST:", which the list below it continues."""
        end = len(prose.text.rstrip())
        keywords = tuple(keyword_uses(prose, 0, end))
        self.last = self._as_lead_in(prose, 0, end, keywords, None) if keywords else None

    def _cell(self, prose: Prose, subject: str | None) -> Iterator[Statement]:
        """The statements of a cell: its whole sentences. One that begins with its keyword is said of the row."""
        if prose.anchors:
            self.row_anchor = prose.anchors[0][1]
        section, self.anchor = self.anchor, self.row_anchor or self.anchor
        for start, end in sentences(prose):
            keywords = tuple(keyword_uses(prose, start, end))
            sentence = prose.text[start:end]
            rest = len(sentence.split()) - sum(len(use.keyword.split()) for use in keywords)
            if subject and keywords and keywords[0].start == start and keywords[0].end < end:
                # of whatever the row is about
                row = _LeadIn(f"{subject}:", self._span(prose, start, end), None, Subject.UNKNOWN)
                yield from (replace(one, lead_in=None) for one in self._sentence(prose, start, end, keywords, row))
            elif rest >= _CELL_WORDS or (keywords and _is_whole(sentence, start, keywords[0])):
                yield from self._sentence(prose, start, end, keywords, None)
        self.anchor = section

    def _paragraph(self, prose: Prose) -> Iterator[Statement]:
        innermost = self.lists[-1] if self.lists else None
        lead_in = innermost.lead_in if innermost and innermost.at_item_start else None
        if innermost:
            innermost.at_item_start = False
        self.last = None
        for start, end in sentences(prose):
            if passed := bisect_right(prose.anchors, start, key=itemgetter(0)):
                self.anchor = prose.anchors[passed - 1][1]
            keywords = tuple(keyword_uses(prose, start, end, quoted=any(self.quotes)))
            if lead_in and lead_in.keyword and not keywords:
                yield self._continuation(prose, start, end, lead_in, lead_in.keyword)
            yield from self._sentence(prose, start, end, keywords, lead_in)
            self.last = self._as_lead_in(prose, start, end, keywords, lead_in)
            lead_in = None

    def _sentence(
        self, prose: Prose, start: int, end: int, keywords: Sequence[KeywordUse], lead_in: _LeadIn | None
    ) -> Iterator[Statement]:
        if not keywords:
            return
        text = _plain(prose.text[start:end])
        if lead_in and not prose.text[start : keywords[0].start].strip():
            # the item begins with its keyword: its subject is in the lead-in
            text = f"{lead_in.text} {text}"
        first = self._statement(text, self._span(prose, start, end), keywords[0].keyword, Subject.UNKNOWN, lead_in)
        for ordinal, use in enumerate(keywords):
            yield replace(
                first,
                keyword=use.keyword,
                level=LEVELS[use.keyword],
                subject=self._subject(prose, start, end, use, lead_in),
                line=prose.line(use.start),
                ordinal=ordinal,
            )

    def _continuation(self, prose: Prose, start: int, end: int, lead_in: _LeadIn, keyword: str) -> Statement:
        """A list item without a keyword of its own: the lead-in's, with the lead-in's sentence before it."""
        text = f"{lead_in.text} {_plain(prose.text[start:end])}"
        return self._statement(text, self._span(prose, start, end), keyword, lead_in.subject, lead_in)

    def _as_lead_in(
        self, prose: Prose, start: int, end: int, keywords: Sequence[KeywordUse], before: _LeadIn | None
    ) -> _LeadIn | None:
        """The sentence as a list that follows would continue it: it ends in a colon, or in its keyword."""
        sentence = prose.text[start:end]
        open_ended = sentence.endswith(":") or (keywords and not prose.text[keywords[-1].end : end].strip(" .*"))
        if not open_ended or len(sentence) > _LONGEST_TEXT:
            return None
        text, span = _plain(sentence), self._span(prose, start, end)
        if keywords and not _governs(prose.masked[keywords[-1].end : end]):
            return None
        if keywords:
            return _LeadIn(text, span, keywords[-1].keyword, self._subject(prose, start, end, keywords[-1], before))
        if before and before.keyword:
            return _LeadIn(f"{before.text} {text}", span, before.keyword, before.subject)
        return _LeadIn(text, span, None, Subject.UNKNOWN)

    def _subject(self, prose: Prose, start: int, end: int, use: KeywordUse, lead_in: _LeadIn | None) -> str:
        before = prose.text[max(start, use.start - _LONGEST_TEXT) : use.start]
        after = prose.text[use.end : min(end, use.end + _LONGEST_TEXT)]
        if lead_in:
            # an item that begins with its keyword has the lead-in's last clause for its subject
            before = f"{lead_in.text} , {before}" if before.strip() else lead_in.text.rstrip(" :")
        return subject_of(before, after, self.parties)

    def _span(self, prose: Prose, start: int, end: int) -> Span:
        return Span(self.page.path, prose.line(start), prose.line(end - 1))

    def _statement(self, text: str, span: Span, keyword: str, subject: str, lead_in: _LeadIn | None) -> Statement:
        # revisions repeat most sentences
        words = _repeated_words(text) if len(text) <= _LONGEST_TEXT else _words(text)
        return Statement(
            page=self.page.path,
            revision=self.page.revision,
            anchor=self.anchor,
            level=LEVELS[keyword],
            keyword=keyword,
            text=text[:_LONGEST_TEXT],
            subject=subject,
            span=span,
            quoted=any(self.quotes),
            fingerprint=words[0],
            shingles=words[1],
            lead_in=lead_in.span if lead_in else None,
            line=span.first,
        )


def _words(text: str) -> tuple[str, frozenset[str]]:
    """Return the fingerprint and the shingles of a sentence."""
    return fingerprint(text), shingles(text)


_repeated_words: Final = lru_cache(maxsize=2_000)(_words)


def statements_of(page: Page, parties: Parties = PLAIN_PARTIES) -> tuple[Statement, ...]:
    """Return every normative statement of ``page``, in the order of the page; none if it is not a specification page.

    A list item without a keyword of its own, under a lead-in sentence that has one, gives a statement of the
    lead-in's level whose text is the lead-in and the item (RFC 2119 and RFC 8174 say nothing of lists; this is how
    readers read them).

    Args:
        page: a page with its tokens.
        parties: the specification's words for those that its sentences bind.
    """
    if page.kind is not PageKind.SPECIFICATION:
        return ()
    return tuple(_StatementReader(page, parties).statements())


def _governs(rest: str) -> bool:
    """Whether a keyword still governs what follows the rest of its sentence: no clause of its own ends it."""
    *_, last = _CLAUSE.split(rest.rstrip().removesuffix(":"))
    return last == rest.rstrip().removesuffix(":") or not _OWN_CLAUSE.match(last.strip())


def _is_whole(sentence: str, start: int, keyword: KeywordUse) -> bool:
    """Whether a short text is a sentence all the same: words before its keyword and a full stop at its end."""
    return bool(sentence[: keyword.start - start].strip()) and sentence.endswith((".", "!"))


def _plain(text: str) -> str:
    return " ".join(text.split())
