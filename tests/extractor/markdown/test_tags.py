"""Tags of JSX and of HTML."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extractor.markdown import tags
from extractor.markdown.tags import Incomplete, Malformed, Tag, TagKind, scan_tag


@pytest.mark.parametrize(
    ("text", "name", "kind", "attributes"),
    [
        ("<A>", "A", TagKind.OPEN, {}),
        ("</A>", "A", TagKind.CLOSE, {}),
        ("</ A >", "A", TagKind.CLOSE, {}),
        ("<A/>", "A", TagKind.SELF, {}),
        ("<A b />", "A", TagKind.SELF, {"b": ""}),
        ("<>", "", TagKind.OPEN, {}),
        ("</>", "", TagKind.CLOSE, {}),
        ("<Tree.File name='a'>", "Tree.File", TagKind.OPEN, {"name": "a"}),
        ("<svg:g xlink:href='#a'>", "svg:g", TagKind.OPEN, {"xlink:href": "#a"}),
        ('<Tab title="a > b">', "Tab", TagKind.OPEN, {"title": "a > b"}),
        ('<Tab title="C&#35;">', "Tab", TagKind.OPEN, {"title": "C#"}),
        ("<Tab title={'Python'}>", "Tab", TagKind.OPEN, {"title": "Python"}),
        ("<Tab title={`Python`}>", "Tab", TagKind.OPEN, {"title": "Python"}),
        ("<Tab title={a + '}'}>", "Tab", TagKind.OPEN, {"title": "{a + '}'}"}),
        ("<A {...props} b>", "A", TagKind.OPEN, {"b": ""}),
        ("<A\n  b\n  =\n  'c'\n>", "A", TagKind.OPEN, {"b": "c"}),
        ("<A b='c'd='e'>", "A", TagKind.OPEN, {"b": "c", "d": "e"}),
        ("<A x={<B y='>'/>}>", "A", TagKind.OPEN, {"x": "{<B y='>'/>}"}),
    ],
)
def test_jsx(text: str, name: str, kind: TagKind, attributes: dict[str, str]) -> None:
    tag = scan_tag(text + " rest", 0)
    assert tag is not None
    assert (tag.name, tag.kind, dict(tag.attributes), tag.end) == (name, kind, attributes, len(text))


@pytest.mark.parametrize("text", ["< A>", "<3", "<", "<a@b>", "<!-- a -->", "<a.>"])
def test_no_jsx(text: str) -> None:
    assert scan_tag(text, 0) is None


@pytest.mark.parametrize("text", ["<a b=c>", "</a/>", "<A / B>", "<A\n\n```js", "<A 'b'>", "<A b=>"])
def test_what_no_jsx_parser_takes(text: str) -> None:
    with pytest.raises(Malformed):
        scan_tag(text, 0)


@pytest.mark.parametrize("text", ["<A", "<A b", "<A b=", "<A b='", "<A b={", "<A {", "<A /", "<A b={'}'"])
def test_more_text_may_complete_it(text: str) -> None:
    with pytest.raises(Incomplete):
        scan_tag(text, 0)


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("<td width=50% align='left'>", {"width": "50%", "align": "left"}),
        ("<a @click=x :to='y' #z>", {"@click": "x", ":to": "y", "#z": ""}),
        ("<br/>", {}),
    ],
)
def test_html(text: str, attributes: dict[str, str]) -> None:
    tag = scan_tag(text, 0, jsx=False)
    assert tag is not None
    assert dict(tag.attributes) == attributes
    assert tag.end == len(text)


@pytest.mark.parametrize("jsx", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "<a>", "</a>", "</a >", "<a/>", "<a />", '<a b="c">', '<a b="c"  d-e="&lt;f&gt;" />', '<a\n b="c\nd">', '<a b="">',
        '<a b="1" b="2">', "<a-b_c>", '<a b="x=\'y\'">', "<é>", "<a1>", '<a b="c">text', '<a.b c="d">', "<a b>", "<a b='c'>",
        '<a b="c"d="e">', "<1>", '<a b = "c">', '</a b="c">', "<a:b>", "<a$>", '<a 1b="c">', '<a b="c"!>', "< a>",
    ],
)  # fmt: skip
def test_the_short_way_reads_what_the_grammar_reads(text: str, jsx: bool) -> None:
    def read(scan: Callable[..., Tag | None]) -> object:
        try:
            return scan(text, 0, jsx=jsx)
        except (Incomplete, Malformed) as error:
            return type(error)

    whole = read(tags._scan)
    assert read(scan_tag) == ((Malformed if jsx else None) if whole is tags._BROKEN else whole)


def test_a_common_tag_is_read_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "_scan", None)
    tag = scan_tag('<span class="a" id="b">', 0)
    assert tag is not None
    assert (tag.name, tag.kind, tag.attributes) == ("span", TagKind.OPEN, {"class": "a", "id": "b"})
