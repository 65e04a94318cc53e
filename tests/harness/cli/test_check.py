"""What ``docprobe check`` imports before the first container starts."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PREPARE = """
import sys
from pathlib import Path
from harness.cli.check import _prepare
from harness.settings import load_config

config = load_config(Path(sys.argv[1]), scheduler=sys.argv[2] or None, environ={"DOCPROBE_STATE": sys.argv[1]})
_prepare(config, int(sys.argv[3]) if sys.argv[3] else None)
print("harness.engine.docker_engine" in sys.modules)
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("scheduler", "parts", "imported"), [("", "", "True"), ("tcp://cluster:8786", "", "False"), ("", "4", "False")]
)
def test_the_engine_is_imported_while_pages_are_read_if_examples_run_here(
    tmp_path: Path, scheduler: str, parts: str, imported: str
) -> None:
    (tmp_path / "page.md").write_text("# A page\n")
    command = [sys.executable, "-c", PREPARE, str(tmp_path), scheduler, parts]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == imported


@pytest.mark.processes
def test_nothing_that_draws_reports_is_imported_before_examples_run() -> None:
    ask = (
        "import sys, harness.cli.check, harness.run.planning, harness.run.writable, harness.run.execute\n"
        "import harness.engine.docker_engine, harness.run.attempt\n"
        "print(*(name for name in sys.modules if name.startswith(('harness.report.terminal', 'harness.run.saving'))))"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
