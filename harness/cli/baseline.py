"""``docprobe baseline``: keep the list of known findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli, state_option
from harness.settings import BASELINE_NAME, load_config, state_folder

if TYPE_CHECKING:
    from harness.model import Report


@click.group()
def command() -> None:
    """Keep the list of known findings, docprobe-baseline.toml."""


@command.command()
@click.option("--docs", type=click.Path(path_type=Path), help="The docs root [default: found upward].")
@click.option(
    "--file",
    "given",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The baseline [default: beside the configuration].",
)
@click.option(
    "--results", type=click.Path(path_type=Path, dir_okay=False), help="A result file [default: the last run]."
)
@click.option("--reason", default="", help="Reason for the entries that are added [default: to be filled in].")
@state_option
@pass_cli
def update(
    cli: Cli, /, docs: Path | None, given: Path | None, results: Path | None, reason: str, state: Path | None
) -> None:
    """Make the baseline say what the last run found.

    What gates is added, with a reason to fill in; what no longer occurs is removed with the comments above it. Every
    reason, comment and date that is there stays. Entries about examples that were not run are not touched.

    \b
    docprobe check docs; docprobe baseline update
    """
    from extractor.base.storage import write_atomically
    from extractor.base.text import one_line
    from harness.baseline.update import update as updated
    from harness.profiles.registry import all_requirements
    from harness.results.files import last_run, read

    rows = all_requirements()
    report = read(results, rows) if results is not None else last_run(state_folder(state), rows)
    path = given or _beside_configuration(cli, docs, report)
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    done = updated(text, report, reason)
    err = cli.err()
    for sign, names in (("+", done.added), ("-", done.removed)):
        for name in names:
            err.print(f"{sign} {one_line(name)}", markup=False, soft_wrap=True)
    if not done.added and not done.removed:
        err.print(f"{path.name} says what the run found; nothing to change", markup=False, soft_wrap=True)
        return
    write_atomically(path, done.text.encode())
    told = f"{path}: {len(done.added)} added, {len(done.removed)} removed"
    if done.unreasoned:
        told += (
            f"; {done.unreasoned} without a reason: say why each is accepted, docprobe check refuses them until then"
        )
    err.print(told, markup=False, soft_wrap=True)


def _beside_configuration(cli: Cli, docs: Path | None, report: Report) -> Path:
    config = load_config(docs, cli.config_file)
    if report.docs_root != config.docs.name:
        raise UsageError(
            f"those results are of {report.docs_root}, and the docs here are {config.docs.name}",
            "name the docs with --docs, or the baseline with --file",
        )
    return config.baseline or (config.file.parent if config.file else config.docs) / BASELINE_NAME
