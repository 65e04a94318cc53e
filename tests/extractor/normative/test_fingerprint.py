"""What a fingerprint is stable under, and what changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.model import Layout, Statement
from extractor.normative.fingerprint import fingerprint, normative_content, shingles, similarity
from extractor.normative.statement_reader import statements_of
from tests.support.docs_tree import read_page

if TYPE_CHECKING:
    from pathlib import Path

RULE = "After that, the server **MUST** answer `Parcel-Id: 7` with [code -32601](https://a.example), see rule 4."


def only(tmp_path: Path, text: str) -> Statement:
    (tmp_path / "page.mdx").write_text(text, encoding="utf-8")
    (statement,) = statements_of(read_page(tmp_path, "page.mdx", Layout(specification=("**",))))
    return statement


@pytest.mark.parametrize(
    "same",
    [
        RULE.replace(" ", "\n"),
        RULE.replace("the server", "the\nserver").replace("**", ""),
        RULE.replace("the server", "_the_ **server**").replace("`", ""),
        RULE.replace("https://a.example", "/elsewhere#place"),
        RULE.replace("[code -32601](https://a.example)", "code -32601"),
        RULE.replace("Parcel-Id", "parcel-ID"),
        RULE.replace("that, the", "that the").removesuffix("."),
        f"# Other place\n\n- {RULE}",
        RULE.replace("**MUST**", "<strong>MUST</strong>"),
        RULE.replace(" see", " see"),
    ],
)
def test_stable_under_form(tmp_path: Path, same: str) -> None:
    assert only(tmp_path, same).fingerprint == only(tmp_path, RULE).fingerprint
    assert only(tmp_path, same).shingles == only(tmp_path, RULE).shingles


@pytest.mark.parametrize(
    "other",
    [
        RULE.replace("MUST", "SHOULD"),
        RULE.replace("MUST", "MUST NOT"),
        RULE.replace("server", "client"),
        RULE.replace("-32601", "32601"),
        RULE.replace("Parcel-Id: 7", "Parcel-Id: 8"),
        RULE.replace("Parcel-Id", "Parcel Id"),
        RULE.replace("After", "Before"),
        RULE.replace("the server", "server the"),
    ],
)
def test_changes_with_meaning(tmp_path: Path, other: str) -> None:
    assert only(tmp_path, other).fingerprint != only(tmp_path, RULE).fingerprint


def test_typography_is_form() -> None:
    assert fingerprint("the “first” server’s rule—of 3") == fingerprint('the "first" server\'s rule of 3')


def test_similarity_orders_by_likeness() -> None:
    one = shingles("the server must answer every request with the same id")
    near = shingles("the server should answer every request with the same id")
    far = shingles("clients may keep an open stream for as long as they like")
    assert similarity(one, one) == 1
    assert 1 > similarity(one, near) > 0.4 > similarity(one, far)
    assert similarity(frozenset(), frozenset()) == 0


def test_short_texts_have_a_shingle() -> None:
    assert len(shingles("servers must")) == 1
    assert len(shingles("servers must not")) == 1
    assert len(shingles("servers must not sing")) == 2
    assert all(len(shingle) == 12 for shingle in shingles("servers must not sing"))


ORDER = "A server **MUST NOT** accept `Parcel-Id: 7` before the client sent 401 twice, unless it is asked."


@pytest.mark.parametrize(
    "same",
    [
        ORDER.replace("is asked", "was asked"),
        ORDER.replace("A server", "Every server").replace("Every", "The"),
        ORDER.replace("twice", "again"),
        ORDER.replace("accept", "accepts"),
        ORDER.replace("before the client sent", "whenever, before any client sent"),
    ],
)
def test_a_rewording_has_the_same_normative_content(same: str) -> None:
    assert normative_content(same) == normative_content(ORDER)


@pytest.mark.parametrize(
    "other",
    [
        ORDER.replace("**MUST NOT**", "**SHOULD NOT**"),
        ORDER.replace("MUST NOT", "MUST"),
        ORDER.replace("accept", "reject"),
        ORDER.replace("Parcel-Id", "Parcel-Key"),
        ORDER.replace("401", "403"),
        ORDER.replace("before", "after"),
        ORDER.replace("the client", "the server"),
        ORDER.replace("unless it is", "if it is"),
        ORDER.replace("it is asked", "it is not asked"),
    ],
)
def test_another_rule_has_another_normative_content(other: str) -> None:
    assert normative_content(other) != normative_content(ORDER)
