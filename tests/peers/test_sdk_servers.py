from __future__ import annotations

import json
from dataclasses import replace

from harness.model import Verdict
from harness.profiles.registry import MCP
from tests.harness.nightly.history.nights import example, night, verdict
from tests.peers.sdk_servers import SERVERS, answers


def test_the_kept_answers_are_of_this_catalogue() -> None:
    assert MCP.sdk_servers is not None
    known = json.loads(MCP.sdk_servers.read_text(encoding="utf-8"))
    assert len(known["seen"]) == 10
    assert len(known["servers"]) == len(SERVERS)
    for server in known["servers"]:
        assert set(server["answers"]) <= set(MCP.catalogue.ids), server["server"]
        assert "unknown version" not in server["server"]


def test_only_what_was_decided_by_the_servers_own_revision_is_kept() -> None:
    id = "docs/2025-11-25/develop/http-server#python"
    mine = example(
        id, verdict("a", Verdict.SATISFIED), verdict("b", Verdict.INCONCLUSIVE), verdict("c", Verdict.VIOLATED, "2025-06-18"),
        verdict("example.runs", Verdict.SATISFIED),
    )  # fmt: skip
    kept = answers(night(0, replace(mine, packages={"mcp": "1.2.3"}), example("docs/other#python")))
    (server,) = kept["servers"]  # type: ignore[misc]
    assert server == {"server": "mcp 1.2.3, with sessions", "answers": {"a": ["satisfied", ""]}}
