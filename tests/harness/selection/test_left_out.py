"""A change that has its configuration ignore pages says which, and a stranger's has no such say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.remarks import left_out_remark
from harness.selection.changed import find_change
from harness.selection.left_out import left_out_pages
from harness.settings import load_config
from tests.harness.selection.repositories import CODE, ID, TUTORIAL, check, edit, talk, write_docs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes

OTHER = "docs/2025-11-25/tutorials/other.mdx"
IGNORE = '\n[layout]\nignore = ["docs/*/tutorials/sess*", "nothing"]\n'


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write_docs(tmp_path, {TUTORIAL: CODE, OTHER: CODE.replace("a tutorial of sessions", "another")})


@pytest.mark.parametrize("trust", ["head", "base"])
def test_a_page_that_a_change_ignores(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trust: str
) -> None:
    edit(docs / "docprobe.toml", 'bindings = "bindings.toml"\n', f'bindings = "bindings.toml"\n{IGNORE}')
    (docs / TUTORIAL).write_text(CODE.replace("status(400)", "status(500)"))
    done = check(docs, tmp_path / "state", monkeypatch, talk, "--trust", trust)
    said = f"no longer checked, because this change adds them to [layout] ignore: {TUTORIAL}"
    ids = {example["id"] for example in done.document["examples"]}
    if trust == "base":
        assert (ID in ids, said in done.shown) == (True, False)
        return
    assert (ID in ids, done.code) == (False, 0)
    assert said in done.shown
    assert said in done.annotations
    assert any(said in problem for problem in done.document["problems"])


def test_a_page_that_is_new_or_gone_or_ignored_before_is_not_left_out(docs: Path, tmp_path: Path) -> None:
    then = load_config(docs, environ={}, state=tmp_path / "state")
    since = find_change(then, "main")
    assert left_out_pages(then, then, since) == ()
    edit(docs / "docprobe.toml", 'bindings = "bindings.toml"\n', f'bindings = "bindings.toml"\n{IGNORE}')
    now = load_config(docs, environ={}, state=tmp_path / "state")
    assert left_out_pages(now, then, since) == (TUTORIAL,)
    assert left_out_pages(then, now, since) == (), "it is read again"
    (docs / TUTORIAL).with_name("sessions-2.mdx").write_text(CODE)
    assert left_out_pages(now, then, find_change(then, "main")) == (TUTORIAL,), "the other page is new"
    (docs / TUTORIAL).with_name("sessions-2.mdx").unlink()
    (docs / TUTORIAL).unlink()
    assert left_out_pages(now, then, since) == ()


def test_many_pages_are_counted() -> None:
    (remark,) = left_out_remark([f"page-{number}.md" for number in range(1, 1300)])
    assert str(remark).endswith("page-19.md, page-20.md and 1,279 more")
    assert tuple(left_out_remark(())) == ()
