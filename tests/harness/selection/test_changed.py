"""``--changed-since``: git decides what a change concerns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from harness.base.errors import UsageError
from harness.cli.main import cli
from harness.load import load_corpus
from harness.run.planning import make_plan
from harness.selection import docs_before
from harness.selection.affected import affects_nothing
from harness.selection.changed import find_change
from harness.settings import load_config
from tests.harness.selection.repositories import RULES, SAMPLE, SESSION_MAP, edit, git

if TYPE_CHECKING:
    from click.testing import Result

pytestmark = pytest.mark.processes

BANNER = "docs/2025-11-25/develop/stdio-banner"


def _selected(docs: Path, tmp_path: Path) -> set[str]:
    config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main", jobs=1)
    since = find_change(config, "main")
    selected = {example.id for example in make_plan(config, since=since).examples} if not since.is_empty else set()
    # the quick answer never contradicts the thorough one
    assert not (affects_nothing(config, since) and selected)
    return selected


def test_nothing_changed_is_not_relevant(docs: Path, tmp_path: Path) -> None:
    (docs.parent / "elsewhere.md").write_text("# not in the docs root\n")
    assert _selected(docs, tmp_path) == set()


def test_prose_around_an_example_does_not_select_it(docs: Path, tmp_path: Path) -> None:
    page = docs / SESSION_MAP
    page.write_text(page.read_text() + "\nMore words at the end, and lines that shift nothing.\n")
    assert _selected(docs, tmp_path) == set()


def test_prose_affects_nothing_and_the_changed_pages_alone_show_it(docs: Path, tmp_path: Path) -> None:
    def quick() -> bool:
        config = load_config(docs, environ={}, state=tmp_path / "state", jobs=1)
        return affects_nothing(config, find_change(config, "main"))

    page, rules = docs / SESSION_MAP, docs / RULES
    page.write_text(page.read_text().replace("\n\n", "\n\nWords.\n\n", 1) + "\nMore words.\n")
    rules.write_text(rules.read_text() + "\nA remark that asks for nothing.\n")
    (docs / "picture.png").write_bytes(b"\x89PNG")
    assert quick()
    for path, text in (
        (docs / "included.ts", "const x = 1;\n"),
        (rules, rules.read_text() + "\nServers MUST hum.\n"),
        (page, page.read_text() + "\n```sh\nnpm install\n```\n"),
    ):
        before = path.read_text() if path.exists() else None
        path.write_text(text)
        assert not quick(), path.name
        if before is None:
            path.unlink()
        else:
            path.write_text(before)


def test_the_docs_of_before_are_put_together_from_pages_that_did_not_change(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as reading the whole tree at the merge base, which takes a second; that is done for other files only."""
    config = load_config(docs, environ={}, state=tmp_path / "state", jobs=1)
    edit(docs / SESSION_MAP, "400", "404")
    (docs / RULES).unlink()
    (docs / "docs" / "new.mdx").write_text("# New\n\n```sh\nls\n```\n")
    whole, examples = docs_before._docs_at(config, find_change(config, "main"))
    monkeypatch.setattr(docs_before, "folder_before", None)
    since = find_change(config, "main")
    picked, found = docs_before.docs_before(config, since, load_corpus(config))
    assert whole is not None
    assert picked is not None
    assert (picked.pages, picked.blocks, picked.statements) == (whole.pages, whole.blocks, whole.statements)
    assert found is not None
    assert examples is not None
    assert found.all == examples.all


def test_a_file_that_pages_may_include_has_the_whole_tree_read(docs: Path, tmp_path: Path) -> None:
    config = load_config(docs, environ={}, state=tmp_path / "state", jobs=1)
    (docs / "part.ts").write_text("const x = 1;\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(docs_before, "folder_before", None)
        with pytest.raises(TypeError):
            docs_before.docs_before(config, find_change(config, "main"), load_corpus(config))


def test_a_changed_block_selects_its_example_only(docs: Path, tmp_path: Path) -> None:
    edit(docs / SESSION_MAP, "400", "404")
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/session-map#typescript"}


def test_a_committed_change_counts_like_an_uncommitted_one(docs: Path, tmp_path: Path) -> None:
    edit(docs / SESSION_MAP, "400", "404")
    git(docs, "commit", "-qam", "change")
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/session-map#typescript"}


def test_a_reworded_sentence_selects_what_it_judges_in_its_revision(docs: Path, tmp_path: Path) -> None:
    edit(docs / RULES, "status 404", "status 410")
    selected = _selected(docs, tmp_path)
    assert "docs/2025-11-25/tutorials/session-map#typescript" in selected
    assert all("/2025-11-25/" in id for id in selected), selected


def test_a_changed_configuration_selects_everything(docs: Path, tmp_path: Path) -> None:
    config = docs / "docprobe.toml"
    config.write_text(config.read_text() + "\n# a word\n")
    whole = load_config(docs, environ={}, state=tmp_path / "state", jobs=1)
    assert _selected(docs, tmp_path) == {example.id for example in make_plan(whole).examples}


def test_a_deleted_sentence_selects_what_it_judged(docs: Path, tmp_path: Path) -> None:
    edit(docs / RULES, "From then on it **MUST** reply with status 404 to any request", "Nothing is said of a request")
    assert "docs/2025-11-25/tutorials/session-map#typescript" in _selected(docs, tmp_path)


def test_a_page_that_goes_to_another_revision_is_selected(docs: Path, tmp_path: Path) -> None:
    """By its front matter, with the same id and the same code: other sentences judge it now."""
    settings, page = docs / "docprobe.toml", docs / SESSION_MAP
    settings.write_text(settings.read_text() + '\n[layout]\nrevision-in = "front-matter:spec"\n')
    edit(page, "---\n", "---\nspec: 2025-06-18\n")
    git(docs, "commit", "-qam", "as it was")
    git(docs, "branch", "-f", "main")
    edit(page, "spec: 2025-06-18", "spec: 2025-11-25")
    assert "docs/2025-11-25/tutorials/session-map#typescript" in _selected(docs, tmp_path)


def test_a_sentence_about_others_selects_nobody(docs: Path, tmp_path: Path) -> None:
    rules = docs / RULES
    rules.write_text(rules.read_text() + "\nA tea pot MUST NOT brew coffee.\n")
    assert _selected(docs, tmp_path) == set()


def test_what_a_change_does_to_the_text_is_said_where_no_check_stands_on_it(docs: Path, tmp_path: Path) -> None:
    rules = docs / RULES
    rules.write_text(rules.read_text() + "\nA tea pot MUST NOT brew coffee.\n\nIt SHOULD be warm.\n")
    out = tmp_path / "out.json"
    done = _run(docs, tmp_path, "check", str(docs), "--changed-since", "main", "--format", f"json:{out}")
    said = "2 statements added in 2025-11-25; no requirement is bound to them (docprobe snapshot diff --since main)"
    assert done.exit_code == 0
    assert said in done.stderr
    assert "nothing to check" not in done.stderr
    assert json.loads(out.read_text())["text_changes"] == [
        {"revision": "2025-11-25", "since": "main", "added": 2, "removed": 0, "changed": 0, "requirements": []}
    ]
    state = {"DOCPROBE_STATE": str(tmp_path / "state")}
    shown = CliRunner().invoke(cli, ["snapshot", "diff", str(docs), "--since", "main"], env=state).stdout
    assert shown.startswith(f"main -> {docs}: 2 added\n")
    assert "A tea pot MUST NOT brew coffee." in shown
    edit(rules, "status 404", "status 410")
    config = load_config(docs, environ={}, state=tmp_path / "state", changed_since="main", jobs=1)
    (change,) = make_plan(config, since=find_change(config, "main")).text_changes
    assert (change.added, change.changed) == (2, 1)
    assert "session.terminated-404" in change.requirements


def test_a_sentence_about_stdio_selects_no_http_server(docs: Path, tmp_path: Path) -> None:
    edit(docs / RULES, "write anything that is no message", "ever write what is no message")
    selected = _selected(docs, tmp_path)
    assert "docs/2025-11-25/develop/stdio-banner#python" in selected
    assert not any("session-map" in id or "http-server" in id for id in selected), selected


def test_a_deleted_page_selects_nothing_else(docs: Path, tmp_path: Path) -> None:
    (docs / SESSION_MAP).unlink()
    assert _selected(docs, tmp_path) == set()


def _run(docs: Path, tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--state", str(tmp_path / "state")])


def test_an_entry_whose_page_is_deleted_is_stale_and_can_be_removed(docs: Path, tmp_path: Path) -> None:
    (docs / SESSION_MAP).unlink()
    check = ("check", str(docs), "--changed-since", "main")
    assert _run(docs, tmp_path, *check, "--gate", "all").exit_code == 1
    done = _run(docs, tmp_path, *check)
    assert done.exit_code == 0, "a change that removes a fault must not fail by the entry that accepted it"
    told = "#typescript session.terminated-404 names an example that is gone: "
    assert told in " ".join(done.output.split())
    updated = _run(docs, tmp_path, "baseline", "update", "--docs", str(docs))
    assert "0 added, 1 removed" in updated.output
    assert "2025-11-25/tutorials/session-map" not in (docs / "docprobe-baseline.toml").read_text()
    assert _run(docs, tmp_path, *check).exit_code == 0


def test_an_entry_that_names_nothing_on_a_page_that_is_there_is_refused(docs: Path, tmp_path: Path) -> None:
    edit(
        docs / "docprobe-baseline.toml",
        "2025-11-25/tutorials/session-map#typescript",
        f"{SESSION_MAP[5:-4]}#typoscript",
    )
    error = _run(docs, tmp_path, "check", str(docs), "--changed-since", "main").exception
    assert isinstance(error, UsageError)
    assert "unknown example 'docs/2025-11-25/tutorials/session-map#typoscript'" in error.message
    assert "did you mean 'docs/2025-11-25/tutorials/session-map#typescript'" in str(error.hint)


def test_a_renamed_page_is_selected_by_its_new_name(docs: Path, tmp_path: Path) -> None:
    git(docs, "mv", SESSION_MAP, SESSION_MAP.replace("session-map", "sessions"))
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/sessions#typescript"}


def test_an_untracked_page_is_new(docs: Path, tmp_path: Path) -> None:
    (docs / SESSION_MAP.replace("session-map", "more")).write_text((docs / SESSION_MAP).read_text())
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/more#typescript"}


def test_links_that_lead_out_of_the_docs_are_left_alone(docs: Path, tmp_path: Path) -> None:
    for name, target in (("out", "/etc"), ("up", "../../.."), ("self", "self"), ("page.mdx", "/etc/passwd")):
        (docs / name).symlink_to(target)
    git(docs, "checkout", "-q", "main")
    git(docs, "add", "-A")
    git(docs, "commit", "-qm", "links")
    git(docs, "checkout", "-qB", "pull-request")
    edit(docs / SESSION_MAP, "400", "404")
    assert _selected(docs, tmp_path) == {"docs/2025-11-25/tutorials/session-map#typescript"}


def test_a_changed_baseline_entry_selects_its_example(docs: Path, tmp_path: Path) -> None:
    baseline = docs / "docprobe-baseline.toml"
    text = baseline.read_text()
    name = "docs/2025-11-25/tutorials/session-map#typescript"
    assert name in text
    start = text.index("[[known]]", text.rindex("\n\n", 0, text.index(name)))
    end = text.find("[[", start + 2)
    baseline.write_text(text[:start] + (text[end:] if end > 0 else ""))
    assert _selected(docs, tmp_path) == {name}


def test_a_changed_table_selects_the_examples_it_names(docs: Path, tmp_path: Path) -> None:
    edit(docs / "docprobe.toml", "tools.ts is left", "the module tools.ts is left")
    selected = _selected(docs, tmp_path)
    assert selected
    assert all(id.startswith("docs/2025-11-25/tutorials/split-up#") for id in selected), selected
    edit(docs / "docprobe.toml", 'profile = "mcp"', 'profile = "mcp"\ntimeout-s = 9')
    assert f"{BANNER}#python" in _selected(docs, tmp_path)


def test_a_docs_root_that_is_new_is_selected_whole(docs: Path, tmp_path: Path) -> None:
    moved = docs.parent / "moved"
    git(docs.parent, "mv", docs.name, moved.name)
    whole = load_config(moved, environ={}, state=tmp_path / "state", jobs=1)
    assert _selected(moved, tmp_path) == {example.id for example in make_plan(whole).examples}


# --- what a change takes from being checked -----------------------------------------------------------------------


# --- what git cannot tell ---------------------------------------------------------------------------------------


def _refused(docs: Path, tmp_path: Path, ref: str = "main") -> UsageError:
    with pytest.raises(UsageError) as caught:
        find_change(load_config(docs, environ={}, state=tmp_path), ref)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("ref", ["--output=x", "a b", ""])
def test_what_is_not_a_ref(docs: Path, tmp_path: Path, ref: str) -> None:
    _refused(docs, tmp_path, ref)


def test_an_unknown_ref_comes_with_how_to_fetch_it(docs: Path, tmp_path: Path) -> None:
    error = _refused(docs, tmp_path, "origin/release")
    assert "unknown ref" in error.message
    assert "git fetch origin release" in str(error.hint)


@pytest.mark.parametrize("trust", ["head", "base"])
@pytest.mark.parametrize("kind", ["heads", "tags"])
def test_a_branch_or_tag_does_not_pass_for_that_of_the_remote(
    docs: Path, tmp_path: Path, trust: str, kind: str
) -> None:
    """A local branch may have the name of a stranger's."""
    git(docs, "update-ref", "refs/remotes/origin/main", "main")
    flags = {"environ": {}, "state": tmp_path / "state", "trust": trust}
    git(docs, "update-ref", f"refs/{kind}/origin/main", "main")
    config = load_config(docs, changed_since="origin/main", **flags)
    assert find_change(config, "origin/main").ref == "origin/main", "the same commit, whichever it is"
    (docs / SESSION_MAP).write_text("# Nothing is left.\n")
    git(docs, "commit", "-qam", "a stranger's")
    git(docs, "update-ref", f"refs/{kind}/origin/main", "HEAD")
    both = " and ".join(sorted((f"refs/{kind}/origin/main", "refs/remotes/origin/main")))
    for ref in ("origin/main", "origin/main~0", "origin/main^{commit}"):
        with pytest.raises(UsageError, match=f"is ambiguous in this checkout: {both}"):
            find_change(load_config(docs, changed_since=ref, **flags), ref)
    whole = "refs/remotes/origin/main"
    assert find_change(load_config(docs, changed_since=whole, **flags), whole).files == (SESSION_MAP,)


@pytest.mark.parametrize("name", ["origin", "hash"])
def test_a_branch_does_not_pass_for_a_remote_or_a_commit(docs: Path, tmp_path: Path, name: str) -> None:
    git(docs, "update-ref", "refs/remotes/origin/main", "main")
    git(docs, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    whole = git(docs, "rev-parse", "main")
    ref = whole[:8] if name == "hash" else name
    flags = {"environ": {}, "state": tmp_path / "state"}
    find_change(load_config(docs, changed_since=ref, **flags), ref)
    (docs / SESSION_MAP).write_text("# Nothing is left.\n")
    git(docs, "commit", "-qam", "a stranger's")
    git(docs, "update-ref", f"refs/heads/{ref}", "HEAD")
    with pytest.raises(UsageError, match="is ambiguous in this checkout"):
        find_change(load_config(docs, changed_since=ref, **flags), ref)
    # a full hash wins over a branch of that name
    git(docs, "update-ref", f"refs/heads/{whole}", "HEAD")
    find_change(load_config(docs, changed_since=whole, **flags), whole)


def test_a_shallow_clone_comes_with_how_to_deepen_it(docs: Path, tmp_path: Path) -> None:
    for branch in ("pull-request", "main"):
        git(docs, "checkout", "-q", branch)
        (docs / SESSION_MAP).write_text((docs / SESSION_MAP).read_text() + branch)
        git(docs, "commit", "-qam", f"on {branch}")
    git(docs, "checkout", "-q", "pull-request")
    clone = tmp_path / "clone"
    source = f"file://{docs.parent}"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", source, "clone")
    error = _refused(clone / docs.name, tmp_path, "origin/main")
    assert "shallow" in error.message
    assert "fetch-depth: 0" in str(error.hint)
    git(tmp_path, "clone", "-q", "--depth=1", source, "narrow")
    assert "fetch-depth: 0" in str(_refused(tmp_path / "narrow" / docs.name, tmp_path, "origin/main").hint)


def test_histories_with_nothing_in_common(docs: Path, tmp_path: Path) -> None:
    git(docs, "checkout", "-q", "--orphan", "other")
    git(docs, "commit", "-qm", "other")
    assert "nothing in common" in _refused(docs, tmp_path).message


def test_outside_git(tmp_path: Path) -> None:
    (tmp_path / "docprobe.toml").write_text("")
    assert "not in a git checkout" in _refused(tmp_path, tmp_path).message


def test_in_a_hook_of_another_checkout(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    config = load_config(docs, environ={}, state=tmp_path / "state")
    assert find_change(config, "main").files == ()


def _pre_commit(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", "tool", "run", "--quiet", "--from", "pre-commit==4.3.0", "pre-commit"]
    return subprocess.run(
        [*command, *arguments], cwd=repository, check=False, timeout=300, capture_output=True, text=True
    )


@pytest.mark.registry
def test_the_hook_compares_with_what_the_remote_has(docs: Path, tmp_path: Path) -> None:
    """The shipped hook, installed by pre-commit itself as a pre-push hook, in a repository with a remote."""
    repository = docs.parent
    hook = yaml.safe_load((SAMPLE.parents[1] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]
    program = f"{sys.executable} -m harness.cli check {docs} --state {tmp_path / 'state'} --select first-server"
    hook |= {"entry": program, "language": "system", "stages": ["pre-push"], "verbose": True}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [hook]}]}))
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(repository, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "hooks")
    git(repository, "push", "-q", "origin", "pull-request")
    installed = _pre_commit(repository, "install", "--hook-type", "pre-push")
    assert installed.returncode == 0, installed.stdout + installed.stderr

    page = docs / "docs/2025-11-25/tutorials/first-server.mdx"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("```python", "A sentence of prose.\n\n```python", 1), encoding="utf-8")
    git(repository, "commit", "-qam", "prose")
    pushed = _push(repository)
    assert pushed.returncode == 0, pushed.stderr
    assert "nothing to check" in pushed.stdout + pushed.stderr

    page.write_text(text + "\n<!-- docprobe: nonsense=yes -->\n\n```python\nprint()\n```\n", encoding="utf-8")
    git(repository, "commit", "-qam", "everything is committed")
    pushed = _push(repository)
    # before the comparison with the remote's commit, a committed change was never seen
    assert "nothing to check" not in pushed.stdout + pushed.stderr
    assert "nonsense" in pushed.stdout + pushed.stderr


def _push(repository: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "push", "origin", "pull-request"],
        cwd=repository,
        check=False,
        timeout=300,
        capture_output=True,
        text=True,
    )
