"""``docprobe report``: the nightly HTML site from result files."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.cli.context import Cli, pass_cli, state_option
from harness.nightly.history.record import add
from harness.nightly.history.schema import memory, opened
from harness.nightly.site import write_site
from harness.nightly.site.assets import load
from harness.nightly.site.coverage import StatementLine
from harness.profiles.registry import all_requirements
from harness.results import result_files
from harness.settings import state_folder

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command("report", short_help="Build the nightly HTML site from results.")
@click.argument("files", metavar="RESULTS…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write the site to."
)
@click.option(
    "--history", "history_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="History file to show trends from; RESULTS that are not in it are added. [default: RESULTS only]",
)  # fmt: skip
@click.option(
    "--docs", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DOCS",
    help="Docs root whose normative sentences are listed on the coverage page. [default: no such page]",
)  # fmt: skip
@click.option("--no-libraries", is_flag=True, help="Show tables instead of charts; fetch nothing from npm.")
@state_option
@pass_cli
def command(
    cli: Cli,
    files: Sequence[Path],
    out: Path,
    history_file: Path | None,
    docs: Path | None,
    no_libraries: bool,
    state: Path | None,
) -> None:
    """Build a static site from RESULTS, the files that docprobe check --format json wrote.

    The site shows the newest of RESULTS; the others and the history file give the trends. It needs no server and
    makes no requests: open index.html. The library that draws charts is fetched once with npm, pinned by
    version and digest.

    Each finding has an address that lasts: cases/EXAMPLE.html#REQUIREMENT@REVISION, also once the example is renamed
    or gone; a click on # copies it. What all examples did with a requirement is at coverage.html#REQUIREMENT@REVISION.

    \b
    docprobe check docs --format json:tonight.json --history nights.sqlite
    docprobe report tonight.json --history nights.sqlite --docs docs --out site
    """
    rows = all_requirements()
    reports = sorted((result_files.read(file, rows) for file in files), key=lambda report: report.started)
    _check_same_docs(files, [report.docs_root for report in reports])
    statements = _statements(docs, cli, state) if docs is not None else ()
    assets = load(None if no_libraries else state_folder(state) / "assets", HostEnvironment.of(os.environ))
    for purpose, why in assets.missing:
        if not no_libraries:
            cli.err().print(f"no {purpose}: {why}; the site shows tables instead", markup=False, soft_wrap=True)
    with opened(history_file) if history_file is not None else closing(memory()) as history:
        for report in reports:
            add(report, history)
        built = write_site(reports[-1], history, out, assets=assets, statements=statements)
    size = f"{built.size / 1e6:.1f} MB"
    cli.err().print(f"{built.files} files, {size}: open {out / 'index.html'}", markup=False, soft_wrap=True)


def _check_same_docs(files: Sequence[Path], roots: Sequence[str]) -> None:
    names = sorted(set(roots))
    if len(names) > 1:
        raise UsageError(
            f"the results are for different docs: {', '.join(names)}",
            "build a site for each, each with its own history",
        )


def _statements(docs: Path, cli: Cli, state: Path | None) -> tuple[StatementLine, ...]:
    """Return every normative sentence of the docs, with its requirements or the reason why it has none."""
    from harness.load import classify_statements, load_normative_text
    from harness.settings import load_config
    from harness.spec.classification import column_of

    config = load_config(docs, cli.config_file, state=state)
    return tuple(
        StatementLine(
            revision=entry.statement.revision or "",
            place=str(entry.statement.span),
            level=entry.statement.level.value,
            subject=entry.statement.subject,
            text=entry.statement.text,
            requirements=entry.requirements,
            reason=f"{entry.standing.value}: {entry.reason}" if entry.reason else "",
            column=column_of(entry),
            quoted=entry.statement.quoted,
        )
        for entry in classify_statements(config, load_normative_text(config))
    )
