"""Sentences about a change of the docs: what it adds, fixes, leaves unchecked or changes in the rules. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, assert_never

from harness.model import Basis, DriftKind, FindingChange, Status, Verdict
from harness.report.wording import BASIS_NAMES, plural
from harness.results.severity import SHOWN_IN_FULL, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extractor.model import Level
    from harness.judge.exit_code import Unchecked
    from harness.model import (
        Drift,
        NoLongerRunnable,
        Report,
        TextChange,
    )
    from harness.results.distinct import FindingGroup


_SEVERAL: Final = 3
"""Sentences that are gone from a page: so many are reported as one."""
NEVER_RUN: Final = (Status.FRAGMENT, Status.UNSUPPORTED, Status.SKIPPED)
"""Statuses of examples that were never meant to be run."""


def drift_sentence(drift: Drift) -> str:
    """Return what happened to the sentence that a requirement is based on."""
    where = f"{drift.page}#{drift.anchor}" if drift.anchor else drift.page
    words = f": “{drift.words}”" if drift.words else ""
    match drift.kind:
        case DriftKind.CHANGED:
            return f"the sentence at {where} has changed ({drift.similarity:.0%} similar){words}"
        case DriftKind.REWORDED:
            return f"the sentence at {where} is reworded and asks for the same{words}"
        case DriftKind.MOVED:
            return f"the sentence at {where} has moved"
        case DriftKind.VANISHED:
            return f"the sentence at {where} is gone{words}"
        case _:
            assert_never(drift.kind)


def drift_entries(drifts: Iterable[Drift]) -> list[tuple[Drift, ...]]:
    """Return changed sentences as reports list them: each once, and those that a page lost as one, if they are several.

    What blocks comes first, else the order stays.
    """
    entries: dict[object, tuple[Drift, ...]] = {}
    gone: dict[object, set[str]] = {}
    every = sorted(dict.fromkeys(drifts), key=lambda drift: not drift.gates)
    for drift in every:
        gone.setdefault(_lost_by(drift), set()).add(drift.expected)
    for drift in every:
        page = _lost_by(drift)
        together = (
            page if page is not None and len(gone[page]) >= _SEVERAL else (drift.identity, drift.kind, drift.page)
        )
        entries[together] = (*entries.get(together, ()), drift)
    return list(entries.values())


def _lost_by(drift: Drift) -> tuple[str, bool] | None:
    """The page that lost a sentence to which none is similar; None for other changes."""
    if drift.kind is not DriftKind.VANISHED or drift.nearest is not None or drift.words:
        return None
    return drift.page, drift.gates


def gone_sentence(drifts: Sequence[Drift]) -> str:
    """Return what happened to several sentences of a page, and which requirements are based on them."""
    ids = list(dict.fromkeys(drift.requirement for drift in drifts))
    number = len({drift.expected for drift in drifts})
    return f"{plural(number, 'sentence')} of {drifts[0].page} are gone; bound to them: {', '.join(ids)}"


def text_change_sentence(change: TextChange) -> str:
    """Return ``25 statements added, 6 removed in draft; no requirement is bound to them (docprobe …)``."""
    numbers = ((change.added, "added"), (change.removed, "removed"), (change.changed, "changed"))
    counts = [f"{number:,} {what}" for number, what in numbers if number]
    first, _, rest = counts[0].partition(" ")
    noun = "statement" if first == "1" else "statements"
    where = f" in {change.revision}" if change.revision else ""
    checks = (
        f"requirements bound to them: {', '.join(change.requirements)}"
        if change.requirements
        else ("no requirement is bound to them")
    )
    listed = ", ".join((f"{first} {noun} {rest}", *counts[1:]))
    return f"{listed}{where}; {checks} (docprobe snapshot diff --since {shlex.quote(change.since)})"


def unchecked_sentence(entry: Unchecked) -> str:
    """Return why a program that a change adds or edits was not checked, and how it is left out on purpose."""
    what = "was not checked" if entry.flaky is None else "gave different results in two runs"
    return f"{entry.example.id} {what}: {unchecked_reason(entry)}"


def unchecked_reason(entry: Unchecked) -> str:
    """Return why a program that a change adds or edits was not checked, and how it is left out on purpose."""
    hint = '; if it is not meant to run, put a comment above it: docprobe: skip="why"'
    return entry.why + (hint if entry.example.status in NEVER_RUN else "")


def lost_sentence(lost: NoLongerRunnable) -> str:
    """Return what a change did to an example that could be run before."""
    return f"{lost.example} could be run at {lost.ref} but {lost.reason}"


def fixed_sentences(report: Report) -> tuple[str, ...]:
    """Return a line for each finding that a change fixes, examples with the same ones together."""
    return tuple(_fixed_parts(report, several=True))


def _fixed_parts(report: Report, *, several: bool) -> Iterator[str]:
    by_finding: dict[tuple[Level, str, str, tuple[str, ...], bool], list[str]] = {}
    for entry in report.compared.fixed if report.compared is not None else ():
        key = (entry.level, entry.requirement, entry.revision, entry.legs, entry.whole)
        by_finding.setdefault(key, []).append(entry.example)
    for (level, requirement, _, legs, whole), examples in by_finding.items():
        which = f" ({', '.join(legs)})" if legs and not whole else ""
        more = f" and {plural(len(examples) - 1, 'other example')}" if len(examples) > 1 else ""
        where = f" in {examples[0]}{more}" if several else ""
        yield f"{level.value} {requirement}{which}{where}"


def change_lines(report: Report, groups: Sequence[FindingGroup]) -> tuple[tuple[str, str], ...]:
    """Return what a change did, in three lines of a word and a sentence each: fixed, broken, left.

    Examples are named only where there are several. What no sentence of the specification asks for is said to be so.

    Args:
        report: of the change.
        groups: its findings, identical copies together, in the order of the report.

    Returns:
        Nothing for a report that compares nothing, or in which nothing was violated before or now.
    """
    if report.compared is None:
        return ()
    broken = [g for g in groups if g.severity in SHOWN_IN_FULL and g.finding.change is FindingChange.INTRODUCED]
    left = [g for g in groups if g.severity is Severity.UNCHANGED]
    fixed = report.compared.fixed
    if not (fixed or broken or left):
        return ()
    several = len({*(one.example for one in fixed), *(group.example.id for group in (*broken, *left))}) > 1
    touched = {entry.requirement for entry in report.compared.fixed}
    left.sort(key=lambda group: group.finding.requirement not in touched)
    return (
        ("fixed", "; ".join(_fixed_parts(report, several=several)) or "nothing"),
        ("broken", _listed(broken, several=several)),
        ("left", _listed(left, several=several)),
    )


def _listed(groups: Sequence[FindingGroup], *, several: bool) -> str:
    """Name violations with their level and the legs that fail, and the example where there are several."""
    parts = []
    for group in groups:
        finding = group.finding
        legs = [name for name, verdict in finding.legs.items() if verdict is Verdict.VIOLATED]
        which = f" ({', '.join(legs)})" if legs and len(legs) < len(finding.legs) else ""
        where = f" in {group.example.id}" if several else ""
        basis = f" [{BASIS_NAMES[finding.basis]}]" if finding.basis is not Basis.TEXT else ""
        parts.append(f"{finding.level.value} {finding.requirement}{which}{basis}{where}")
    return "; ".join(parts) or "nothing"


def not_compared_sentences(report: Report) -> tuple[str, ...]:
    """Return a line for each example whose findings all count as introduced, with the reason."""
    entries = report.compared.not_compared if report.compared is not None else ()
    return tuple(
        f"{entry.example} {entry.requirement}: {entry.reason}, so it counts as introduced"
        if entry.requirement is not None
        else f"{entry.example}: {entry.reason}, so all its findings count as introduced"
        for entry in entries
    )


def rejudged_sentences(report: Report) -> tuple[str, ...]:
    """Return a line for the examples that the text of another revision decides about since a change."""
    by_revisions: dict[tuple[str, str], list[str]] = {}
    for entry in report.compared.rejudged if report.compared is not None else ():
        by_revisions.setdefault((entry.before, entry.now), []).append(entry.example)
    return tuple(
        f"{', '.join(examples)}: judged under {now} since the change, {before} before, as pages without a revision are "
        "judged under the newest revision of the docs that their servers negotiate"
        for (before, now), examples in by_revisions.items()
    )
