"""Pages in languages whose toolchains are made on first need (``make check-languages``): one right, one wrong each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor.languages.common.values import RunnableLanguage
from extractor.languages.registry import LANGUAGES
from extractor.languages.toolchains import USUAL
from harness.profiles.registry import all_requirements
from harness.results import result_files
from harness.run.planning import make_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from harness.model import ExampleResult, Report

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs-snapshot" / "languages"
FIRST_NEED = sorted(
    language.name
    for language in LANGUAGES
    if isinstance(language, RunnableLanguage) and language.toolchain not in USUAL
)
TERMINATED = "session.terminated-404"


def test_each_language_has_a_right_page_and_a_wrong_one(tmp_path: Path) -> None:
    plan = make_plan(load_config(PAGES, environ={}, state=tmp_path, jobs=1))
    runnable = [example for example in plan.examples if example.bundle is not None]
    assert FIRST_NEED
    assert sorted(example.language for example in runnable) == sorted([*FIRST_NEED, *FIRST_NEED])
    assert plan.bound.drift == ()


def test_the_sample_needs_no_toolchain_on_first_need(tmp_path: Path) -> None:
    """So that ``make check`` does not get slower by a language."""
    plan = make_plan(load_config(ROOT / "docs-snapshot" / "sample", environ={}, state=tmp_path, jobs=1))
    needed = {example.bundle.toolchain for example in plan.examples if example.bundle is not None}
    assert needed <= set(USUAL)


RUSTC = shutil.which("rustc")
"""Debian's compiler is too old for the Rust SDK: the pages in Rust are run where this machine has a newer one."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run over all of them: the one of ``make check-languages``, or one of its own."""
    if made := os.environ.get("DOCPROBE_LANGUAGES_REPORT"):
        return result_files.read(Path(made), all_requirements())
    folder = tmp_path_factory.mktemp("languages")
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli.main import main; main()", "check", PAGES,
         "--state", folder / "state", "--format", f"json:{folder / 'languages.json'}"],
        cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False, env={**os.environ, **_rust_of_this_machine()},
    )  # fmt: skip
    assert done.returncode == 0 or (RUSTC is None and done.returncode == 3), done.stdout[-4000:] + done.stderr[-4000:]
    return result_files.read(folder / "languages.json", all_requirements())


def _rust_of_this_machine() -> dict[str, str]:
    if RUSTC is None:
        return {}
    sysroot = subprocess.run([RUSTC, "--print", "sysroot"], capture_output=True, text=True, check=True)
    return {"DOCPROBE_RUST_FOLDER": sysroot.stdout.strip()}


def verdict_of(report: Report, page: str, requirement: str) -> tuple[str, ExampleResult]:
    if RUSTC is None and ("rust" in page or "guard" in page):
        pytest.skip("not run: no Rust toolchain here, and Debian's is too old (make check-languages)")
    (example,) = (e for e in report.examples if page in e.id)
    (verdict,) = (
        f.verdict.value for f in example.findings if (f.requirement, f.revision) == (requirement, "2025-11-25")
    )
    return verdict, example


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize("page", ["http-server-go", "http-server-java", "http-server-kotlin", "http-server-rust"])
@pytest.mark.parametrize("requirement", ["example.runs", "session.terminated-404", "session.unknown-404"])
def test_the_right_page(report: Report, page: str, requirement: str) -> None:
    verdict, example = verdict_of(report, page, requirement)
    assert verdict == "satisfied", f"{example.status} {example.reason}"


@pytest.mark.languages
@pytest.mark.engine
@pytest.mark.registry
@pytest.mark.parametrize(
    ("page", "answer"),
    [
        ("session-list#", 'http.Error(w, "no valid session id was given", http.StatusBadRequest)'),
        (
            "session-list-java#",
            'response.sendError(HttpServletResponse.SC_BAD_REQUEST, "no valid session id was given");',
        ),
        (
            "session-list-kotlin#",
            'call.respondText("no valid session id was given", status = HttpStatusCode.BadRequest)',
        ),
        ("session-guard#", 'return (StatusCode::BAD_REQUEST, "no valid session id was given").into_response();'),
    ],
)
def test_the_wrong_page_is_blamed_at_its_answer(report: Report, page: str, answer: str) -> None:
    verdict, example = verdict_of(report, page, TERMINATED)
    assert verdict == "violated", f"{example.status} {example.reason}"
    (finding,) = (f for f in example.findings if (f.requirement, f.revision) == (TERMINATED, "2025-11-25"))
    lines = (PAGES / example.page).read_text(encoding="utf-8").splitlines()
    assert [lines[span.first - 1].strip() for span in finding.blame] == [answer]
