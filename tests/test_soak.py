"""What ``make soak`` is: all attacks and faults, in two processes, with one set of figures at the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import execnet
import pytest

from tests import conftest
from tests.support.figures import Figures
from tests.support.soak import FOLDERS, tries

TESTS = Path(__file__).parent


def pytest_prints(*arguments: str, soak: str) -> str:
    """What a run of pytest in this repository prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments]
    environment = {**os.environ, "DOCPROBE_SOAK": soak}
    done = subprocess.run(command, cwd=TESTS.parent, env=environment, capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr


@pytest.mark.processes
def test_every_test_of_attacks_and_faults_is_part_of_it() -> None:
    files = {path for folder in FOLDERS for path in (TESTS / folder).glob("test_*.py")}
    files.add(TESTS / "harness" / "run" / "test_repeatability.py")
    said = pytest_prints("--collect-only", "-m", "soak or attack", *map(str, sorted(files)), soak="1")
    assert {TESTS.parent / line.split("::")[0] for line in said.splitlines() if "::" in line} == files
    assert "deselected" not in said


@pytest.mark.parametrize(("scale", "expected"), [(1.0, 200), (0.5, 100), (0.001, 12), (0.0, 12)])
def test_how_often_it_tries(monkeypatch: pytest.MonkeyPatch, scale: float, expected: int) -> None:
    monkeypatch.setattr("tests.support.soak.SCALE", scale)
    monkeypatch.setattr("tests.support.soak.SOAK", scale > 0)
    assert tries(12, soak=200) == expected


def test_processes_give_their_figures_to_the_one_that_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    all_of_it = Figures()
    for name in ("a", "b"):
        figures, worker = Figures(), SimpleNamespace(config=SimpleNamespace(workeroutput={}))
        monkeypatch.setattr(conftest, "FIGURES", figures)
        with figures.attack("pages", name):
            pass
        conftest.pytest_sessionfinish(worker)  # type: ignore[arg-type]
        sent = execnet.loads(execnet.dumps(worker.config.workeroutput))
        monkeypatch.setattr(conftest, "FIGURES", all_of_it)
        conftest.pytest_testnodedown(SimpleNamespace(workeroutput=sent))
    conftest.pytest_testnodedown(SimpleNamespace())  # one that died gives none
    conftest.pytest_sessionfinish(SimpleNamespace(config=SimpleNamespace()))  # type: ignore[arg-type]
    assert all_of_it.kinds["pages"].tried == 2


def test_joined_figures_keep_the_worst() -> None:
    ours, theirs = Figures(), Figures()
    for figures, tried, peak, slowest in ((ours, 2, 5.0, "a"), (theirs, 3, 9.0, "b")):
        for _ in range(tried):
            with figures.attack("pages", slowest) as kind:
                pass
        kind.peak_mib, kind.slowest_s, kind.slowest = peak, peak, slowest
    with pytest.raises(ValueError, match="x"), theirs.attack("other", "c"):
        raise ValueError("x")
    ours.join(theirs.as_data())
    assert ours.kinds["pages"].tried == 5
    assert (ours.kinds["pages"].peak_mib, ours.kinds["pages"].slowest) == (9.0, "b")
    assert ours.kinds["other"].crashes == 1
    assert ours.lines()[-1].startswith("all: 5 pages among 6 attacks, 1 crashes")
