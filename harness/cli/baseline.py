"""``docprobe baseline``: the list of known findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.base.errors import UsageError
from harness.cli.context import Cli, Group, docs_option, pass_cli, results_of, results_option, state_option
from harness.settings import BASELINE_NAME, load_config

if TYPE_CHECKING:
    from harness.model import Report


@click.group(cls=Group)
def command() -> None:
    """Manage the baseline, docprobe-baseline.toml: known findings that do not fail a check."""


@command.command()
@docs_option
@click.option(
    "--file",
    "given",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Baseline to update. [default: docprobe-baseline.toml beside the configuration]",
)
@results_option
@click.option("--reason", default="", help="Reason of the entries that are added. [default: left for you to fill in]")
@state_option
@pass_cli
def update(
    cli: Cli, /, docs: Path | None, given: Path | None, results: Path | None, reason: str, state: Path | None
) -> None:
    """Bring the baseline up to date with the last run.

    Blocking findings are added, each with a reason to fill in; entries whose finding no longer occurs are removed
    with the comments above them. All other reasons, comments and dates stay, and so do entries about examples that
    were not run.

    \b
    docprobe check docs; docprobe baseline update
    """
    from extractor.base.storage import write_atomically
    from extractor.base.text import one_line
    from extractor.base.tomlfile import utf8_text
    from harness.base.links import links_to
    from harness.baseline.update import update_baseline

    report = results_of(cli, docs, results, state)
    path = given or _beside_configuration(cli, docs, report)
    try:
        text = utf8_text(path.read_bytes(), str(path)) if path.exists() else ""
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "check that this user may read it") from error
    done = update_baseline(text, report, reason)
    err = cli.err()
    for sign, names in (("+", done.added), ("-", done.removed), ("~", done.renamed)):
        for name in names:
            err.print(f"{sign} {one_line(name)}", markup=False, soft_wrap=True)
    if not (done.added or done.removed or done.renamed):
        err.print(f"{path.name} is up to date", markup=False, soft_wrap=True)
        return
    write_atomically(links_to(path)[-1], done.text.encode())
    summary = f"{path}: {len(done.added)} added, {len(done.removed)} removed"
    if done.renamed:
        summary += f", {len(done.renamed)} renamed"
    if done.unreasoned:
        summary += f"; {done.unreasoned} need a reason before docprobe check accepts them"
    err.print(summary, markup=False, soft_wrap=True)


def _beside_configuration(cli: Cli, docs: Path | None, report: Report) -> Path:
    config = load_config(docs, cli.config_file)
    if report.docs_root != config.docs.name:
        raise UsageError(
            f"the results are for the docs '{report.docs_root}', not for '{config.docs.name}'",
            "give the docs with --docs, or the baseline with --file",
        )
    return config.baseline or (config.file.parent if config.file else config.docs) / BASELINE_NAME
