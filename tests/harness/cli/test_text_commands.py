"""``docprobe statements`` and ``docprobe snapshot`` as a user meets them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.profiles.registry import MCP
from harness.spec.bindings_file import load_bindings
from harness.spec.snapshot import Manifest, to_toml

if TYPE_CHECKING:
    from pathlib import Path

OLD = "specification/2025-06-18/basic/transports.mdx"
NEW = "specification/2025-11-25/basic/transports.mdx"
TEXT = """\
# Sessions

After its end a session's id **MUST** be answered with status 404 by the server.

The server **SHOULD** be quick.
"""


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))
    root = tmp_path / "docs-root"
    (root / "docs").mkdir(parents=True)
    for page, text in ((OLD, TEXT.replace("MUST", "SHOULD")), (NEW, TEXT)):
        (root / page).parent.mkdir(parents=True)
        (root / page).write_text(text, encoding="utf-8")
    (root / "docprobe.toml").write_text('bindings = "bindings.toml"\n', encoding="utf-8")
    (root / "bindings.toml").write_text("", encoding="utf-8")
    bound = run("statements", str(root), "--bind", f"session.terminated-404={NEW}:3")
    (root / "bindings.toml").write_text(bound.stdout, encoding="utf-8")
    return root


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_bind_prints_what_a_bindings_file_takes(docs: Path) -> None:
    (entry,) = load_bindings(docs / "bindings.toml", MCP.catalogue)
    assert (entry.requirement, entry.revision, entry.page, entry.anchor) == (
        "session.terminated-404",
        "2025-11-25",
        NEW,
        "sessions",
    )


def test_table(docs: Path) -> None:
    result = run("statements", str(docs), "--revision", "2025-11-25")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["WHERE", "LEVEL", "SUBJECT", "FINGERPRINT", "BOUND-TO", "SENTENCE"]
    assert lines[1].split()[:2] == [f"{NEW}:3", "MUST"]
    assert lines[1].split()[4] == "session.terminated-404"
    assert lines[2].split()[4] == "open"
    assert len(lines) == 3
    assert "2025-11-25        1           2      2      1" in result.stderr


def test_unbound_lists_the_work_that_is_open(docs: Path) -> None:
    result = run("statements", str(docs), "--unbound")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [f"{OLD}:3", f"{OLD}:5", f"{NEW}:5"]


def test_json(docs: Path) -> None:
    document = json.loads(run("statements", str(docs), "--format", "json").stdout)
    assert document["schema"] == "docprobe-statements/1"
    assert [entry["standing"] for entry in document["statements"]] == ["open", "open", "bound", "open"]
    bound = document["statements"][2]
    assert bound["requirements"] == ["session.terminated-404"]
    assert bound["span"] == {"file": NEW, "first": 3, "last": 3, "column": 1}
    assert document["coverage"][1] == {"revision": "2025-11-25", "bound": 1, "observable": 2, "all": 2, "open": 1}
    assert document["drift"] == []


def test_json_is_the_same_every_time(docs: Path) -> None:
    assert run("statements", str(docs), "--format", "json").stdout == run(
        "statements", str(docs), "--format", "json"
    ).stdout  # fmt: skip


def test_drift_is_told_with_the_nearest_sentence(docs: Path) -> None:
    (docs / NEW).write_text(TEXT.replace("404", "410"), encoding="utf-8")
    result = run("statements", str(docs))
    assert f"drift: session.terminated-404 (2025-11-25): its sentence in {NEW}#sessions changed" in result.stderr
    assert f"{NEW}:3: After its end" in result.stderr


def test_unknown_revision(docs: Path) -> None:
    with pytest.raises(UsageError, match="2025-11-26") as error:
        run("statements", str(docs), "--revision", "2025-11-26")
    assert error.value.hint == "did you mean '2025-11-25'?"


@pytest.mark.parametrize("place", ["session.terminated-404", "session.terminated-404=x", "=x:1", "a=b:c"])
def test_bind_needs_a_place(docs: Path, place: str) -> None:
    with pytest.raises(UsageError):
        run("statements", str(docs), "--bind", place)


def test_control_characters_of_the_docs_do_not_reach_the_terminal(docs: Path) -> None:
    (docs / NEW).write_text("The server **MUST** \x1b[2Jhide and \x9b31m shout.\n", encoding="utf-8")
    result = run("statements", str(docs))
    diff = run("snapshot", "diff", str(docs), "--revision", "2025-06-18", "2025-11-25")
    assert not {"\x1b", "\x9b"} & set(result.output + diff.output)


def test_diff_of_two_revisions(docs: Path) -> None:
    result = run("snapshot", "diff", str(docs), "--revision", "2025-06-18", "2025-11-25")
    assert result.stdout == (
        "2025-06-18 -> 2025-11-25: 1 strengthened\n"
        "requirements affected: session.terminated-404\n"
        "\n"
        "STRENGTHENED (1)\n"
        f"  SHOULD -> MUST  {OLD}:3 -> {NEW}:3  [session.terminated-404]\n"
        "      After its end a session's id [-SHOULD-] {+MUST+} be answered with status 404 by the server.\n"
    )


def test_diff_of_two_trees_and_its_filters(docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "docs").mkdir(parents=True)
    for page, text in ((OLD, TEXT), (NEW, TEXT.replace("quick", "swift"))):
        (other / page).parent.mkdir(parents=True)
        (other / page).write_text(text, encoding="utf-8")
    document = json.loads(run("snapshot", "diff", str(docs), str(other), "--format", "json").stdout)
    assert document["summary"] == {"strengthened": 1, "reworded": 1}
    for pattern in ("**/2025-11-25/**", "2025-11-25", f"/{NEW}", NEW.rpartition("specification/")[2]):
        only = run("snapshot", "diff", str(docs), str(other), "--select", pattern).stdout
        assert "1 reworded" in only
        assert "strengthened" not in only
    assert "no changes" in run("snapshot", "diff", str(docs), str(other), "--touching").stdout


@pytest.mark.parametrize("pattern", ["nowhere", "2024-11-05/*", "ecification/"])
def test_diff_refuses_a_pattern_that_matches_no_compared_page(docs: Path, pattern: str) -> None:
    (docs / "specification" / "2024-11-05").mkdir(parents=True)
    (docs / "specification" / "2024-11-05" / "other.mdx").write_text("Text.\n", encoding="utf-8")
    revisions = ("--revision", "2025-06-18", "2025-11-25")
    with pytest.raises(UsageError) as caught:
        run("snapshot", "diff", str(docs), *revisions, "--select", "2025-11-25", "--select", pattern)
    assert pattern in caught.value.message


def test_diff_needs_two_states(docs: Path) -> None:
    with pytest.raises(UsageError, match="nothing to compare with"):
        run("snapshot", "diff", str(docs))
    with pytest.raises(UsageError, match="2024-01-01"):
        run("snapshot", "diff", str(docs), "--revision", "2024-01-01", "2025-11-25")


def test_verify_exit_codes(tmp_path: Path) -> None:
    (tmp_path / "upstream").mkdir()
    (tmp_path / "upstream" / "a.md").write_text("a", encoding="utf-8")
    pages = {"a.md": hashlib.sha256(b"a").hexdigest()}
    (tmp_path / "snapshot.toml").write_text(to_toml(Manifest("o/n", "c", "docs", pages)), encoding="utf-8")
    assert run("snapshot", "verify", "--folder", str(tmp_path)).exit_code == 0
    (tmp_path / "upstream" / "b.md").write_text("b", encoding="utf-8")
    result = run("snapshot", "verify", "--folder", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout == "extra  b.md\n"


def test_verify_without_a_copy_says_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "snapshot.toml").write_text(to_toml(Manifest("o/n", "c", "docs", {})), encoding="utf-8")
    with pytest.raises(UsageError, match="does not exist") as error:
        run("snapshot", "verify", "--folder", str(tmp_path))
    assert "docprobe snapshot sync" in (error.value.hint or "")
