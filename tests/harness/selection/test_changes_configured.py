"""Changes of the configuration: what of before is judged by the configuration of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness.selection.repositories import CODE, ID, TUTORIAL, check, git, talk, write_docs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """One tutorial with a fault of old: four kinds of requests with an ended session id get 400."""
    return write_docs(tmp_path, {TUTORIAL: CODE})


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


GLUE = f'\n[examples."{ID}"]\nglue = {{ "server.ts" = "// status(404).json status(404).send" }}\n'
"""With it, the server answers as it should, by :func:`talk`."""


def test_the_text_of_before_is_judged_by_the_configuration_of_before(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that takes a table away brings its faults back: they were not there before."""
    settings = docs / "docprobe.toml"
    plain = settings.read_text()
    settings.write_text(plain + GLUE)
    git(docs, "commit", "-qam", "glue")
    git(docs, "branch", "-f", "main")
    settings.write_text(plain)
    done = check(docs, state, monkeypatch, talk)
    assert done.changes(ID) == {"session.terminated-404": "introduced"}
    assert done.code == 1


def test_a_table_that_mends_an_example_fixes_it(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = docs / "docprobe.toml"
    settings.write_text(settings.read_text() + GLUE)
    done = check(docs, state, monkeypatch, talk)
    fixed = {entry["requirement"] for entry in done.document["compared"]["fixed"]}
    assert (done.code, "session.terminated-404" in fixed) == (0, True)


def test_a_whole_other_configuration_judges_only_what_is_now(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patterns of normative pages decide what is judged at all: before the change there was no text to judge by."""
    settings = docs / "docprobe.toml"
    plain = settings.read_text()
    settings.write_text(plain + '\n[layout]\nspecification = ["/nowhere"]\n')
    git(docs, "commit", "-qam", "no rules")
    git(docs, "branch", "-f", "main")
    settings.write_text(plain)
    assert check(docs, state, monkeypatch, talk).changes(ID) == {"session.terminated-404": "introduced"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("profile = 5\n", "the configuration at the merge base cannot be used"),
        ('profile = "plain"\n', "the profile at the merge base is plain, and now it is mcp"),
    ],
)
def test_a_configuration_of_before_that_cannot_be_used_is_said(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    settings = docs / "docprobe.toml"
    plain = settings.read_text()
    settings.write_text(text)
    git(docs, "commit", "-qam", "another")
    git(docs, "branch", "-f", "main")
    settings.write_text(plain)
    done = check(docs, state, monkeypatch, talk)
    assert done.changes(ID) == {"session.terminated-404": "introduced"}
    assert {entry["reason"].startswith(why) for entry in done.document["compared"]["not_compared"]} == {True}
    assert len({*done.ran}) == 1, "nothing of before is run"
