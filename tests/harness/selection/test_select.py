from __future__ import annotations

import pytest

from extractor.model import Example, ExampleKind, ExampleStatus
from harness.base.errors import NothingSelectedError, UsageError
from harness.config import Shard
from harness.selection.select import Selection, select


def _example(id: str, revision: str | None = None) -> Example:
    page = id.partition("#")[0] + ".mdx"
    return Example(id, page, revision, "python", ExampleKind.OTHER, ExampleStatus.FRAGMENT, "", (), "d")


AUTH = _example("docs/2025-11-25/tutorials/security/authorization#typescript", "2025-11-25")
OLD = _example("docs/2025-06-18/tutorials/security/authorization#python", "2025-06-18")
BUILD = _example("docs/2025-11-25/develop/build-server#python", "2025-11-25")
ALL = (AUTH, OLD, BUILD)


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("2025-11-25/tutorials/security/authorization*", (AUTH,)),
        ("authorization*", (AUTH, OLD)),
        ("authorization.mdx", (AUTH, OLD)),
        ("docs/*/tutorials", (AUTH, OLD)),
        ("/docs/2025-11-25", (AUTH, BUILD)),
        ("authorization#python", (OLD,)),
        (AUTH.id, (AUTH,)),
    ],
)
def test_globs_match_id_or_page_at_any_folder_boundary(pattern: str, chosen: tuple[Example, ...]) -> None:
    assert select(ALL, Selection((pattern,))) == chosen


def test_a_part_of_a_name_is_not_a_folder_boundary() -> None:
    with pytest.raises(NothingSelectedError):
        select(ALL, Selection(("rization*",)))


def test_every_pattern_must_match_and_the_nearest_name_is_the_hint() -> None:
    with pytest.raises(NothingSelectedError, match="no example matches") as caught:
        select(ALL, Selection(("authorization*", "develop/build-serer#python")))
    assert BUILD.id in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("selection", "page", "about"),
    [
        (Selection(), "docs/other.mdx", True),
        (Selection(("develop/*",)), "docs/2025-11-25/develop/broken.mdx", True),
        (Selection(("develop/*",)), "docs/2025-11-25/learn/broken.mdx", False),
        (Selection(("build-server#python",)), "docs/2025-11-25/develop/broken.mdx", False),
        (Selection(revisions=("2025-06-18",)), "docs/2025-06-18/a.mdx", True),
        (Selection(revisions=("2025-06-18",)), "docs/2025-11-25/a.mdx", False),
    ],
)
def test_a_page_that_a_selection_leaves_out_is_not_its_business(selection: Selection, page: str, about: bool) -> None:
    assert selection.is_about(page) is about


def test_revisions() -> None:
    assert select(ALL, Selection(revisions=("2025-06-18",))) == (OLD,)
    with pytest.raises(NothingSelectedError, match="2025-06-19"):
        select(ALL, Selection(revisions=("2025-06-19",)))


def test_shards_part_the_texts_and_lose_none() -> None:
    digests = [f"{n:064x}" for n in range(200)]
    parts = [[d for d in digests if Shard(i, 3).holds(d)] for i in (1, 2, 3)]
    assert sorted(d for part in parts for d in part) == digests
    assert all(len(part) > 30 for part in parts)


@pytest.mark.parametrize("text", ["0/2", "3/2", "a/b", "1", "1/", "-1/2"])
def test_a_wrong_shard(text: str) -> None:
    with pytest.raises(UsageError):
        Shard.parse(text)
