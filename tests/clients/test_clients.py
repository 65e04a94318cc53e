"""What clients were seen to do is put into words that say no more than that. The clients are run by ``make clients``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.profiles.mcp.rules.session import TERMINATED_404
from harness.profiles.mcp.seen_clients import SEEN_CLIENTS, seen_effect
from tests.clients.__main__ import OF_THE_SAMPLE, REQUIREMENT, SAMPLE, by_client, docs_trees, effect, kept, outcome


def seen(client: str, answer: int, *calls: str, anew: bool = False) -> dict[str, object]:
    return {"client": client, "answer": answer, "calls": list(calls), "anew": anew}


@pytest.mark.parametrize(
    ("calls", "anew", "words"),
    [
        (("E: gone {a: 1}",) * 3, False, "says “E: gone” to every call"),
        (("E: gone", "served", "served"), True, "fails once and is served again"),
        (("served",) * 3, True, "starts a new session on its own"),
        (("the client breaks down: X",), False, "breaks down"),
    ],
)
def test_an_outcome_is_what_the_calls_gave(calls: tuple[str, ...], anew: bool, words: str) -> None:
    assert outcome(seen("c 1", 404, *calls, anew=anew)) == words


def looked_at(*found: dict[str, object], seen: str = "2026-01-02") -> dict[str, object]:
    return {"seen": seen, "clients": by_client(found)}


def test_the_effect_names_clients_versions_and_date_and_concludes_nothing_else() -> None:
    stuck = [seen(name, answer, *("E: no",) * 3) for name in ("a 1", "b 2") for answer in (400, 404)]
    assert effect({"x#typescript": looked_at(*stuck)}) == (
        "Seen with x#typescript on 2026-01-02, each on its own: a 1 and b 2. After 400: all of them fail at every call. "
        "After 404: all of them fail at every call. None of them starts a new session on its own."
    )
    own = effect({"x": looked_at(*stuck, seen("c 3", 404, *("served",) * 3, anew=True))})
    assert "After 404: c 3 starts a new session on its own; the others fail at every call." in own
    assert "None of them" not in own
    told = effect({"x": looked_at(*stuck, *(seen(name, 400, *("E: Session terminated",) * 3) for name in "cde"))})
    assert "After 400: a 1 and b 2 fail at every call; the others say “Session terminated” at every call." in told


def test_what_clients_did_alike_with_two_tutorials_is_said_once() -> None:
    words = [[seen("a 1", 400, *(f"E: {word}",) * 3)] for word in ("no", "gone")]
    broken = [seen("a 1", 400, "the client breaks down: X")]
    assert effect({"x": looked_at(*words[0]), "y": looked_at(*words[1], seen="2026-01-03")}) == (
        "Seen with x on 2026-01-02 and y on 2026-01-03, each on its own: a 1. After 400: a 1 fails at every call. "
        "None of them starts a new session on its own."
    )
    two = effect({"x": looked_at(*words[0]), "y": looked_at(*broken)})
    assert two.count("Seen with") == 2
    assert "a 1 breaks down." in two


def test_the_kept_data_are_of_both_answers_and_their_effect_is_made_of_them() -> None:
    known = json.loads(SEEN_CLIENTS.read_text(encoding="utf-8"))
    assert known == kept(known["tutorials"])
    assert OF_THE_SAMPLE.example in known["tutorials"]
    for looked in known["tutorials"].values():
        assert {package.rpartition(" ")[0] for package in looked["clients"]} >= {
            "@modelcontextprotocol/sdk",
            "mcp",
            "fastmcp",
        }
        for client, answers in looked["clients"].items():
            assert set(answers) == {"400", "404"}, client
    assert TERMINATED_404.requirement.effect == seen_effect(REQUIREMENT)
    with pytest.raises(ValueError, match=r"not session\.missing-400"):
        seen_effect("session.missing-400")


def test_the_tutorial_is_watched_as_it_is_and_as_fixed(tmp_path: Path) -> None:
    trees = docs_trees(SAMPLE, OF_THE_SAMPLE, tmp_path)
    texts = {name: (tree / OF_THE_SAMPLE.page).read_text(encoding="utf-8") for name, tree in trees.items()}
    ((fault, fix),) = OF_THE_SAMPLE.fixes
    assert fault in texts["as it is"]
    assert fix in texts["as fixed"]
    assert texts["as fixed"].replace(fix, fault) == texts["as it is"]


def test_a_page_without_the_line_that_is_fixed_is_said(tmp_path: Path) -> None:
    (tmp_path / "docs" / OF_THE_SAMPLE.page).parent.mkdir(parents=True)
    (tmp_path / "docs" / OF_THE_SAMPLE.page).write_text("refuse(res, 404)", encoding="utf-8")
    with pytest.raises(SystemExit, match="does not have the line that is fixed here"):
        docs_trees(tmp_path / "docs", OF_THE_SAMPLE, tmp_path / "scratch")
