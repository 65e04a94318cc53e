"""Baseline entries follow their examples when ids change: in the change that renames them, and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.baseline.update import update_baseline
from harness.model import BaselineKind, BaselineNote
from harness.run.planning import make_plan
from harness.run.renamed import load_followed_baseline
from harness.selection.changed import find_change
from harness.settings import load_config
from tests.harness.selection.repositories import CODE, TUTORIAL, git, write_docs

if TYPE_CHECKING:
    from pathlib import Path

    from harness.baseline.file import Baseline

pytestmark = pytest.mark.processes

STEM = TUTORIAL.removesuffix(".mdx")
FIRST, SECOND = CODE, CODE.replace("a tutorial of", "more about")
PAGE = f"## First\n{FIRST}\n## Second\n{SECOND}"


def entry(name: str) -> str:
    return (
        f'# of {name}\n[[known]]\nexample = "{STEM}#{name}"\nrequirement = "session.terminated-404"\nreason = "known"\n'
    )


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Two programs in one language, so that each has the name of its heading, and an entry about the second."""
    root = write_docs(tmp_path, {TUTORIAL: PAGE, "docprobe-baseline.toml": entry("second")})
    assert {e.id for e in make_plan(load_config(root, environ={}, state=tmp_path / "state", jobs=1)).examples} >= {
        f"{STEM}#first", f"{STEM}#second",
    }  # fmt: skip
    return root


def followed(docs: Path, *, change: bool) -> Baseline:
    since = {"changed_since": "main"} if change else {}
    config = load_config(docs, environ={"PATH": "/usr/bin:/bin"}, state=docs.parents[1] / "state", jobs=1, **since)
    plan = make_plan(config, since=find_change(config, "main") if change else None)
    return load_followed_baseline(config, plan)


@pytest.mark.parametrize("change", [True, False])
def test_a_heading_above_the_block_renames_the_example(docs: Path, change: bool) -> None:
    """In the change the merge base shows it; afterwards the history of the page does."""
    (docs / TUTORIAL).write_text(PAGE.replace("\n## Second\n", "\n## Second\n\n### The code\n"))
    git(docs, "commit", "-qam", "a heading")
    baseline = followed(docs, change=change)
    assert [known.example for known in baseline.known] == [f"{STEM}#the-code"]
    assert baseline.renamed == {f"{STEM}#second": f"{STEM}#the-code"}


def test_an_id_that_another_block_takes_is_followed_in_the_change(docs: Path) -> None:
    """The headings change places, and the code does not."""
    swapped = PAGE.replace("## First", "## X").replace("## Second", "## First").replace("## X", "## Second")
    (docs / TUTORIAL).write_text(swapped)
    assert [known.example for known in followed(docs, change=True).known] == [f"{STEM}#first"]


def test_a_page_that_moves_takes_its_entries_with_it(docs: Path) -> None:
    git(docs, "mv", TUTORIAL, TUTORIAL.replace("sessions", "moved"))
    assert [known.example for known in followed(docs, change=True).known] == [
        f"{STEM.replace('sessions', 'moved')}#second"
    ]


def test_a_block_that_moves_to_another_page_takes_its_entry_with_it(docs: Path) -> None:
    """Its page is still there, and so is the page that it goes to."""
    other = TUTORIAL.replace("sessions", "other")
    (docs / other).write_text("# Other\n")
    git(docs, "add", "-A")
    git(docs, "commit", "-qm", "a page of prose")
    git(docs, "branch", "-f", "main")
    (docs / TUTORIAL).write_text(PAGE.partition("## Second")[0])
    (docs / other).write_text(f"# Other\n{SECOND}")
    assert [known.example for known in followed(docs, change=True).known] == [
        f"{STEM.replace('sessions', 'other')}#typescript"
    ]


def test_an_entry_about_a_block_that_the_change_removes_is_stale(docs: Path) -> None:
    (docs / TUTORIAL).write_text(PAGE.partition("## Second")[0])
    baseline = followed(docs, change=True)
    assert baseline.gone == {f"{STEM}#second"}


def test_an_entry_that_named_nothing_before_the_change_is_not_about_it(docs: Path) -> None:
    (docs / "docprobe-baseline.toml").write_text(entry("second").replace(STEM, "docs/gone"))
    git(docs, "commit", "-qam", "a page that is gone")
    git(docs, "branch", "-f", "main")
    (docs / TUTORIAL).write_text(PAGE.replace("a tutorial", "the tutorial"))
    baseline = followed(docs, change=True)
    assert (baseline.known, baseline.gone) == ((), frozenset())
    assert followed(docs, change=False).gone == {"docs/gone#second"}


@pytest.mark.parametrize("asked", ["docs/2025-11-25/other.mdx", "docs/2025-11-25"])
def test_an_entry_about_a_page_that_is_not_read_is_not_stale(docs: Path, asked: str) -> None:
    """One page or a folder is asked for: only an entry about a page that the whole docs lack is gone."""
    moved = "docs/2025-06-18/sessions"
    (docs / "docs/2025-11-25/other.mdx").parent.mkdir(parents=True, exist_ok=True)
    (docs / "docs/2025-11-25/other.mdx").write_text(PAGE)
    (docs / moved).parent.mkdir(parents=True, exist_ok=True)
    (docs / f"{moved}.mdx").write_text(PAGE)
    entries = [entry("second").replace(STEM, stem) for stem in (moved, "docs/gone")]
    (docs / "docprobe-baseline.toml").write_text("\n".join(entries))
    baseline = followed(docs / asked, change=False)
    assert [known.example for known in baseline.known] == [f"{moved}#second", "docs/gone#second"]
    assert baseline.gone == {"docs/gone#second"}


@pytest.mark.parametrize("change", [True, False])
def test_a_file_in_another_encoding_is_refused_and_a_byte_order_mark_is_not(docs: Path, change: bool) -> None:
    """In a change the file is read to see which entries it touches, too."""
    file = docs / "docprobe-baseline.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert [known.example for known in followed(docs, change=change).known] == [f"{STEM}#second"]
    file.write_bytes(b"# caf\xe9\n")
    with pytest.raises(UsageError, match=f"^{file}:1: byte 0xE9 is not UTF-8"):
        followed(docs, change=change)


def test_an_entry_that_never_named_anything_is_refused(docs: Path) -> None:
    (docs / "docprobe-baseline.toml").write_text(entry("secnod"))
    with pytest.raises(UsageError, match="unknown example"):
        followed(docs, change=False)


def test_the_file_is_brought_up_to_date_and_keeps_its_words() -> None:
    from dataclasses import replace

    from tests.harness.baseline.entries import fresh

    note = BaselineNote(
        BaselineKind.RENAMED, f"{STEM}#the-code", "session.terminated-404", "known", listed_as=f"{STEM}#second"
    )
    report = replace(fresh(), examples=(), drift=(), baseline=(note,))
    done = update_baseline(entry("second") + "\n" + entry("first"), report)
    assert done.renamed == (f"{STEM}#the-code session.terminated-404",)
    assert done.text == entry("second").replace(f"{STEM}#second", f"{STEM}#the-code") + "\n" + entry("first")
