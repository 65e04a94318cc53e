"""What the overview shows of one run, for the site and for the single page. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from harness.model import FailOn, Status
from harness.report.change_wording import (
    drift_sentence,
    fixed_sentences,
    lost_sentence,
    not_compared_sentences,
    rejudged_sentences,
    text_change_sentence,
)
from harness.report.exit_wording import exit_sentence
from harness.report.html.example_page import has_page
from harness.report.html.naming import anchor_of, case_file, case_slug, finding_anchor
from harness.report.wording import baseline_sentence, plural, settings_sentence, violations
from harness.results.counts import count
from harness.spec.word_changes import WordChange, WordRun, marked_runs, word_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import Drift, ExampleResult, Report

STATUSES: Final = (Status.NOT_RUNNING, Status.BLOCKED, Status.FRAGMENT, Status.UNSUPPORTED, Status.SKIPPED)
"""Of examples that were not judged, most urgent first."""
POLICY: Final = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Content security policy of every page: nothing from outside, and no script that docprobe did not bring."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the figures on top."""

    label: str
    value: str
    detail: str
    """What it counts, or how it divides."""
    css: str = ""
    """Class name; empty for a plain one."""


@dataclass(frozen=True, slots=True)
class BlockingCase:
    """One finding that makes the exit code 1."""

    example: str
    slug: str
    file: str
    """The example's page in a site."""
    anchor: str
    """Of the finding, on its example's page."""
    summary: str


@dataclass(frozen=True, slots=True)
class BlockingRequirement:
    """One requirement that makes the exit code 1."""

    requirement: str
    level: str
    title: str
    """The requirement in a line; empty if the report does not have it."""
    cases: tuple[BlockingCase, ...]

    @property
    def why(self) -> str:
        """The summary of all cases; empty if they differ."""
        return only(case.summary for case in self.cases)


def only(sentences: Iterable[str]) -> str:
    """Return the sentence if all of them are the same one, else an empty text."""
    different = set(sentences)
    return different.pop() if len(different) == 1 else ""


@dataclass(frozen=True, slots=True)
class ChangeLists:
    """What a change did, compared with its merge base."""

    summary: str
    """How many violations it introduced, left as they were and fixed."""
    lists: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    """Heading, sign, class name and sentences of each list; some may have no sentences."""


@dataclass(frozen=True, slots=True)
class DriftView:
    """A sentence that drifted, word by word."""

    drift: Drift
    sentence: str
    """What happened to it, without its words."""
    was: tuple[WordRun, ...]
    """The sentence as it was, with what went; empty if it is not known."""
    now: tuple[WordRun, ...]
    """The sentence now, or the most similar one, with what came; empty if there is none."""

    @property
    def anchor(self) -> str:
        """Its place on a page."""
        return f"drift-{finding_anchor(self.drift.requirement, self.drift.revision)}"

    @classmethod
    def of(cls, drift: Drift) -> DriftView:
        """Return the view of ``drift``."""
        now = drift.nearest.text if drift.nearest else ""
        sentence = drift_sentence(replace(drift, words=""))
        if drift.old is not None:
            runs = word_runs(drift.old, now)
            was = tuple(run for run in runs if run.kind is not WordChange.CAME)
            return cls(drift, sentence, was, tuple(run for run in runs if run.kind is not WordChange.WENT))
        return cls(drift, sentence, (), marked_runs(drift.words or now))


def overview(report: Report) -> dict[str, Any]:
    """Return the values that the overview's templates share."""
    return {
        "headline": _headline(report),
        "state": _state(report),
        "tiles": _tiles(report),
        "blocking": _blocking(report),
        "exit_sentence": exit_sentence(report),
        "settings_sentence": settings_sentence(report),
        "baseline": tuple(baseline_sentence(note) for note in report.baseline),
        "change": _change(report),
        "drift": tuple(DriftView.of(one) for one in sorted(report.drift, key=lambda one: not one.gates)),
        "unjudged": _unjudged(report),
    }


def _change(report: Report) -> ChangeLists | None:
    """What a change did, as the terminal shows it; None if nothing was to compare."""
    if report.compared is None:
        return None
    return ChangeLists(
        violations(report),
        (
            ("Fixed by the change", "✓", "satisfied", fixed_sentences(report)),
            ("Not compared with the merge base", "?", "inconclusive", not_compared_sentences(report)),
            ("Judged by another revision", "!", "warning", rejudged_sentences(report)),
            ("No longer checked since the change", "?", "not-checked", tuple(map(lost_sentence, report.lost))),
            ("Changes of the normative text", "·", "advisory", tuple(map(text_change_sentence, report.text_changes))),
        ),
    )


def _headline(report: Report) -> str:
    """The run in one line."""
    if blocking := count(report).blocking:
        return plural(blocking, "blocking finding")
    if report.exit_code == 3:
        return "Incomplete"
    if report.exit_code == 130:
        return "Interrupted"
    return "No blocking findings" if report.exit_code == 0 else "Failed"


def _state(report: Report) -> str:
    """Return the class name for the run as a whole; only a run that judged something and found nothing is green."""
    figures = count(report)
    if figures.blocking or report.exit_code == 1:
        return "blocking"
    judged = figures.by_status.get(Status.JUDGED, 0)
    return "satisfied" if report.exit_code == 0 and judged else "not-checked"


def _tiles(report: Report) -> tuple[Tile, ...]:
    """Return the figures on top: eight, so that they fill rows of eight, four or two."""
    figures = count(report)
    drifted = sum(entry.gates for entry in report.drift) if report.fail_on is not FailOn.NEVER else 0
    entries = sum(note.gates for note in report.baseline)
    beside = [
        plural(number, noun) for number, noun in ((drifted, "drifted sentence"), (entries, "baseline entry")) if number
    ]
    judged = figures.by_status.get(Status.JUDGED, 0)
    stuck = figures.by_status.get(Status.NOT_RUNNING, 0)
    blocked = figures.by_status.get(Status.BLOCKED, 0)
    minutes, seconds = divmod(round(report.duration_s), 60)
    must = "known" if figures.violated_must else "satisfied"
    cached = sum(example.cached for example in report.examples)

    def parts(known: int, total: int) -> str:
        return f"{known:,} of them in the baseline" if known else "none in the baseline" if total else "none"

    return (
        Tile(
            "Blocking", f"{figures.blocking:,}",
            f"{' and '.join(beside)} among them" if beside else "decide the exit code",
            "blocking" if figures.blocking else "satisfied",
        ),
        Tile(
            "MUST violated", f"{figures.violated_must:,}", parts(figures.known_must, figures.violated_must),
            "blocking" if figures.violated_must > figures.known_must else must,
        ),
        Tile(
            "SHOULD violated", f"{figures.violated_should:,}", parts(figures.known_should, figures.violated_should),
            "warning" if figures.violated_should else "satisfied",
        ),
        Tile("Advisory", f"{figures.advisory:,}", "readings, advice, other revisions"),
        Tile("Judged", f"{judged:,}", f"of {plural(figures.examples, 'example')}", "satisfied" if judged else ""),
        Tile("Not running", f"{stuck:,}", "examples that do not start", "blocking" if stuck else ""),
        Tile("Not checked", f"{blocked:,}", "because of docprobe or the environment", "not-checked" if blocked else ""),
        Tile(
            "Run time", f"{minutes} min {seconds} s" if minutes else f"{report.duration_s:.1f} s",
            f"{plural(figures.distinct, 'distinct text')}" + (f", {cached:,} cached" if cached else ""),
        ),
    )  # fmt: skip


def _blocking(report: Report) -> tuple[BlockingRequirement, ...]:
    """What makes the exit code 1, requirement by requirement, in most examples first."""
    titles = {row.id: row.title for row in report.requirements}
    cases: dict[tuple[str, str], list[BlockingCase]] = defaultdict(list)
    for example in report.examples:
        slug, file = case_slug(example.id), case_file(example.id)
        for finding in example.findings:
            if finding.gates:
                case = BlockingCase(example.id, slug, file, anchor_of(finding), finding.summary)
                cases[finding.requirement, finding.level.value].append(case)
    ordered = sorted(cases.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        BlockingRequirement(name, level, titles.get(name, ""), tuple(places)) for (name, level), places in ordered
    )


def _unjudged(report: Report) -> tuple[tuple[str, tuple[tuple[ExampleResult, str], ...]], ...]:
    """By status, the examples that were not judged and their pages (empty for those without one)."""
    groups: dict[Status, list[tuple[ExampleResult, str]]] = defaultdict(list)
    for example in report.examples:
        if example.status is not Status.JUDGED:
            groups[example.status].append((example, case_file(example.id) if has_page(example) else ""))
    return tuple((status.value, tuple(groups[status])) for status in STATUSES if status in groups)
