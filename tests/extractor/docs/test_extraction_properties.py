"""What holds for every page, however broken: found by trying many. With DOCPROBE_SOAK, by trying very many."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.docs.corpus import extract
from extractor.docs.directives import read_directive
from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.markdown.front_matter import read_front_matter
from extractor.markdown.info_string import split_info
from extractor.markdown.javascript_scanner import Scanner
from extractor.markdown.parser import inline_tokens
from extractor.markdown.tags import Incomplete, Malformed, scan_tag
from extractor.model import Flavour, Layout, Page, Span
from tests.support.soak import soaked, tries

pytestmark = [*soaked, pytest.mark.attack("pages that are broken")]

PIECES = r"""```|```ts a.ts|````|~~~|~~~js {1}|text|`code`|- |- ```js|* b|1. |2) x|> |> ```|>|# H|## H {#id}|===|---|***
|:::|::: tip|::: code-group|=== "A"|!!! note|???+ tip "x"|<<< @/a.ts|--8<-- "p.mdx"|[^1]: n|[x]: /u|    |\t|<Tabs>|</Tabs>
|<Tab title="x">|</Tab>|<CodeGroup>|</CodeGroup>|<A/>|<A b={|<A b='|}|/>|>|{1}|{/*|*/}|{/* c */}|{`|`}|<!-- docprobe: id=x -->
|{/* docprobe: file=a.ts */}|<!--|-->|<details>|</details>|import a from "b"|export const x = {|---|title: x|a: [|\r|\0
|\ufeff|\u2028|\x0c|\xa0|\\|&lt;|*a|**|_x_|$|<|{|[|](u)|![|<br>|é""".replace("\n", "")
CONTROLS = {
    r"\t": "\t",
    r"\r": "\r",
    r"\0": "\0",
    r"\ufeff": "\ufeff",
    r"\u2028": "\u2028",
    r"\x0c": "\x0c",
    r"\xa0": "\xa0",
}
WORDS = ["| a | b |", "|-|-|", *(CONTROLS.get(piece, piece) for piece in PIECES.split("|"))]

lines = st.lists(
    st.tuples(st.sampled_from(["", "", "", " ", "  ", "    ", "\t", "> ", "- ", "1. "]), st.sampled_from(WORDS)).map(
        "".join
    ),
    max_size=14,
).map("\n".join)
pages = st.one_of(lines, st.text(max_size=200), st.tuples(lines, st.text(max_size=30)).map("".join))
flavours = st.sampled_from(list(Flavour))
fuzz = settings(max_examples=tries(30, soak=1_000))


def parse(text: str, flavour: Flavour) -> Page:
    return parse_page(Path("/nowhere"), "p.mdx", text.encode("utf-8", "replace"), Layout(flavour=flavour), None).page


@fuzz
@given(text=pages, flavour=flavours)
def test_blocks_stand_where_they_say(text: str, flavour: Flavour) -> None:
    page = parse(text, flavour)
    source = page.source.split("\n")
    last = 0
    for ordinal, block in enumerate(blocks_of(page)):
        assert block.ordinal == ordinal
        assert last < block.span.first <= block.span.last <= len(source)
        last = block.span.last
        opening = source[block.span.first - 1][block.span.column - 1 :]
        assert opening.startswith(("```", "~~~", "<<<"))
        inside = block.text.split("\n")[:-1]
        assert len(inside) <= block.span.last - block.span.first
        for offset, line in enumerate(inside):
            # what a container or the fence's indent takes off is always at the start of a line
            assert source[block.span.first + offset].endswith(line.lstrip(" \t"))


@fuzz
@given(text=pages, flavour=flavours)
def test_problems_and_tokens_point_into_the_page(text: str, flavour: Flavour) -> None:
    page = parse(text, flavour)
    count = page.source.count("\n") + 1
    assert all(1 <= problem.span.first <= problem.span.last <= count for problem in page.problems)
    depth = 0
    for token in page.tokens:
        depth += token.nesting
        assert depth >= 0
        assert token.map is None or 0 <= token.map[0] <= token.map[1] <= count
        if token.type == "inline":
            inline_tokens(flavour, token)
    assert depth == 0


@fuzz
@given(text=pages, flavour=flavours)
def test_extraction_is_the_same_each_time(text: str, flavour: Flavour) -> None:
    assert blocks_of(parse(text, flavour)) == blocks_of(parse(text, flavour))


@settings(max_examples=tries(8, soak=100))
@given(one=pages, other=pages, flavour=flavours)
def test_a_page_does_not_depend_on_the_others(one: str, other: str, flavour: Flavour) -> None:
    layout = Layout(flavour=flavour, specification=("**",))

    def alone_or_with(texts: dict[str, str], cache: Path | None = None) -> tuple[object, ...]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in texts.items():
                (root / name).write_bytes(text.encode("utf-8", "replace"))
            corpus = extract(root, layout, cache=cache)
            return (
                [block for block in corpus.blocks if block.span.file == "one.md"],
                [statement for statement in corpus.statements if statement.page == "one.md"],
                [problem for problem in corpus.problems if problem.span.file == "one.md"],
                corpus.page("one.md"),
            )

    with tempfile.TemporaryDirectory() as cache:
        alone = alone_or_with({"one.md": one}, Path(cache))
        assert alone_or_with({"one.md": one, "other.md": other}, Path(cache)) == alone
        assert alone_or_with({"one.md": one, "a.md": other}) == alone


@fuzz
@given(text=st.one_of(st.text(), st.lists(st.sampled_from("\"'`{}()[]<>/*\\$ax \n="), max_size=60).map("".join)))
def test_scanners_take_anything(text: str) -> None:
    end = Scanner().feed(text)
    assert end is None or text[end - 1] == "}"
    for jsx in (True, False):
        try:
            tag = scan_tag("<" + text, 0, jsx=jsx)
        except (Incomplete, Malformed):
            continue
        assert tag is None or ("<" + text)[tag.end - 1] == ">"


@fuzz
@given(text=st.lists(st.sampled_from("{}()[]`'\"/<>ab =\n"), max_size=60).map("".join), cut=st.integers(0, 60))
def test_a_scanner_does_not_mind_where_lines_are_cut(text: str, cut: int) -> None:
    at = text.rfind("\n", 0, cut) + 1
    whole, scanner = Scanner().feed(text), Scanner()
    first = scanner.feed(text[:at])
    second = scanner.feed(text[at:]) if first is None else None
    assert whole == (first if first is not None else second and at + second)


@fuzz
@given(text=st.one_of(st.text(), st.lists(st.sampled_from('{}[]"=a., :#\\&'), max_size=40).map("".join)))
def test_info_strings_and_directives_take_anything(text: str) -> None:
    info = split_info(text)
    assert info.raw == text.strip()
    assert info.language == info.language.lower()
    assert "\n" not in info.language
    reading = read_directive("docprobe:" + text)
    assert reading is not None
    assert reading.values or reading.problems


@fuzz
@given(text=st.one_of(st.text(), st.lists(st.sampled_from("a: &*{}[]-!|>'\"\n "), max_size=60).map("".join)))
def test_front_matter_takes_anything(text: str) -> None:
    source = f"---\n{text}\n---\n"
    found = read_front_matter(source.replace("\r", "\n"))
    assert 0 <= found.lines <= source.count("\n") + source.count("\r")


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_a_span_prints_as_file_and_lines(line: str) -> None:
    (block,) = blocks_of(parse(f"a{line}{line}```js{line}```{line}", Flavour.MINTLIFY))
    assert str(block.span) == "p.mdx:3-4"
    assert block.line(5) == Span("p.mdx", 4, 4)
