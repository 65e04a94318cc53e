"""The site in a real browser: ``tests/browser/scenarios.mjs`` says what is looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.model import ExampleResult, Finding, Report, Verdict
from harness.nightly.history.record import add
from harness.nightly.history.schema import memory
from harness.nightly.site import write_site
from harness.nightly.site.assets import Assets, load
from harness.report.html import render
from tests.support.host import HOST
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report

HERE = Path(__file__).parents[3] / "browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("DOCPROBE_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
CACHE = Path(os.environ.get("DOCPROBE_STATE", Path(__file__).parents[4] / ".cache" / "docprobe"))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.registry,
    pytest.mark.skipif(
        CHROMIUM is None or shutil.which("npm") is None,
        reason="browser tests NOT RUN: they need Chromium (or DOCPROBE_CHROMIUM) and npm",
    ),
]


@pytest.fixture(scope="session")
def driver() -> Path:
    """The scenarios beside the packages they need, installed once."""
    folder = CACHE / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    stamp = folder / "installed.json"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.copy(HERE / "package.json", folder)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=folder, check=True,
            timeout=300,
        )  # fmt: skip
        stamp.write_text(wanted, encoding="utf-8")
    shutil.copy(HERE / "scenarios.mjs", folder)
    return folder / "scenarios.mjs"


@pytest.fixture(scope="session")
def assets() -> Assets:
    found = load(CACHE / "assets", HOST)
    assert found.missing == ()
    return found


def nights(report: Report, count: int) -> list[Report]:
    """``count`` nights of one report, with a verdict that flips every week and one that broke tonight."""
    last = datetime(2026, 11, 22, 3, tzinfo=UTC)

    def verdicts(number: int) -> dict[str, Verdict]:
        weekly = {"session.terminated-404": Verdict.SATISFIED} if number % 7 == 0 else {}
        return weekly | ({"auth.invalid-401": Verdict.SATISFIED} if number else {})

    return [
        replace(
            report,
            started=(last - timedelta(days=number)).isoformat().replace("+00:00", "Z"),
            duration_s=30 + number % 11,
            examples=tuple(
                replace(example, findings=tuple(
                    replace(f, verdict=verdicts(number).get(f.requirement, f.verdict)) for f in example.findings
                ))
                for example in report.examples
            ) if number else report.examples,
        )
        for number in range(count - 1, -1, -1)
    ]  # fmt: skip


def renamed(report: Report) -> Report:
    """The report as it was before a heading above its TypeScript tutorials was written."""
    before = (
        replace(e, id=f"{e.id}-before") if e.id.endswith("authorization#typescript") else e for e in report.examples
    )
    return replace(report, examples=tuple(before))


def built(folder: Path, report: Report, assets: Assets, count: int) -> Path:
    with closing(memory()) as history:
        first, *others = nights(report, count)
        for one in (renamed(first), *others):
            add(one, history)
        write_site(report, history, folder, assets=assets)
    (folder / "single.html").write_text(render(report), encoding="utf-8")
    return folder


def with_expectations(report: Report) -> Report:
    """The report, whose violations say what was expected as the rules say it."""
    return replace(
        report,
        examples=tuple(
            replace(example, findings=tuple(
                replace(f, summary=f"{f.summary.rstrip('.')}; expected 404.", expected=_wrong(example, f))
                if f.requirement == "session.terminated-404" else f
                for f in example.findings
            ))
            for example in report.examples
        ),
    )  # fmt: skip


def _wrong(example: ExampleResult, finding: Finding) -> dict[str, str]:
    """Every decisive exchange that has a control, with what was expected."""
    exchanges = example.transcript.exchanges if example.transcript else ()
    return {str(e.number): "404" for e in exchanges if e.number in finding.evidence and e.control is not None}


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory, assets: Assets) -> Path:
    return built(tmp_path_factory.mktemp("rich"), with_expectations(rich_report()), assets, 40)


def play(driver: Path, scenario: str, folder: Path) -> None:
    assert CHROMIUM is not None
    done = subprocess.run(
        ["node", str(driver), scenario, str(folder)], capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"DOCPROBE_CHROMIUM": CHROMIUM},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "scenario",
    [
        "quiet",
        "accessible",
        "phone",
        "filter",
        "keyboard",
        "links",
        "conversation",
        "opens",
        "moved",
        "charts",
        "scriptless",
        "single",
    ],
)
def test_the_site(scenario: str, driver: Path, rich: Path) -> None:
    play(driver, scenario, rich)


def test_hostile_text_does_nothing(driver: Path, assets: Assets, tmp_path: Path) -> None:
    report = hostile_report()
    report = replace(report, examples=tuple(replace(e, id=f"{e.id}{n}") for n, e in enumerate(report.examples)))
    play(driver, "hostile", built(tmp_path / "hostile", report, assets, 3))


def test_a_single_night_is_drawn(driver: Path, assets: Assets, tmp_path: Path) -> None:
    play(driver, "gaps", built(tmp_path / "single", rich_report(), assets, 1))


def test_a_thousand_nights_load_fast(driver: Path, assets: Assets, tmp_path: Path) -> None:
    play(driver, "fast", built(tmp_path / "thousand", rich_report(), assets, 1000))
