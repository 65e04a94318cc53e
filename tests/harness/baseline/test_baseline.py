from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from harness.base.errors import UsageError
from harness.baseline.apply import apply_baseline
from harness.baseline.file import Baseline, load_baseline, parse_baseline
from harness.baseline.update import update_baseline
from harness.judge.gating import decide
from harness.model import Finding, Report, Status, Verdict
from harness.profiles.registry import MCP
from tests.support.reports import rich_report

TYPESCRIPT = "docs/2025-11-25/tutorials/security/authorization#typescript"
OLDER = "docs/2025-06-18/tutorials/security/authorization#typescript"
BUILD = "docs/extensions/apps/build#server"
IDS = frozenset(example.id for example in rich_report().examples)
PAGES = frozenset(example.page for example in rich_report().examples)


def fresh() -> Report:
    return replace(rich_report(), baseline=())


def known_entry(example: str = TYPESCRIPT, requirement: str = "session.terminated-404", more: str = "") -> str:
    return f'[[known]]\nexample = "{example}"\nrequirement = "{requirement}"\nreason = "waits"\n{more}\n'


def applied(text: str, report: Report | None = None) -> Report:
    return apply_baseline(report or fresh(), parse_baseline(text, "b.toml"))


def finding(report: Report, example: str, requirement: str) -> Finding:
    return next(
        f for e in report.examples if e.id == example for f in e.findings if f.requirement == requirement
    )  # fmt: skip


def with_verdict(verdict: Verdict) -> Report:
    report = fresh()
    first = report.examples[0]
    findings = tuple(
        replace(f, verdict=verdict, gates=False) if f.requirement == "session.terminated-404" else f
        for f in first.findings
    )
    return replace(report, examples=(replace(first, findings=findings), *report.examples[1:]))


class TestReading:
    def test_the_sample_docs_baseline(self) -> None:
        path = Path(__file__).parents[3] / "docs-snapshot" / "sample" / "docprobe-baseline.toml"
        assert len(parse_baseline(path.read_text(), path.name).known) >= 5

    def test_all_kinds(self) -> None:
        text = f"""
        [[known]]
        example = "{TYPESCRIPT}"
        requirement = "auth.invalid-401"
        reason = "waits for the SDK"
        expires = 2027-01-31

        [[not-runnable]]
        example = "{BUILD}"
        reason = "needs a browser"

        [[drift]]
        requirement = "session.missing-400"
        revision = "2025-06-18"
        old = "9"
        new = ""
        reason = "the sentence moved to another page"
        """
        baseline = parse_baseline(text, "b.toml")
        assert baseline.known[0].expires == datetime.date(2027, 1, 31)
        assert [entry.requirement for entry in baseline.findings] == ["auth.invalid-401", "example.runs"]
        assert baseline.drift[0].new == ""

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ("[[known]", "b.toml:1: ", "correct that line"),
            ("[[knwon]]\nreason = 'x'", r"unknown table \[\[knwon\]\]", "'known'"),
            ("[known]\nreason = 'x'", r"\[known\]", "write [[known]]"),
            (known_entry(more="expries = 2027-01-01"), "b.toml:5: unknown key 'expries'", "'expires'"),
            (known_entry(more="expires = 'soon'"), "number 1", None),
            (known_entry().replace("waits", "  "), "number 1 has no reason", "in a sentence"),
            (known_entry().replace('reason = "waits"', ""), "number 1", "reason"),
            (known_entry() + known_entry(), "listed twice", None),
        ],
    )
    def test_what_is_wrong_is_said_with_its_place(self, text: str, message: str, hint: str | None) -> None:
        with pytest.raises(UsageError, match=message) as caught:
            parse_baseline(text, "b.toml")
        assert hint is None or hint in (caught.value.hint or "")

    @pytest.mark.parametrize(
        ("entry", "nearest"),
        [
            (known_entry(example=TYPESCRIPT.replace("typescript", "typescrpt")), TYPESCRIPT),
            (known_entry(requirement="session.terminated-400"), "session.terminated-404"),
        ],
    )
    def test_an_id_that_does_not_exist_is_an_error_with_the_nearest_name(
        self, tmp_path: Path, entry: str, nearest: str
    ) -> None:
        path = tmp_path / "docprobe-baseline.toml"
        path.write_text(entry)
        with pytest.raises(UsageError, match="unknown") as caught:
            load_baseline(path, IDS, PAGES, MCP.catalogue.ids)
        assert nearest in (caught.value.hint or "")

    def test_no_file_is_an_empty_baseline_and_an_unreadable_one_an_error(self, tmp_path: Path) -> None:
        assert load_baseline(None, (), (), ()) == Baseline()
        with pytest.raises(UsageError, match="cannot be read"):
            load_baseline(tmp_path, (), (), ())


class TestApplying:
    def test_a_known_finding_does_not_gate_and_is_still_there(self) -> None:
        report = applied(known_entry())
        found = finding(report, TYPESCRIPT, "session.terminated-404")
        assert (found.verdict, found.gates) == (Verdict.VIOLATED, False)
        assert [(n.kind, n.example, n.gates) for n in report.baseline] == [("known", TYPESCRIPT, False)]

    def test_only_the_listed_copy_is_known(self) -> None:
        assert finding(applied(known_entry()), OLDER, "session.terminated-404").gates

    def test_all_gating_findings_known_is_exit_code_0(self) -> None:
        report = replace(
            fresh(), drift=(), examples=tuple(e for e in fresh().examples if e.status is not Status.BLOCKED)
        )
        text = "".join(known_entry(e.id, f.requirement) for e in report.examples for f in e.findings if f.gates)
        assert decide(report).exit_code == 1
        assert decide(applied(text, report)).exit_code == 0

    @pytest.mark.parametrize("verdict", [Verdict.SATISFIED, Verdict.NOT_APPLICABLE])
    def test_an_entry_whose_finding_no_longer_occurs_is_stale_and_gates(self, verdict: Verdict) -> None:
        report = applied(known_entry(), with_verdict(verdict))
        assert [(n.kind, n.gates) for n in report.baseline] == [("stale", True)]
        assert decide(report).exit_code == 1

    @pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.BLOCKED])
    def test_an_undecided_finding_leaves_its_entry_alone(self, verdict: Verdict) -> None:
        assert applied(known_entry(), with_verdict(verdict)).baseline == ()

    def test_an_example_that_was_not_selected_leaves_its_entry_alone(self) -> None:
        report = replace(fresh(), examples=fresh().examples[2:])
        assert applied(known_entry(), report).baseline == ()

    def test_a_requirement_that_was_not_asked_for_leaves_its_entry_alone(self) -> None:
        rows = tuple(row for row in fresh().requirements if row.id != "session.terminated-404")
        assert applied(known_entry(), replace(with_verdict(Verdict.SATISFIED), requirements=rows)).baseline == ()

    def test_a_blocked_example_leaves_its_entry_alone(self) -> None:
        assert applied(known_entry("docs/sdk/remote#python", "session.missing-400")).baseline == ()

    def test_an_example_that_is_no_longer_run_makes_its_entry_stale(self) -> None:
        report = applied(known_entry("docs/learn/handlers#typescript"))
        assert [note.kind for note in report.baseline] == ["stale"]

    @pytest.mark.parametrize(
        ("expires", "kind", "gates"), [("2026-11-22", "known", False), ("2026-11-21", "expired", True)]
    )
    def test_an_entry_counts_up_to_its_last_day(self, expires: str, kind: str, gates: bool) -> None:
        report = applied(known_entry(more=f"expires = {expires}"))
        assert [note.kind for note in report.baseline] == [kind]
        assert finding(report, TYPESCRIPT, "session.terminated-404").gates is gates

    def test_a_known_not_runnable(self) -> None:
        report = applied(f'[[not-runnable]]\nexample = "{BUILD}"\nreason = "needs a browser"\n')
        assert not finding(report, BUILD, "example.runs").gates

    def test_a_not_runnable_that_runs_is_stale(self) -> None:
        report = applied(f'[[not-runnable]]\nexample = "{TYPESCRIPT}"\nreason = "needs a browser"\n')
        assert [note.kind for note in report.baseline] == ["stale"]

    def test_strict_accepts_fragments_that_are_listed(self) -> None:
        report = replace(fresh(), strict=True, drift=(), examples=fresh().examples[3:4] + fresh().examples[7:8])
        entry = '[[not-runnable]]\nexample = "docs/learn/handlers#typescript"\nreason = "a piece"\n'
        assert decide(report).exit_code == 3
        assert decide(applied(entry, report)).exit_code == 0

    def drift_entry(self, new: str) -> str:
        return (
            '[[drift]]\nrequirement = "session.missing-400"\nrevision = "2025-06-18"\nreason = "same meaning"\n'
            f'old = "{"9" * 64}"\nnew = "{new}"\n'
        )

    def test_accepted_drift_does_not_gate(self) -> None:
        report = applied(self.drift_entry(f"{186:064x}"))
        assert [entry.gates for entry in report.drift] == [False]
        assert [note.kind for note in report.baseline] == ["known"]

    @pytest.mark.parametrize("gone", [False, True])
    def test_a_sentence_that_changed_again_or_back_makes_its_entry_stale(self, gone: bool) -> None:
        report = replace(fresh(), drift=()) if gone else fresh()
        after = applied(self.drift_entry("f" * 64), report)
        assert [note.kind for note in after.baseline] == ["stale"]
        assert all(entry.gates for entry in after.drift)


class TestUpdating:
    def test_a_new_file_lists_what_gates_and_asks_for_reasons(self) -> None:
        done = update_baseline("", fresh())
        assert len(done.added) == done.unreasoned == 8
        assert "[[not-runnable]]" in done.text
        assert "[[drift]]" in done.text
        with pytest.raises(UsageError, match="has no reason"):
            parse_baseline(done.text, "b.toml")

    def test_with_a_reason_the_gate_is_open(self) -> None:
        report = replace(fresh(), examples=tuple(e for e in fresh().examples if e.status is not Status.BLOCKED))
        done = update_baseline("", report, reason="the first look")
        assert decide(applied(done.text, report)).exit_code == 0

    def test_updating_twice_changes_nothing(self) -> None:
        once = update_baseline("", fresh(), reason="x").text
        again = update_baseline(once, fresh())
        assert (again.text, again.added, again.removed) == (once, (), ())

    def test_a_report_with_the_baseline_applied_gives_the_same_file(self) -> None:
        once = update_baseline("", fresh(), reason="x").text
        assert update_baseline(once, applied(once)).text == once

    def test_reasons_comments_order_and_layout_stay(self) -> None:
        text = (
            "# our list\n\n# about the tutorial\n"
            + known_entry().replace('"waits"', '"waits for #2690"  # see there')
            + "# a paragraph\n# about the other\n"
            + known_entry(OLDER, more="expires = 2027-01-31")
            + "\n# the end\n"
        )
        done = update_baseline(text, fresh())
        assert done.text.startswith(text)
        assert done.removed == ()
        assert len(done.added) == 6

    def test_a_stale_entry_goes_with_its_comments_and_nothing_else(self) -> None:
        first = "# head\n\n# about one\n" + known_entry()
        second = "# about two\n" + known_entry(TYPESCRIPT, "session.missing-400")
        third = "# about three\n" + known_entry(OLDER)
        done = update_baseline(first + "\n" + second + "\n" + third, fresh(), reason="x")
        assert done.removed == (f"{TYPESCRIPT} session.missing-400",)
        assert done.text.startswith(first + "\n" + third)
        assert "about two" not in done.text

    def test_entries_about_what_was_not_run_stay(self) -> None:
        text = known_entry("docs/sdk/remote#python", "session.missing-400")
        assert update_baseline(text, fresh()).text.startswith(text.rstrip())

    def test_a_header_inside_a_string_is_no_entry(self) -> None:
        text = known_entry().replace('"waits"', '"""\n[[known]]\nexample = "x"\n"""')
        done = update_baseline(text, fresh(), reason="x")
        assert done.text.startswith(text.rstrip())
        assert parse_baseline(done.text, "b.toml").known[0].reason == '[[known]]\nexample = "x"\n'

    def test_a_hostile_id_stays_inside_its_string(self) -> None:
        report = fresh()
        bad = 'a"\n[[known]]\nexample = "b\\'
        hostile = replace(report, drift=(), examples=(replace(report.examples[0], id=bad),))
        names = {entry.example for entry in parse_baseline(update_baseline("", hostile, reason="x").text, "b.toml").known}
        assert names == {bad}

    @pytest.mark.parametrize("text", ["[[known]\n", '[[known]]\nexample = 1\nrequirement = "x"\n'])
    def test_what_is_no_baseline_is_not_touched(self, text: str) -> None:
        with pytest.raises(UsageError):
            update_baseline(text, fresh())
