from __future__ import annotations

import re

import pytest

from harness.profiles.registry import PROFILES
from harness.rule import Rule


@pytest.mark.parametrize("profile", PROFILES)
def test_every_requirement_says_how_it_is_decided(profile: str) -> None:
    for rule in PROFILES[profile].catalogue.rules:
        assert rule.decided, rule.requirement.id
        for what, how in rule.decided:
            assert len(how.split()) > 3, (rule.requirement.id, what)
            found = re.search(r"Args:|Returns:|``|:\w+:`|partial|^Judge|^Record|^item ", how)
            assert found is None, (rule.requirement.id, found, how)


def test_a_rule_without_a_check_says_nothing() -> None:
    requirement = PROFILES["mcp"].catalogue.requirements[0]
    assert Rule(requirement).decided == ()
