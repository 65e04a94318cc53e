from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import Level
from harness.base.errors import UsageError
from harness.judge.exit_code import with_exit_code
from harness.model import Compared, FixedFinding, Gate, NotCompared
from harness.results.merge import merge
from tests.support.reports import rich_report


def halves() -> tuple[object, object]:
    report = rich_report()
    first = replace(report, examples=report.examples[:2], drift=report.drift, baseline=(), duration_s=10.0)
    second = replace(report, examples=report.examples[2:], started="2026-11-22T03:00:05Z", duration_s=10.0)
    return first, second


def test_shards_join_to_the_whole() -> None:
    first, second = halves()
    joined = with_exit_code(merge((first, second), ("a", "b")))  # type: ignore[arg-type]
    whole = rich_report()
    assert joined.examples == tuple(sorted(whole.examples, key=lambda e: e.id))
    assert joined.drift == whole.drift
    assert joined.baseline == whole.baseline
    assert (joined.started, joined.duration_s, joined.exit_code) == ("2026-11-22T03:00:00Z", 15.0, 1)


def test_the_exit_code_is_decided_anew() -> None:
    report = rich_report()
    fine = replace(report, examples=report.examples[3:4], drift=(), baseline=(), exit_code=0)
    ours = replace(fine, examples=(report.examples[5],), exit_code=3)
    assert with_exit_code(merge((fine, ours), ("a", "b"))).exit_code == 3
    assert with_exit_code(merge((fine, replace(fine, examples=(), exit_code=3)), ("a", "b"))).exit_code == 0


def test_the_same_result_twice_is_no_conflict_times_apart() -> None:
    report = rich_report()
    again = replace(report, examples=tuple(replace(e, duration_s=99.0, cached=True) for e in report.examples))
    assert len(merge((report, again), ("a", "b")).examples) == len(report.examples)


def test_results_that_disagree_are_named() -> None:
    report = rich_report()
    other = replace(report, examples=(replace(report.examples[0], reason="else"), *report.examples[1:]))
    with pytest.raises(UsageError) as caught:
        merge((report, other), ("a.json", "b.json"))
    assert f"{report.examples[0].id} (a.json and b.json)" in caught.value.message


@pytest.mark.parametrize(
    "changed",
    [{"commit": "0" * 40}, {"version": "9"}, {"docs_root": "x"}, {"strict": True}, {"rules_root": "x"}],
)
def test_results_of_other_docs_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"a\.json and b\.json are not from the same run"):
        merge((rich_report(), replace(rich_report(), **changed)), ("a.json", "b.json"))  # type: ignore[arg-type]


def test_what_shards_were_compared_with_is_joined() -> None:
    fixed = FixedFinding("a", "some.rule", "2025-11-25", Level.MUST)
    parts = (Compared("b" * 40, "main", fixed=(fixed,)), Compared("b" * 40, "main", not_compared=(NotCompared("c", "new"),)))
    first, second = (replace(rich_report(), compared=part) for part in parts)
    joined = merge((first, second), ("a", "b")).compared
    assert joined is not None
    assert (joined.fixed, joined.not_compared) == ((fixed,), (NotCompared("c", "new"),))
    for other in (Compared("d" * 40, "main"), Compared("b" * 40, "main", Gate.ALL)):
        with pytest.raises(UsageError, match="are not from the same run"):
            merge((first, replace(second, compared=other)), ("a", "b"))


def test_shards_of_different_divisions_are_refused() -> None:
    """Each would leave out what it thinks is in the other."""
    one, two = (replace(rich_report(), shards=(f"{n}/2",), division="d" * 16) for n in (1, 2))
    assert merge((one, two), ("a.json", "b.json")).division == "d" * 16
    with pytest.raises(UsageError, match=r"a\.json and b\.json are not from the same run: they were divided by other plans"):
        merge((one, replace(two, division="e" * 16)), ("a.json", "b.json"))
    assert merge((one, replace(two, division=None)), ("a.json", "b.json")).missing_shards == (), "an older docprobe's"


@pytest.mark.parametrize(
    ("shards", "message"), [(("7/3",), r"b\.json: these shards do not exist: 7/3"), (("1/9",), "shard 2 of 9999")]
)
def test_shards_that_cannot_be_are_refused(shards: tuple[str, ...], message: str) -> None:
    one, two = replace(rich_report(), shards=("2/9999",)), replace(rich_report(), shards=shards)
    with pytest.raises(UsageError, match=message):
        merge((one, two), ("a.json", "b.json"))


@pytest.mark.parametrize(("started", "duration_s"), [("9999-12-31T23:59:59Z", 100.0), ("2026-11-22T03:00:00Z", 1e300)])
def test_no_time_ends_in_an_internal_error(started: str, duration_s: float) -> None:
    late = replace(rich_report(), started=started, duration_s=duration_s)
    assert merge((rich_report(), late), ("a", "b")).duration_s > 0
