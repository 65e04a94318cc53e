"""``docprobe snapshot``: pin, verify and compare docs; the comparison is written as text and as JSON."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extractor.base.globs import matches_any, unused_patterns
from extractor.base.suggest import suggestion
from extractor.base.text import printable
from harness.base.codec import to_document
from harness.base.errors import UsageError
from harness.base.escape import defused
from harness.base.host import HostEnvironment
from harness.cli.context import Cli, Group, pass_cli, table_or_json_option
from harness.load import load_normative_text
from harness.selection.changed import find_change
from harness.selection.undone import folder_before
from harness.settings import load_config
from harness.spec.diff import ChangeKind, StatementChange, diff_statements
from harness.spec.pinned_docs import MANIFEST, UPSTREAM, read_manifest, sync, verify
from harness.spec.word_changes import mark_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Statement
    from harness.config import Config
    from harness.load import NormativeText


def to_text(changes: Sequence[StatementChange], old: str, new: str) -> str:
    """Return the changes under one heading per kind, gravest first; those that affect a requirement first.

    ``old`` and ``new`` name the two states. Words that went are in ``[-…-]``, words that came in ``{+…+}``.
    """
    return defused("\n".join(_lines(changes, old, new)) + "\n")


def to_json(changes: Sequence[StatementChange], old: str, new: str) -> str:
    """Return the changes as one JSON document, the same for the same docs."""
    document: dict[str, Any] = {
        "schema": "docprobe-changes/1",
        "old": old,
        "new": new,
        "summary": {kind.value: count for kind, count in _counts(changes)},
        "requirements": sorted({id for change in changes for id in change.requirements}),
        "changes": [
            {
                "kind": change.kind,
                "similarity": change.similarity,
                "requirements": change.requirements,
                "old": _place(change.old),
                "new": _place(change.new),
            }
            for change in changes
        ],
    }
    return to_document(document)


def _lines(changes: Sequence[StatementChange], old: str, new: str) -> Iterator[str]:
    counts = ", ".join(f"{count} {kind}" for kind, count in _counts(changes)) or "no changes"
    yield f"{printable(old)} -> {printable(new)}: {counts}"
    touched = sorted({id for change in changes for id in change.requirements})
    yield f"requirements affected: {', '.join(touched) or 'none'}"
    for kind in ChangeKind:
        group = [change for change in changes if change.kind is kind]
        if not group:
            continue
        yield ""
        yield f"{kind.upper()} ({len(group)})"
        group.sort(key=lambda change: not change.requirements)
        for _, same in groupby(group, key=_sentence):
            yield from _entry(list(same))


def _sentence(change: StatementChange) -> tuple[object, ...]:
    """Return a key that changes share if they are shown together: keywords of one sentence that went or came."""
    side = change.new or change.old
    lone = side if change.old is None or change.new is None else None
    return (lone.span, lone.text, change.requirements) if lone else (id(change),)


def _entry(same: Sequence[StatementChange]) -> Iterator[str]:
    change = same[0]
    levels: list[str] = list(dict.fromkeys(side.level for side in (change.old, change.new) if side))
    if len(same) > 1:
        levels = [" and ".join(dict.fromkeys(s.level for one in same for s in (one.old, one.new) if s))]
    places = [f"{printable(str(side.page))}:{side.line}" for side in (change.old, change.new) if side]
    touched = f"  [{', '.join(change.requirements)}]" if change.requirements else ""
    yield f"  {' -> '.join(levels)}  {' -> '.join(places)}{touched}"
    if change.old and change.new and change.kind is not ChangeKind.MOVED:
        yield f"      {printable(mark_changes(change.old.text, change.new.text))}"
    elif statement := change.new or change.old:
        yield f"      {printable(statement.text)}"


def _counts(changes: Sequence[StatementChange]) -> list[tuple[ChangeKind, int]]:
    counts = Counter(change.kind for change in changes)
    return [(kind, counts[kind]) for kind in ChangeKind if counts[kind]]


def _place(statement: Statement | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    return {
        "page": statement.page,
        "revision": statement.revision,
        "anchor": statement.anchor,
        "first": statement.span.first,
        "last": statement.span.last,
        "line": statement.line,
        "level": statement.level,
        "subject": statement.subject,
        "fingerprint": statement.fingerprint,
        "text": statement.text,
    }


FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("docs-snapshot"), show_default=True,
    help="Folder of snapshot.toml and upstream/.",
)  # fmt: skip


@click.group("snapshot", cls=Group, short_help="Pin, verify and compare copies of the docs.")
def command() -> None:
    """Pin a copy of the docs, verify it, and compare the normative text of two versions."""


@command.command("sync", short_help="Copy the docs of one commit and pin them.")
@click.option("--from", "source", required=True, metavar="CHECKOUT_OR_URL", help="A git checkout, or its URL.")
@click.option("--ref", metavar="REF", help="Commit, tag or branch. [default: the pinned commit, else HEAD]")
@click.option(
    "--root", metavar="FOLDER", help="Folder of the docs in the repository. [default: the pinned one, else docs]"
)
@FOLDER
@pass_cli
def sync_command(cli: Cli, source: str, ref: str | None, root: str | None, folder: Path) -> None:
    """Copy the docs of one commit to FOLDER/upstream and pin them in FOLDER/snapshot.toml.

    Without --ref, the pinned snapshot is rebuilt byte for byte. With --ref, that commit is pinned.
    """
    before = read_manifest(folder / MANIFEST).commit if (folder / MANIFEST).is_file() else None
    manifest, moved = sync(source, ref, folder, HostEnvironment.of(os.environ), root=root)
    click.echo(folder / UPSTREAM)
    pin = f"pinned {manifest.commit[:12]}" + (f", was {before[:12]}" if before and moved else "")
    cli.err().print(f"{len(manifest.pages)} pages, {pin}", markup=False, soft_wrap=True)


@command.command("verify", short_help="Compare the pages with the pinned ones.")
@click.argument("docs", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@FOLDER
def verify_command(docs: Path | None, folder: Path) -> None:
    """Compare the pages in DOCS with those that FOLDER/snapshot.toml pins. DOCS defaults to FOLDER/upstream.

    Exit codes: 0 they are the same, 1 they differ, 2 usage error.
    """
    manifest = read_manifest(folder / MANIFEST)
    docs = docs or folder / UPSTREAM
    if not docs.is_dir():
        raise UsageError(
            f"{docs} does not exist", f"copy the docs: docprobe snapshot sync --from CHECKOUT_OR_URL --folder {folder}"
        )
    result = verify(docs, manifest)
    for what, paths in (("missing", result.missing), ("changed", result.changed), ("extra", result.extra)):
        for path in paths:
            click.echo(defused(f"{what}  {printable(path)}"))
    verdict = "the same as" if result.whole else "differs from"
    click.echo(f"{verdict} {manifest.repository} at {manifest.commit[:12]}", err=True)
    click.get_current_context().exit(0 if result.whole else 1)


@command.command("diff", short_help="Compare the sentences of two docs roots, revisions or states.")
@click.argument("old", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="[A]")
@click.argument("new", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="[B]")
@click.option(
    "--revision", "revisions", nargs=2, metavar="OLD NEW", help="Compare these revisions, of A or of A and B."
)
@click.option("--since", metavar="REF", help="Compare A at its merge base with REF to A as it is now.")
@click.option("--select", multiple=True, metavar="GLOB", help="Only pages that match, such as 'basic/*'. Repeatable.")
@click.option("--touching", is_flag=True, help="Only changes of statements that a requirement is bound to.")
@table_or_json_option
@pass_cli
def diff_command(
    cli: Cli,
    old: Path | None,
    new: Path | None,
    revisions: tuple[str, str] | None,
    since: str | None,
    select: tuple[str, ...],
    touching: bool,
    form: str,
) -> None:
    """Compare the normative statements of two docs roots, of two revisions, or of one root before and after a change.

    \b
    docprobe snapshot diff old/docs new/docs
    docprobe snapshot diff docs --revision 2025-06-18 2025-11-25 --select basic
    docprobe snapshot diff docs --since origin/main
    """
    if new is None and revisions is None and since is None:
        raise UsageError("there is nothing to compare with", "give two docs roots, --revision OLD NEW, or --since REF")
    if since is not None and new is not None:
        raise UsageError("--since compares one docs root with itself", "leave out B or --since")
    old_text = load_normative_text(load_config(old, cli.config_file))
    new_text = old_text if new is None else load_normative_text(load_config(new, cli.config_file))
    if since is not None:
        old_text = _text_since(load_config(old, cli.config_file), since)
    before: Sequence[Statement] = [s for s in old_text.statements if not s.quoted]
    after: Sequence[Statement] = [s for s in new_text.statements if not s.quoted]
    names = [since or str(old or "docs"), str(new or old or "docs")]
    if revisions:
        before, after = _of_revision(before, revisions[0]), _of_revision(after, revisions[1])
        one_state = new is None and since is None
        names = list(revisions) if one_state else [f"{n} {r}" for n, r in zip(names, revisions, strict=True)]
    if select:
        _check_patterns(select, sorted({statement.page for statement in (*before, *after)}))
        before, after = ([s for s in side if matches_any(s.page, select)] for side in (before, after))
    found = diff_statements(
        before,
        after,
        page_of=_page_without_revision if revisions else lambda statement: statement.page,
        requirements_of=lambda s: (*old_text.bound.requirements_of(s), *new_text.bound.requirements_of(s)),
    )
    if touching:
        found = tuple(change for change in found if change.requirements)
    sys.stdout.write((to_json if form == "json" else to_text)(found, *names))


def _text_since(config: Config, ref: str) -> NormativeText:
    """Return the normative text as it was at the merge base with ``ref``. Raises UsageError if it was not there."""
    root = config.spec or config.docs
    base = find_change(config, ref, "--since").base
    with folder_before(root, config.docs, base, config.host) as folder:
        if folder is None:
            raise UsageError(f"{root.name} did not exist at {ref}", "name a commit that has it")
        return load_normative_text(replace(config, docs=folder, spec=None, layout=config.rules_layout))


def _check_patterns(patterns: Sequence[str], pages: Sequence[str]) -> None:
    """Raise UsageError for a ``--select`` pattern that matches none of the compared pages."""
    for pattern in unused_patterns(patterns, pages):
        hint = suggestion(pattern.replace("*", ""), pages, "write a path as in .gitignore, such as basic/transports*")
        raise UsageError(f"no page with normative sentences matches '{pattern}'", hint)


def _of_revision(statements: Sequence[Statement], revision: str) -> list[Statement]:
    found = [statement for statement in statements if statement.revision == revision]
    if not found:
        known = sorted({statement.revision or "(none)" for statement in statements})
        raise UsageError(f"no statement belongs to revision {revision!r}", suggestion(revision, known))
    return found


def _page_without_revision(statement: Statement) -> str:
    *folders, name = statement.page.split("/")
    kept = [folder for folder in folders if folder != statement.revision]
    return "/".join((*kept, name.replace(statement.revision, "") if statement.revision else name))
