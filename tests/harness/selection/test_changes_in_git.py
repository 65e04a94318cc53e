"""Histories that git tells otherwise than they are, and clones that lack a part of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.load import load_corpus, load_examples, load_normative_text
from harness.selection.affected import find_impact
from harness.selection.changed import find_change
from harness.settings import load_config
from tests.harness.selection.repositories import CODE, ID, TUTORIAL, check, edit, git, talk, write_docs

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import Config

pytestmark = pytest.mark.processes

RIGHT = CODE.replace("400", "404")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A tutorial without a fault, and a change that has committed one."""
    docs = write_docs(tmp_path, {TUTORIAL: RIGHT})
    (docs / TUTORIAL).write_text(CODE)
    git(docs, "commit", "-qam", "a fault")
    return docs


@pytest.mark.parametrize("what", ["blob", "tree", "commit", "graft"])
def test_a_commit_is_what_was_committed(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Replacements and grafts of a checkout may say that the fault was always there."""
    match what:
        case "blob":
            git(docs, "replace", *(git(docs, "rev-parse", f"{ref}:site/{TUTORIAL}") for ref in ("main", "change")))
        case "tree":
            git(docs, "replace", *(git(docs, "rev-parse", f"{ref}^{{tree}}") for ref in ("main", "change")))
        case "commit":
            faulty = git(docs, "commit-tree", "change^{tree}", "-m", "base")
            git(docs, "replace", git(docs, "rev-parse", "main"), faulty)
        case _:
            # main as a descendant of the change: all of it would be there already
            ids = [git(docs, "rev-parse", ref) for ref in ("main", "change")]
            info = docs.parent / ".git" / "info"
            info.mkdir(exist_ok=True)
            (info / "grafts").write_text(f"{' '.join(ids)}\n{ids[1]}\n")
    done = check(docs, tmp_path / "state", monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})


def config_of(docs: Path, tmp_path: Path) -> Config:
    return load_config(docs, environ={}, state=tmp_path / "state", changed_since="main")


def test_a_clone_that_lacks_the_earlier_text_is_an_error_with_what_to_fetch(docs: Path, tmp_path: Path) -> None:
    """What was there is not known then: nothing of it is new, and nothing is as it was."""
    clone = tmp_path / "clone"
    origin = docs.parent
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "-b", "change", f"file://{origin}", str(clone))
    git(clone, "branch", "main", "origin/main")
    config = config_of(clone / docs.name, tmp_path)
    since = find_change(config, "main")
    assert since.files == (TUTORIAL,)
    with pytest.raises(UsageError, match="this clone lacks files of its past") as refused:
        impact_of(config)
    assert refused.value.hint is not None
    assert "git fetch --refetch --no-filter" in refused.value.hint
    git(clone, "-c", "protocol.file.allow=always", "fetch", "-q", "--refetch", "--no-filter")
    assert impact_of(config) == {ID}


def impact_of(config: Config) -> set[str]:
    """The examples that a change affects."""
    corpus = load_corpus(config)
    examples = load_examples(config, corpus).all
    bound = load_normative_text(config, corpus).bound
    impact = find_impact(config, find_change(config, "main"), corpus, examples, bound)
    return {example.id for example in impact.affected_examples(examples)}


def test_no_filter_of_the_checkout_runs(docs: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    for key in ("filter.evil.clean", "filter.a=b.clean", "filter.long.process"):
        git(docs, "config", key, str(trap))
    git(docs, "config", "filter.long.required", "true")
    (docs.parent / ".gitattributes").write_text("*.mdx filter=evil\n*.toml filter=long\n")
    for file in docs.rglob("*.*"):
        file.write_bytes(file.read_bytes())  # git must read what is in it
    assert find_change(config_of(docs, tmp_path), "main").files == (TUTORIAL,)
    assert not (tmp_path / "sprung").exists()
    for key in ("process", "required"):
        git(docs, "config", "--unset", f"filter.long.{key}")
    git(docs, "diff", "--name-only", "main")
    assert (tmp_path / "sprung").exists(), "git itself would have run it"


INCLUDING = (
    'A server.\n\n```typescript title="server.ts"\n--8<-- "code/server.ts"\n```\n\n```bash\nnpx tsx server.ts\n```\n'
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Docs of an MkDocs site whose configuration lies above them; the page includes its code, which has a fault."""
    docs = write_docs(tmp_path, {TUTORIAL.replace(".mdx", ".md"): INCLUDING, "code/server.ts": code_of(CODE)})
    (docs.parent / "mkdocs.yml").write_text("site_name: Tutorials\ndocs_dir: site\n")
    git(docs, "add", "-A", "..")
    git(docs, "commit", "-qm", "a site")
    git(docs, "branch", "-f", "main")
    return docs


def code_of(page: str) -> str:
    return page.partition("server.ts\n")[2].partition("```")[0]


def test_pages_of_then_are_read_as_their_site_says(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(site / "code" / "server.ts", "a tutorial of sessions", "a tutorial")
    done = check(site, tmp_path / "state", monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (0, {"session.terminated-404": "unchanged"})


@pytest.mark.parametrize("what", ["removed", "added"])
def test_what_says_how_pages_are_read_is_a_part_of_the_change(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    (site.parent / "mkdocs.yml").unlink()
    if what == "removed":
        done = check(site, tmp_path / "state", monkeypatch, talk)
        assert done.code == 3
        assert done.document["lost"][0]["example"] == ID
        return
    git(site, "commit", "-qam", "not a site yet")
    git(site, "branch", "-f", "main")
    (site.parent / "mkdocs.yml").write_text("site_name: Tutorials\ndocs_dir: site\n")
    done = check(site, tmp_path / "state", monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})


def test_an_included_file_that_is_gone_takes_its_example(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page itself is as it was."""
    git(site, "mv", "code/server.ts", "code/other.ts")
    done = check(site, tmp_path / "state", monkeypatch, talk)
    assert done.code == 3
    (lost,) = done.document["lost"]
    assert lost["page"] == TUTORIAL.replace(".mdx", ".md")
    assert "code/server.ts" in lost["reason"]
