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
from harness.base.host import HostEnvironment
from harness.cli.context import Cli, check_exclusive, pass_cli, state_option, table_or_json_option
from harness.doctor import setup
from harness.doctor.checks import Check, State, examine, exit_code
from harness.engine.install.settings import IMAGES_LOCK
from harness.report.wording import plural
from harness.settings import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.engine.cleanup import Cleaned

_MARKS: Final = {
    State.OK: ("ok", "green"),
    State.WARNING: ("warning", "yellow"),
    State.MISSING: ("missing", "red"),
    State.NOT_ASKED: ("not asked", "dim"),
}


@click.command()
@click.option("--fix", is_flag=True, help="Set up what can be set up safely: a container engine, base images.")
@click.option("--images", is_flag=True, help="Pull the current official images and record their digests.")
@click.option("--clean", is_flag=True, help="Remove docprobe's containers, volumes and images, and nothing else.")
@table_or_json_option
@state_option
@pass_cli
def command(cli: Cli, /, fix: bool, images: bool, clean: bool, form: str, state: Path | None) -> None:
    """Check that this machine can run examples, and show the next step for what is missing.

    \b
    --fix does the following, in this order, and shows each command first:
      container engine  if none is running: installs Debian's docker.io (as root
                        on a Debian-like system) and starts it, unless
                        DOCPROBE_INSTALL_ENGINE=0; a running one is used as is
      base images       builds those that are missing: from the official images
                        python and node if the engine can pull them, otherwise
                        from Debian packages (as root on a Debian-like system)

    Exit codes: 0 nothing is missing, 3 something is missing.
    """
    check_exclusive("--fix" if fix else None, "--images" if images else None, "--clean" if clean else None)
    check_exclusive("--images" if images else "--clean" if clean else None, "--format json" if form == "json" else None)
    host = HostEnvironment.of(os.environ)
    folder = state_folder(state)
    if clean:
        for line in _cleaned_text(anyio.run(setup.clean, folder, host)):
            _note(line)
        return
    if images:
        for image, digest in sorted(anyio.run(setup.renew_images, folder, _note, host).items()):
            click.echo(f"{image} {digest}")
        _note(f"written to {folder / IMAGES_LOCK}: copy it beside your docprobe.toml, and everybody runs the same")
        return
    if fix:
        allowed = host.get(setup.INSTALL_VARIABLE) != "0"
        setup.ensure_engine(allowed, _note, host)
        setup.ensure_debian_tool(allowed, _note, host)
        anyio.run(setup.make_images, folder, _note, host)
    # --fix runs before every run (`make check`), so it does not ask the registries, which it cannot fix
    checks = anyio.run(partial(examine, folder, host, registries=not fix))
    if form == "json":
        document = {"checks": [asdict(check) for check in checks], "exit_code": exit_code(checks)}
        click.echo(json.dumps(document, indent=2))
    else:
        console = cli.out()
        if console.is_terminal:
            console.print(_table(checks))
        else:
            click.echo("".join(_lines(checks)), nl=False)
    click.get_current_context().exit(exit_code(checks))


def _note(text: str) -> None:
    click.echo(printable(text), err=True)


def _cleaned_text(cleaned: Cleaned) -> Iterator[str]:
    """Yield the lines that report what was removed and what was kept."""
    if cleaned.live_runs:
        runs = plural(cleaned.live_runs, "running docprobe process", "running docprobe processes")
        yield f"kept the containers of {runs}"
    yield f"removed {plural(cleaned.containers, 'container or volume', 'containers and volumes')}"
    in_use = f"; kept {cleaned.images_in_use:,} in use" if cleaned.images_in_use else ""
    yield f"removed {plural(cleaned.images, 'image')}{in_use}"


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    """Yield the table as a pipe gets it: a line for each check and each hint, never cut, for grep."""
    rows = [(_MARKS[check.state][0], check.name, check.what) for check in checks]
    state, name = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for check, row in zip(checks, rows, strict=True):
        yield f"{row[0]:{state}}  {row[1]:{name}}  {printable(row[2])}\n"
        if check.next:
            yield f"{'':{state}}  {'':{name}}  hint: {printable(check.next)}\n"


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
