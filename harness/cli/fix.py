"""``docprobe fix``: a patch for the page, proved by running it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from harness.cli.context import Cli, pass_cli
from harness.settings import load_config

if TYPE_CHECKING:
    from harness.config import Config
    from harness.repair.prove import Proof


@click.command()
@click.argument("example")
@click.option("--docs", type=click.Path(path_type=Path), help="The docs root [default: found upward].")
@click.option("--write", is_flag=True, help="Apply the patch to the page, if it is proved.")
@pass_cli
def command(cli: Cli, example: str, docs: Path | None, write: bool) -> None:
    r"""Propose a patch for the page of EXAMPLE and prove it by running the patched page.

    The patch goes to stdout, as `git apply` reads it; what the proof showed goes to stderr.

    \b
    docprobe fix 'docs/2025-11-25/tutorials/security/authorization#typescript' --docs docs | git apply

    Exit codes: 0 the patch is proved, 1 there is none or it does not hold, 2 wrong use, 3 it could not be run.
    """
    config = load_config(docs, cli.config_file, select=(example,), baseline="none")
    proof = anyio.run(_prove, cli, config)
    if proof.patch:
        click.echo(proof.patch, nl=False)
    err = cli.err()
    if not proof.patch:
        err.print(f"no patch: {', '.join(proof.remaining) or 'nothing is violated that docprobe knows to mend'}")
    for title, names in (("mended", proof.mended), ("still violated", proof.remaining), ("now broken", proof.broken)):
        if names and proof.patch:
            err.print(f"{title}: {', '.join(names)}")
    if proof.trouble:
        err.print(f"not proved: the patched page is {proof.trouble}", markup=False)
    if proof.holds and write:
        page = config.docs / proof.page
        from harness.cache import write_atomically

        write_atomically(page, proof.text.encode())
        err.print(f"written: {proof.page}", markup=False)
    click.get_current_context().exit(0 if proof.holds else 1)


async def _prove(cli: Cli, config: Config) -> Proof:
    from harness.cli.progress import Live
    from harness.engine.client import open_engine
    from harness.errors import UsageError
    from harness.repair.prove import prove
    from harness.run import plan

    todo = plan(config)
    runnable = [example for example in todo.examples if example.bundle is not None]
    if len(runnable) != 1:
        names = ", ".join(example.id for example in runnable[:5]) or "none of them runs"
        raise UsageError(f"'{config.select[0]}' names {len(todo.examples)} examples", f"name one: {names}")
    with Live(cli.err()) as live:
        return await prove(todo, runnable[0], config, open_engine, live)
