"""Changes of small repositories: what they introduce, leave as it was, and fix, in every format and in the exit code."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.report.html.single import render
from tests.harness.selection.repositories import CODE, ID, RULES, TUTORIAL, check, edit, git, talk, write_docs
from tests.support.reports import quiet_report
from tests.support.transcripts import Talk

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import Transcript

pytestmark = pytest.mark.processes

GUIDE = "guides/sessions.mdx"
BASELINE = f'[[known]]\nexample = "{ID}"\nrequirement = "session.terminated-404"\nreason = "known"\n'


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """One tutorial with a fault of old: four kinds of requests with an ended session id get 400."""
    return write_docs(tmp_path, {TUTORIAL: CODE})


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_the_one_word_fix(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """400 becomes 404 in the POST branch: right for an ended session, wrong for a missing id."""
    edit(docs / TUTORIAL, "status(400).json", "status(404).json")
    sarif, junit, markdown, html = (state.parent / name for name in ("out.sarif", "out.xml", "out.md", "out.html"))
    files = {"sarif": sarif, "junit": junit, "markdown": markdown, "html": html}
    formats = [f"--format={name}:{path}" for name, path in files.items()]
    done = check(docs, state, monkeypatch, talk, *formats)
    assert done.code == 0, "the change introduces a SHOULD only"
    assert done.changes(ID) == {"session.missing-400": "introduced", "session.terminated-404": "unchanged"}
    (fixed,) = done.document["compared"]["fixed"]
    assert (fixed["requirement"], fixed["legs"], fixed["whole"]) == (
        "session.terminated-404", ["POST request", "POST notification"], False,
    )  # fmt: skip
    assert done.document["compared"]["base"] == git(docs, "rev-parse", "main")
    assert "SHOULD session.missing-400 violated, warning, introduced" in done.shown
    lead = (
        "✓ fixed MUST session.terminated-404 (POST request, POST notification) ✗ broken SHOULD session.missing-400 "
        "(POST request, POST notification) "
        "≡ left MUST session.terminated-404 (GET, DELETE)"
    )
    assert lead in done.shown
    assert done.shown.index(lead) < done.shown.index("rule specification/"), "the three lines lead"
    assert "title=SHOULD session.missing-400" in done.annotations
    assert "title=MUST session.terminated-404" not in done.annotations
    assert [line for line in done.annotations.splitlines() if line.startswith("docprobe: ")][:3] == [
        "docprobe: fixed: MUST session.terminated-404 (POST request, POST notification)",
        "docprobe: broken: SHOULD session.missing-400 (POST request, POST notification)",
        "docprobe: left: MUST session.terminated-404 (GET, DELETE)",
    ]
    states = {
        result["ruleId"]: result["baselineState"] for result in json.loads(sarif.read_text())["runs"][0]["results"]
    }
    assert states["session.missing-400"] == "new"
    assert states["session.terminated-404"] == "unchanged"
    cases = {case.get("name"): case for case in ET.parse(junit).iter("testcase")}
    skipped = cases["session.terminated-404"].find("skipped")
    assert skipped is not None
    assert skipped.get("type") == "unchanged"
    lead = markdown.read_text().replace("\\", "").split("\n")[2:5]
    assert lead == [
        "- ✅ **fixed:** MUST session.terminated-404 (POST request, POST notification)",
        "- ❌ **broken:** SHOULD session.missing-400 (POST request, POST notification)",
        "- ➖ **left:** MUST session.terminated-404 (GET, DELETE)",
    ]
    page = " ".join(re.sub(r"<[^>]*>", " ", html.read_text()).split())
    assert f"Fixed by the change ✓ MUST session.terminated-404 (POST request, POST notification) in {ID}" in page
    assert "1 introduced" in page
    assert "! SHOULD session.missing-400 violated, warning, introduced, 2025-11-25" in page
    assert "≡ MUST session.terminated-404 violated, unchanged, 2025-11-25" in page


def test_a_page_of_no_change_says_nothing_of_one() -> None:
    assert "What the change did" not in render(quiet_report())


@pytest.mark.parametrize(
    ("more", "code"), [((), 0), (("--gate", "all"), 1), (("--fail-on", "should"), 1), (("--fail-on", "never"), 0)]
)
def test_what_fails_the_one_word_fix(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], code: int
) -> None:
    edit(docs / TUTORIAL, "status(400).json", "status(404).json")
    assert check(docs, state, monkeypatch, talk, *more).code == code


def test_a_letter_in_a_string_fails_nothing(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(docs / TUTORIAL, "a tutorial", "the tutorial")
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (0, {"session.terminated-404": "unchanged"})
    assert "error" not in done.annotations
    assert len(done.ran) == 2
    assert check(docs, state, monkeypatch, talk).ran == [], "both texts come from the cache"


def test_a_whole_fix_is_said_in_one_line(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = docs / TUTORIAL
    page.write_text(CODE.replace("status(400)", "status(404)"))
    done = check(docs, state, monkeypatch, talk, "--select", "sessions")
    assert "✓ fixed MUST session.terminated-404 ✗" in done.shown
    assert "· left nothing" in done.shown
    assert done.changes(ID) == {"session.missing-400": "introduced"}


def test_a_new_fault_fails_beside_an_old_one(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = docs / TUTORIAL
    page.write_text(CODE.replace("status(400)", "status(404)"))
    git(docs, "commit", "-qam", "better")
    git(docs, "branch", "-f", "main")
    edit(page, "status(404).send", "status(400).send")
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 1
    assert done.changes(ID)["session.terminated-404"] == "introduced"
    assert "error file=site/docs/2025-11-25/tutorials/sessions.mdx" in done.annotations


def test_an_example_that_stops_running_fails(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(docs / TUTORIAL, "a tutorial of", "syntax error")
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 1
    runs = next(f for f in done.example(ID)["findings"] if f["requirement"] == "example.runs")
    assert (runs["verdict"], runs["change"], runs["gates"]) == ("violated", "introduced", True)


def test_an_example_that_did_not_run_before_either_does_not_fail(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(docs / TUTORIAL, "a tutorial of", "syntax error")
    git(docs, "commit", "-qam", "broken")
    git(docs, "branch", "-f", "main")
    edit(docs / TUTORIAL, "syntax error", "a word; syntax error")
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 0
    edit(docs / TUTORIAL, "a word; syntax error", "a tutorial of")
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 1, "what shows now was hidden before: nobody knows that it is old"
    assert f"{ID}: it did not run at the merge base, so all its findings count as introduced" in done.shown


def test_where_the_base_cannot_be_judged_the_report_says_so(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(docs / TUTORIAL, "a tutorial", "no registry")
    git(docs, "commit", "-qam", "unfortunate")
    git(docs, "branch", "-f", "main")
    edit(docs / TUTORIAL, "no registry", "a tutorial")
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})
    (entry,) = done.document["compared"]["not_compared"]
    assert (entry["example"], "the registry does not answer" in entry["reason"]) == (ID, True)


def test_a_page_that_moves_brings_no_new_fault(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = TUTORIAL.replace("sessions", "keeping-sessions")
    git(docs, "mv", TUTORIAL, moved)
    edit(docs / moved, "a tutorial", "the tutorial")
    done = check(docs, state, monkeypatch, talk)
    id = ID.replace("sessions", "keeping-sessions")
    assert (done.code, done.changes(id)) == (0, {"session.terminated-404": "unchanged"})
    assert done.document["compared"]["origins"] == {id: ID}


def test_a_page_that_is_copied_into_a_new_revision_brings_no_new_fault(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text belongs to 2025-06-18 here, whose rule reads the same."""
    copy = TUTORIAL.replace("2025-11-25", "2025-06-18")
    (docs / copy).parent.mkdir(parents=True, exist_ok=True)
    (docs / copy).write_text(CODE)

    done = check(docs, state, monkeypatch, speaks_both)
    id = ID.replace("2025-11-25", "2025-06-18")
    assert done.changes(id) == {"session.terminated-404": "unchanged"}
    assert done.code == 0


def speaks_both(code: str) -> Transcript:
    """Answer alike in two revisions."""
    said, older = talk(code), Talk(revision="2025-06-18")
    assert not isinstance(said, str)
    older.baseline(id="91f6a0c4-31f7-4a52-8e0e-7f20c1d9b3aa")
    older.life(terminated=(400, 400, 400, 400))
    shift = len(said.exchanges)
    more = tuple(
        replace(e, number=e.number + shift, control=e.control + shift if e.control else None) for e in older.exchanges
    )
    sessions = (replace(session, exchange=session.exchange + shift) for session in older.sessions)
    return replace(
        said,
        exchanges=(*said.exchanges, *more),
        sessions=(*said.sessions, *sessions),
        negotiated=("2025-06-18", "2025-11-25"),
    )


def test_a_new_page_with_a_fault_fails(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = docs / TUTORIAL.replace("sessions", "other")
    code = CODE.replace("a tutorial of sessions", "quite another program").replace("const other =", "const elsewhere =")
    lines = [f"// {number}: a remark of a program that is nobody's copy" for number in range(60)]
    page.write_text(code.replace("const sessions = {};", "\n".join(["const sessions = {};", *lines])))
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 1
    assert done.changes(ID.replace("sessions", "other")) == {"session.terminated-404": "introduced"}


def test_a_heading_above_the_block_renames_it_and_brings_no_new_fault(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers in one language share a base, so both ids take their headings."""
    page = docs / TUTORIAL
    two = f"## First\n{CODE}\n## Second\n{CODE.replace('a tutorial of', 'more of')}"
    page.write_text(two)
    git(docs, "commit", "-qam", "two")
    git(docs, "branch", "-f", "main")
    page.write_text(two.replace("\n## Second\n", "\n## Second\n\n### The code\n"))
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 0
    origins = done.document["compared"]["origins"]
    assert origins == {"docs/2025-11-25/tutorials/sessions#the-code": "docs/2025-11-25/tutorials/sessions#second"}


@pytest.mark.parametrize(("more", "code"), [((), 0), (("--gate", "all"), 1)])
def test_an_entry_that_the_change_makes_stale_warns(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], code: int
) -> None:
    (docs / "docprobe-baseline.toml").write_text(BASELINE)
    git(docs, "add", "-A")
    git(docs, "commit", "-qm", "baseline")
    git(docs, "branch", "-f", "main")
    (docs / TUTORIAL).write_text(CODE.replace("status(400)", "status(404)"))
    done = check(docs, state, monkeypatch, talk, *more)
    assert done.code == code
    assert f"{ID} session.terminated-404 no longer occurs" in done.shown
    assert f"::{'error' if code else 'warning'} title=baseline::" in done.annotations


def test_an_entry_that_is_taken_out_while_the_fault_is_there_fails(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "docprobe-baseline.toml").write_text(BASELINE)
    git(docs, "add", "-A")
    git(docs, "commit", "-qm", "baseline")
    git(docs, "branch", "-f", "main")
    (docs / "docprobe-baseline.toml").write_text("")
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})


def test_gate_needs_a_change(docs: Path, state: Path) -> None:
    error = CliRunner().invoke(cli, ["check", str(docs), "--state", str(state), "--gate", "all"]).exception
    assert isinstance(error, UsageError)
    assert "--changed-since" in error.message


# --- rules of one revision, and pages of none ---------------------------------------------------------------------


def test_a_rule_of_a_revision_that_does_not_decide_concerns_no_page(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guide's server negotiates 2025-11-25 only, so a sentence of 2025-06-18 says nothing of it."""
    docs = write_docs(tmp_path, {GUIDE: CODE})
    edit(docs / RULES.replace("2025-11-25", "2025-06-18"), "status 404", "status 404, and nothing else,")
    done = check(docs, state, monkeypatch, talk)
    assert done.code == 0
    assert {example["page"] for example in done.document["examples"]} <= {RULES.replace("2025-11-25", "2025-06-18")}
    assert not any(f["revision"] == "2025-11-25" for f in done.document["drift"])


def test_a_page_of_no_revision_belongs_to_the_newest_of_the_docs_that_is_negotiated(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK is ahead of the docs: it negotiates 2025-11-25, and the docs end with 2025-06-18."""
    docs = write_docs(tmp_path, {GUIDE: CODE})
    for revision in ("2025-11-25", "2026-07-28"):
        git(docs, "rm", "-rq", f"specification/{revision}", f"docs/{revision}")
    git(docs, "commit", "-qm", "an older site")
    git(docs, "branch", "-f", "main")

    edit(docs / GUIDE, "a tutorial", "the tutorial")
    done = check(docs, state, monkeypatch, speaks_both, "--gate", "all")
    id = "guides/sessions#typescript"
    assert done.example(id)["judged_under"] == "2025-06-18"
    assert done.code == 1, "the sentence of 2025-06-18 is there and it gates"
    assert done.changes(id) == {"session.terminated-404": "unchanged"}


def test_an_edit_of_today_takes_no_older_packages_away(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages of the last commit that touched a page are tried: before a change and after it, of the same day."""
    docs = write_docs(tmp_path, {GUIDE: CODE})
    git(docs, "commit", "-q", "--amend", "--no-edit", day="2024-02-01")
    git(docs, "branch", "-f", "main")
    edit(docs / GUIDE, "a tutorial", "the tutorial")
    assert check(docs, state, monkeypatch, talk).days == ["2024-02-01"] * 2
    git(docs, "commit", "-qam", "the same, committed")
    assert check(docs, state, monkeypatch, talk, "--no-cache").days == ["2024-02-01"] * 2


def test_a_folder_of_a_new_revision_says_which_pages_it_judges_otherwise(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What violated both texts is not new; that another text decides is said."""
    docs = write_docs(tmp_path, {GUIDE: CODE})
    git(docs, "rm", "-rq", "specification/2025-11-25", "docs/2025-11-25")
    git(docs, "commit", "-qm", "an older site")
    git(docs, "branch", "-f", "main")
    git(docs, "revert", "--no-edit", "-n", "HEAD")
    done = check(docs, state, monkeypatch, speaks_both, "--select", "guides/*")
    id = "guides/sessions#typescript"
    assert (done.code, done.changes(id)) == (0, {"session.terminated-404": "unchanged"})
    assert done.document["compared"]["rejudged"] == [{"example": id, "before": "2025-06-18", "now": "2025-11-25"}]
    assert f"{id}: judged under 2025-11-25 since the change, 2025-06-18 before" in done.shown


class NowAndThen:
    """A program that does some of the time what it should, in the order that is given."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)

    def talk(self, code: str) -> Transcript | str:
        if "exit(" not in code:
            return talk(FIXED)
        answer = self.codes.pop(0)
        if answer == 0:
            return "exited with code 1: Error: by chance"
        if answer < 0:
            return "blocked: the registry does not answer"
        return talk(FIXED.replace("404", str(answer)))


FIXED = CODE.replace("status(400)", "status(404)")
FLAKY = FIXED.replace('console.log("a tutorial', 'Math.random() > 0.9 && process.exit(1) || console.log("a tutorial')


@pytest.mark.parametrize(
    ("runs", "code", "verdict"),
    [
        ((404,), 0, "satisfied"),
        ((400, 400), 1, "violated"),
        ((400, 404), 3, "inconclusive"),
        ((400, 0), 3, "inconclusive"),
        ((400, -1), 1, "violated"),
    ],
)
def test_what_fails_now_and_then_is_not_laid_on_the_change(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch, runs: tuple[int, ...], code: int, verdict: str
) -> None:
    """A second run must show it as well; one that cannot be had takes nothing back."""
    docs = write_docs(tmp_path, {TUTORIAL: FIXED})
    (docs / TUTORIAL).write_text(FLAKY)
    program = NowAndThen(*runs)
    done = check(docs, state, monkeypatch, program.talk)
    assert program.codes == [], "each run of it that was to be there, and no other"
    finding = next(f for f in done.example(ID)["findings"] if f["requirement"] == "session.terminated-404")
    assert (done.code, finding["verdict"], finding["gates"]) == (code, verdict, code == 1)
    assert finding["flaky"] is (code == 3)
    if code == 3:
        assert finding["summary"].startswith("Two runs differ. In the first: ")
        assert "Two runs differ" in done.shown
        assert "Two runs differ" in done.annotations
        assert "::error" not in done.annotations
        assert "introduced" not in done.changes(ID).values()
    if runs[-1] > 0:
        again = check(docs, state, monkeypatch, program.talk)
        assert (again.ran, again.code) == ([], code), "both runs are kept"


def test_a_start_that_fails_now_and_then_is_not_laid_on_the_change(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = write_docs(tmp_path, {TUTORIAL: FIXED})
    (docs / TUTORIAL).write_text(FLAKY)
    done = check(docs, state, monkeypatch, NowAndThen(0, 404).talk)
    runs = next(f for f in done.example(ID)["findings"] if f["requirement"] == "example.runs")
    assert (done.code, runs["verdict"], runs["flaky"]) == (3, "inconclusive", True)
    assert check(docs, state, monkeypatch, NowAndThen(0, 0).talk, "--no-cache").code == 1


def test_nothing_is_run_twice_that_fails_no_change(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before, and what the baseline knows."""
    (docs / TUTORIAL).write_text(CODE.replace("a tutorial", "the tutorial"))
    assert len(check(docs, state, monkeypatch, talk).ran) == 2, "the text of before and that of now"
    (docs / TUTORIAL).write_text(CODE.replace("a tutorial", "my tutorial"))
    assert len(check(docs, state, monkeypatch, talk, "--fail-on", "never", "--gate", "all").ran) == 1
    new = docs / "docs/2025-11-25/tutorials/new.mdx"
    new.write_text(CODE.replace("a tutorial of sessions", "another") + "\n```typescript other.ts\nlet x = 1;\n```\n")
    entry = BASELINE.replace("sessions#", "new#")
    (docs / "docprobe-baseline.toml").write_text(
        entry + entry.replace("terminated-404", "missing-400") + entry.replace("terminated-404", "unknown-404")
    )
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, len(done.ran)) == (0, 1)


PRINTED = """
```http
POST /mcp HTTP/1.1
Content-Type: application/json
Accept: application/json, text/event-stream
MCP-Protocol-Version: 2025-11-25

{"jsonrpc": "2.0", "method": "notifications/initialized"}

HTTP/1.1 202 Accepted
```
"""
ACCEPTS = "client.accepts-both"


@pytest.mark.parametrize("page", [PRINTED, PRINTED.replace(", text/event-stream", "")])
def test_a_sentence_that_vanishes_fails_the_page_that_prints_exchanges_of_it(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """Without the sentence nothing judges what the page prints, right or wrong: that must not be green."""
    wire = "docs/2025-11-25/tutorials/wire"
    docs = write_docs(tmp_path, {f"{wire}.mdx": PRINTED})
    rules = (docs / RULES).read_text().splitlines(keepends=True)
    (docs / RULES).write_text("".join(line for line in rules if "`text/event-stream` in the" not in line))
    edit(docs / f"{wire}.mdx", PRINTED, page)
    done = check(docs, state, monkeypatch, talk)
    drift = {
        entry["requirement"]: (entry["kind"], entry["gates"], entry["change"])
        for entry in done.document["drift"]
        if entry["revision"] == "2025-11-25"
    }
    assert (done.code, drift[ACCEPTS]) == (1, ("vanished", True, "introduced"))
    verdicts = {finding["requirement"]: finding["verdict"] for finding in done.example(f"{wire}#printed")["findings"]}
    assert verdicts[ACCEPTS] == "inconclusive"


def test_a_sentence_that_no_printed_exchange_relies_on_fails_no_page(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = "docs/2025-11-25/tutorials/wire"
    docs = write_docs(tmp_path, {f"{wire}.mdx": PRINTED})
    edit(docs / RULES, "From then on it **MUST** reply with status 404 to any request", "Nothing is said of a request")
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, [entry["gates"] for entry in done.document["drift"]]) == (0, [False])
