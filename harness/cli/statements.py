"""``docprobe statements``: every normative statement and the requirements that are bound to it."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from extractor.base.suggest import suggestion
from extractor.base.text import printable
from extractor.model import Statement
from harness.base.codec import to_document
from harness.base.errors import UsageError
from harness.cli.context import (
    Cli,
    check_exclusive,
    docs_argument,
    pass_cli,
    state_option,
    table,
    table_or_json_option,
)
from harness.load import classify_statements, load_normative_text, load_statements
from harness.settings import load_config
from harness.spec.bindings_file import binding_at, to_toml
from harness.spec.classification import COLUMNS, DIGITS, BindingStatus, coverage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.model import Drift
    from harness.rule import Catalogue
    from harness.spec.classification import ClassifiedStatement, Coverage


@click.command("statements", short_help="List every MUST, SHOULD and MAY and the requirements bound to it.")
@docs_argument
@click.option(
    "--revision", "revisions", multiple=True, metavar="REV", help="Only this revision. Repeatable. [default: all]"
)
@click.option("--unbound", is_flag=True, help="Only statements without a requirement, open ones first.")
@click.option(
    "--coverage", "counts_only", is_flag=True,
    help="Only the counts per revision: observable statements are bound to a requirement, decided through the check of "
    "another, half judged, classified with a reason, or open.",
)  # fmt: skip
@table_or_json_option
@click.option(
    "--bind", "places", multiple=True, metavar="ID=PAGE:LINE[:N]",
    help="Print the entry of a bindings file that binds requirement ID to the sentence at that line, the Nth one with "
    "its level. Repeatable.",
)  # fmt: skip
@state_option
@pass_cli
def command(
    cli: Cli,
    /,
    docs: Path | None,
    revisions: tuple[str, ...],
    unbound: bool,
    counts_only: bool,
    form: str,
    places: tuple[str, ...],
    state: Path | None,
) -> None:
    """List every MUST, SHOULD and MAY of the specification pages in DOCS, and the requirements bound to it.

    A statement is bound to a requirement of the catalogue, classified with a reason (client, not-observable,
    out-of-scope), or open: work for a maintainer. Coverage per revision and drift go to stderr.

    \b
    docprobe statements docs --revision 2025-11-25
    docprobe statements docs --unbound | grep -w open
    docprobe statements docs --bind session.terminated-404=specification/2025-11-25/basic/transports.mdx:211
    """
    others = ("--revision" if revisions else None, "--unbound" if unbound else None)
    for other in (*others, "--coverage" if counts_only else None, "--format json" if form == "json" else None):
        check_exclusive("--bind" if places else None, other)
    check_exclusive("--coverage" if counts_only else None, "--unbound" if unbound else None)
    config = load_config(docs, cli.config_file, state=state)
    if places:
        statements = load_statements(config)
        sys.stdout.write(to_toml(_binding(place, statements, config.catalogue) for place in places))
        return
    text = load_normative_text(config)
    entries = classify_statements(config, text)
    counts = coverage(entries, config.layout.revisions)
    drift = text.bound.drift
    if revisions:
        _check_revisions(revisions, [count.revision for count in counts])
        entries = tuple(entry for entry in entries if entry.statement.revision in revisions)
        counts = tuple(count for count in counts if count.revision in revisions)
        drift = tuple(entry for entry in drift if entry.revision in revisions)
    if unbound:
        entries = tuple(entry for entry in entries if entry.standing is not BindingStatus.BOUND)
        entries = tuple(sorted(entries, key=lambda entry: entry.standing is not BindingStatus.OPEN))
    if form == "json":
        sys.stdout.write(to_json(entries, counts, drift, text.root))
        return
    if counts_only:
        sys.stdout.write("".join(f"{line}\n" for line in _coverage(counts)))
        return
    sys.stdout.write(to_table(entries))
    for line in (*_reasons(entries, unbound), *_drift(drift), *_coverage(counts)):
        cli.note(line)


def to_json(
    entries: Sequence[ClassifiedStatement], counts: Sequence[Coverage], drift: Sequence[Drift], docs: Path
) -> str:
    """Return statements, coverage and drift as one JSON document, the same for the same docs."""
    document: dict[str, Any] = {
        "schema": "docprobe-statements/1",
        "docs": {"root": docs.as_posix()},
        "coverage": counts,
        "drift": drift,
        "statements": [_flat(entry) for entry in entries],
    }
    return to_document(document, order="deterministic")


def to_table(entries: Sequence[ClassifiedStatement]) -> str:
    """Return one line per statement under one line of column names; only the last column holds spaces."""
    names = ("WHERE", "LEVEL", "SUBJECT", "FINGERPRINT", "BOUND-TO", "SENTENCE")
    return table(names, [_row(entry) for entry in entries])


def _row(entry: ClassifiedStatement) -> tuple[str, ...]:
    statement = entry.statement
    return (
        printable(f"{statement.page}:{statement.line}"),
        statement.level.replace(" ", "_"),
        statement.subject,
        statement.fingerprint[:DIGITS],
        ",".join(entry.requirements) or entry.standing,
        printable(statement.text),
    )


_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Statement))


def _flat(entry: ClassifiedStatement) -> dict[str, Any]:
    """Return the fields of a statement, with its standing beside them."""
    return {
        **{name: getattr(entry.statement, name) for name in _FIELDS},
        "shingles": sorted(entry.statement.shingles),
        "standing": entry.standing,
        "requirements": entry.requirements,
        "reason": entry.reason,
        "observable": entry.observable,
        "through": entry.through,
        "half": entry.half,
    }


def _binding(place: str, statements: Sequence[Statement], catalogue: Catalogue) -> Any:
    id, equals, where = place.partition("=")
    parts = re.fullmatch(r"(?P<page>.+?):(?P<line>[0-9]{1,7})(?::(?P<sentence>[0-9]{1,3}))?", where)
    if not equals or parts is None:
        raise UsageError(
            f"invalid --bind '{place}': expected ID=PAGE:LINE or ID=PAGE:LINE:N",
            "for example --bind session.terminated-404=specification/2025-11-25/basic/transports.mdx:211",
        )
    sentence = int(parts["sentence"] or 1)
    return binding_at(catalogue.requirement(id), parts["page"], int(parts["line"]), statements, sentence=sentence)


def _check_revisions(wanted: Sequence[str], known: Sequence[str]) -> None:
    for revision in wanted:
        if revision not in known:
            raise UsageError(f"no statement belongs to revision {revision!r}", suggestion(revision, known))


def _reasons(entries: Sequence[ClassifiedStatement], unbound: bool) -> list[str]:
    """Return how many statements have each reason, commonest first."""
    if not unbound:
        return []
    counts = Counter((entry.standing, entry.reason) for entry in entries if entry.reason)
    return [f"{count:5} {standing}: {reason}" for (standing, reason), count in counts.most_common()]


def _drift(drift: Sequence[Drift]) -> list[str]:
    lines = []
    for entry in drift:
        lines.append(f"drift: {entry.requirement} ({entry.revision}): its sentence in {entry.page}#{entry.anchor} "
                     f"{entry.kind}")  # fmt: skip
        if entry.nearest:
            lines.append(f"  nearest ({entry.similarity:.0%}), {entry.nearest.span}: {printable(entry.nearest.text)}")
    return lines


def _coverage(counts: Sequence[Coverage]) -> list[str]:
    """Return a table of the counts, one line for each revision."""
    names = (*COLUMNS, "observable", "all")
    widths = [max(8, len(name) + 1) for name in names]
    lines = [f"{'revision':12}" + "".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))]
    for count in counts:
        numbers = [getattr(count, name) for name in names]
        row = "".join(f"{number:{width}}" for number, width in zip(numbers, widths, strict=True))
        lines.append(f"{count.revision or '(none)':12}{row}")
    return lines
