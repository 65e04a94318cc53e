"""``docprobe merge``: shards joined into one result."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.context import Cli, pass_cli
from harness.cli.outputs import end_with, format_option, outputs_of


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="RESULTS…")
@format_option
@pass_cli
def command(cli: Cli, /, results: tuple[Path, ...], formats: tuple[str, ...]) -> None:
    """Merge the RESULTS of shards, written with --format json, and report on them as one run.

    The exit code is that of a single run: 1 if a finding is blocking, 3 if something could not be checked or
    a shard is missing.

    \b
    docprobe merge shard-*.json
    docprobe merge shard-*.json --format terminal --format json:out.json --format sarif:out.sarif
    """
    from harness.judge.exit_code import with_exit_code
    from harness.profiles.registry import all_requirements
    from harness.results.merge import merge
    from harness.results.result_files import read
    from harness.run.saving import save

    outputs = outputs_of(formats)
    rows = all_requirements()
    report = with_exit_code(merge([read(path, rows) for path in results], [str(path) for path in results]))
    end_with(save(report, outputs, console=cli.out()))
