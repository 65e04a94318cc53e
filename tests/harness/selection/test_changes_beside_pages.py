"""Changes of what a run reads beside the pages: settings that are gone, locks, JSON Schemas, rules in a submodule."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from harness.base.errors import UsageError
from harness.base.lock_file import SCHEMA
from harness.load import load_corpus, load_examples, load_normative_text
from harness.selection.affected import find_impact
from harness.selection.changed import find_change
from harness.settings import load_config
from tests.harness.selection.repositories import CODE, ID, RULES, SAMPLE, TUTORIAL, check, edit, git, talk, write_docs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.config import Config

pytestmark = pytest.mark.processes

GLUE = f'\n[examples."{ID}"]\nglue = {{ "server.ts" = "// status(404).json status(404).send" }}\n'
"""With it, the server answers as it should, by :func:`talk`."""
KNOWN = f'[[known]]\nexample = "{ID}"\nrequirement = "session.terminated-404"\nreason = "known"\n'
REVISION = "2025-11-25"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """One tutorial with a fault of old: four kinds of requests with an ended session id get 400."""
    return write_docs(tmp_path, {TUTORIAL: CODE})


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def commit(docs: Path) -> None:
    """Make what is there now what the change is compared with."""
    git(docs, "add", "-A", "..")
    git(docs, "commit", "-qm", "as it was")
    git(docs, "branch", "-f", "main")


def test_a_configuration_that_is_gone_is_a_change(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that the removed table had fixed comes back."""
    settings = docs.parent / "docprobe.toml"
    settings.write_text((docs / "docprobe.toml").read_text() + GLUE)
    shutil.copy(docs / "bindings.toml", docs.parent)
    commit(docs)
    (docs / "docprobe.toml").unlink()
    done = check(docs, state, monkeypatch, talk)
    fixed = {entry["requirement"] for entry in done.document["compared"]["fixed"]}
    assert (len(done.ran), "session.terminated-404" in fixed) == (2, True), "the one beside the docs counts now"
    settings.unlink()
    assert find_change(load_config(docs, environ={}, state=state), "main").configuration


def test_settings_behind_a_link_are_part_of_the_change(docs: Path, state: Path) -> None:
    """The link is as it was; what it leads to is not."""
    shared = docs.parent / "shared"
    shared.mkdir()
    (docs / "docprobe-baseline.toml").write_text(KNOWN)
    for name in ("docprobe.toml", "docprobe-baseline.toml"):
        (docs / name).rename(shared / name)
        (docs / name).symlink_to(f"../shared/{name}")
    commit(docs)
    config = load_config(docs, environ={}, state=state)
    assert find_change(config, "main").is_empty
    (shared / "docprobe-baseline.toml").write_text("")
    assert find_change(config, "main").baseline
    (shared / "docprobe.toml").write_text((shared / "docprobe.toml").read_text() + GLUE)
    assert find_change(config, "main").tables == {ID}
    (shared / "docprobe.toml").write_text((shared / "docprobe.toml").read_text() + "\n[limits]\nstart-s = 3\n")
    assert find_change(config, "main").configuration


def test_a_configuration_that_is_not_read_is_no_change(docs: Path, state: Path) -> None:
    (docs.parent / "docprobe.toml").write_text('profile = "plain"\n')
    config = load_config(docs, environ={}, state=state)
    assert find_change(config, "main").is_empty, "the one in the docs comes first"


def test_known_findings_whose_file_is_gone_fail_the_change(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "docprobe-baseline.toml").write_text(KNOWN)
    commit(docs)
    (docs / "docprobe-baseline.toml").unlink()
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})
    assert check(docs, state, monkeypatch, talk, "--baseline", "none").ran == [], "none was wanted then either"


def test_other_digests_of_images_run_everything_and_compare_with_nothing(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the same text did in the images of then is not known."""
    (docs / "docprobe-images.toml").write_text("# none yet\n")
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, done.changes(ID), len({*done.ran})) == (1, {"session.terminated-404": "introduced"}, 1)
    assert "examples run in other images than at the merge base, which were not run" in done.shown


def test_another_runtime_in_the_configuration_compares_with_nothing(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(docs / "docprobe.toml", 'profile = "mcp"\n', 'profile = "mcp"\nruntime = "runsc"\n')
    done = check(docs, state, monkeypatch, talk)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})


def test_a_lock_file_affects_the_texts_that_it_gives_other_packages(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = docs.parent / "lock.json"
    digest = check_digest(docs, state)

    def write(version: str, other: str) -> None:
        locks = {digest: {"today": f"express=={version}\n"}, "0" * 64: {"today": f"zod=={other}\n"}}
        lock.write_text(json.dumps({"schema": SCHEMA, "locks": locks}))

    write("1", "1")
    commit(docs)
    write("1", "2")
    assert check(docs, state, monkeypatch, talk, "--lock", str(lock)).ran == [], "another text's packages"
    write("2", "1")
    done = check(docs, state, monkeypatch, talk, "--lock", str(lock))
    assert (done.code, done.changes(ID)) == (0, {"session.terminated-404": "unchanged"})

    def worse(config: Config, locks: Mapping[str, str]) -> str:
        return "" if "==3" in locks.get("today", "") else "// status(404).json status(404).send\n"

    write("3", "1")
    done = check(docs, state, monkeypatch, talk, "--lock", str(lock), "--no-cache", under=worse)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})


def test_a_text_whose_lock_the_change_removes_is_compared_as_it_ran_then(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Edited at once: only with the packages of then does the earlier text answer as it should."""
    lock = docs.parent / "lock.json"
    locks = {check_digest(docs, state): {"today": "express==1\n"}}
    lock.write_text(json.dumps({"schema": SCHEMA, "locks": locks}))
    commit(docs)
    lock.write_text(json.dumps({"schema": SCHEMA, "locks": {}}))
    edit(docs / TUTORIAL, "a tutorial of sessions", "a tutorial")

    def locked(config: Config, locks: Mapping[str, str]) -> str:
        return "// status(404).json status(404).send\n" if locks else ""

    done = check(docs, state, monkeypatch, talk, "--lock", str(lock), under=locked)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})


@pytest.mark.parametrize(
    ("setting", "then"),
    [("[limits]\nmemory-mib = 64\n", "limits"), ('[layout]\nrevisions = ["2025-11-25"]\n', "revisions")],
)
def test_the_text_of_before_runs_under_the_settings_of_before(
    docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch, setting: str, then: str
) -> None:
    """What another limit or another revision to ask for breaks is not a fault that was there before."""

    def asked(config: Config, locks: Mapping[str, str]) -> str:
        kept = {"limits": config.limits.memory_mib == 512, "revisions": len(config.protocol_revisions) > 1}
        return "// status(404).json status(404).send\n" if kept[then] else ""

    settings = docs / "docprobe.toml"
    settings.write_text(settings.read_text() + setting)
    done = check(docs, state, monkeypatch, talk, under=asked)
    assert (done.code, done.changes(ID)) == (1, {"session.terminated-404": "introduced"})
    settings.write_text(settings.read_text() + "# a remark\n")
    commit(docs)
    settings.write_text('profile = "mcp"\nbindings = "bindings.toml"\n')
    done = check(docs, state, monkeypatch, talk, under=asked)
    assert "session.terminated-404" in {entry["requirement"] for entry in done.document["compared"]["fixed"]}


def check_digest(docs: Path, state: Path) -> str:
    """The digest of the tutorial's text."""
    found = load_examples(load_config(docs, environ={}, state=state)).all
    return next(example.digest for example in found if example.id == ID)


SCHEMA_OF: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"InitializeResult": {"type": "object", "required": ["protocolVersion"]}},
}


def test_a_changed_json_schema_is_said(docs: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the folder is another one by a link."""
    for name in ("schema", "other"):
        file = docs.parent / name / REVISION / "schema.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(SCHEMA_OF).replace("protocolVersion", name))
    commit(docs)
    said = f"this change modifies the JSON Schema of {REVISION}, by which messages are checked"
    (docs / TUTORIAL).write_text(CODE.replace("a tutorial", "the tutorial"))
    assert said not in check(docs, state, monkeypatch, talk).shown
    shutil.rmtree(docs.parent / "schema")
    (docs.parent / "schema").symlink_to("other")
    done = check(docs, state, monkeypatch, talk)
    assert said in done.shown
    assert said in done.annotations


def test_a_json_schema_that_is_as_it_was_affects_nothing(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read twice, now and as it was then."""
    other = "docs/2025-11-25/tutorials/other.mdx"
    docs = write_docs(tmp_path, {TUTORIAL: CODE, other: CODE.replace("a tutorial", "another tutorial")})
    file = docs.parent / "schema" / REVISION / "schema.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(SCHEMA_OF))
    commit(docs)
    (docs / TUTORIAL).write_text(CODE.replace("a tutorial", "the tutorial"))
    done = check(docs, state, monkeypatch, talk)
    assert [example["id"] for example in done.document["examples"]] == [ID]
    assert len(done.ran) == 2, "as it is and as it was"


@pytest.mark.parametrize("what", ["added", "edited", "removed"])
def test_a_json_schema_affects_what_it_judges(docs: Path, state: Path, what: str) -> None:
    file = docs.parent / "schema" / REVISION / "schema.json"
    file.parent.mkdir(parents=True)
    written = json.dumps(SCHEMA_OF)
    if what != "added":
        file.write_text(written)
        commit(docs)
    if what == "removed":
        shutil.rmtree(docs.parent / "schema")
    else:
        file.write_text(written.replace("protocolVersion", "serverInfo"))
    config = load_config(docs, environ={}, state=state, changed_since="main", jobs=1)
    since = find_change(config, "main")
    assert (since.files, since.schemas) == ((), True)
    corpus = load_corpus(config)
    examples, bound = load_examples(config, corpus).all, load_normative_text(config, corpus).bound
    impact = find_impact(config, since, corpus, examples, bound)
    affected = impact.affected_examples(examples)
    assert ID in {example.id for example in affected}
    assert {example.revision for example in affected} == {REVISION}
    assert impact.bound is not None
    was = impact.bound.requirements["message.schema", REVISION].schema
    assert (None if was is None else was.document) == (None if what == "added" else SCHEMA_OF)


@pytest.fixture
def guides(docs: Path, tmp_path: Path) -> Path:
    """Docs without rules of their own; the specification is a submodule of their checkout."""
    root = tmp_path / "guides" / "docs"
    root.mkdir(parents=True)
    git(root.parent, "init", "-q", "-b", "change", "--template=")
    local = ("-c", "protocol.file.allow=always")
    git(root.parent, *local, "submodule", "add", "-q", str(docs.parent), "mcp")
    (root / "sessions.md").write_text(CODE)
    (root / "docprobe.toml").write_text('profile = "plain"\nspec = "../mcp/site"\n')
    commit(root)
    return root


@pytest.mark.parametrize("how", ["edited", "committed", "pinned"])
def test_rules_in_a_submodule_are_part_of_the_change(
    guides: Path, state: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    assert check(guides, state, monkeypatch, talk).ran == [], "as it was"
    submodule = guides.parent / "mcp"
    edit(submodule / "site" / RULES, "status 404", "status 410")
    if how != "edited":
        git(submodule, "commit", "-qam", "another rule")
    if how == "pinned":
        git(guides.parent, "commit", "-qam", "the newer specification")
    done = check(guides, state, monkeypatch, talk)
    assert len(done.ran) == 1
    drift = {entry["requirement"]: entry["change"] for entry in done.document["drift"]}
    assert drift["session.terminated-404"] == "introduced"
    assert done.document["text_changes"][0]["changed"] == 1


def test_a_submodule_that_lacks_the_commit_of_then_is_an_error_with_what_to_fetch(guides: Path, state: Path) -> None:
    """As in a shallow clone of it."""
    git(guides, "update-index", "--cacheinfo", f"160000,{'1' * 40},mcp")
    git(guides, "commit", "-qm", "another commit of the specification")
    git(guides, "branch", "-f", "main")
    config = load_config(guides, environ={}, state=state)
    with pytest.raises(UsageError, match="the submodule mcp lacks commit") as error:
        find_change(config, "main")
    assert error.value.hint is not None
    assert error.value.hint.startswith("fetch it: git -C mcp fetch origin ")


def test_trusted_settings_of_a_submodule_are_those_of_its_commit_then(guides: Path, state: Path) -> None:
    """Which pages are normative, and the bindings to them: a newer specification that says otherwise is not believed."""
    git(guides, "branch", "-f", "main")
    own = guides.parent / "mcp" / "site"
    bindings = (own / "bindings.toml").read_text()
    (own / "docprobe.toml").write_text('profile = "plain"\n')
    (own / "bindings.toml").write_text("")
    git(own, "commit", "-qam", "other settings")
    git(guides, "commit", "-qam", "the newer specification")
    config = load_config(guides, environ={}, state=state, changed_since="main", trust="base")
    assert config.bindings is not None
    assert config.bindings.read_text() == bindings
    assert config.rules_layout.specification == load_config(SAMPLE, environ={}, state=state).layout.specification
    assert sorted(config.settings.unused) == ["mcp/site/bindings.toml", "mcp/site/docprobe.toml"]
    git(guides, "update-index", "--cacheinfo", f"160000,{'1' * 40},mcp")
    git(guides, "commit", "-qm", "a commit that the submodule lacks")
    git(guides, "branch", "-f", "main")
    with pytest.raises(UsageError, match="the submodule mcp lacks commit"):
        load_config(guides, environ={}, state=state, changed_since="main", trust="base")


@pytest.mark.parametrize("hidden", [False, True])
def test_a_page_of_a_submodule_is_compared_with_what_it_was(
    docs: Path, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    """What the change says of its submodules in .gitmodules hides nothing."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "page.mdx").write_text(CODE.replace("a tutorial of sessions", "another one"))
    git(shared, "init", "-q", "-b", "main", "--template=")
    git(shared, "add", "-A")
    git(shared, "commit", "-qm", "shared")
    git(docs, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(shared), f"docs/{REVISION}/shared")
    (docs / TUTORIAL).unlink()
    commit(docs)
    edit(docs / "docs" / REVISION / "shared" / "page.mdx", "status(400).json", "status(404).json")
    git(docs / "docs" / REVISION / "shared", "commit", "-qam", "newer")
    if hidden:
        with (docs.parent / ".gitmodules").open("a") as file:
            file.write("\tignore = all\n")
    git(docs, "commit", "-qam", "the newer pages")
    done = check(docs, state, monkeypatch, talk)
    id = f"docs/{REVISION}/shared/page#typescript"
    assert done.changes(id) == {"session.missing-400": "introduced", "session.terminated-404": "unchanged"}
