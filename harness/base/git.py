"""Git, run in one hardened way: plumbing commands whose output is read as bytes.

No checkout, no hooks, no filters, no file system monitor, no protocol but https and ssh, and never a prompt; nothing
that comes from a repository is run or followed. Commits are read as they were made: replacements and grafts of a
repository do not count.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.text import printable
from harness.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.base.host import HostEnvironment

MAX_BYTES: Final = 512 * 1024 * 1024
"""A tree larger than this is refused."""
GIT_TIMEOUT_S: Final = 600.0
MEDIA: Final = (
    ".avif", ".bmp", ".gif", ".heic", ".ico", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp",
    ".avi", ".m4a", ".m4v", ".mkv", ".mov", ".mp3", ".mp4", ".mpeg", ".mpg", ".oga", ".ogg", ".ogv", ".wav", ".webm",
    ".eot", ".otf", ".ttf", ".woff", ".woff2",
)  # fmt: skip
"""How files end that no page includes as text. Named here, as the tables of some machines call ``.ts`` a film."""
URL: Final = re.compile(r"(?:https|ssh)://|[\w.-]+@[\w.-]+:")
"""How a remote source begins; anything else is a folder."""
NOT_FETCHED: Final = (
    "a clone with a filter leaves files of the past out: fetch them with git fetch --refetch --no-filter; in CI check "
    "out without a filter"
)
"""What to do where git lacks an object of a commit that it has."""
_COMPARING: Final = frozenset({"diff", "status"})
"""Commands that read files of the working tree, through the filters that its attributes choose."""
_KINDS: Final = ("refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where git looks for a ref of a short name, in this order (gitrevisions, "SPECIFYING REVISIONS")."""
_REVISION: Final = re.compile(r"[\^~:]|@\{")
"""What begins after the name of a ref: ``main~2``."""
_ABBREVIATED: Final = re.compile(r"[0-9a-f]{4,39}")
"""The beginning of a commit's hash."""
LINK: Final = "120000"
"""Mode of a tree's entry that is a symbolic link."""
_NO_SUCH_KEY: Final = 1
"""Exit code of ``git config`` where nothing has that name (git-config, "DESCRIPTION")."""
_GIT: Final = (
    "git",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "protocol.allow=never",
    "-c", "protocol.https.allow=always",
    "-c", "protocol.ssh.allow=always",
    "--literal-pathspecs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GitFile:
    """A regular file of a commit, or a link."""

    path: str
    """Relative to the folder that was asked for; POSIX."""
    id: str
    """Its object id."""
    is_link: bool = False
    """Whether its content is the path that it leads to."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder of a checkout, or a bare repository, and the environment that git is run in."""

    path: Path
    host: HostEnvironment

    def git(self, *arguments: str, stdin: bytes = b"", timeout_s: float = GIT_TIMEOUT_S) -> bytes:
        """Run git in this folder and return what it prints.

        Raises:
            UsageError: git is not installed, failed (the message is git's own first line), or took too long.
        """
        # a caller's GIT_DIR (docprobe may run in a hook) would win over -C
        inherited = {key: value for key, value in self.host.variables.items() if not key.startswith("GIT_")}
        environment = {
            **inherited, "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull,
        }  # fmt: skip
        if arguments[0] in _COMPARING:
            environment |= self._without_filters(environment, timeout_s)
        code, output, said = self._run(arguments, environment, timeout_s, stdin)
        if code != 0:
            raise self._failed(arguments, said)
        return output

    def _run(
        self, arguments: Sequence[str], environment: Mapping[str, str], timeout_s: float, stdin: bytes = b""
    ) -> tuple[int, bytes, bytes]:
        """Run git; return its exit code, its output and its messages.

        Raises:
            UsageError: git is not installed, or took too long.
        """
        vector = (*_GIT, "-C", str(self.path), *arguments)
        pipe = subprocess.PIPE
        try:
            with subprocess.Popen(vector, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
                try:
                    output, said = process.communicate(stdin, timeout_s)
                except BaseException:
                    # its pipes are closed next: what it started would keep them open, and is not waited for
                    process.kill()
                    raise
        except FileNotFoundError as error:
            raise UsageError("git is not installed", "install git, or copy the docs by hand") from error
        except subprocess.TimeoutExpired as error:
            raise UsageError(
                f"git {arguments[0]} took longer than {timeout_s:.0f} s", "check the connection, or clone it by hand"
            ) from error
        return process.returncode, output, said

    def _failed(self, arguments: Sequence[str], said: bytes) -> UsageError:
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        # what git advises about its own settings comes first
        lines = [line for line in lines if not line.startswith("hint:")] or lines
        return UsageError(f"git {arguments[0]} failed: {lines[0] if lines else f'no such ref in {self.path}'}")

    def commit(self, ref: str) -> str:
        """Return the full hash of the commit that ``ref`` names. Raises UsageError if there is none."""
        return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()

    def has(self, ref: str) -> bool:
        """Return whether ``ref`` names a commit."""
        try:
            return bool(self.commit(ref))
        except UsageError:
            return False

    def check_one(self, ref: str) -> None:
        """Raise UsageError if several refs of different commits go by a name.

        Git would take the first of its kinds: a stranger's local branch ``origin/main``, before that of the remote.
        """
        name = _REVISION.split(ref, maxsplit=1)[0]
        names = [kind.format(name) for kind in _KINDS]
        listed = self.git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "--", *names)
        refs = [line.split() for line in listed.decode("utf-8", "surrogateescape").splitlines()]
        # the last is the commit of an annotated tag
        found = {line[0]: line[-1] for line in refs if line[0] in names}
        if found and _ABBREVIATED.fullmatch(name):
            # a full hash wins over a ref of that name; of an abbreviated one git takes the ref
            hashes = self.git("rev-parse", f"--disambiguate={name}").decode().split()
            found |= {one: one for one in hashes if self.has(one)}
        if len({*found.values()}) > 1:
            raise UsageError(
                f"{printable(ref)} is ambiguous in this checkout: {' and '.join(map(printable, sorted(found)))}",
                "name one of them in full",
            )

    def _without_filters(self, environment: Mapping[str, str], timeout_s: float) -> dict[str, str]:
        """Return variables for git by which no filter is a program: attributes of a page could choose any of them.

        Raises:
            UsageError: they are not known.
        """
        asked = ("config", "--null", "--name-only", "--get-regexp", r"^filter\.")
        code, listed, said = self._run(asked, environment, timeout_s)
        if code == _NO_SUCH_KEY and not said:
            return {}
        if code != 0:
            raise self._failed(asked, said)
        names = listed.decode("utf-8", "surrogateescape").split("\0")
        off = {"clean": "", "process": "", "required": "false"}
        drivers = sorted({name.rpartition(".")[0] for name in names if name})
        settings = [(f"{driver}.{key}", value) for driver in drivers for key, value in off.items()]
        variables = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings):
            variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return variables

    def content(self, file: GitFile) -> bytes:
        """Return the bytes of a file, of a link the path that it leads to. Raises UsageError if git lacks them."""
        return next(data for _, data in self.contents([file]))

    def files(self, commit: str, root: str, *, links: bool = False) -> Sequence[GitFile]:
        """List the regular files of a commit below ``root`` (``.`` for all), and links if asked. No submodules.

        Raises:
            UsageError: there are none, git has no such commit, or lacks its folders.
        """
        where = () if root == "." else (f"{root}/",)
        # without their sizes: in a clone with a filter those are not known of each
        listing = self.git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *where)
        files = []
        for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
            if not entry:
                continue
            facts, _, path = entry.partition("\t")
            mode, _, id = facts.split()
            is_link = mode == LINK
            if mode not in ("100644", "100755") and not (links and is_link):
                continue
            files.append(GitFile(path if root == "." else path.removeprefix(f"{root}/"), id, is_link))
        if not files:
            raise UsageError(f"commit {commit[:12]} has no files below {root}/", "name the folder of the docs: --root")
        return files

    def has_files(self, commit: str, root: str) -> bool:
        """Return whether a commit has anything below ``root`` (``.`` for all).

        Raises:
            UsageError: git has no such commit, or lacks its folders.
        """
        where = () if root == "." else (f"{root}/",)
        return bool(self.git("ls-tree", "-z", "--full-tree", commit, "--", *where))

    def versions(self, path: str, limit: int, *, first: str | None = None) -> Iterator[bytes]:
        """Yield what a file was in the history of HEAD, newest first; nothing if git does not know it.

        Args:
            path: relative to this folder.
            limit: versions that are read at most.
            first: a commit whose version comes first, such as the merge base of a change.
        """
        if limit == 0:
            return
        try:
            log = self.git("log", "--format=%H", f"--max-count={limit}", "HEAD", "--", path).decode().split()
        except UsageError:
            return
        for commit in [first, *log][:limit] if first else log:
            try:
                yield self.git("show", f"{commit}:./{path}")
            except UsageError:
                continue  # the commit that removed it

    def contents(self, files: Sequence[GitFile]) -> Iterator[tuple[GitFile, bytes]]:
        """Yield each file with its bytes as they are in git.

        Raises:
            UsageError: git does not have one of the objects, or they take more than MAX_BYTES.
        """
        request = "".join(f"{file.id}\n" for file in files).encode()
        try:
            sizes = self.git("cat-file", "--batch-check=%(objectsize)", stdin=request).split(b"\n")
        except UsageError as error:
            raise UsageError("this clone lacks files of its past", NOT_FETCHED) from error
        missing = next((file.path for file, size in zip(files, sizes, strict=False) if not size.isdigit()), None)
        if missing is not None:
            raise UsageError(f"this clone lacks {printable(missing)} as it was", NOT_FETCHED)
        total = sum(map(int, filter(None, sizes)))
        if total > MAX_BYTES:
            raise UsageError(
                f"the docs take {total // 2**20} MiB, over the limit of {MAX_BYTES // 2**20} MiB",
                "name the folder of the docs: --root",
            )
        answer = self.git("cat-file", "--batch", stdin=request)
        at = 0
        for file in files:
            head_end = answer.index(b"\n", at)
            id, kind, size = answer[at:head_end].split()
            if id.decode() != file.id or kind != b"blob":
                raise UsageError(f"git answered {answer[at:head_end]!r} for {file.path}")
            at = head_end + 1 + int(size) + 1
            yield file, answer[head_end + 1 : at - 1]

    def write(self, files: Sequence[GitFile], target: Path) -> None:
        """Write files below ``target``, byte for byte as they are in git.

        Raises:
            UsageError: a path would leave ``target``, git does not have one of the objects, or they take too much.
        """
        for file, data in self.contents(files):
            if ".." in PurePosixPath(file.path).parts or file.path.startswith("/"):
                raise UsageError(f"{file.path!r} would be written outside the snapshot")
            path = target / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


@contextmanager
def repository_at(source: str, ref: str, host: HostEnvironment) -> Iterator[tuple[Repository, str]]:
    """Give a local repository that has ``ref``, and the full hash of the commit that it names.

    Args:
        source: a folder, or an https or ssh URL; what a URL names is fetched into a temporary folder.
        ref: commit, tag or branch.
        host: the environment that git is run in.

    Raises:
        UsageError: ``source`` is neither a folder nor such a URL, or git finds no such ref there.
    """
    if not is_ref(ref):
        raise UsageError(f"{ref!r} is not a git ref", "name a branch, a tag or a commit")
    if Path(source).is_dir():
        repository = Repository(Path(source), host)
        yield repository, repository.commit(ref)
        return
    if not URL.match(source):
        raise UsageError(
            f"{source} is neither a folder nor an https or ssh URL", "give a checkout, or the URL to clone from"
        )
    # here, since no docs of a folder need it
    import tempfile

    with tempfile.TemporaryDirectory(prefix="docprobe-snapshot-") as temporary:
        repository = Repository(Path(temporary), host)
        repository.git("init", "--bare", "--quiet", ".")
        repository.git("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", source, ref)
        yield repository, repository.commit("FETCH_HEAD")


def is_ref(text: str) -> bool:
    """Return whether git may be given ``text`` as a ref: not an option, no blanks or control characters."""
    return not text.startswith("-") and all(ord(character) > 32 for character in text)


def is_media(path: str) -> bool:
    """Return whether a file's name says that it is a picture, a film, a sound or a font."""
    return path.lower().endswith(MEDIA)


def resolve_inside(named: Path, named_by: Path | None = None) -> Path:
    """Return the real path of a folder, which must lie in the working tree that it was named in.

    A pull request can replace a folder by a link: what is named in a checkout must not lead to other files of the
    machine, nor to another checkout. A folder that is named outside any working tree may lead anywhere.

    Args:
        named: the folder as given, links in it not followed.
        named_by: the file of the checkout that names it, if it is not a person who does: then the folder must lie in
            the working tree of that file.

    Raises:
        UsageError: the folder leads out of its working tree.
    """
    # lexically: Path.resolve would follow the very link that is in question
    absolute = Path(os.path.abspath(named))  # noqa: PTH100
    real = absolute.resolve()
    place = absolute if named_by is None else named_by.resolve()
    trees = [folder.resolve() for folder in place.parents if (folder / ".git").exists()]
    if not all(real.is_relative_to(tree) for tree in trees):
        if named_by is not None:
            raise UsageError(
                f"{named_by.name} leads out of its working tree, to {real}",
                "a file of a checkout may name folders of that checkout only, such as a submodule: name others by an "
                "option, such as --spec DIR",
            )
        raise UsageError(
            f"{named} leads out of its working tree, to {real}",
            "name that folder itself, if it is the one to read; a link in a checkout is not followed out of it",
        )
    return real
