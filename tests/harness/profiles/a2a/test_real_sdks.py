"""Whole conversations with agents on the SDKs of A2A: nothing is said of them that is not true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import anyio
import pytest

from harness.model import Verdict
from harness.profiles.a2a.probe import A2aProbe
from tests.support.loopback import SERVERS, running, server_bundle

from .conversations import SETTINGS, findings, with_verdict

if TYPE_CHECKING:
    from harness.engine.protocol import Pod

pytestmark = pytest.mark.registry
SDK = SERVERS / "sdk"
MODES = ("task", "quiet", "message")
PYTHON = ("a2a-sdk[http-server]==1.3.0", "uvicorn")
JAVASCRIPT = ("@a2a-js/sdk@1.3.0", "express@5")
NO_MAX_AGE = "card.cache-control"
"""The Python SDK sends its card with an ETag and without Cache-Control: a SHOULD of section 8.6.1."""


def violated(*command: str) -> dict[str, set[str]]:
    """What the program violates in each of its modes."""

    async def one(mode: str) -> set[str]:
        async with running((*command, mode)) as pod:
            transcript = await A2aProbe(server_bundle()).converse(cast("Pod", pod), SETTINGS, lambda text: None)
        found = findings(transcript)
        assert len(with_verdict(found, Verdict.SATISFIED)) >= 15
        return with_verdict(found, Verdict.VIOLATED)

    return {mode: anyio.run(one, mode) for mode in MODES}


def test_python(tmp_path: Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *PYTHON], check=True)
    assert violated(python, str(SDK / "a2a_python.py")) == {mode: {NO_MAX_AGE} for mode in MODES}


def test_javascript(tmp_path: Path) -> None:
    npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(tmp_path)]
    subprocess.run([*npm, *JAVASCRIPT], check=True, env={**os.environ, "npm_config_update_notifier": "false"})
    program = tmp_path / "a2a_javascript.mjs"
    program.write_text((SDK / program.name).read_text())
    assert violated("node", str(program)) == {mode: set() for mode in MODES}
