"""What a pull request touches: ``--changed-since REF``. Git decides; nothing of the docs is run."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extractor.model import Example, Statement
    from harness.config import Config
    from harness.requirements.binding import Bound

GIT_TIMEOUT_S: Final = 60.0
PAGES: Final = frozenset({".md", ".mdx", ".markdown"})


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between the merge base with a ref and the working tree, below the docs root."""

    ref: str
    base: str
    """The merge base, full hash."""
    files: tuple[str, ...]
    """Changed, added and removed files, relative to the docs root; the configuration's by their names."""
    configuration: bool
    """Whether docprobe's own configuration or bindings changed: then everything is selected."""


def change(config: Config, ref: str) -> Change:
    """Ask git. A few milliseconds.

    Raises:
        UsageError: not a git checkout, or the ref is unknown; the hint says what to fetch.
    """
    root = config.docs
    if ref.startswith("-"):
        raise UsageError(f"--changed-since '{ref}' is no git ref")
    base = _git(root, "merge-base", "--", ref, "HEAD").strip()
    tracked = _git(root, "diff", "--name-only", "-z", "--relative", "--no-ext-diff", "--no-textconv", base, "--", ".")
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    files = tuple(sorted({name for name in (tracked + untracked).split("\0") if name}))
    return Change(ref, base, files, _configuration_changed(config, base))


def selector(config: Config, since: Change, bound: Bound, examples: tuple[Example, ...]) -> Callable[[Example], bool]:
    """A filter for the examples that the change concerns.

    An example is concerned if its own text (blocks, includes, configuration) differs from the merge base, or if a
    sentence that a requirement of its revision stands on differs.
    """
    if since.configuration:
        return lambda example: True
    before = _examples_before(config, since)
    revisions = _revisions_reworded(config, since, bound)
    changed = {e.id for e in examples if before.get(e.id) != e.digest}
    return lambda example: example.id in changed or example.revision in revisions


def relevant(since: Change) -> bool:
    """Whether any page, included file or configuration changed at all."""
    return since.configuration or bool(since.files)


def _examples_before(config: Config, since: Change) -> Mapping[str, str]:
    """Example id to digest at the merge base."""
    from extractor.corpus import extract
    from extractor.examples import find_examples
    from harness.stages.printed import printed

    with _tree_at(config.docs, since.base) as old:
        if old is None:
            return {}
        corpus = extract(old, config.layout, statements=False)
        found = find_examples(corpus, overrides=config.overrides, python_packages=config.python_packages)
        shown = [entry.example for entry in printed(corpus)]
        return {example.id: example.digest for example in (*found, *shown)}


def _revisions_reworded(config: Config, since: Change, bound: Bound) -> frozenset[str | None]:
    """Revisions in which a sentence that some requirement stands on is new or reads differently."""
    from extractor.pages import read_page
    from extractor.statements import statements_of

    root = config.spec or config.docs
    if root != config.docs:
        return frozenset()
    pages = {name for name in since.files if PurePosixPath(name).suffix in PAGES}
    touched: set[str | None] = set()
    with _tree_at(root, since.base) as old:
        for (_, revision), row in bound.requirements.items():
            statement = row.statement
            if statement is None or statement.page not in pages or revision in touched:
                continue
            before: tuple[Statement, ...] = ()
            if old is not None and (old / statement.page).is_file():
                before = statements_of(read_page(old, statement.page, config.layout))
            if statement.fingerprint not in {s.fingerprint for s in before}:
                touched.add(revision)
    return frozenset(touched)


def _configuration_changed(config: Config, base: str) -> bool:
    names = [config.file] if config.file else []
    if config.bindings and config.bindings.endswith(".toml"):
        names.append(Path(config.bindings))
    for path in names:
        if not path.is_relative_to(config.docs.parent):
            continue
        folder = path.parent
        if _git(folder, "diff", "--name-only", "--no-ext-diff", base, "--", path.name).strip():
            return True
        if _git(folder, "ls-files", "--others", "--", path.name).strip():
            return True
    return False


class _tree_at:
    """The docs root as it was at a commit, in a temporary folder; None if it was not there."""

    def __init__(self, root: Path, commit: str) -> None:
        self._root, self._commit = root, commit
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Path | None:
        prefix = _git(self._root, "rev-parse", "--show-prefix").strip().rstrip("/")
        tree = f"{self._commit}:{prefix}" if prefix else self._commit
        # archived from the top: inside a folder, git looks for that folder in the tree once more
        top = Path(_git(self._root, "rev-parse", "--show-toplevel").rstrip("\n"))
        try:
            archive = _git_bytes(top, "archive", "--format=tar", tree)
        except UsageError:
            return None
        self._folder = tempfile.TemporaryDirectory(prefix="docprobe-base-")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(self._folder.name, filter="data")
        return Path(self._folder.name)

    def __exit__(self, *exc: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()


def _git(folder: Path, *arguments: str) -> str:
    return _git_bytes(folder, *arguments).decode("utf-8", "surrogateescape")


def _git_bytes(folder: Path, *arguments: str) -> bytes:
    """Run git with a fixed argument vector; no hooks, no pager, no external diff of the repository's choosing."""
    vector = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    try:
        done = subprocess.run(vector, capture_output=True, check=True, timeout=GIT_TIMEOUT_S)
    except FileNotFoundError as error:
        raise UsageError("--changed-since needs git, and there is none", "install git") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(
            f"git {arguments[0]} failed: {said[-1] if said else error.returncode}",
            "in CI, check out with the full history (fetch-depth: 0) so that the ref is there",
        ) from error
    return done.stdout
