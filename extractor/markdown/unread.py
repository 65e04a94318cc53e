"""Constructs that bring or hold code which docprobe does not see: each is a problem of the page at its line.

Those of templates (mdBook, Hugo, Jekyll, GitBook, MkDocs's plugins) are looked for in text; components and HTML's
``<pre>`` among the tags. What a page shows of such a construct, in inline code or a fence, is none.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from extractor.markdown.tags import TagKind
from extractor.model import Flavour

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

_PATTERNS: Final = {
    "mdbook": r"\{\{#(?P<mdbook>include|rustdoc_include|playground)\b",
    "hugo": r"\{\{[<%][ \t]*(?!tabpane[^}]*\btext=)"
    r"(?P<hugo>[\w-]{0,40}(?:code|highlight|include|readfile|gist|snippet|tabpane|terminal|command)[\w-]{0,40})",
    "liquid": r"\{%-?[ \t]*"
    r"(?!end|include[ \t]+(?![\w./-]{0,80}(?:code|snippet|example|highlight))[\w./-]{1,80}\.(?:html|svg)\b)"
    r"(?P<liquid>[\w-]{0,40}(?:highlight|code|include|gist|snippet)[\w-]{0,40})",
    "macro": r"\{\{-?[ \t]*(?P<macro>[\w.]{0,40}(?:code|include|snippet|highlight)\w{0,40})\(",
    "pymdown": r"^[ \t]*(?P<pymdown>-{1,20}8<-{1,20})",
    "mkdocs": r"^[ \t]*\{(?P<mkdocs>[*!])[ \t]*[\w./]",
    "vitepress": r"<!--[ \t]*@(?P<vitepress>include):",
    "vuepress": r"^[ \t]*@\[(?P<vuepress>code)[^\]\n]*\]\(",
}
"""Of Jekyll's includes, parts of the site itself (``toc.html``) are left out: most hold no code."""
_MARKS: Final = ("{{", "{%", "{*", "{!", "8<-", "<!--", "@[")
"""One of them stands in each of the constructs."""
_WRITTEN: Final = {
    "mdbook": "{{{{#{}}}}} (mdBook)",
    "hugo": "{{{{< {} >}}}} (Hugo)",
    "liquid": "{{% {} %}} (Jekyll, GitBook)",
    "macro": "{{{{ {}(…) }}}} (MkDocs macros)",
    "pymdown": "{} (PyMdown snippets)",
    "mkdocs": "{{{0} … {0}}} (Markdown-Include)",
    "vitepress": "<!--@{}: --> (VitePress)",
    "vuepress": "@[{}]() (VuePress)",
}
_MACROS: Final = "{{% {} %}} (MkDocs plugins)"
_SITES: Final = {
    "pymdown": (Flavour.MKDOCS, Flavour.GITHUB),
    "mkdocs": (Flavour.MKDOCS,),
    "macro": (Flavour.MKDOCS,),
    "liquid": (Flavour.GITHUB, Flavour.MKDOCS),
    "vitepress": (Flavour.VITEPRESS,),
}
"""The dialects that have a construct, other than plain Markdown, which stands for every site without its own."""
_IN_FENCES: Final = ("mdbook", "mkdocs")
"""Constructs that stand among the lines of a fence, whose code they bring."""
_FILLS_FENCE: Final = re.compile(
    r"\s*(?:\{%-?[ \t]*include[\w-]*[ \t][^%\n]{1,500}%\}"
    r"|\{\{[<%][ \t]*(?:include|readfile)[ \t][^}\n]{1,500}\}\}"
    r"|-{1,20}8<-{1,20}[ \t]+[\"'][^\"'\n]{1,500}[\"'])\s*\Z"
)
"""A fence with nothing but the tag of the file whose code it shows."""
_INCLUDE: Final = re.compile(
    r"^[ \t]*(?:"
    r"-{1,20}8<-{1,20}(?:[ \t]+[\"'](?P<pymdown>[^\"'\n]{1,500})[\"'])?[ \t]*$"
    r"|\{\{#(?:include|rustdoc_include|playground)[ \t]+(?P<mdbook>[^}\s]{1,500})[^}\n]{0,500}\}\}"
    r"|<<<[ \t]*(?P<vitepress>[@./~][^\s{\[]{1,500})"
    r"|\{(?P<edge>[!*])>?[ \t]*(?P<mkdocs>[\w./-]{1,500})[^}\n]{0,500}(?P=edge)\}"
    r"|\{%-?[ \t]*include[\w-]*[ \t]+[\"']?(?P<liquid>[^\s%\"']{1,500})[^%\n]{0,500}%\}"
    r"|\{\{[<%][ \t]*(?:include|readfile)[ \t]+[\"']?(?P<hugo>[^\s}\"']{1,500})[^}\n]{0,500}\}\})",
    re.MULTILINE,
)
"""A line of a fence that stands for code of another file."""
_TICKS: Final = re.compile(r"`+")
_COMPONENT: Final = re.compile(
    r"(?:pre|(?:\w+\.)?(?:Code(?:Tabs?|Group|Fence)?|\w*(?:Snippet|Code(?:Block|Example|Sample|Snippet)|SourceCode)))\Z"
)
"""Names of tags that show code: ``<CodeBlock>``, ``<RemoteSnippet>``; ``<code>`` is a word in a sentence."""
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_KEYWORD: Final = re.compile(r"\b(?:MUST|SHALL|SHOULD|REQUIRED|RECOMMENDED)\b")
_DIRECTIVES: Final = ("include", "eval-rst")
_INDENTED_FENCE: Final = re.compile(r"(?:```+|~~~+)[ \t]*[\w{]")
_PROGRAM: Final = re.compile(
    r"^(?:import[ \t]+[\w{*\"'.]|from[ \t]+[\w.]+[ \t]+import\b|(?:const|let|var)\b[^\n]{1,200}\brequire\("
    r"|package[ \t]+\w|use[ \t]+\w+::)[^\n]*\n(?:[^\n]*\n){2}",
    re.MULTILINE,
)
"""An import with further lines, as a program has."""
_INDENTED: Final = "an indented code block (put it into a fence with its language)"
_AS_TEXT: Final = "a fence with four or more spaces in front (in this dialect text of an indented code block)"


def unfilled_line(text: str) -> tuple[int, str] | None:
    """Return the line (0-based) of a fence's text that stands for code of another file, and which; None without one.

    An include that was followed is not in the text any more.
    """
    if not any(mark in text for mark in (*_MARKS, "<<<")) or (found := _INCLUDE.search(text)) is None:
        return None
    names = {name: value for name, value in found.groupdict().items() if name != "edge" and value}
    return text.count("\n", 0, found.start()), next(iter(names.values()), "another file")


def stand_in_prose(flavour: Flavour) -> bool:
    """Return whether constructs of a dialect may stand in prose: else they are tokens of their own."""
    return _pattern(flavour) is not None


def unread_constructs(tokens: Sequence[Token], flavour: Flavour) -> Iterator[tuple[int, str]]:
    """Yield line (0-based) and message for each construct that brings code which docprobe does not see.

    Each construct once, at its first line.

    Args:
        tokens: of the page; those of prose may be left out where nothing stands there (:func:`stand_in_prose`).
        flavour: its dialect.
    """
    seen: dict[str, list[int]] = {}
    for line, construct in (*_in_text(tokens, flavour), *_in_tags(tokens)):
        seen.setdefault(construct, []).append(line)
    for construct, lines in seen.items():
        often = f" ({len(lines)} times on this page)" if len(lines) > 1 else ""
        yield min(lines), f"{construct} is not read: code that it brings or holds is not seen{often}"


def unread_sentences(tokens: Iterable[Token]) -> list[tuple[int, str]]:
    """Return the first line (0-based) of a normative page where HTML holds keywords, with a message; at most one.

    A paragraph within HTML is prose of the page if a blank line precedes it; only what is HTML throughout is not read.
    """
    lines = [
        token.map[0] + token.content.count("\n", 0, found.start())
        for token in tokens
        if token.type == "html_block" and token.map and (found := _KEYWORD.search(_COMMENT.sub(_blank, token.content)))
    ]
    often = f" ({len(lines)} times on this page)" if len(lines) > 1 else ""
    return [(lines[0], f"sentences in HTML are not read: one here has a keyword of RFC 2119{often}")] if lines else []


def _blank(comment: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", comment[0])


def _in_text(tokens: Iterable[Token], flavour: Flavour) -> Iterator[tuple[int, str]]:
    pattern = _pattern(flavour)
    for token in tokens:
        if not token.map:
            continue
        if token.type == "directive" and token.meta["name"] in _DIRECTIVES:
            yield token.map[0], f"{{{token.meta['name']}}} (MyST)"
        if token.type == "code_block" and _INDENTED_FENCE.match(token.content.lstrip()):
            yield token.map[0], _AS_TEXT
        elif token.type == "code_block" and _PROGRAM.search(token.content):
            yield token.map[0], _INDENTED
        if pattern is None or token.type not in ("inline", "html_block", "comment", "fence"):
            continue
        if not any(mark in token.content for mark in _MARKS):
            continue
        spans: Iterator[tuple[int, int]] | None = None
        span, line, counted = (0, 0), token.map[0] + (token.type == "fence"), 0
        for match in pattern.finditer(token.content):
            kind = match.lastgroup or ""
            if token.type == "fence" and kind not in _IN_FENCES and not _FILLS_FENCE.match(token.content):
                continue
            if token.type == "fence" and kind == "pymdown" and flavour is Flavour.MKDOCS:
                continue  # read there, or said to be not followed
            if token.type == "comment" and kind != "vitepress":
                continue
            at = match.start(kind)
            if token.type == "inline":
                spans = iter(_code_spans(token.content)) if spans is None else spans
                while span[1] <= at and (following := next(spans, None)):
                    span = following
                if span[0] <= at < span[1]:
                    continue
            line, counted = line + token.content.count("\n", counted, at), at
            macros = kind == "liquid" and flavour is Flavour.MKDOCS
            yield line, (_MACROS if macros else _WRITTEN[kind]).format(match[kind])


@cache
def _pattern(flavour: Flavour) -> re.Pattern[str] | None:
    """The constructs of a dialect; None if it has none."""
    kinds = [pattern for kind, pattern in _PATTERNS.items() if flavour in _SITES.get(kind, (Flavour.GITHUB,))]
    return re.compile("|".join(kinds), re.MULTILINE) if kinds else None


def _code_spans(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of inline code (CommonMark, "Code spans"): from a run of backticks to the next of its length."""
    runs = list(_TICKS.finditer(text))
    after: dict[int, int] = {}
    closing: list[int | None] = []
    for at in reversed(range(len(runs))):
        length = len(runs[at][0])
        closing.append(after.get(length))
        after[length] = at
    closing.reverse()
    spans, at = [], 0
    while at < len(runs):
        end = closing[at]
        if end is not None:
            spans.append((runs[at].start(), runs[end].end()))
            at = end
        at += 1
    return spans


def _in_tags(tokens: Iterable[Token]) -> Iterator[tuple[int, str]]:
    """Components and elements that show code, without a fence inside."""
    fences = 0
    opened: dict[str, list[tuple[int, int, str]]] = {}
    for token in tokens:
        fences += token.type == "fence"
        if token.type != "tag" or not token.map or not _COMPONENT.match(name := str(token.meta["name"])):
            continue
        match token.meta["kind"]:
            case TagKind.OPEN:
                opened.setdefault(name, []).append((token.map[0], fences, _as_written(token)))
            case TagKind.CLOSE if opened.get(name):
                line, before, written = opened[name].pop()
                if before == fences:
                    yield line, written
            case TagKind.SELF:
                yield token.map[0], _as_written(token)
            case _:
                pass
    for places in opened.values():
        yield from ((line, written) for line, before, written in places if before == fences)


def _as_written(tag: Token) -> str:
    name = str(tag.meta["name"])
    if tag.content.startswith("{%"):
        return f"{{% {name.lower()} %}} without a fence (GitBook)"
    return f"<{name}> (HTML)" if name == "pre" else f"<{name}>"
