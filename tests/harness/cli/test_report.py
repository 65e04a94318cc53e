from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from extractor.docs.corpus import extract
from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.nightly.history import queries
from harness.nightly.history.schema import connect
from harness.results import result_files
from harness.settings import load_config
from harness.spec.classification import COLUMNS
from tests.support.reports import quiet_report, rich_report

if TYPE_CHECKING:
    from click.testing import Result

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, arguments)], catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def night_files(tmp_path: Path) -> tuple[Path, Path]:
    older, newer = tmp_path / "older.json", tmp_path / "newer.json"
    result_files.write(replace(quiet_report(), started="2026-11-21T03:00:00Z"), older)
    result_files.write(rich_report(), newer)
    return older, newer


def test_the_coverage_page_has_the_numbers_of_the_command(night_files: tuple[Path, Path], tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state")
    run(night_files[1], "--out", tmp_path / "site", "--no-libraries", "--docs", SAMPLE, *state)
    page = (tmp_path / "site" / "coverage.html").read_text()
    asked = ["statements", str(SAMPLE), "--format", "json", *map(str, state)]
    said = json.loads(CliRunner().invoke(cli, asked, catch_exceptions=False).stdout)["coverage"]
    assert len(said) >= 4
    for counts in said:
        _, _, section = page.partition(f'aria-label="Counts of {counts["revision"]}"')
        table, _, _ = section.partition("</table>")
        numbers = [int(number) for number in re.findall(r"<td data-name=[^>]*>(\d+)</td>", table)]
        assert numbers == [counts[name] for name in (*COLUMNS, "observable", "all")], counts["revision"]


def test_the_newest_of_the_results_is_shown(night_files: tuple[Path, Path], tmp_path: Path) -> None:
    older, newer = night_files
    run(newer, older, "--out", tmp_path / "site", "--no-libraries")
    index = (tmp_path / "site" / "index.html").read_text()
    assert "2026-11-22 03:00 UTC" in index
    assert 'compared with <time datetime="2026-11-21T03:00:00Z">' in index


def test_nights_are_added_to_the_history_once(night_files: tuple[Path, Path], tmp_path: Path) -> None:
    history = tmp_path / "history.sqlite"
    for _ in range(2):
        run(*night_files, "--out", tmp_path / "site", "--history", history, "--no-libraries")
    with closing(connect(history)) as connection:
        assert len(queries.nights(connection)) == 2


def test_a_case_shows_the_transcript_beside_the_results(night_files: tuple[Path, Path], tmp_path: Path) -> None:
    run(*night_files, "--out", tmp_path / "site", "--no-libraries")
    (case,) = (tmp_path / "site" / "cases").glob("*2025-11-25-tutorials*typescript*")
    text = case.read_text()
    assert re.search(r"14 exchanges in \d+ parts, in order", text)
    assert "curl -i -N -X DELETE" in text
    assert text.count('class="blamed"') > 0


def test_the_docs_give_every_sentence(night_files: tuple[Path, Path], tmp_path: Path) -> None:
    run(*night_files, "--out", tmp_path / "site", "--docs", SAMPLE, "--no-libraries")
    text = (tmp_path / "site" / "coverage.html").read_text()
    assert "From then on it MUST reply with status 404 to any request that still names the ended session." in text
    newest = extract(SAMPLE, load_config(SAMPLE).layout).statements
    count = sum(statement.revision == "2025-11-25" for statement in newest)
    assert f"Every sentence ({count})" in text


def test_results_of_different_docs_are_not_nights_of_one(night_files: tuple[Path, Path], tmp_path: Path) -> None:
    result_files.write(replace(quiet_report(), docs_root="elsewhere"), tmp_path / "other.json")
    with pytest.raises(UsageError, match="different docs: docs, elsewhere"):
        run(*night_files, tmp_path / "other.json", "--out", tmp_path / "site", "--no-libraries")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b'{"schema": "docprobe/2"}', b"[1, 2", None])
def test_one_damaged_result_among_good_ones_is_named(
    night_files: tuple[Path, Path], tmp_path: Path, damage: bytes | None
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(night_files[0].read_bytes()[:-30] if damage is None else damage)
    with pytest.raises(UsageError, match=r"bad\.json"):
        run(*night_files, bad, "--out", tmp_path / "site", "--no-libraries")
    assert not (tmp_path / "site").exists()


def test_a_missing_result_file_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UsageError):
        run(tmp_path / "other.json", "--out", tmp_path / "site")
    assert not (tmp_path / "site").exists()
