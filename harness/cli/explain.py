"""``docprobe explain``: all that a run found of one example or one requirement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli, state_option
from harness.settings import state_folder

if TYPE_CHECKING:
    from harness.model import Report


@click.command()
@click.argument("what", metavar="EXAMPLE|REQUIREMENT")
@click.option(
    "--results", type=click.Path(path_type=Path, dir_okay=False), help="A result file [default: the last run]."
)
@click.option("--full", is_flag=True, help="Requests and replies as they were, and as curl commands.")
@state_option
@pass_cli
def command(cli: Cli, /, what: str, results: Path | None, full: bool, state: Path | None) -> None:
    """Explain what a run found: the sentence, the lines of the page, the exchange, the reading, the fix.

    Nothing is run again. To repeat an exchange, start the example with `docprobe run` and use --full's curl commands.

    \b
    docprobe explain session.terminated-404
    docprobe explain 'docs/2025-11-25/tutorials/security/authorization#typescript' --full
    docprobe explain 'security/authorization*' --results out.json
    """
    from harness.profiles.registry import all_requirements
    from harness.report.terminal.explain import explain_examples, explain_requirement
    from harness.report.terminal.look import look_of
    from harness.results.files import last_run, read

    rows = all_requirements()
    report = read(results, rows) if results is not None else last_run(state_folder(state), rows)
    look = look_of(cli.out())
    row = next((row for row in (*report.requirements, *rows) if row.id == what), None)
    if row is not None:
        text = explain_requirement(report, row, look, full=full)
    else:
        text = explain_examples(report, named(report, what), look, full=full)
    click.echo(text, nl=False)


def named(report: Report, what: str) -> tuple[str, ...]:
    """Ids of the examples that ``what`` names: an id, or a glob on ids and pages at any folder boundary.

    Raises UsageError with the nearest names if there are none.
    """
    from harness.selection.select import is_selected

    ids = tuple(example.id for example in report.examples)
    if what in ids:
        return (what,)
    chosen = tuple(example.id for example in report.examples if is_selected(example.id, example.page, what))
    if chosen:
        return chosen
    names = (*ids, *(row.id for row in report.requirements))
    hint = suggestion(what, names, "docprobe check writes the results that can be explained")
    raise UsageError(f"no example and no requirement of that run matches '{what}'", hint)
