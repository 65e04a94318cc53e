"""The files of one commit, asked of git by its bytes.

Plumbing only: no checkout, no filters, no hooks, and nothing that comes from there is run or followed.
"""

from __future__ import annotations

import mimetypes
import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES: Final = 512 * 1024 * 1024
"""A tree larger than this is refused."""
GIT_TIMEOUT_S: Final = 600.0
MEDIA: Final = ("image/", "video/", "audio/", "font/")
"""Media types of files that no page includes as text."""
URL: Final = re.compile(r"(?:https|ssh)://|[\w.-]+@[\w.-]+:")
"""How a remote source begins; anything else is a folder."""
_GIT: Final = (
    "git",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "protocol.allow=never",
    "-c", "protocol.https.allow=always",
    "-c", "protocol.ssh.allow=always",
)  # fmt: skip


@contextmanager
def repository_at(source: str, ref: str) -> Iterator[tuple[Path, str]]:
    """A local repository that has ``ref``, and the full hash of the commit it names.

    Raises:
        UsageError: ``source`` is neither a folder nor an https or ssh URL, or git finds no such ref there.
    """
    if ref.startswith("-") or any(ord(character) < 33 for character in ref):
        raise UsageError(f"{ref!r} is no git ref")
    if Path(source).is_dir():
        yield Path(source), _commit(Path(source), ref)
        return
    if not URL.match(source):
        raise UsageError(f"{source}: neither a folder nor an https or ssh URL")
    with tempfile.TemporaryDirectory(prefix="docprobe-snapshot-") as temporary:
        repository = Path(temporary)
        git(repository, "init", "--bare", "--quiet", ".")
        git(repository, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", source, ref)
        yield repository, _commit(repository, "FETCH_HEAD")


def _commit(repository: Path, ref: str) -> str:
    return git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()


def files_of(repository: Path, commit: str, root: str) -> Sequence[tuple[str, str]]:
    """Path below ``root`` and object id of every regular file. Links and submodules are left out."""
    where = () if root == "." else (f"{root}/",)
    listing = git(repository, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", *where)
    files = []
    total = 0
    for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
        if not entry:
            continue
        facts, _, path = entry.partition("\t")
        mode, _, id, size = facts.split()
        if mode not in ("100644", "100755"):
            continue
        total += int(size)
        files.append((path if root == "." else path.removeprefix(f"{root}/"), id))
    if not files:
        raise UsageError(f"commit {commit[:12]} has no files below {root}/", "say where the docs are with --root")
    if total > MAX_BYTES:
        raise UsageError(f"the docs take {total // 2**20} MiB, over the limit of {MAX_BYTES // 2**20} MiB")
    return files


def is_media(path: str) -> bool:
    """Whether a file is told by its name to be a picture, a film, a sound or a font."""
    return (mimetypes.guess_type(path)[0] or "").startswith(MEDIA)


def write_files(repository: Path, files: Sequence[tuple[str, str]], target: Path) -> None:
    """Write every file by its bytes in git; the paths are checked although git promises as much."""
    asked = "".join(f"{id}\n" for _, id in files).encode()
    answer = git(repository, "cat-file", "--batch", stdin=asked)
    at = 0
    for path, id in files:
        parts = PurePosixPath(path).parts
        if ".." in parts or path.startswith("/"):
            raise UsageError(f"{path!r} would be written outside the snapshot")
        head_end = answer.index(b"\n", at)
        found, kind, size = answer[at:head_end].split()
        if found.decode() != id or kind != b"blob":
            raise UsageError(f"git answered {answer[at:head_end]!r} for {path}")
        at = head_end + 1 + int(size) + 1
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer[head_end + 1 : at - 1])


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What git prints, run in ``repository`` with a fixed argument vector. Raises UsageError with git's own words."""
    # a caller's GIT_DIR (we may run in a hook) would win over -C
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment = {**inherited, "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    vector = (*_GIT, "-C", str(repository), *arguments)
    try:
        done = subprocess.run(
            vector, input=stdin, capture_output=True, timeout=GIT_TIMEOUT_S, check=False, env=environment
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed", "install git, or copy the docs by hand") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"git {arguments[0]} took longer than {GIT_TIMEOUT_S:.0f} s") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"git {arguments[0]} failed: {said[0] if said else f'no such ref in {repository}'}")
    return done.stdout
