"""``docprobe explain``: everything that a run found about one example or one requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.cli.completion import complete_either
from harness.cli.context import Cli, docs_option, pass_cli, results_of, results_option, state_option

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model import Report


@click.command()
@click.argument("what", metavar="EXAMPLE|REQUIREMENT", shell_complete=complete_either)
@docs_option
@results_option
@click.option("--full", is_flag=True, help="Show requests and replies in full, and as curl commands.")
@state_option
@pass_cli
def command(cli: Cli, /, what: str, docs: Path | None, results: Path | None, full: bool, state: Path | None) -> None:
    """Explain a finding: the sentence, the lines of the page, the exchange, why it decides, and the fix.

    EXAMPLE is an id, or a glob on ids and pages. Nothing is run again: to repeat an exchange, start the example with
    `docprobe run` and use the curl commands that --full shows.

    \b
    docprobe explain session.terminated-404
    docprobe explain 'docs/2025-11-25/tutorials/security/authorization#typescript' --full
    docprobe explain 'security/authorization*' --results out.json
    """
    from harness.profiles.registry import all_requirements
    from harness.report.terminal.explain import explain_examples, explain_requirement
    from harness.report.terminal.look import look_of

    rows = all_requirements()
    report = results_of(cli, docs, results, state)
    look = look_of(cli.out())
    row = next((row for row in (*report.requirements, *rows) if row.id == what), None)
    if row is not None:
        text = explain_requirement(report, row, look, full=full)
    else:
        text = explain_examples(report, named(report, what), look, full=full)
    click.echo(text, nl=False)


def named(report: Report, what: str) -> tuple[str, ...]:
    """Return the ids of the examples that match ``what``: an id, or a glob on ids and pages at any folder boundary.

    Raises:
        UsageError: there are none; the hint gives the nearest names.
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
    raise UsageError(f"no example or requirement in the results matches '{what}'", hint)
