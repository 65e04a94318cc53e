"""``docprobe statements`` as a user meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.profiles.registry import MCP
from harness.spec.bindings_file import load_bindings
from tests.harness.cli.two_revisions import NEW, OLD, TEXT, write_two_revisions
from tests.support.command import run_or_raise

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))
    return write_two_revisions(tmp_path / "docs-root")


def test_bind_prints_what_a_bindings_file_takes(docs: Path) -> None:
    (entry,) = load_bindings(docs / "bindings.toml", MCP.catalogue)
    assert (entry.requirement, entry.revision, entry.page, entry.anchor) == (
        "session.terminated-404",
        "2025-11-25",
        NEW,
        "sessions",
    )


def test_table(docs: Path) -> None:
    result = run_or_raise("statements", str(docs), "--revision", "2025-11-25")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["WHERE", "LEVEL", "SUBJECT", "FINGERPRINT", "BOUND-TO", "SENTENCE"]
    assert lines[1].split()[:2] == [f"{NEW}:3", "MUST"]
    assert lines[1].split()[4] == "session.terminated-404"
    assert lines[2].split()[4] == "open"
    assert len(lines) == 3
    names, counts = (line.split() for line in result.stderr.splitlines()[-2:])
    assert dict(zip(names[1:], map(int, counts[1:]), strict=True)) == {
        "bound": 1, "through": 0, "half": 0, "classed": 0, "open": 1, "observable": 2, "all": 2,
    }  # fmt: skip


def test_coverage_alone_is_the_output(docs: Path) -> None:
    result = run_or_raise("statements", str(docs), "--revision", "2025-11-25", "--coverage")
    names, *counts = (line.split() for line in result.stdout.splitlines())
    assert names == ["revision", "bound", "through", "half", "classed", "open", "observable", "all"]
    assert [line[0] for line in counts] == ["2025-11-25"]


def test_unbound_lists_the_work_that_is_open(docs: Path) -> None:
    result = run_or_raise("statements", str(docs), "--unbound")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [f"{OLD}:3", f"{OLD}:5", f"{NEW}:5"]


def test_json(docs: Path) -> None:
    document = json.loads(run_or_raise("statements", str(docs), "--format", "json").stdout)
    assert document["schema"] == "docprobe-statements/1"
    assert [entry["standing"] for entry in document["statements"]] == ["open", "open", "bound", "open"]
    bound = document["statements"][2]
    assert bound["requirements"] == ["session.terminated-404"]
    assert bound["span"] == {"file": NEW, "first": 3, "last": 3, "column": 1}
    assert document["coverage"][1] == {
        "revision": "2025-11-25",
        "bound": 1,
        "observable": 2,
        "all": 2,
        "open": 1,
        "through": 0,
        "half": 0,
        "classed": 0,
    }
    assert document["drift"] == []


def test_json_is_the_same_every_time(docs: Path) -> None:
    assert run_or_raise("statements", str(docs), "--format", "json").stdout == run_or_raise(
        "statements", str(docs), "--format", "json"
    ).stdout  # fmt: skip


def test_drift_is_reported_with_the_nearest_sentence(docs: Path) -> None:
    (docs / NEW).write_text(TEXT.replace("404", "410"), encoding="utf-8")
    result = run_or_raise("statements", str(docs))
    assert f"drift: session.terminated-404 (2025-11-25): its sentence in {NEW}#sessions changed" in result.stderr
    assert f"{NEW}:3: After its end" in result.stderr


def test_unknown_revision(docs: Path) -> None:
    with pytest.raises(UsageError, match="2025-11-26") as error:
        run_or_raise("statements", str(docs), "--revision", "2025-11-26")
    assert error.value.hint == "did you mean '2025-11-25'?"


@pytest.mark.parametrize("place", ["session.terminated-404", "session.terminated-404=x", "=x:1", "a=b:c"])
def test_bind_needs_a_place(docs: Path, place: str) -> None:
    with pytest.raises(UsageError):
        run_or_raise("statements", str(docs), "--bind", place)


def test_one_of_several_sentences_at_a_line_is_bound(docs: Path) -> None:
    (docs / NEW).write_text(
        "The server **MUST** be kind. It **MUST** answer 404. It **SHOULD** rest.\n", encoding="utf-8"
    )

    def bound(place: str) -> str:
        entry = run_or_raise("statements", str(docs), "--bind", f"session.terminated-404={NEW}:{place}").stdout
        return next(line for line in entry.splitlines() if line.startswith("sha256"))

    assert bound("1") == bound("1:1") != bound("1:2")
    with pytest.raises(UsageError, match="no statement"):
        bound("1:3")


def test_control_characters_of_the_docs_do_not_reach_the_terminal(docs: Path) -> None:
    (docs / NEW).write_text("The server **MUST** \x1b[2Jhide and \x9b31m shout.\n", encoding="utf-8")
    result = run_or_raise("statements", str(docs))
    diff = run_or_raise("snapshot", "diff", str(docs), "--revision", "2025-06-18", "2025-11-25")
    assert not {"\x1b", "\x9b"} & set(result.output + diff.output)


def test_a_quotation_is_listed_as_one_and_bound_to_nothing(docs: Path) -> None:
    page = docs / NEW
    text = page.read_text()
    bound = json.loads(run_or_raise("statements", str(docs), "--format", "json").stdout)
    page.write_text(text + "\n> A guild MUST knock.\n")
    with_quote = json.loads(run_or_raise("statements", str(docs), "--format", "json").stdout)
    (quoted,) = [entry for entry in with_quote["statements"] if entry["quoted"]]
    assert (quoted["text"], quoted["standing"], quoted["requirements"]) == ("A guild MUST knock.", "quoted", [])
    assert with_quote["coverage"] == bound["coverage"]
    assert "quoted" in run_or_raise("statements", str(docs), "--unbound").stdout
    page.write_text(text.replace("After its end", "> After its end"))
    assert json.loads(run_or_raise("statements", str(docs), "--format", "json").stdout)["drift"]
