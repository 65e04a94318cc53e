"""The catalogue is complete in itself, and its ids are found."""

from __future__ import annotations

import re

import pytest

from extractor.model import Level
from harness.base.errors import UsageError
from harness.model import Basis, Requirement
from harness.profiles.registry import MCP

IDS = [row.id for row in MCP.catalogue.requirements]


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
    """No row of today's catalogue changes its level; one that does needs its bindings looked at."""
    assert len(set(MCP.catalogue.requirement(row.id).levels.values())) == 1


def test_draft_takes_the_newest_release() -> None:
    for row in MCP.catalogue.requirements:
        assert row.levels.get("draft") == row.levels.get("2026-07-28")
        assert row.basis.get("draft") == row.basis.get("2026-07-28")


def test_requirements_that_gate_by_their_basis() -> None:
    """What gates for a server by basis text in 2025-11-25, written out: a change here changes exit codes."""
    gating = {
        row.id
        for row in MCP.catalogue.requirements
        if row.levels.get("2025-11-25") in (Level.MUST, Level.MUST_NOT)
        and row.basis["2025-11-25"] is Basis.TEXT
        and not row.id.startswith("client.")
    }
    assert gating == {
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
