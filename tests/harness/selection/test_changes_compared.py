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
from tests.harness.selection.repositories import CODE, RULES, TUTORIAL, check, edit, git, write_docs
from tests.support.reports import quiet_report
from tests.support.transcripts import Talk, lived

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import Transcript

ID = "docs/2025-11-25/tutorials/sessions#typescript"
GUIDE = "guides/sessions.mdx"
BASELINE = f'[[known]]\nexample = "{ID}"\nrequirement = "session.terminated-404"\nreason = "known"\n'


def talk(code: str) -> Transcript | str:
    """Answer as the code of the tutorial says: its POST branch handles a missing and an unknown id together."""
    if "syntax error" in code:
        return "exited with code 1: SyntaxError: Unexpected token '>'"
    if "no registry" in code:
        return "blocked: the registry does not answer"
    post = 404 if "status(404).json" in code else 400
    rest = 404 if "status(404).send" in code else 400
    return lived(terminated=(post, post, rest, rest), missing=(post, post, rest, rest)).transcript()


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
    assert done.shown.index("session.missing-400") < done.shown.index("session.terminated-404")
    assert f"✓ session.terminated-404 (POST request, POST notification) in {ID}" in done.shown
    assert "title=SHOULD session.missing-400" in done.annotations
    assert "title=MUST session.terminated-404" not in done.annotations
    assert "fixed: session.terminated-404" in done.annotations
    states = {
        result["ruleId"]: result["baselineState"] for result in json.loads(sarif.read_text())["runs"][0]["results"]
    }
    assert states["session.missing-400"] == "new"
    assert states["session.terminated-404"] == "unchanged"
    cases = {case.get("name"): case for case in ET.parse(junit).iter("testcase")}
    skipped = cases["session.terminated-404"].find("skipped")
    assert skipped is not None
    assert skipped.get("type") == "unchanged"
    assert "fixed: session.terminated-404 (POST request, POST notification)" in markdown.read_text()
    page = " ".join(re.sub(r"<[^>]*>", " ", html.read_text()).split())
    assert f"Fixed by the change ✓ session.terminated-404 (POST request, POST notification) in {ID}" in page
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
    assert "✓ session.terminated-404 in" in done.shown
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


# --- with a real engine -------------------------------------------------------------------------------------------

SERVER = """
import http.server, json, threading, uuid

sessions = {}

class Mcp(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=None, **headers):
        data = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def id(self):
        return self.headers.get("Mcp-Session-Id")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        origin = self.headers.get("Origin")
        if origin is not None and origin != "http://localhost:3000":
            return self.answer(403, {"error": "origin"})
        if self.headers.get("MCP-Protocol-Version", "2025-11-25") != "2025-11-25":
            return self.answer(400, {"error": "version"})
        if asked.get("method") == "initialize" and self.id() is None:
            new = str(uuid.uuid4())
            sessions[new] = threading.Event()
            result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}}
            said = {"jsonrpc": "2.0", "id": asked["id"], "result": result}
            return self.answer(200, said, Content_Type="application/json", Mcp_Session_Id=new)
        if self.id() not in sessions:
            return self.answer(400, {"error": "no such session"})  # POST
        if "id" not in asked:
            return self.answer(202)
        if asked["method"] == "ping":
            return self.answer(200, {"jsonrpc": "2.0", "id": asked["id"], "result": {}}, Content_Type="application/json")
        error = {"code": -32601, "message": "no such method"}
        self.answer(200, {"jsonrpc": "2.0", "id": asked["id"], "error": error}, Content_Type="application/json")

    def do_GET(self):
        ended = sessions.get(self.id())
        if ended is None:
            return self.answer(400)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        ended.wait(60)

    def do_DELETE(self):
        ended = sessions.pop(self.id(), None)
        if ended is None:
            return self.answer(400)
        ended.set()
        self.answer(200)

http.server.ThreadingHTTPServer(("localhost", 3000), Mcp).serve_forever()
"""
STDLIB = "docs/2025-11-25/tutorials/by-hand.md"
SETTINGS = """
[limits]
memory-mib = 128

[examples."docs/2025-11-25/tutorials/by-hand#python"]
kind = "http-server"
blocks = ["n:0"]
dependencies = []
command = ["python3", "server.py"]
endpoint = "/mcp"
files = { "n:0" = "server.py" }
"""


@pytest.mark.engine
def test_the_one_word_fix_of_a_server_that_runs(tmp_path: Path) -> None:
    docs = write_docs(tmp_path, {STDLIB: f"# By hand\n\n```python\n{SERVER}```\n"})
    (docs / "docprobe.toml").write_text((docs / "docprobe.toml").read_text() + SETTINGS)
    git(docs, "commit", "-qam", "how it runs")
    git(docs, "branch", "-f", "main")
    edit(docs / STDLIB, '400, {"error": "no such session"}', '404, {"error": "no such session"}')
    out = tmp_path / "out.json"
    arguments = ["check", str(docs), "--state", str(tmp_path / "state"), "--changed-since", "main"]
    done = CliRunner().invoke(cli, [*arguments, "--format", f"json:{out}", "--format", "terminal"])
    document = json.loads(out.read_text())
    (example,) = document["examples"]
    changes = {
        f["requirement"]: f["change"]
        for f in example["findings"]
        if f["verdict"] == "violated" and f["basis"] == "text"
    }
    assert changes["session.missing-400"] == "introduced", done.output
    assert changes["session.terminated-404"] == "unchanged"
    (terminated,) = (f for f in example["findings"] if f["requirement"] == "session.terminated-404")
    assert {name for name, verdict in terminated["legs"].items() if verdict == "violated"} == {"GET", "DELETE"}
    fixed = {entry["requirement"]: entry["legs"] for entry in document["compared"]["fixed"]}
    assert fixed["session.terminated-404"] == ["POST request", "POST notification"]
    assert done.exit_code == 0


GLUE = f'\n[examples."{ID}"]\nglue = {{ "server.ts" = "// status(404).json status(404).send" }}\n'
"""With it, the server answers as it should, by :func:`talk`."""


def test_the_text_of_before_is_judged_by_the_configuration_of_before(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that takes a table away brings its faults back: they were not there before."""
    settings = docs / "docprobe.toml"
    plain = settings.read_text()
    settings.write_text(plain + GLUE)
    git(docs, "commit", "-qam", "glue")
    git(docs, "branch", "-f", "main")
    settings.write_text(plain)
    done = check(docs, state, monkeypatch, talk)
    assert done.changes(ID) == {"session.terminated-404": "introduced"}
    assert done.code == 1


def test_a_table_that_mends_an_example_fixes_it(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = docs / "docprobe.toml"
    settings.write_text(settings.read_text() + GLUE)
    done = check(docs, state, monkeypatch, talk)
    fixed = {entry["requirement"] for entry in done.document["compared"]["fixed"]}
    assert (done.code, "session.terminated-404" in fixed) == (0, True)


def test_a_whole_other_configuration_judges_only_what_is_now(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patterns of normative pages decide what is judged at all: before the change there was no text to judge by."""
    settings = docs / "docprobe.toml"
    plain = settings.read_text()
    settings.write_text(plain + '\n[layout]\nspecification = ["/nowhere"]\n')
    git(docs, "commit", "-qam", "no rules")
    git(docs, "branch", "-f", "main")
    settings.write_text(plain)
    assert check(docs, state, monkeypatch, talk).changes(ID) == {"session.terminated-404": "introduced"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("profile = 5\n", "the configuration at the merge base cannot be used"),
        ('profile = "plain"\n', "the profile at the merge base is plain, and now it is mcp"),
    ],
)
def test_a_configuration_of_before_that_cannot_be_used_is_said(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    settings = docs / "docprobe.toml"
    plain = settings.read_text()
    settings.write_text(text)
    git(docs, "commit", "-qam", "another")
    git(docs, "branch", "-f", "main")
    settings.write_text(plain)
    done = check(docs, state, monkeypatch, talk)
    assert done.changes(ID) == {"session.terminated-404": "introduced"}
    assert {entry["reason"].startswith(why) for entry in done.document["compared"]["not_compared"]} == {True}
    assert len(done.ran) == 1, "nothing of before is run"
