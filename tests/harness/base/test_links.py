"""Links in a checkout are followed alike in a commit and in the working tree, and never out of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.base.checkout import FilesAt, file_at
from harness.base.errors import LinkError
from harness.base.git import Repository
from harness.base.host import HostEnvironment
from harness.base.links import MOST_LINKS, follow, links_to

HOST = HostEnvironment.of(os.environ)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "docs").mkdir(parents=True)
    (root / "shared" / "deep").mkdir(parents=True)
    (root / "shared" / "settings.toml").write_text("# shared\n")
    (tmp_path / "secret.toml").write_text("# secret\n")
    git(root, "init", "-q", "-b", "main", "--template=")
    return root


def commit(root: Path) -> str:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "links")
    return Repository(root, HOST).commit("HEAD")


LEADS = {
    "../shared/settings.toml": "# shared\n",
    "../shared/deep/../settings.toml": "# shared\n",
    "../via/settings.toml": "# shared\n",
    "../gone.toml": None,
}
OUTSIDE = ("../../secret.toml", "/etc/hostname", "../shared/../../checkout/shared/settings.toml", "../out/secret.toml")


@pytest.mark.processes
@pytest.mark.parametrize("target", LEADS)
def test_a_link_inside_is_followed(checkout: Path, tmp_path: Path, target: str) -> None:
    (checkout / "via").symlink_to("shared")
    (checkout / "shared" / "deep" / "any").write_text("")
    path = checkout / "docs" / "docprobe.toml"
    path.symlink_to(target)
    made = commit(checkout)
    now = links_to(path)
    assert now[0] == path
    assert (now[-1].read_text() if now[-1].exists() else None) == LEADS[target]
    (checkout / "shared" / "settings.toml").write_text("# changed\n")
    then = file_at(path, Repository(checkout, HOST), made)
    assert (then and then.decode()) == LEADS[target]
    copy = FilesAt.of(checkout, "HEAD", tmp_path / "copies", HOST).copy(path)
    assert (copy and copy.read_text()) == LEADS[target]


@pytest.mark.processes
@pytest.mark.parametrize("target", [*OUTSIDE, "docprobe.toml", "../loop"])
def test_a_link_that_leads_out_or_round_is_refused_by_name(checkout: Path, tmp_path: Path, target: str) -> None:
    (checkout / "loop").symlink_to("docs/docprobe.toml")
    (checkout / "out").symlink_to("..")
    path = checkout / "docs" / "docprobe.toml"
    path.symlink_to(target)
    commit(checkout)
    why = "points outside the repository:" if target in OUTSIDE else "is part of a loop"
    with pytest.raises(LinkError, match=rf"docprobe\.toml cannot be read: the link .* {why}"):
        links_to(path)
    files = FilesAt.of(checkout, "HEAD", tmp_path / "copies", HOST)
    path.unlink()
    with pytest.raises(LinkError, match=rf"docs/docprobe\.toml of commit \w+ cannot be read: the link .* {why}"):
        files.copy(path)


@pytest.mark.processes
@pytest.mark.parametrize("out", [False, True])
def test_a_link_into_a_submodule_is_followed_and_none_out_of_it(checkout: Path, tmp_path: Path, out: bool) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main", "--template=")
    (inner / "own.toml").write_text("# of the submodule\n")
    if out:
        (inner / "own.toml").unlink()
        (inner / "own.toml").symlink_to("../shared/settings.toml")
    commit(inner)
    git(checkout, "submodule", "--quiet", "add", str(inner), "sub")
    path = checkout / "docs" / "docprobe.toml"
    path.symlink_to("../sub/own.toml")
    commit(checkout)
    files = FilesAt.of(checkout, "HEAD", tmp_path / "copies", HOST)
    if out:
        for read in (files.copy, links_to):
            with pytest.raises(LinkError, match="points outside the repository"):
                read(path)
        return
    assert links_to(path)[-1].read_text() == "# of the submodule\n"
    copy = files.copy(path)
    assert copy is not None
    assert copy.read_text() == "# of the submodule\n"


@pytest.mark.processes
def test_what_a_change_puts_in_place_of_a_file_is_not_read_without_end(checkout: Path, tmp_path: Path) -> None:
    path = checkout / "docs" / "docprobe.toml"
    path.write_text("# base\n")
    commit(checkout)
    path.unlink()
    path.symlink_to("/dev/zero")
    files = FilesAt.of(checkout, "HEAD", tmp_path / "copies", HOST)
    copy = files.copy(path)
    assert copy is not None
    assert (copy.read_text(), files.unused) == ("# base\n", ["docs/docprobe.toml"])


def test_as_many_links_are_followed_as_the_kernel_follows() -> None:
    chain = {f"l{number}": f"l{number + 1}" for number in range(100)}
    last = f"l{100 - MOST_LINKS}"
    assert follow(last, chain.get, lambda path: False)[-1] == "l100"
    with pytest.raises(LinkError, match="is part of a loop"):
        follow(f"l{99 - MOST_LINKS}", chain.get, lambda path: False)


def test_a_file_in_no_checkout_may_be_any_link(tmp_path: Path) -> None:
    (tmp_path / "link.toml").symlink_to("/etc/hostname")
    assert links_to(tmp_path / "link.toml") == (tmp_path / "link.toml",)


def test_what_a_link_says_is_shown_as_it_can_be_shown() -> None:
    with pytest.raises(LinkError) as refused:
        follow("docprobe.toml", {"docprobe.toml": "/etc/\x1b[2Jx\n::error::y"}.get, lambda path: False)
    assert refused.value.message.isprintable()
