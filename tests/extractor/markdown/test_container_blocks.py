"""Containers of the sites."""

from __future__ import annotations

import pytest

from extractor.model import Flavour
from tests.support.markdown import kinds, parse


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("::: tip Title\ntext\n:::\nafter", ["container_open", "paragraph_open", "container_close", "paragraph_open"]),
        (":::note\n", ["container_open", "container_close"]),
        (":::", ["paragraph_open"]),
        (
            "> ::: a\n> x\n\ny",
            [
                "blockquote_open",
                "container_open",
                "paragraph_open",
                "container_close",
                "blockquote_close",
                "paragraph_open",
            ],
        ),
    ],
)
def test_colon_containers(text: str, types: list[str]) -> None:
    shown = [kind for kind in kinds(text, Flavour.VITEPRESS) if kind not in ("inline", "paragraph_close")]
    assert shown == types


@pytest.mark.parametrize(
    ("text", "title"),
    [("tip", None), ("tip A b", "A b"), ("tip[A b]", "A b"), ("tip{#x} A", "A"), ("details A {open}", "A")],
)
def test_titles_of_colon_containers(text: str, title: str | None) -> None:
    tokens, _ = parse(f"::: {text}\n:::\n", Flavour.VITEPRESS)
    assert tokens[0].meta["title"] == title


@pytest.mark.parametrize(
    "text", ['=== "A"\ntext', "!!! note\ntext", '??? note "A"\n\n   three spaces', '!!!note "x"', "==="]
)
def test_what_is_not_indented_is_not_in_an_mkdocs_block(text: str) -> None:
    tokens, _ = parse(text, Flavour.MKDOCS)
    inside = tokens[1:] if tokens[0].type == "container_open" else tokens
    assert inside[0].type in ("container_close", "paragraph_open")


def test_footnotes_are_containers() -> None:
    tokens, _ = parse("[^a]: text\n\n    more\n\nafter\n", Flavour.GITHUB)
    assert [t.type for t in tokens if t.type.startswith("footnote")] == ["footnote_open", "footnote_close"]
    assert [t.content for t in tokens if t.type == "inline"] == ["text", "more", "after"]
    assert tokens[0].map == [0, 4]
