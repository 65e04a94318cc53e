"""A proved patch on its way to the findings that it fixes, and to the SARIF fixes that a forge reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import anyio
import pytest

from extractor.model import Level, Span, UnlistedImport
from harness.base.host import HostEnvironment
from harness.engine.protocol import Limits
from harness.model import (
    Basis,
    ExampleResult,
    Exchange,
    Finding,
    Reply,
    Report,
    Resolve,
    SettingsSource,
    Status,
    Transcript,
    Trust,
    Verdict,
)
from harness.profiles.registry import MCP
from harness.repair import proofs, prove
from harness.repair.edits import FileEdit, propose
from harness.repair.trial import Trial, why_not, with_failures
from harness.report.formats import render
from harness.results.document import from_text
from harness.run.observer import Silent
from harness.run.outcome import with_patches
from harness.run.plan import Plan
from harness.run.planning import make_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.config import Config

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
ID = "docs/{}/tutorials/session-map#typescript"
NEWER, OLDER = ID.format("2025-11-25"), ID.format("2025-06-18")
REVISIONS = ("2025-06-18", "2025-11-25")
RULE = "session.terminated-404"


@pytest.fixture(scope="module")
def todo(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return make_plan(load_config(SAMPLE, environ={}, state=tmp_path_factory.mktemp("state"), jobs=1))


def _transcript(example_id: str, kind: Any) -> Transcript:
    answer = Exchange(
        1, "terminated.post-request", None, 0, "POST", "/mcp", (), "", Reply(400, (), "", 0), None, 0.0, 0.0
    )  # fmt: skip
    return Transcript(example_id, kind, (answer,))


def _result(todo: Plan, example_id: str) -> ExampleResult:
    example = next(example for example in todo.all_examples if example.id == example_id)
    findings = tuple(
        Finding(
            requirement=name,
            level=Level.MUST,
            basis=Basis.TEXT,
            verdict=verdict,
            revision=revision,
            summary="",
            evidence=(1,),
            gates=True,
        )
        for name, verdict in ((RULE, Verdict.VIOLATED), ("session.id-charset", Verdict.SATISFIED))
        for revision in REVISIONS
    )
    return ExampleResult(
        id=example.id, page=example.page, revision=example.revision, language=example.language, kind=example.kind,
        status=Status.JUDGED, reason=None, spans=example.spans, digest=example.digest, packages={"express": "5.1.0"},
        findings=findings, transcript=_transcript(example.id, example.kind),
    )  # fmt: skip


def _report(*examples: ExampleResult) -> Report:
    return Report("0.1.0", "2026-11-22T03:00:00Z", 1.0, "sample", None, None, examples, root_in_repository="sample")


@pytest.fixture
def proved(todo: Plan, tmp_path: Path) -> Path:
    """A state folder with a patch that was proved on the newer page."""
    result = _result(todo, NEWER)
    example = next(example for example in todo.all_examples if example.id == NEWER)
    assert example.bundle is not None
    assert result.transcript is not None
    edits = propose(result.findings, result.transcript, example.bundle, MCP.catalogue)
    assert edits
    patch = proofs.ProvedPatch(tuple((RULE, revision) for revision in REVISIONS), edits)
    proofs.store_proof(patch, result, todo, _config(tmp_path))
    return tmp_path


def _config(state: Path) -> Config:
    return load_config(SAMPLE, environ={}, state=state, jobs=1)


def _attached(todo: Plan, state: Path, *examples: ExampleResult) -> Report:
    report = _report(*examples)
    known = proofs.load_proofs(report, todo, _config(state))
    return with_patches(report, proofs.patches_of(known, report, todo, SAMPLE))


def _fixed_by_sarif(log: dict[str, Any], result: dict[str, Any]) -> dict[str, str]:
    """Pages with a result's fix made, as SARIF 2.1.0 (3.30, 3.57) says regions and replacements are read."""
    assert log["runs"][0]["columnKind"] == "unicodeCodePoints"
    pages: dict[str, str] = {}
    (fix,) = result["fixes"]
    for change in fix["artifactChanges"]:
        uri = unquote(change["artifactLocation"]["uri"]).removeprefix("sample/")
        text = (SAMPLE / uri).read_text(encoding="utf-8")
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        places = [
            (
                starts[region["startLine"] - 1] + region["startColumn"] - 1,
                starts[region["endLine"] - 1] + region["endColumn"] - 1,
                replacement["insertedContent"]["text"],
            )
            for replacement in change["replacements"]
            for region in [replacement["deletedRegion"]]
        ]
        for start, end, new in sorted(places, reverse=True):
            text = text[:start] + new + text[end:]
        pages[uri] = text
    return pages


@pytest.mark.parametrize("example_id", [NEWER, OLDER])
def test_every_copy_gets_the_patch_at_its_own_lines(todo: Plan, proved: Path, example_id: str) -> None:
    log = json.loads(render("sarif", _attached(todo, proved, _result(todo, example_id))))
    (result,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == RULE]
    page = example_id.partition("#")[0] + ".mdx"
    before = (SAMPLE / page).read_text(encoding="utf-8").split("\n")
    after = _fixed_by_sarif(log, result)[page].split("\n")
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    for old, new in changed:
        assert new == old.replace("400", "id ? 404 : 400")


def test_the_findings_that_it_fixes_carry_it_and_no_others(todo: Plan, proved: Path) -> None:
    (example,) = _attached(todo, proved, _result(todo, NEWER)).examples
    assert {(f.requirement, f.revision) for f in example.findings if f.patch} == {(RULE, one) for one in REVISIONS}


def test_the_result_format_has_it_and_gives_it_back(todo: Plan, proved: Path) -> None:
    report = _attached(todo, proved, _result(todo, NEWER))
    again = from_text(render("json", report), ())
    assert [f.patch for f in again.examples[0].findings] == [f.patch for f in report.examples[0].findings]


@pytest.mark.parametrize("example_id", [NEWER, OLDER])
def test_what_an_install_line_lacks_is_added_to_the_copys_own(todo: Plan, tmp_path: Path, example_id: str) -> None:
    """No file of the example is edited: the patch is made from the lines of each copy's page."""
    example = next(example for example in todo.all_examples if example.id == example_id)
    assert example.bundle is not None
    lines = (SAMPLE / example.page).read_text(encoding="utf-8").split("\n")
    at = next(number for number, line in enumerate(lines, start=1) if line.lstrip().startswith("npm install"))
    span = Span(example.page, at, at)
    bundle = replace(example.bundle, unlisted_imports=(UnlistedImport("zod", "zod", span, (span,)),))
    result = _result(todo, example_id)
    lacking = replace(result.findings[0], requirement="example.packages", blame=(span,))
    result = replace(result, findings=(lacking,))
    proofs.store_proof(proofs.ProvedPatch((("example.packages", lacking.revision),), ()), result, todo, _config(tmp_path))
    plan = replace(todo, examples=(replace(example, bundle=bundle),))
    (judged,) = _attached(plan, tmp_path, result).examples
    (patch,) = [finding.patch for finding in judged.findings]
    assert patch is not None
    assert [(edit.first, edit.text) for edit in patch.edits] == [(at, f"{lines[at - 1]} zod\n")]


@pytest.mark.parametrize("change", [{"packages": {"express": "5.2.0"}}, {"digest": "0" * 64}])
def test_a_proof_is_about_its_text_and_its_packages(todo: Plan, proved: Path, change: dict[str, Any]) -> None:
    (example,) = _attached(todo, proved, replace(_result(todo, NEWER), **change)).examples
    assert [f.patch for f in example.findings if f.patch] == []


def test_a_proof_is_about_how_it_was_run_and_by_what_it_was_judged(
    todo: Plan, proved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, config = _report(_result(todo, NEWER)), _config(proved)
    assert proofs.load_proofs(report, todo, config)
    key, row = next(iter(todo.bound.requirements.items()))
    others = {**todo.bound.requirements, key: replace(row, statement=None)}
    npmrc = proved / "npmrc"
    npmrc.write_text("registry=https://one.example/")
    assert not proofs.load_proofs(report, replace(todo, bound=replace(todo.bound, requirements=others)), config)
    for other in (
        replace(config, requirements=(RULE,)),
        replace(config, limits=Limits(memory_mib=64)),
        replace(config, timeout_s=3.0),
        replace(config, runtime="runsc"),
        replace(config, resolve=Resolve.DATED),
        replace(config, settings=SettingsSource(Trust.BASE)),
        replace(config, host=HostEnvironment.of({"DOCPROBE_NPMRC": str(npmrc)})),
    ):
        assert not proofs.load_proofs(report, todo, other)
    monkeypatch.setattr("harness.run.kept_results.docprobe_digest", lambda: "other")
    assert not proofs.load_proofs(report, todo, config)


def test_a_revision_that_was_not_fixed_gets_none(todo: Plan, proved: Path) -> None:
    result = _result(todo, NEWER)
    other = replace(result.findings[0], revision="2026-07-28")
    (example,) = _attached(todo, proved, replace(result, findings=(other,))).examples
    assert example.findings[0].patch is None


def test_what_is_satisfied_has_nothing_to_fix(todo: Plan, proved: Path) -> None:
    result = _result(todo, NEWER)
    satisfied = tuple(replace(finding, verdict=Verdict.SATISFIED) for finding in result.findings)
    (example,) = _attached(todo, proved, replace(result, findings=satisfied)).examples
    assert [f.patch for f in example.findings if f.patch] == []


def test_a_damaged_proof_is_none(todo: Plan, proved: Path) -> None:
    (file,) = (proved / proofs.FOLDER).iterdir()
    file.write_text(file.read_text()[:-20])
    (example,) = _attached(todo, proved, _result(todo, NEWER)).examples
    assert [f.patch for f in example.findings if f.patch] == []
    assert not file.exists()


class Notes(Silent):
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


@pytest.mark.anyio
async def test_a_proof_that_cannot_be_stored_is_in_the_report(
    todo: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _result(todo, NEWER)
    example = next(example for example in todo.all_examples if example.id == NEWER)
    assert example.bundle is not None
    assert result.transcript is not None
    edits = propose(result.findings, result.transcript, example.bundle, MCP.catalogue)
    trial = Trial(edits, {"page": ("a", "b")}, fixed=((RULE, "2025-11-25"),), packages=result.packages)

    async def tried(*_: object) -> Trial:
        return trial

    def unused(*_: object) -> Any:
        raise AssertionError("nothing is run")

    monkeypatch.setattr(prove, "_try", tried)
    state = tmp_path / "a-file"
    state.write_text("")
    config = replace(load_config(SAMPLE, environ={}, state=tmp_path / "state", jobs=1), state=state)
    report, notes = _report(result), Notes()
    found, failed = await prove.prove_all(todo, report, config, unused, notes, known={}, stop=anyio.Event())
    assert [one.tried for each in failed.values() for one in each] == [()]
    (finding,) = [
        finding
        for one in with_patches(report, proofs.patches_of(found, report, todo, SAMPLE)).examples
        for finding in one.findings
        if finding.patch
    ]
    assert (finding.requirement, finding.revision) == (RULE, "2025-11-25")
    assert any("is not stored" in text for text in notes.texts)


@pytest.mark.anyio
async def test_what_was_tried_and_does_not_work_is_in_the_report(
    todo: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the advice of the findings that it was meant to fix, of every copy of the text, and of no others."""
    texts = {"page.mdx": ("a\nb\nc\n", "a\nB\nc\n")}
    trial = Trial(
        (FileEdit("s", 1, ("B",)),), texts, tried=(RULE,), remaining=(RULE,), broken=("post.notification-202",)
    )

    async def tried(*_: object) -> Trial:
        return trial

    monkeypatch.setattr(prove, "_try", tried)
    config = load_config(SAMPLE, environ={}, state=tmp_path / "state", jobs=1)
    report, notes = _report(_result(todo, NEWER)), Notes()
    found, failed = await prove.prove_all(todo, report, config, None, notes, known={}, stop=anyio.Event())  # type: ignore[arg-type]
    assert found == {}
    (judged,) = with_failures(report, failed, MCP.catalogue).examples
    advice = MCP.catalogue.requirement(RULE).fix
    assert {f.fix for f in judged.findings if f.requirement == RULE} == {
        f"{advice} Tried: a change of page.mdx:2, which does not work (still violated: {RULE}; newly violated: "
        "post.notification-202)."
    }
    assert {f.fix for f in judged.findings if f.requirement != RULE} == {None}
    assert any("is not offered: a change of page.mdx:2" in text for text in notes.texts)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("bad", "runs"),
    [("stdio.only-messages", [3, 2]), ("http.origin-validate", [3, 2, 1])],
    ids=["one that fixes nothing", "one that breaks another"],
)
async def test_fixes_that_do_not_work_together_are_tried_apart(
    todo: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str, runs: list[int]
) -> None:
    names = ("example.runs", "http.origin-validate", "stdio.only-messages")
    findings = tuple(replace(_result(todo, NEWER).findings[0], requirement=name) for name in names)
    result = replace(_result(todo, NEWER), findings=findings)
    tried: list[list[str]] = []

    async def try_findings(fault: object, wanted: Sequence[Finding], *_: object) -> Trial:
        asked = [finding.requirement for finding in wanted]
        tried.append(asked)
        works = tuple((name, "r") for name in asked if name != "stdio.only-messages")
        broken = ("http.origin-own",) if bad == "http.origin-validate" and bad in asked else ()
        left = tuple(name for name in asked if name == "stdio.only-messages")
        unfitting = ("example.clients",) if len(tried) == 1 else ("example.clients", "stdio.only-messages")
        return Trial(
            tried=tuple(asked), unfitting=unfitting, fixed=works, remaining=left, broken=broken, texts={"p": ("a", "b")}
        )

    monkeypatch.setattr(prove, "try_findings", try_findings)
    monkeypatch.setattr(prove.Fault, "edits", lambda *_: ((FileEdit("s", 1, ("x",)),), ()))
    config = load_config(SAMPLE, environ={}, state=tmp_path / "state", jobs=1)
    example = next(example for example in todo.all_examples if example.id == NEWER)
    trial = await prove._try(todo, example, result, config, None, Silent())  # type: ignore[arg-type]
    assert [len(each) for each in tried] == runs
    assert trial.holds
    assert trial.given_up is not None
    assert bad in trial.given_up.tried
    assert bad not in trial.tried
    assert trial.unfitting == ("example.clients",), "what was tried has a fix that fits"


def test_what_docprobe_prevented_is_not_held_against_a_change() -> None:
    trial = Trial(texts={"p.md": ("a", "b")}, trouble="blocked: the machine was overloaded", remaining=(RULE,))
    assert why_not(trial) == "a change of p.md:1, which could not be tried (blocked: the machine was overloaded)"
    assert "which does not work (not-running: it ended)" in why_not(replace(trial, trouble="not-running: it ended"))
