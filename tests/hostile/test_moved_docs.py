"""A stranger's change that puts something else where the docs, or their rules, were: nothing of it may pass as green."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from harness.base.errors import UsageError
from tests.harness.selection.repositories import CODE, RULES, TUTORIAL, Checked, check, edit, git, talk, write_docs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.processes

RIGHT = CODE.replace("status(400)", "status(404)")
WORDS = ("**MUST** reply with status 404", "**MAY** reply with status 404")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A tutorial without a fault, judged by rules in another folder of the checkout; the change breaks it."""
    docs = write_docs(tmp_path, {TUTORIAL: RIGHT})
    repo = docs.parent
    git(repo, "checkout", "-q", "main")
    (repo / "rules" / "docs").mkdir(parents=True)
    (repo / "rules" / "docs" / "page.md").write_text("# A page\n")
    for name in ("specification", "bindings.toml"):
        git(repo, "mv", f"site/{name}", f"rules/{name}")
    (docs / "docprobe.toml").write_text('spec = "../rules"\nbindings = "../rules/bindings.toml"\n')
    commit(repo)
    git(repo, "branch", "-f", "change")
    git(repo, "checkout", "-q", "change")
    (docs / TUTORIAL).write_text(CODE)
    return docs


def commit(repo: Path) -> None:
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "a commit")


def look_like_docs(docs: Path) -> None:
    """The page is outside what looks like the docs now."""
    (docs / TUTORIAL).rename(docs / "page.mdx")
    (docs / "docprobe.toml").unlink()
    for name in ("specification", "docs"):
        (docs / "docs" / name).mkdir()
        (docs / "docs" / name / "page.md").write_text("# A page\n")


def become_a_link(docs: Path) -> None:
    docs.rename(docs.parent / "elsewhere")
    docs.symlink_to("elsewhere")


def become_a_link_out(docs: Path) -> None:
    docs.rename(docs.parents[1] / "elsewhere")
    docs.symlink_to("../elsewhere")


def become_a_submodule(docs: Path) -> None:
    """Of a repository that has a main branch of its own."""
    repo, other = docs.parent, docs.parents[1] / "other"
    shutil.copytree(docs, other)
    (other / "docprobe.toml").write_text("")
    git(other, "init", "-q", "-b", "main", "--template=")
    commit(other)
    git(repo, "rm", "-rfq", "site")
    shutil.rmtree(docs, ignore_errors=True)
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "site")


def become_a_submodule_of_a_submodule(docs: Path) -> None:
    """Of a repository without a main branch; the docs in it are a repository that has one."""
    repo, outer, inner = docs.parent, docs.parents[1] / "outer", docs.parents[1] / "inner"
    shutil.copytree(docs, inner)
    (inner / "docprobe.toml").write_text("")
    for name in ("specification", "docs"):
        (inner / name).mkdir(exist_ok=True)
        (inner / name / "page.md").write_text("# A page\n")
    git(inner, "init", "-q", "-b", "main", "--template=")
    commit(inner)
    outer.mkdir()
    git(outer, "init", "-q", "-b", "other", "--template=")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "docs")
    commit(outer)
    git(repo, "rm", "-rfq", "site")
    shutil.rmtree(docs, ignore_errors=True)
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(outer), "site")
    git(docs, "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")


def refused(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """The message of the error by which a check is refused."""
    with pytest.raises(AssertionError) as ended:  # that no command of a test ends so
        check(docs, state, monkeypatch, talk, "--trust", "base", *options)
    (error,) = ended.value.args
    assert isinstance(error, UsageError)
    return error.message


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (look_like_docs, r"the docs root is .*site/docs with this change but .*site at main"),
        (become_a_link, r"the docs root is .*elsewhere with this change but .*site at main"),
        (become_a_link_out, r".*leads out of its working tree"),
        (become_a_submodule, r"site is in a submodule, and the checkout around it, repo, has main too"),
        (become_a_submodule_of_a_submodule, r"docs is in a submodule, and the checkout around it, repo, has main too"),
    ],
)
def test_a_change_does_not_choose_the_docs_or_what_they_are_compared_with(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], why: str
) -> None:
    change(docs)
    commit(docs.parent)
    assert re.match(why, refused(docs, tmp_path / "state", monkeypatch))


def test_rules_that_were_not_there_have_drifted_by_the_change(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another folder in the place of the rules takes a MUST away: without it, the fault cites no sentence."""
    repo = docs.parent

    def checked() -> Checked:
        return check(docs, tmp_path / "state", monkeypatch, talk, "--trust", "base")

    plain = checked()
    assert (plain.code, {entry["gates"] for entry in plain.document["drift"]}) == (1, {False})
    # where the folder itself has no rules, those in its docs/ count
    for name in ("specification", "docprobe.toml"):
        if (repo / "rules" / name).exists():
            (repo / "rules" / name).rename(repo / "rules" / "docs" / name)
    edit(repo / "rules" / "docs" / RULES, *WORDS)
    commit(repo)
    done = checked()
    found: dict[str, Any] = {entry["requirement"]: entry for entry in done.document["drift"]}
    drift = found["session.terminated-404"]
    assert (done.code, drift["kind"], drift["change"], drift["gates"]) == (1, "changed", "introduced", True)


@pytest.mark.parametrize("option", [False, True])
@pytest.mark.parametrize("what", ["rules", "schema"])
def test_rules_that_are_there_already_are_not_put_in_the_place_of_others(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: bool, what: str
) -> None:
    """Older rules are in the checkout, which ask for less."""
    repo = docs.parent
    (docs / TUTORIAL).write_text(RIGHT)
    shutil.copytree(repo / "rules", repo / "older")
    edit(repo / "older" / RULES, *WORDS)
    (repo / "schema").mkdir()
    (repo / "schema" / "page.md").write_text("# A page\n")
    commit(repo)
    git(repo, "branch", "-f", "main")
    shutil.rmtree(repo / what)
    (repo / what).symlink_to("older")
    (docs / TUTORIAL).write_text(CODE)
    commit(repo)
    more = ("--spec", str(repo / "rules"), "--schema", str(repo / "schema")) if option else ()
    message = refused(docs, tmp_path / "state", monkeypatch, *more)
    assert re.match(rf"{what} leads to .*older with this change but to .*{what} at main", message)


def test_rules_in_the_docs_of_a_specification_are_not_put_in_the_place_of_others(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a folder has no rules, those in its ``docs/`` count: a change could link others there."""
    repo = docs.parent
    shutil.copytree(repo / "rules", repo / "older")
    edit(repo / "older" / RULES, *WORDS)
    (docs / TUTORIAL).write_text(RIGHT)
    commit(repo)
    git(repo, "branch", "-f", "main")
    shutil.rmtree(repo / "rules" / "specification")
    shutil.rmtree(repo / "rules" / "docs")
    (repo / "rules" / "docs").symlink_to("../older")
    (docs / TUTORIAL).write_text(CODE)
    commit(repo)
    message = refused(docs, tmp_path / "state", monkeypatch)
    assert re.match(r"docs leads to .*older with this change but to .*rules/docs at main", message)


def test_a_docs_root_that_was_a_link_leads_where_it_did(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = docs.parent
    git(repo, "checkout", "-q", "-f", "main")
    (repo / "current").symlink_to("site")
    (repo / "outside").symlink_to("/etc")
    commit(repo)
    git(repo, "checkout", "-q", "-B", "change")
    (docs / TUTORIAL).write_text(CODE)
    done = check(repo / "current", tmp_path / "state", monkeypatch, talk, "--trust", "base")
    assert done.code == 1
    assert "leads out of its working tree" in refused(repo / "outside", tmp_path / "state", monkeypatch)
