"""A run divided into parts: balanced, the same every time, and losing no text."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.model import Example, ExampleKind, ExampleStatus
from harness.base.codec import to_json
from harness.base.errors import UsageError
from harness.config import Shard
from harness.selection.shards import FORMAT, UNKNOWN_S, divide, planned


def digest(number: int) -> str:
    return f"{number:016x}".ljust(64, "0")


def example(number: int, text: str | None = None) -> Example:
    return Example(
        f"docs/{number}#python", f"docs/{number}.mdx", None, "python", ExampleKind.HTTP_SERVER, ExampleStatus.RUNNABLE,
        None, (), text or digest(number),
    )  # fmt: skip


def test_the_longest_first_each_to_the_part_with_least_to_do() -> None:
    seconds = {digest(number): float(number) for number in range(1, 8)}
    plan = divide([example(number) for number in range(1, 8)], seconds, 3)
    assert [part.seconds for part in plan.shards] == [10.0, 9.0, 9.0]
    assert [[int(text[:16], 16) for text in part.texts] for part in plan.shards] == [[7, 2, 1], [6, 3], [5, 4]]
    assert plan.shards[0].examples == ("docs/1#python", "docs/2#python", "docs/7#python")
    assert [part.shard for part in plan.shards] == ["1/3", "2/3", "3/3"]


def test_copies_stay_together_and_no_part_is_empty() -> None:
    plan = divide([example(1, "a" * 64), example(2, "a" * 64), example(3, "b" * 64)], {}, 8)
    assert [part.examples for part in plan.shards] == [("docs/1#python", "docs/2#python"), ("docs/3#python",)]
    assert plan.shards[0].seconds == UNKNOWN_S


def test_what_never_ran_is_taken_for_the_usual_and_a_history_has_the_first_digits() -> None:
    plan = divide([example(number) for number in (1, 2, 3)], {digest(1)[:16]: 4.0}, 1)
    assert plan.shards[0].seconds == 12.0


def test_without_examples_there_is_one_part_only_for_what_is_to_report() -> None:
    assert divide((), {}, 4).shards == ()
    assert [part.shard for part in divide((), {}, 4, at_least=1).shards] == ["1/1"]


@given(
    st.lists(st.integers(0, 30), max_size=60),
    st.dictionaries(st.integers(0, 30), st.floats(0, 1000), max_size=20),
    st.integers(1, 12),
)
def test_every_text_is_in_one_part_whatever_the_order_of_the_examples(
    texts: list[int], seconds: dict[int, float], count: int
) -> None:
    known = {digest(number): value for number, value in seconds.items()}
    examples = [example(index, digest(text)) for index, text in enumerate(texts)]
    plan = divide(examples, known, count)
    assert sorted(text for part in plan.shards for text in part.texts) == sorted({digest(text) for text in texts})
    assert divide(examples[::-1], known, count) == plan
    written = to_json(plan)
    parts = [planned(Shard(number, len(plan.shards)), written, "p") for number in range(1, len(plan.shards) + 1)]
    for part, shard in zip(plan.shards, parts, strict=True):
        assert {text for text in known.keys() | set(part.texts) if shard.holds(text)} >= set(part.texts)
    for text in {example.digest for example in examples}:
        assert sum(shard.holds(text) for shard in parts) == 1
    if parts:
        assert sum(shard.holds("f" * 64) for shard in parts) == 1, "a text that the plan lacks is in one part, too"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{}", "^plan.json: not a docprobe plan: Object missing"),
        (b"[", "^plan.json: not a docprobe plan"),
        (to_json(replace(divide([example(1)], {}, 1), schema="docprobe-plan/9")), f"not {FORMAT}"),
        (to_json(divide([example(1), example(2), example(3)], {}, 3)), "3 shards"),
    ],
)
def test_what_is_not_the_plan_of_a_shard_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        planned(Shard(1, 2), text, "plan.json")
    assert caught.value.hint in {"write it with: docprobe check --plan N", "choose from 1/3 to 3/3"}


@pytest.mark.parametrize("wrong", [-1000.0, float("inf"), float("-inf"), 1e308, "soon", None])
def test_a_duration_that_cannot_be_is_none(wrong: Any) -> None:
    """A damaged history must not put everything into one part, or make a plan that cannot be read."""
    examples = [example(number) for number in range(1, 7)]
    plan = divide(examples, dict.fromkeys(map(digest, range(1, 7)), wrong), 3)
    assert plan == divide(examples, {}, 3)
    assert planned(Shard(1, 3), to_json(plan), "p").texts


def parts(*shards: tuple[str, list[str]]) -> bytes:
    made = [{"shard": name, "seconds": 1, "texts": texts, "examples": []} for name, texts in shards]
    return json.dumps({"schema": FORMAT, "shards": made}).encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (parts(), "has no shards"),
        (parts(("2/2", ["a"]), ("1/2", ["b"])), "shard 1 of 2 is called '2/2'"),
        (parts(("1/2", ["a"]), ("2/2", ["b", "a"])), "text a is in shards 1/2 and 2/2"),
        (b'{"schema": "x", "y": ' + b"[" * 100_000, "not a docprobe plan"),
    ],
)
def test_a_plan_that_is_not_as_it_was_written_is_refused_by_name(text: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        planned(Shard(1, 2), text, "plan.json")
    assert "plan.json" in caught.value.message
