"""The catalogue is complete in itself, and its ids are found."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from extractor.model import Level
from harness.base.errors import UsageError
from harness.model import Basis, Requirement, Side, Stage
from harness.profiles.mcp.catalogue import FAMILIES
from harness.profiles.registry import MCP
from harness.rule import Rule
from harness.spec.bindings_file import Binding, load_bindings
from tests.support.server_case import PREDICTABLE
from tests.support.servers import CASES

ROOT = Path(__file__).parents[4]
IDS = [row.id for row in MCP.catalogue.requirements]


@pytest.fixture(scope="module")
def bindings() -> tuple[Binding, ...]:
    assert MCP.bindings is not None
    return load_bindings(MCP.bindings, MCP.catalogue)


def test_every_family_is_independent_of_the_others_by_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (modules,) = (
        contract["modules"]
        for contract in contracts
        if contract["name"] == "rule families are independent of each other"
    )
    assert sorted(modules) == sorted(family.__name__ for family in FAMILIES)


def test_ids_are_unique_and_well_formed() -> None:
    assert len(set(IDS)) == len(IDS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z0-9-]+", id) for id in IDS)


@pytest.mark.parametrize("row", MCP.catalogue.requirements, ids=IDS)
def test_row_is_whole(row: Requirement) -> None:
    found = MCP.catalogue.requirement(row.id)
    assert found is row
    assert found.levels
    assert found.levels.keys() == found.basis.keys()
    assert found.levels.keys() <= {*MCP.revisions, ""}
    for text in (found.title, found.effect, found.fix):
        assert text == text.strip()
        assert text
    assert found.title[-1] not in ".:"
    for text in (found.effect, found.fix, found.avoid):
        assert not text or text.endswith((".", ")"))


@pytest.mark.parametrize("row", MCP.catalogue.requirements, ids=IDS)
def test_one_level_in_all_revisions(row: Requirement) -> None:
    """A row that changes its level needs its bindings looked at: each revision's sentence has its own."""
    changed = {"resource.not-found", "server.no-undeclared-requests"}
    assert (len(set(MCP.catalogue.requirement(row.id).levels.values())) > 1) == (row.id in changed)


@pytest.mark.parametrize("rule", MCP.catalogue.rules, ids=IDS)
def test_every_requirement_is_decided_and_says_by_what(rule: Rule) -> None:
    assert (rule.example is None) is not (rule.conversation is None) or rule.printed is not None
    if rule.requirement.stage is not Stage.CONVERSATION:
        assert rule.conversation is None
    decision = rule.conversation or rule.printed
    check = decision.check if decision is not None else rule.example
    assert check is not None
    assert check.__doc__


@pytest.mark.parametrize("row", MCP.catalogue.requirements, ids=IDS)
def test_a_requirement_of_basis_text_is_bound_to_a_sentence_in_each_of_its_revisions(
    row: Requirement, bindings: tuple[Binding, ...]
) -> None:
    bound = {entry.revision for entry in bindings if entry.requirement == row.id}
    assert {revision for revision, basis in row.basis.items() if basis is Basis.TEXT} <= bound


@pytest.mark.parametrize(
    "row", [row for row in MCP.catalogue.requirements if row.side in (Side.SERVER, Side.ANY_SERVER)], ids=lambda r: r.id
)
def test_a_requirement_on_servers_is_broken_by_a_server_that_breaks_nothing_else(row: Requirement) -> None:
    broken = {case.violated for case in CASES}
    if Level.MAY in row.levels.values() and set(row.basis.values()) == {Basis.TEXT}:
        assert not any(row.id in violated for violated in broken), "a MAY of the text cannot be violated"
    else:
        assert frozenset({row.id}) in broken or (row.id in PREDICTABLE and PREDICTABLE in broken)


def test_draft_takes_the_newest_release() -> None:
    for row in MCP.catalogue.requirements:
        assert row.levels.get("draft") == row.levels.get("2026-07-28")
        assert row.basis.get("draft") == row.basis.get("2026-07-28")


def test_requirements_that_gate_by_their_basis() -> None:
    """What blocks for a server by basis text in 2025-11-25, written out: to lose one here changes exit codes."""
    gating = {
        row.id
        for row in MCP.catalogue.requirements
        if row.levels.get("2025-11-25") in (Level.MUST, Level.MUST_NOT)
        and row.basis["2025-11-25"] is Basis.TEXT
        and not row.id.startswith("client.")
    }
    assert gating >= {
        "session.terminated-404",
        "session.id-charset",
        "hijack.id-nondeterministic",
        "hijack.no-session-auth",
        "auth.invalid-401",
        "post.notification-202",
        "post.request-sse-or-json",
        "version.unsupported-400",
        "http.origin-validate",
        "http.origin-403",
        "get.sse-or-405",
        "get.no-responses",
        "stream.no-broadcast",
        "resume.id-unique",
        "resume.no-cross-stream",
        "stdio.only-messages",
    }


def test_hijack_is_a_reading_where_the_specification_does_not_link_to_it() -> None:
    for id in ("hijack.id-nondeterministic", "hijack.no-session-auth", "hijack.bind-user"):
        row = MCP.catalogue.requirement(id)
        assert row.basis["2025-03-26"] is Basis.INTERPRETATION
        assert row.basis["2025-06-18"] is Basis.TEXT
        assert "2024-11-05" not in row.levels


def test_terminated_session_warns_of_the_one_word_fix() -> None:
    avoid = MCP.catalogue.requirement("session.terminated-404").avoid
    assert "missing" in avoid
    assert "400" in avoid


def test_unknown_id_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"session\.terminated-400") as error:
        MCP.catalogue.requirement("session.terminated-400")
    assert error.value.hint is not None
    assert "session.terminated-404" in error.value.hint


def test_nonsense_id_says_where_ids_are() -> None:
    with pytest.raises(UsageError) as error:
        MCP.catalogue.requirement("zzzzzzzz")
    assert error.value.hint is not None
    assert "docprobe statements" in error.value.hint
