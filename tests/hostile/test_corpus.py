"""The hostile pages are docs like any others: every one is assembled, and says what it tries and what stops it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.corpus import NAMES, attacks

ATTACKS = attacks({"CANARY_HOSTS": "192.0.2.1"})
SECURITY = Path(__file__).parents[2] / ".github" / "SECURITY.md"


def test_every_page_is_one_runnable_example() -> None:
    assert len(NAMES) >= 40
    assert sorted(ATTACKS) == list(NAMES)
    for attack in ATTACKS.values():
        bundle = attack.example.bundle
        assert bundle is not None
        assert bundle.dependencies == ()
        assert bundle.command == ("python3", "attack.py")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_it_tries_and_can_be_judged(name: str) -> None:
    attack = ATTACKS[name]
    assert attack.tries.endswith(".")
    assert attack.stopped_by.endswith(".")
    assert attack.says or attack.ends or attack.blocked or attack.violates is not None


def test_the_threat_model_lists_every_page_and_no_other() -> None:
    listed = set(re.findall(r"`test_contained\[([\w-]+)\]`", SECURITY.read_text("utf-8")))
    assert listed == set(NAMES)


def test_the_threat_model_names_tests_that_exist() -> None:
    text = SECURITY.read_text("utf-8")
    tests = SECURITY.parents[1] / "tests"
    defined = {
        name for file in tests.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
    assert set(re.findall(r"`(test_\w+)(?:\[[^`]*\])?`", text)) - defined == set()
    assert [file for file in re.findall(r"`(tests/[\w/.]+)`", text) if not (tests.parent / file).exists()] == []
