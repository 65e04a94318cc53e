"""``docprobe doctor``: what this machine needs to run examples, and how to set it up."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Final

import anyio
import click
from rich.table import Table
from rich.text import Text

from extractor.base.text import printable
from harness.cli.context import Cli, pass_cli, state_option, table_or_json_option
from harness.doctor import setup
from harness.doctor.checks import Check, State, examine, exit_code
from harness.settings import state_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MARKS: Final = {
    State.OK: ("ok", "green"),
    State.WARNING: ("warning", "yellow"),
    State.MISSING: ("missing", "red"),
    State.NOT_ASKED: ("not asked", "dim"),
}


@click.command()
@click.option("--fix", is_flag=True, help="Set up what can be set up safely: a container engine, base images.")
@click.option("--clean", is_flag=True, help="Remove docprobe's containers, volumes and images, and nothing else.")
@table_or_json_option
@state_option
@pass_cli
def command(cli: Cli, /, fix: bool, clean: bool, form: str, state: Path | None) -> None:
    """Check what this machine needs to run examples, and show the next step for what is missing.

    \b
    --fix does this, in this order, and shows each command before it runs:
      container engine    if none is running: installs Debian's docker.io (as root on a Debian-like system) and starts
                          it; DOCPROBE_INSTALL_ENGINE=0 forbids that; a running engine is used as is
      base images         makes those that are missing

    Exit codes: 0 nothing is missing, 3 something is missing.
    """
    environment = dict(os.environ)
    folder = state_folder(state)
    if clean:
        anyio.run(setup.clean, folder, _say, environment)
        return
    if fix:
        allowed = environment.get(setup.INSTALL_VARIABLE, "1") != "0"
        setup.ensure_engine(allowed, _say, environment)
        setup.ensure_debian_tool(allowed, _say, environment)
        anyio.run(setup.make_images, folder, _say, environment)
    # what --fix does not mend it does not ask: it comes before every run (`make check`), and images are there by now
    checks = anyio.run(partial(examine, folder, environment, registries=not fix))
    if form == "json":
        document = {"checks": [asdict(check) for check in checks], "exit_code": exit_code(checks)}
        click.echo(json.dumps(document, indent=2))
    else:
        cli.out().print(_table(checks))
    click.get_current_context().exit(exit_code(checks))


def _say(text: str) -> None:
    click.echo(f"docprobe: {printable(text)}", err=True)


def _table(checks: Sequence[Check]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for column in ("state", "name", "what"):
        table.add_column(column, overflow="fold")
    for check in checks:
        mark, style = _MARKS[check.state]
        table.add_row(Text(mark, style), check.name, Text(printable(check.what)))
        if check.next:
            table.add_row("", "", Text(f"hint: {printable(check.next)}", "bold"))
    return table
