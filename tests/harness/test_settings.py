from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import LinkError, UsageError
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "repo" / "docs"
    (root / "specification").mkdir(parents=True)
    (root / "docs").mkdir()
    return root


def test_the_docs_root_is_found_upward_and_from_the_repository_above_it(docs: Path) -> None:
    deep = docs / "docs" / "2025-11-25"
    deep.mkdir()
    assert load_config(None, cwd=deep, environ={}).docs == docs
    assert load_config(None, cwd=docs.parent, environ={}).docs == docs


def test_no_docs_root_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no docs root at or above") as caught:
        load_config(None, cwd=tmp_path, environ={})
    assert "specification/" in (caught.value.hint or "")


def test_flags_beat_the_file_and_the_file_beats_the_profile(docs: Path) -> None:
    (docs / "mine.toml").write_text("")
    (docs / "docprobe.toml").write_text(
        'bindings = "mine.toml"\ntimeout-s = 3.5\nruntime = "runsc"\n'
        '[layout]\nspecification = ["rules/*"]\n'
        "[limits]\nmemory-mib = 128\n"
        '[examples."docs/a*"]\ncommand = ["node", "a.js"]\nresolve-date = "2025-11-25"\n'
    )
    config = load_config(docs, environ={}, timeout_s=7.0)
    assert config.timeout_s == 7.0
    assert config.layout.specification == ("rules/*",)
    assert config.layout.revisions[-1] == "draft"
    assert config.limits.memory_mib == 128
    assert config.limits.cpus == 1.0
    assert config.bindings == docs / "mine.toml"
    assert config.overrides["docs/a*"].command == ("node", "a.js")
    assert load_config(docs, environ={}).timeout_s == 3.5
    assert (config.runtime, load_config(docs, environ={}, runtime="kata").runtime) == ("runsc", "kata")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("profil = 1\n", ":1: unknown key 'profil'", "profile"),
        ("\n[limits]\nmemory-mb = 1\n", ":3: unknown key 'memory-mb' in [limits]", "memory-mib"),
        (
            "[limits]\nmemory-mib = -5\n",
            ":2: limits.memory-mib: expected a number above 0, got -5",
            "correct that line",
        ),
        ("[limits]\ncpus = 0\n", ":2: limits.cpus: expected a number above 0, got 0", "correct that line"),
        ("[limits]\n\ncheck-s = nan\n", ":3: limits.check-s: expected a number above 0, got nan", "correct that line"),
        ('spec = "no-where"\n', "no-where does not exist", "give the docs root of the specification"),
        ('[limits]\nmemory-mib = "x"\n', ":2: limits.memory-mib: Expected `int`", "correct that line"),
        ('[examples."x"]\nskp = "y"\n', ":2: unknown key 'skp'", "skip"),
        ("a = 1 2\n", ":1: ", "correct that line"),
        ('profile = "mpc"\n', "unknown profile 'mpc'", "mcp"),
        ('bindings = "nosuch"\n', ":1: unknown bindings 'nosuch'", "mcp"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_line_and_the_next_step(
    docs: Path, text: str, message: str, hint: str
) -> None:
    (docs / "docprobe.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(docs, environ={})
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_baseline_beside_the_configuration_is_used_unless_none(docs: Path) -> None:
    (docs / "docprobe-baseline.toml").write_text("")
    assert load_config(docs, environ={}).baseline == docs / "docprobe-baseline.toml"
    assert load_config(docs, environ={}, baseline="none").baseline is None
    with pytest.raises(UsageError, match="does not exist"):
        load_config(docs, environ={}, baseline="other.toml")


@pytest.mark.parametrize("name", ["docprobe.toml", "docprobe-baseline.toml"])
@pytest.mark.parametrize("kind", ["folder", "link to nothing", "link to itself"])
def test_what_is_no_file_is_not_passed_over(docs: Path, name: str, kind: str) -> None:
    path = docs / name
    path.unlink(missing_ok=True)
    match kind:
        case "folder":
            path.mkdir()
        case "link to nothing":
            path.symlink_to(docs / "gone.toml")
        case _:
            path.symlink_to(path)
    with pytest.raises(UsageError, match=rf"{name} is not a readable file"):
        load_config(docs, environ={})


def test_the_state_folder_comes_from_flag_then_environment(docs: Path, tmp_path: Path) -> None:
    environ = {"DOCPROBE_STATE": str(tmp_path / "env")}
    assert load_config(docs, environ=environ).state == tmp_path / "env"
    assert load_config(docs, environ=environ, state=tmp_path / "flag").state == tmp_path / "flag"


@pytest.mark.parametrize("named", ["docs", "specification"])
def test_a_docs_root_or_specification_that_leads_out_of_the_checkout_is_refused(tmp_path: Path, named: str) -> None:
    """What a pull request can do: a folder becomes a link to files of the machine, or the configuration names them."""
    checkout, secret = tmp_path / "checkout", tmp_path / "secret"
    (checkout / ".git").mkdir(parents=True)
    (checkout / "docs").mkdir()
    secret.mkdir()
    if named == "docs":
        (checkout / "docs").rmdir()
        (checkout / "docs").symlink_to(secret)
        (secret / "docprobe.toml").write_text("")
    else:
        (checkout / "docs" / "docprobe.toml").write_text('spec = "../../secret"\n')
    with pytest.raises(UsageError, match="leads out of its working tree") as refused:
        load_config(checkout / "docs", environ={})
    assert ("--spec" in (refused.value.hint or "")) is (named == "specification"), (
        "a person may name what a file may not"
    )


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def changed(docs: Path) -> Path:
    """A docs root in a checkout: committed with settings of its own, and changed by a stranger in every one of them."""
    (docs / "docprobe.toml").write_text('bindings = "mine.toml"\ntimeout-s = 3.5\n')
    (docs / "mine.toml").write_text("# base\n")
    (docs / "docprobe-baseline.toml").write_text("# base\n")
    (docs / "lock.json").write_text("{}\n")
    git(docs.parent, "init", "-q", "-b", "main", "--template=")
    git(docs.parent, "add", "-A")
    git(docs.parent, "commit", "-qm", "base")
    (docs / "docprobe.toml").write_text('bindings = "mine.toml"\ntimeout-s = 99\n[examples."**"]\nskip = "x"\n')
    (docs / "mine.toml").write_text("# changed\n")
    (docs / "docprobe-baseline.toml").unlink()
    (docs / "docprobe-baseline.toml").symlink_to("/etc/hostname")
    (docs / "lock.json").write_text("changed\n")
    return docs


@pytest.mark.processes
def test_a_change_is_checked_by_the_settings_of_its_base(changed: Path, tmp_path: Path) -> None:
    flags = {"environ": {}, "state": tmp_path / "state", "changed_since": "main", "lock": changed / "lock.json"}
    config = load_config(changed, trust="base", **flags)
    assert (config.timeout_s, config.overrides) == (3.5, {})
    assert config.bindings is not None
    assert config.bindings.read_text() == "# base\n"
    assert config.baseline is not None
    assert config.baseline.read_text() == "# base\n"
    assert config.lock is not None
    assert config.lock.read_text() == "{}\n"
    assert (config.settings.trust, config.settings.ref) == ("base", "main")
    assert set(config.settings.unused) == {
        "docs/docprobe.toml", "docs/mine.toml", "docs/docprobe-baseline.toml", "docs/lock.json",
    }  # fmt: skip
    with pytest.raises(LinkError, match=r"docprobe-baseline\.toml points outside the repository: /etc/hostname"):
        load_config(changed, **flags)
    own = load_config(changed, baseline="none", **flags)
    assert (own.timeout_s, own.settings.trust, own.settings.unused) == (99, "head", ())


@pytest.mark.processes
@pytest.mark.parametrize("trust", ["base", "head"])
def test_settings_may_be_links_to_other_files_of_the_checkout(docs: Path, tmp_path: Path, trust: str) -> None:
    shared, own = docs.parent / "shared", {"docprobe.toml": "timeout-s = 3.5\n", "docprobe-baseline.toml": "# base\n"}
    shared.mkdir()
    for name, text in own.items():
        (shared / name).write_text(text)
        (docs / name).unlink(missing_ok=True)
        (docs / name).symlink_to(f"../shared/{name}")
    (shared / "lock.json").write_text("{}\n")
    (docs / "lock.json").symlink_to("../shared/lock.json")
    git(docs.parent, "init", "-q", "-b", "main", "--template=")
    git(docs.parent, "add", "-A")
    git(docs.parent, "commit", "-qm", "base")
    flags = {"environ": {}, "state": tmp_path / "state", "changed_since": "main", "lock": docs / "lock.json"}
    config = load_config(docs, trust=trust, **flags)
    assert (config.timeout_s, config.settings.unused) == (3.5, ())
    assert config.baseline is not None
    assert config.lock is not None
    assert (config.baseline.read_text(), config.lock.read_text()) == ("# base\n", "{}\n")
    (shared / "docprobe.toml").write_text("timeout-s = 99\n")
    assert load_config(docs, trust=trust, **flags).timeout_s == (3.5 if trust == "base" else 99)


@pytest.mark.processes
def test_settings_that_only_the_change_has_do_not_count(docs: Path, tmp_path: Path) -> None:
    git(docs.parent, "init", "-q", "-b", "main", "--template=")
    git(docs.parent, "commit", "-qm", "base", "--allow-empty")
    (docs / "docprobe.toml").write_text("timeout-s = 99\n")
    (docs.parent / "ci.toml").write_text("timeout-s = 98\n")
    flags = {"environ": {}, "state": tmp_path / "state", "changed_since": "main", "trust": "base"}
    config = load_config(docs, **flags)
    assert (config.timeout_s, config.file, config.settings.unused) == (10.0, None, ("docs/docprobe.toml",))
    with pytest.raises(UsageError, match=r"ci\.toml does not exist at main"):
        load_config(docs, docs.parent / "ci.toml", **flags)


@pytest.mark.processes
def test_a_file_outside_the_checkout_is_the_operators(changed: Path, tmp_path: Path) -> None:
    (tmp_path / "ci.toml").write_text("timeout-s = 7\n")
    config = load_config(
        changed, tmp_path / "ci.toml", environ={}, state=tmp_path / "state", changed_since="main", trust="base"
    )
    assert config.timeout_s == 7


@pytest.mark.processes
def test_a_link_on_the_way_to_a_settings_file_leads_nowhere_else(changed: Path, tmp_path: Path) -> None:
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "docprobe.toml").write_text("timeout-s = 99\n")
    git(changed.parent, "stash", "-q")
    moved = changed.parent / "moved"
    changed.rename(moved)
    (changed.parent / "docs").symlink_to(tmp_path / "evil")
    config = load_config(
        moved, changed / "docprobe.toml", environ={}, state=tmp_path / "state", changed_since="main", trust="base"
    )
    assert config.timeout_s == 3.5


def test_the_base_must_be_named(docs: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--trust base needs --changed-since REF"):
        load_config(docs, environ={}, state=tmp_path / "state", trust="base")


def test_a_specification_names_its_parties(docs: Path) -> None:
    (docs / "docprobe.toml").write_text('[parties]\nregistry = ["registry", "index"]\nserver = ["node"]\n')
    named = {party.name: party.nouns for party in load_config(docs, environ={}).profile.parties.named}
    assert (named["registry"], named["server"], named["client"][0]) == (("registry", "index"), ("node",), "client")


@pytest.mark.processes
def test_the_revision_of_all_pages_may_be_the_tag_of_the_commit(docs: Path) -> None:
    (docs / "docprobe.toml").write_text('[layout]\nrevisions = ["v1"]\nrevision-in = "git-tag"\n')

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, "-C", str(docs), *arguments], check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "x")
    with pytest.raises(UsageError, match="has no tag") as caught:
        load_config(docs)
    assert "check out a tag" in (caught.value.hint or "")
    git("tag", "v2")
    layout = load_config(docs).layout
    assert (layout.revision, layout.revisions) == ("v2", ("v1", "v2"))


def test_an_unknown_place_of_revisions_is_said(docs: Path) -> None:
    (docs / "docprobe.toml").write_text('[layout]\nrevision-in = "file"\n')
    with pytest.raises(UsageError, match=r":2: unknown place of a revision 'file'") as caught:
        load_config(docs, environ={})
    assert "file-name" in (caught.value.hint or "")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A checkout of a specification, whose docs root is the folder docs/."""
    page = tmp_path / "upstream" / "docs" / "specification" / "2025-11-25" / "basic.mdx"
    page.parent.mkdir(parents=True)
    page.write_text("A server MUST answer.\n")
    return tmp_path / "upstream"


def test_docs_may_be_one_page(docs: Path, tmp_path: Path) -> None:
    page = docs / "docs" / "a.md"
    page.write_text("A\n")
    config = load_config(page, environ={})
    assert (config.docs, config.layout.only, config.rules_layout.only) == (docs, ("docs/a.md",), ())
    alone = tmp_path / "README.md"
    alone.write_text("A\n")
    config = load_config(alone, environ={})
    assert (config.docs, config.layout.only) == (tmp_path, ("README.md",))


def test_a_checkout_whose_docs_are_in_a_folder_means_that_folder(docs: Path) -> None:
    (docs.parent / "README.md").write_text("A\n")
    config = load_config(docs.parent, environ={})
    assert (config.docs, config.layout.only) == (docs, ())
    (docs.parent / "docprobe.toml").write_text("")
    assert load_config(docs.parent, environ={}).docs == docs.parent


def test_a_folder_in_the_docs_is_a_part_of_them(docs: Path) -> None:
    part = docs / "docs" / "2025-11-25"
    part.mkdir()
    (part / "a.md").write_text("A\n")
    (docs / "docs" / "b.md").write_text("B\n")
    config = load_config(part, environ={})
    assert (config.docs, config.layout.only, config.rules_layout.only) == (docs, ("docs/2025-11-25/a.md",), ())
    assert load_config(docs / "docs", environ={}).layout.only == ("docs/2025-11-25/a.md", "docs/b.md")
    (part / "docprobe.toml").write_text("")
    assert load_config(part, environ={}).docs == part


def test_a_configuration_beside_the_docs_does_not_make_them_a_part(tmp_path: Path) -> None:
    (tmp_path / "docprobe.toml").write_text("timeout-s = 3.5\n")
    (tmp_path / "docs").mkdir()
    config = load_config(tmp_path / "docs", environ={})
    assert (config.docs, config.layout.only, config.timeout_s) == (tmp_path / "docs", (), 3.5)


def test_a_part_of_the_docs_without_pages_is_refused(docs: Path) -> None:
    (docs / "images").mkdir()
    with pytest.raises(UsageError, match=r"holds no pages \(\.md, \.mdx\)") as caught:
        load_config(docs / "images", environ={})
    assert "docs root" in (caught.value.hint or "")


def test_another_checkout_in_the_docs_is_not_a_part_of_them(docs: Path) -> None:
    (docs / "vendored" / ".git").mkdir(parents=True)
    assert load_config(docs / "vendored", environ={}).docs == docs / "vendored"


def test_a_page_above_which_another_checkout_begins_has_its_own_folder(docs: Path) -> None:
    inner = docs / "vendored"
    (inner / ".git").mkdir(parents=True)
    (inner / "README.md").write_text("A\n")
    assert load_config(inner / "README.md", environ={}).docs == inner


def test_what_is_neither_folder_nor_page_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UsageError, match=r"is not a folder or a page") as caught:
        load_config(tmp_path / "a.txt", environ={})
    assert "or one page" in (caught.value.hint or "")


@pytest.mark.parametrize("inner", [".", "docs"])
@pytest.mark.parametrize("profile", ["mcp", "plain"])
def test_the_specification_may_be_named_by_its_repository(tmp_path: Path, spec: Path, profile: str, inner: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "docprobe.toml").write_text(f'profile = "{profile}"\n')
    config = load_config(tmp_path / "mine", environ={}, spec=spec / inner)
    assert config.spec == spec / "docs"
    assert config.rules_layout.specification == ("/specification", *config.rules_layout.specification[1:])
    assert config.bindings is not None
    assert config.bindings.name == "bindings.toml"


def test_a_specification_says_itself_where_its_pages_are(tmp_path: Path, spec: Path) -> None:
    (spec / "docprobe.toml").write_text('profile = "general"\n[layout]\nspecification = ["rules.md"]\n')
    (spec / "rules.md").touch()
    (tmp_path / "README.md").touch()
    config = load_config(tmp_path / "README.md", environ={}, spec=spec)
    assert (config.spec, config.rules_layout.specification) == (spec, ("rules.md",))


def test_a_wrong_specification_is_said(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="empty holds no specification") as caught:
        load_config(docs, environ={}, spec=tmp_path / "empty")
    assert "or its repository" in (caught.value.hint or "")
