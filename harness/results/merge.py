"""Join the reports of shards into one. Pure."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from harness.base.errors import UsageError
from harness.results.document import without_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.model import Compared, ExampleResult, Report, Requirement

T = TypeVar("T")
CONFLICTS_NAMED: Final = 5
HINT: Final = "merge the shards of one run"


def merge(reports: Sequence[Report], names: Sequence[str]) -> Report:
    """Return one report with every example of ``reports``. Its exit code is not decided yet.

    Args:
        reports: at least one; an example may be in several if it has the same result in each, times apart.
        names: what to call each in messages.

    Raises:
        UsageError: they are about different docs or by different versions, or disagree on an example; each is named.
    """
    first = reports[0]
    for report, name in zip(reports, names, strict=True):
        for what, own, other in (
            ("docprobe", first.version, report.version),
            ("commit", first.commit, report.commit),
            ("snapshot", first.snapshot, report.snapshot),
            ("docs root", first.docs_root, report.docs_root),
            ("--spec", first.rules_root, report.rules_root),
            ("--fail-on", first.fail_on, report.fail_on),
            ("--strict", first.strict, report.strict),
            ("merge base", first.compared and first.compared.base, report.compared and report.compared.base),
            ("--gate", first.compared and first.compared.gate, report.compared and report.compared.gate),
        ):
            if own != other:
                raise UsageError(f"{names[0]} and {name} are not from the same run: {what} {own} and {other}", HINT)
    _check_divided_alike(reports, names)
    shards = _united(shard for report in reports for shard in report.shards)
    return replace(
        first,
        started=min(report.started for report in reports),
        duration_s=_span_s(reports),
        examples=_joined(reports, names),
        drift=_united(entry for report in reports for entry in report.drift),
        baseline=_united(note for report in reports for note in report.baseline),
        problems=_united(problem for report in reports for problem in report.problems),
        requirements=_united_by_id(reports),
        lost=_united(entry for report in reports for entry in report.lost),
        compared=_compared(reports),
        narrowed=all(report.narrowed for report in reports),
        edited=tuple(sorted({id for report in reports for id in report.edited})),
        shards=shards,
        missing_shards=_missing(reports, shards),
        division=next((report.division for report in reports if report.division is not None), None),
        sources={file: lines for report in reports for file, lines in report.sources.items()},
    )


def _compared(reports: Sequence[Report]) -> Compared | None:
    """Return what the findings of all shards were compared with."""
    parts = [report.compared for report in reports if report.compared is not None]
    if not parts:
        return None
    return replace(
        parts[0],
        fixed=_united(entry for part in parts for entry in part.fixed),
        not_compared=_united(entry for part in parts for entry in part.not_compared),
        rejudged=_united(entry for part in parts for entry in part.rejudged),
        origins={now: before for part in parts for now, before in part.origins.items()},
    )


def _check_divided_alike(reports: Sequence[Report], names: Sequence[str]) -> None:
    """Raise UsageError if shards are not parts of one division: some examples would be in none of them, unnoticed."""
    parts = [(report, name) for report, name in zip(reports, names, strict=True) if report.shards]
    for report, name in parts:
        first, first_name = parts[0]
        (own, count), (other, other_count) = _numbers(first, first_name), _numbers(report, name)
        if count != other_count:
            what = f"shard {own} of {count} and shard {other} of {other_count}"
            raise UsageError(f"{first_name} and {name} are not from the same run: {what}", HINT)
        if first.division is not None and report.division not in (None, first.division):
            what = (
                "they were divided by other plans, or run with other options (--select, --revision, --requirement, "
                "--resolve, --no-trace, --runtime, --timeout, [limits])"
            )
            raise UsageError(f"{first_name} and {name} are not from the same run: {what}", HINT)


def _numbers(report: Report, name: str) -> tuple[int, int]:
    """Return the number of a report's last shard, and that of all. Raises UsageError if they are not possible."""
    pairs = [(int(first), int(second)) for first, _, second in (shard.partition("/") for shard in report.shards)]
    if len({count for _, count in pairs}) != 1 or any(number > count for number, count in pairs):
        raise UsageError(f"{name}: these shards do not exist: {', '.join(report.shards[:CONFLICTS_NAMED])}", HINT)
    return pairs[-1]


def _missing(reports: Sequence[Report], shards: Sequence[str]) -> tuple[str, ...]:
    """Shards that none of ``reports`` holds; none if one of them is a whole run."""
    if not all(report.shards for report in reports):
        return ()
    count = shards[0].partition("/")[2]
    names = [f"{number}/{count}" for number in range(1, int(count) + 1)]
    return tuple(name for name in names if name not in shards)


def _joined(reports: Sequence[Report], names: Sequence[str]) -> tuple[ExampleResult, ...]:
    seen: dict[str, tuple[ExampleResult, str]] = {}
    conflicts: list[str] = []
    for report, name in zip(reports, names, strict=True):
        for example in report.examples:
            first, first_name = seen.setdefault(example.id, (example, name))
            if first is not example and _result(report, first) != _result(report, example):
                conflicts.append(f"{example.id} ({first_name} and {name})")
    if conflicts:
        rest = len(conflicts) - CONFLICTS_NAMED
        more = f" and {rest} more" if rest > 0 else ""
        raise UsageError(f"the results disagree on {', '.join(conflicts[:CONFLICTS_NAMED])}{more}", HINT)
    return tuple(example for _, (example, _) in sorted(seen.items()))


def _result(report: Report, example: ExampleResult) -> object:
    """What a report has on an example, times and files apart."""
    alone = replace(example, transcript=None, packed=b"", transcript_file=None)
    return without_times(replace(report, examples=(alone,), sources={}))["examples"]


def _united(entries: Iterable[T]) -> tuple[T, ...]:
    """Each entry once, in order of appearance."""
    united: list[T] = []
    for entry in entries:
        if entry not in united:
            united.append(entry)
    return tuple(united)


def _united_by_id(reports: Sequence[Report]) -> tuple[Requirement, ...]:
    rows = {row.id: row for report in reports for row in report.requirements}
    return tuple(rows.values())


def _span_s(reports: Sequence[Report]) -> float:
    """Seconds from the start of the first shard to the end of the last."""
    starts = [datetime.datetime.fromisoformat(report.started).timestamp() for report in reports]
    ends = [at + report.duration_s for at, report in zip(starts, reports, strict=True)]
    return round(max(ends) - min(starts), 3)
