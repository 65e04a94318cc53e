"""Anchors as each site makes them."""

from __future__ import annotations

import pytest

from extractor.markdown.headings import Slugger, split_explicit_id
from extractor.model import Flavour
from tests.support.markdown import parse


@pytest.mark.parametrize(
    ("flavour", "title", "slug"),
    [
        (Flavour.GITHUB, "2. Session Management!", "2-session-management"),
        (Flavour.GITHUB, "`GET` & POST", "get--post"),
        (Flavour.MINTLIFY, "Network: headers (MRTR)", "network-headers-mrtr"),
        (Flavour.MINTLIFY, "_meta", "meta"),
        (Flavour.DOCUSAURUS, "Über uns", "über-uns"),
        (Flavour.MKDOCS, "Über  uns: `x`", "uber-uns-x"),
        (Flavour.VITEPRESS, "2. Über uns", "_2-uber-uns"),
        (Flavour.VITEPRESS, "a.b/c", "a-b-c"),
    ],
)
def test_slug(flavour: Flavour, title: str, slug: str) -> None:
    assert Slugger(flavour).slug(title.replace("`", "")) == slug


@pytest.mark.parametrize(
    ("flavour", "slugs"),
    [
        (Flavour.GITHUB, ["a", "a-1", "a-2", "a-1-1"]),
        (Flavour.MINTLIFY, ["a", "a-2", "a-3", "a-1"]),
        (Flavour.MKDOCS, ["a", "a_1", "a_2", "a-1"]),
    ],
)
def test_repeated_titles(flavour: Flavour, slugs: list[str]) -> None:
    slugger = Slugger(flavour)
    assert [slugger.slug(title) for title in ("A", "A", "A", "A 1")] == slugs


def test_an_id_that_is_written_out_wins() -> None:
    slugger = Slugger(Flavour.DOCUSAURUS)
    assert slugger.slug("Title", "custom") == "custom"
    assert slugger.slug("Title") == "title"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title {#id}", ("Title", "id")),
        ("Title {: #id .class }", ("Title", "id")),
        ("Title { #id }", ("Title", "id")),
        ("Title {id}", ("Title {id}", None)),
        ("Title {#id} more", ("Title {#id} more", None)),
        ("Title", ("Title", None)),
    ],
)
def test_explicit_ids(text: str, expected: tuple[str, str | None]) -> None:
    assert split_explicit_id(text) == expected


def test_headings_carry_text_and_anchor() -> None:
    tokens, _ = parse("# A `b` *c*\n\n## A b c\n\n## Other {#own}\n")
    headings = [(t.meta["text"], t.meta["slug"]) for t in tokens if t.type == "heading_open"]
    assert headings == [("A b c", "a-b-c"), ("A b c", "a-b-c-2"), ("Other", "own")]
