"""A baseline file is read, and what is wrong in it is reported with its place."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from harness.base.errors import UsageError
from harness.baseline.file import Baseline, load_baseline, parse_baseline
from harness.profiles.registry import MCP
from tests.harness.baseline.entries import (
    BUILD,
    IDS,
    PAGES,
    TYPESCRIPT,
    known_entry,
)


def test_the_sample_docs_baseline() -> None:
    path = Path(__file__).parents[3] / "docs-snapshot" / "sample" / "docprobe-baseline.toml"
    assert len(parse_baseline(path.read_text(), path.name).known) >= 5


def test_all_kinds() -> None:
    text = f"""
    [[known]]
    example = "{TYPESCRIPT}"
    requirement = "auth.invalid-401"
    reason = "waits for the SDK"
    expires = 2027-01-31

    [[not-runnable]]
    example = "{BUILD}"
    reason = "needs a browser"

    [[drift]]
    requirement = "session.missing-400"
    revision = "2025-06-18"
    old = "9"
    new = ""
    reason = "the sentence moved to another page"
    """
    baseline = parse_baseline(text, "b.toml")
    assert baseline.known[0].expires == datetime.date(2027, 1, 31)
    assert [entry.requirement for entry in baseline.findings] == ["auth.invalid-401", "example.runs"]
    assert baseline.drift[0].new == ""


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[[known]", "b.toml:1: ", "correct that line"),
        ("[[knwon]]\nreason = 'x'", r"unknown table \[\[knwon\]\]", "'known'"),
        ("[known]\nreason = 'x'", r"\[known\]", "write [[known]]"),
        (known_entry(more="expries = 2027-01-01"), "b.toml:5: unknown key 'expries'", "'expires'"),
        (known_entry(more="expires = 'soon'"), "number 1", None),
        (known_entry().replace("waits", "  "), "number 1 has no reason", "in a sentence"),
        (known_entry().replace('reason = "waits"', ""), "number 1", "reason"),
        (known_entry() + known_entry(), "listed twice", None),
    ],
)
def test_what_is_wrong_is_reported_with_its_place(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_baseline(text, "b.toml")
    assert hint is None or hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("entry", "nearest"),
    [
        (known_entry(example=TYPESCRIPT.replace("typescript", "typescrpt")), TYPESCRIPT),
        (known_entry(requirement="session.terminated-400"), "session.terminated-404"),
    ],
)
def test_an_id_that_does_not_exist_is_an_error_with_the_nearest_name(tmp_path: Path, entry: str, nearest: str) -> None:
    path = tmp_path / "docprobe-baseline.toml"
    path.write_text(entry)
    with pytest.raises(UsageError, match="unknown") as caught:
        load_baseline(path, IDS, PAGES, MCP.catalogue.ids)
    assert caught.value.message.startswith(f"{path}: "), "a name without its folder does not say which file it is"
    assert nearest in (caught.value.hint or "")


def test_no_file_is_an_empty_baseline_and_an_unreadable_one_an_error(tmp_path: Path) -> None:
    assert load_baseline(None, (), (), ()) == Baseline()
    with pytest.raises(UsageError, match="cannot be read"):
        load_baseline(tmp_path, (), (), ())
