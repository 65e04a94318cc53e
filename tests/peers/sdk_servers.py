"""``python -m tests.peers.sdk_servers RESULTS``: keep what servers of the official SDKs were seen to do.

RESULTS is a result file of ``docprobe check docs-snapshot/sample --format json:FILE`` (``make check`` writes one). The
servers are the sample's plain ones, which add nothing of their own to what their SDK does; ``docprobe explain`` shows
the answers with the date of the run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model import Verdict
from harness.profiles.registry import MCP, all_requirements
from harness.results import result_files
from harness.results.severity import is_own

if TYPE_CHECKING:
    from harness.model import ExampleResult, Report

SERVERS = {
    "docs/2025-11-25/develop/http-server#typescript": ("@modelcontextprotocol/sdk", "with sessions"),
    "docs/2025-11-25/develop/stateless#typescript": ("@modelcontextprotocol/sdk", "stateless"),
    "docs/2025-11-25/develop/http-server#python": ("mcp", "with sessions"),
    "docs/2025-11-25/develop/stateless#python": ("mcp", "stateless"),
    "docs/2026-07-28/develop/http-server#typescript": ("@modelcontextprotocol/server", "2026-07-28"),
    "docs/2026-07-28/develop/http-server#python": ("mcp", "2026-07-28"),
}
"""By example: the package of its SDK, and what kind of server it is."""
SAYS_NOTHING = frozenset({Verdict.INCONCLUSIVE, Verdict.BLOCKED})


def answers(report: Report) -> dict[str, object]:
    """Return what is kept of a report, ready for JSON."""
    return {"seen": report.started[:10], "servers": [_server(e) for e in report.examples if e.id in SERVERS]}


def _server(example: ExampleResult) -> dict[str, object]:
    package, kind = SERVERS[example.id]
    found = {
        finding.requirement: [finding.verdict.value, finding.summary]
        for finding in example.findings
        if is_own(finding, example)
        and finding.verdict not in SAYS_NOTHING
        and not finding.requirement.startswith("example.")
    }
    version = example.packages.get(package, "of an unknown version")
    return {"server": f"{package} {version}, {kind}", "answers": dict(sorted(found.items()))}


def main() -> None:
    """Write the answers where the profile looks for them."""
    report = result_files.read(Path(sys.argv[1]), all_requirements())
    assert MCP.sdk_servers is not None
    MCP.sdk_servers.write_text(json.dumps(answers(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{MCP.sdk_servers}: {', '.join(SERVERS)}")


if __name__ == "__main__":
    main()
