"""Which examples a change affects, decided from values alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import Example, ExampleKind, ExampleStatus
from harness.model import Side
from harness.selection.affected import Impact

REVISION = "2025-11-25"
APPLIES = {
    ExampleKind.HTTP_SERVER: {Side.SERVER, Side.ANY_SERVER, Side.EXAMPLE},
    ExampleKind.STDIO_SERVER: {Side.STDIO, Side.ANY_SERVER, Side.EXAMPLE},
    ExampleKind.CLIENT: {Side.CLIENT, Side.EXAMPLE},
    ExampleKind.OTHER: {Side.SERVER, Side.ANY_SERVER, Side.CLIENT, Side.EXAMPLE},
}


def _example(kind: ExampleKind = ExampleKind.OTHER, revision: str | None = REVISION) -> Example:
    return Example("docs/a#python", "docs/a.md", revision, "python", kind, ExampleStatus.RUNNABLE, None, (), "d")


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("kind", ExampleKind)
def test_a_reworded_rule_affects_the_examples_it_applies_to(kind: ExampleKind, side: Side) -> None:
    """What prints exchanges of either party (``other``) is judged by the rules for both."""
    example = _example(kind)
    affected = Impact((), rules=frozenset({(side, REVISION)})).affected_examples([example])
    assert affected == ((example,) if side in APPLIES[kind] else ())


def test_a_rule_of_another_revision_affects_only_what_may_be_judged_under_it() -> None:
    """Which revision decides about a page of none shows when its example runs."""
    impact = Impact((), rules=frozenset({(Side.EXAMPLE, "2025-06-18")}))
    own, of_none = _example(), _example(revision=None)
    assert impact.affected_examples([own, of_none]) == (of_none,)
    assert impact.only_if_judged_under([own, of_none]) == {of_none.id: {"2025-06-18"}}


def test_a_rule_of_a_draft_affects_only_pages_of_the_draft() -> None:
    impact = Impact((), rules=frozenset({(Side.EXAMPLE, "draft")}), drafts=frozenset({"draft"}))
    of_draft = _example(revision="draft")
    assert impact.affected_examples([_example(), _example(revision=None), of_draft]) == (of_draft,)


def test_a_rule_affects_nothing_that_no_rule_judges() -> None:
    fragment = replace(_example(), status=ExampleStatus.FRAGMENT)
    assert Impact((), rules=frozenset({(Side.EXAMPLE, REVISION)})).affected_examples([fragment]) == ()


@pytest.mark.parametrize(
    ("impact", "affects"),
    [
        (Impact(()), False),
        (Impact((), everything=True), True),
        (Impact((), changed=frozenset({"docs/a#python"})), True),
        (Impact((), changed=frozenset({"docs/b#python"})), False),
        (Impact((), relisted=frozenset({"docs/a#python"})), True),
        (Impact((), tables=frozenset({"docs/*#python"})), True),
        (Impact((), tables=frozenset({"docs/*#typescript"})), False),
        (Impact((), locked=frozenset({"d"})), True),
        (Impact((), locked=frozenset({"e"})), False),
    ],
)
def test_a_change_affects_what_it_names(impact: Impact, affects: bool) -> None:
    assert bool(impact.affected_examples([_example()])) is affects
