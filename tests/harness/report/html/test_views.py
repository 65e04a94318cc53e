from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from extractor.model import ExampleKind, Level
from harness.model import BaselineKind, BaselineNote, Basis, Failure, FailureKind, Transcript, Verdict
from harness.nightly.history.queries import Flip
from harness.report.evidence import exchange_lines
from harness.report.html.cases import case_page
from harness.report.html.changes import FlipView, changes, flip_view, grouped
from harness.report.html.coverage import StatementLine, coverage
from harness.report.html.diagram import parties, sequence
from harness.report.html.environment import environment, shown
from harness.report.html.matrix import sheets
from harness.report.html.naming import case_file, case_slug, finding_anchor
from harness.report.html.raw import BODY_LIMIT, reply_text, request_text
from harness.report.html.signs import BY_WEIGHT, SIGNS
from harness.results.severity import Severity
from tests.harness.nightly.history.nights import example, night, verdict
from tests.support.reports import HOSTILE, exchange, rich_report

NOTHING: frozenset[tuple[str, str, str]] = frozenset()


# --- names ---------------------------------------------------------------------------------------------------


def test_a_case_keeps_its_file_name() -> None:
    # a link into the site from an issue must work next year: this name is a promise
    assert case_file("docs/2025-11-25/develop/http-server#python") == (
        "cases/docs-2025-11-25-develop-http-server-python-0c13219e.html"
    )


def test_ids_that_differ_in_nothing_a_disk_keeps_have_their_own_files() -> None:
    names = {case_file(name) for name in ("a#b", "a b", "A#b", "a/b", "a\udcffb", "", "#", "ü", "x" * 300)}
    assert len(names) == 9
    assert all(name.isascii() and len(name) < 110 for name in names)


def test_anchors_hold_nothing_that_html_or_urls_would_read() -> None:
    for text in HOSTILE:
        assert set(finding_anchor(text, text)) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.@-"
        )


# --- the overview --------------------------------------------------------------------------------------------


def test_every_weight_has_one_sign() -> None:
    assert set(BY_WEIGHT) == set(Severity)
    assert len({sign.glyph for sign in SIGNS}) == len(SIGNS), "signs must differ without colour"


def test_sheets_are_newest_first_with_their_own_pages_first() -> None:
    first, second, *rest = sheets(rich_report(), NOTHING, NOTHING)
    assert [first.revision, second.revision, *(sheet.revision for sheet in rest)] == [
        "2025-11-25", "2025-06-18", "no revision",
    ]  # fmt: skip
    assert [row.own for row in second.rows] == [True, False]
    assert second.own == 1
    assert second.rows[0].short == "tutorials/security/authorization#typescript"


def test_a_cell_says_what_the_finding_weighs_and_where_its_case_is() -> None:
    sheet = sheets(rich_report(), NOTHING, NOTHING)[0]
    row = next(row for row in sheet.rows if row.short.endswith("authorization#typescript"))
    cells = {column.requirement: cell for column, cell in zip(sheet.columns, row.cells, strict=True)}
    terminated = cells["session.terminated-404"]
    assert terminated is not None
    assert terminated.sign.severity is Severity.BLOCKING
    assert terminated.anchor == "session.terminated-404@2025-11-25"
    assert cells["stdio.only-messages"] is None, "never asked is no verdict"
    assert row.weight == "gates"


def test_columns_follow_the_catalogue_and_unknown_ones_come_last() -> None:
    report = night(
        0, example("x", verdict("zz.unknown", Verdict.SATISFIED), verdict("auth.invalid-401", Verdict.SATISFIED))
    )
    report = replace(report, requirements=rich_report().requirements)
    (sheet,) = sheets(report, NOTHING, NOTHING)
    assert [column.requirement for column in sheet.columns] == ["auth.invalid-401", "zz.unknown"]


def test_flips_and_flakiness_are_marked_on_their_cells_only() -> None:
    key = ("x", "a", "2025-11-25")
    report = night(0, example("x", verdict("a", Verdict.VIOLATED), verdict("b", Verdict.VIOLATED)))
    (sheet,) = sheets(report, {key}, {key})
    assert [(cell.flipped, cell.flaky) for cell in sheet.rows[0].cells if cell] == [(True, True), (False, False)]


# --- a case --------------------------------------------------------------------------------------------------


def test_a_case_tells_violations_first_and_each_requirement_once() -> None:
    report = rich_report()
    page = case_page(report.examples[0], report)
    told = [article.finding.requirement for article in page.articles]
    assert told[0] == "session.terminated-404"
    assert len(told) == len(set(told))
    first = page.articles[0]
    assert first.finding.revision == "2025-11-25", "the page's own revision stands for the others"
    assert [twin.revision for twin, _, _ in first.twins] == ["2025-06-18"]


def test_every_finding_has_exactly_one_anchor_on_its_page() -> None:
    report = rich_report()
    for one in report.examples:
        page = case_page(one, report)
        anchors = [a.anchor for a in page.articles] + [t[2] for a in page.articles for t in a.twins]
        anchors += [cell[2] for _, cells in page.verdicts for cell in cells if cell and cell[3]]
        assert sorted(anchors) == sorted({finding_anchor(f.requirement, f.revision) for f in one.findings})


def test_the_pages_code_marks_the_blamed_lines() -> None:
    report = rich_report()
    (code,) = case_page(report.examples[0], report).code
    assert [line.number for line in code if line.blamed] == [16, 20, 21, 22, 23, 24, 25, 32, 33, 34]


def test_exchanges_that_a_violation_rests_on_are_marked() -> None:
    report = rich_report()
    marked = {one.number for one in case_page(report.examples[0], report).exchanges if one.blamed}
    assert {14, 15, 16, 17, 18} <= marked
    assert not {3, 9} & marked


def test_known_findings_are_told_as_known() -> None:
    report = night(0, example("x", replace(verdict("a", Verdict.VIOLATED), gates=False)))
    report = replace(report, baseline=(BaselineNote(BaselineKind.KNOWN, "x", "a", "because"),))
    assert case_page(report.examples[0], report).articles[0].sign.severity is Severity.KNOWN


# --- exchanges -----------------------------------------------------------------------------------------------


def test_a_request_reads_as_it_went_over_the_wire() -> None:
    sent = exchange(7, "x", "POST", 200, body="tools/list", said="{}")
    assert request_text(sent) == (
        "POST / HTTP/1.1\nhost: localhost:3000\naccept: application/json, text/event-stream\n\n"
        '{"jsonrpc":"2.0","id":7,"method":"tools/list"}'
    )
    assert reply_text(sent) == "HTTP/1.1 200 OK\ncontent-type: application/json\n\n{}"


def test_no_reply_says_why() -> None:
    assert reply_text(exchange(7, "x", "GET", None, failure=Failure(FailureKind.TIMEOUT))) == "(no reply: timeout)"


def test_a_line_on_stdout_goes_from_the_example_to_docprobe() -> None:
    noise = exchange(2, "stdio.noise", "STDOUT", None, target="", headers={})
    noise = replace(noise, body="server is ready")
    assert (request_text(noise), reply_text(noise)) == ("(nothing was sent)", "server is ready")
    talk = Transcript("x", ExampleKind.STDIO_SERVER, (noise,))
    assert sequence(exchange_lines(talk, [2]), parties(talk.kind)).split("\n")[3:] == [
        "  S->>P: no 2 stdout#58; server is ready"
    ]


def test_in_the_conversation_with_a_client_the_example_asks() -> None:
    assert parties(ExampleKind.CLIENT) == ("example client", "docprobe")
    assert parties(ExampleKind.HTTP_SERVER) == ("docprobe", "example server")


def test_a_long_body_is_cut_and_says_so() -> None:
    text = reply_text(exchange(7, "x", "GET", 200, said="x" * (BODY_LIMIT + 1234)))
    assert text.endswith("\n… 1,234 more characters")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_is_left_in_a_diagram(hostile: str) -> None:
    talk = Transcript("x", ExampleKind.HTTP_SERVER, (
        exchange(1, "x", "POST", None, target=f"/{hostile}", failure=Failure(FailureKind.MALFORMED, hostile), session=hostile),
    ))  # fmt: skip
    lines = sequence(exchange_lines(talk, [1]), (hostile, hostile), [hostile]).split("\n")
    assert lines[0] == "sequenceDiagram"
    assert [line.split()[0] for line in lines[1:3]] == ["participant", "participant"]
    for line in lines[3:]:
        head, _, label = line.partition(": ")
        assert head.strip() in {"P->>S", "S--xP", "S-->>P", "Note over P,S"}
        assert not set(label) & set("<>\"'`;{}[]%&@") - {";"}
        assert all(part.rpartition("#")[2].isdigit() for part in label.split(";")[:-1])


# --- what changed --------------------------------------------------------------------------------------------


def flip(example: str = "x", before: str = "satisfied", after: str = "violated", **more: object) -> Flip:
    values: dict[str, object] = {"requirement": "a", "revision": "2025-11-25", "night": 2, "since": 1, "causes": ()}
    return Flip(example=example, before=before, after=after, **(values | more))  # type: ignore[arg-type]


def view(one: Flip) -> FlipView:
    return flip_view(one, {2: "2026-11-22T03:00:00Z"}, {("x", "a", "2025-11-25")})


def test_changes_are_worse_better_or_other() -> None:
    flips = [view(flip()), view(flip(requirement="b", before="violated", after="satisfied")),
             view(flip(requirement="c", before="satisfied", after="inconclusive"))]  # fmt: skip
    found = changes("before", flips, ({}, {}), ({}, {}))
    assert [group.requirement for group in (*found.worse, *found.better, *found.other)] == ["a", "b", "c"]
    assert found.headline == "1 requirement newly violated, 1 violation mended: 1 example concerned."


def test_the_first_night_has_nothing_to_compare_with() -> None:
    assert changes(None, [view(flip())], ({}, {"x": "judged"}), ({}, {})).worse == ()


def test_changes_of_status_and_packages() -> None:
    found = changes(
        "before", [], ({"x": "judged", "gone": "judged"}, {"x": "blocked", "new": "judged"}),
        ({"x": {"sdk": "1", "same": "1"}, "y": {"sdk": "1"}, "z": {}},
         {"x": {"sdk": "2", "same": "1"}, "y": {"sdk": "2"}, "z": {"sdk": "2"}}),
    )  # fmt: skip
    assert found.status == (("x", "judged", "blocked"),)
    assert found.arrived == ("new",)
    assert [(s.name, s.before, s.after, s.examples) for s in found.packages] == [("sdk", "1", "2", 2)]
    assert found.headline == "1 example changed status: no verdict concerned."


def test_the_same_story_is_told_once() -> None:
    views = [view(flip()), view(flip(revision="2025-06-18")), view(flip("y")), view(flip("z", causes=("packages",)))]
    first, second = grouped(views)
    assert [(name, len(of_one)) for name, of_one in first.examples] == [("x", 2), ("y", 1)]
    assert (first.because, second.because) == ("", "packages changed")


def test_a_flip_links_to_its_case_only_if_it_is_there_tonight() -> None:
    assert view(flip()).href.endswith("#a@2025-11-25")
    assert view(flip("gone")).href == ""


# --- coverage ------------------------------------------------------------------------------------------------


def test_coverage_counts_sentences_with_and_without_checks() -> None:
    lines = [
        StatementLine("2025-11-25", "a:1", "MUST", "server", "one", ("session.missing-400",)),
        StatementLine("2025-11-25", "a:2", "MUST", "client", "two", (), "client: the client's own"),
        StatementLine("2025-11-25", "a:3", "MUST", "server", "three", ()),
        StatementLine("2026-07-28", "b:1", "MUST", "server", "four", ()),
    ]
    newest, current, *_ = coverage(rich_report(), lines)
    assert (newest.revision, len(newest.statements), newest.decided) == ("2026-07-28", 1, ())
    assert (current.covered, current.explained, len(current.statements)) == (1, 1, 3)
    decided = {row.requirement: row for row in current.decided}
    assert dict(decided["session.terminated-404"].verdicts)["violated"] == 2
    assert not decided["get.sse-or-405"].decided, "inconclusive decides nothing"


# --- the template engine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_is_written_is_inert(hostile: str) -> None:
    text = environment().from_string('<p title="{{ x }}">{{ x }}</p>').render(x=hostile)
    assert text.count("<") == 2
    assert text.count('"') == 2
    assert shown(hostile).replace("\n", "").isprintable()


def test_basis_is_told_where_it_is_less_than_the_text() -> None:
    reading = dataclasses.replace(verdict("a", Verdict.VIOLATED, level=Level.SHOULD), basis=Basis.INTERPRETATION)
    report = night(0, example("x", reading))
    assert "reading" in case_page(report.examples[0], report).articles[0].basis
    assert case_slug("x").startswith("x-")
