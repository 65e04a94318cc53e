"""What clients were seen to do is put into words that say no more than that. The clients are run by ``make clients``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.profiles.mcp.rules.session import TERMINATED_404
from harness.profiles.mcp.seen_clients import SEEN_CLIENTS, seen_effect
from tests.clients.__main__ import FAULT, FIX, PAGE, REQUIREMENT, docs_trees, effect, kept, outcome


def seen(client: str, answer: int, *calls: str, anew: bool = False) -> dict[str, object]:
    return {"client": client, "answer": answer, "calls": list(calls), "anew": anew}


@pytest.mark.parametrize(
    ("calls", "anew", "words"),
    [
        (("E: gone {a: 1}",) * 3, False, "says “E: gone” to every call"),
        (("E: gone", "served", "served"), True, "fails once and is served again"),
        (("served",) * 3, True, "starts a new session by itself"),
        (("the client breaks down: X",), False, "breaks down"),
    ],
)
def test_an_outcome_is_what_the_calls_gave(calls: tuple[str, ...], anew: bool, words: str) -> None:
    assert outcome(seen("c 1", 404, *calls, anew=anew)) == words


def test_the_effect_names_clients_versions_and_date_and_concludes_nothing_else() -> None:
    stuck = [seen(name, answer, *("E: no",) * 3) for name in ("a 1", "b 2") for answer in (400, 404)]
    found = kept(stuck, "2026-01-02")
    assert found["effect"] == (
        "Seen on 2026-01-02, each client on its own: After 400: a 1 and b 2 says “E: no” to every call. "
        "After 404: a 1 and b 2 says “E: no” to every call. None of them starts a new session by itself."
    ).replace("b 2 says", "b 2 say")
    own = kept([*stuck, seen("c 3", 404, *("served",) * 3, anew=True)], "2026-01-02")
    assert "c 3 starts a new session by itself." in own["effect"]
    assert "None of them" not in own["effect"]


def test_the_kept_data_are_of_both_answers_and_their_effect_is_made_of_them() -> None:
    known = json.loads(SEEN_CLIENTS.read_text(encoding="utf-8"))
    assert known["effect"] == effect(known["clients"], known["seen"])
    assert {package.rpartition(" ")[0] for package in known["clients"]} >= {
        "@modelcontextprotocol/sdk",
        "mcp",
        "fastmcp",
    }
    for client, answers in known["clients"].items():
        assert set(answers) == {"400", "404"}, client
    assert TERMINATED_404.requirement.effect == seen_effect(REQUIREMENT)
    with pytest.raises(ValueError, match=r"not session\.missing-400"):
        seen_effect("session.missing-400")


def test_the_tutorial_is_watched_as_it_is_and_as_fixed(tmp_path: Path) -> None:
    trees = docs_trees(tmp_path)
    texts = {name: (tree / PAGE).read_text(encoding="utf-8") for name, tree in trees.items()}
    assert FAULT in texts["as it is"]
    assert FIX in texts["as fixed"]
    assert texts["as fixed"].replace(FIX, FAULT) == texts["as it is"]
