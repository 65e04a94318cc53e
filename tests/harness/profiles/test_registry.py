"""The list of specifications."""

from __future__ import annotations

from itertools import combinations

from harness.profiles.registry import A2A, DEFAULT, GENERAL, MCP, PROFILES, all_requirements


def test_ids_of_specifications_are_their_own() -> None:
    """Result files name a requirement by its id alone."""
    general = set(GENERAL.catalogue.ids)
    named = {"mcp": set(MCP.catalogue.ids), "a2a": set(A2A.catalogue.ids)}
    for one, other in combinations(named.values(), 2):
        assert {id for id in one & other - general if not id.startswith("revision.")} == set()


def test_result_files_of_every_profile_can_be_read() -> None:
    rows = {row.id: row for row in all_requirements()}
    for profile in PROFILES.values():
        for row in profile.catalogue.requirements:
            assert row.levels.items() <= rows[row.id].levels.items()
            assert row.basis.items() <= rows[row.id].basis.items()


def test_what_all_have_is_said_in_words_that_are_true_of_all() -> None:
    (shared,) = (row for row in all_requirements() if row.id == "example.runs")
    assert "initialize" in DEFAULT.serving.does
    assert shared.title == GENERAL.serving.title
