"""``docprobe fix``: a patch for the page, proved by running it."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from harness.cli.context import Cli, pass_cli, state_option
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.config import Config
    from harness.repair.prove import Proof


@click.command()
@click.argument("example")
@click.option("--docs", type=click.Path(path_type=Path), help="The docs root [default: found upward].")
@click.option("--write", is_flag=True, help="Apply the patch to the page, if it is proved.")
@state_option
@click.option("--runtime", metavar="NAME", help="Container runtime, for example runsc.")
@pass_cli
def command(cli: Cli, /, example: str, docs: Path | None, write: bool, state: Path | None, runtime: str | None) -> None:
    """Propose a patch for the page of EXAMPLE and prove it by running the patched page.

    The patch goes to stdout, as `git apply` reads it in this folder; what the proof showed goes to stderr. A patch that
    is proved is kept: while the text and its packages stay, `docprobe check` puts it into its results and SARIF fixes.

    \b
    docprobe fix 'docs/2025-11-25/tutorials/security/authorization#typescript' --docs docs | git apply

    Exit codes: 0 the patch is proved, 1 there is none or it does not hold, 2 wrong use, 3 it could not be run.
    """
    config = load_config(docs, cli.config_file, select=(example,), baseline="none", state=state, runtime=runtime)
    proof = anyio.run(_prove, cli, config)
    err = cli.err()
    if not proof.texts:
        for line in _no_patch(proof):
            err.print(line, markup=False, soft_wrap=True)
        click.get_current_context().exit(1)
    click.echo(proof.patch(_from_here(config.docs)), nl=False)
    mended = tuple(sorted({name for name, _ in proof.mended}))
    for title, names in (("mended", mended), ("still violated", proof.remaining), ("now broken", proof.broken)):
        if names:
            err.print(f"{title}: {', '.join(names)}", markup=False, soft_wrap=True)
    if proof.gating:
        err.print(_still_gates(proof), markup=False, soft_wrap=True)
    if proof.trouble:
        err.print(f"not proved: the patched page is {proof.trouble}", markup=False)
    if proof.holds and write:
        for path, (_, text) in sorted(proof.texts.items()):
            _write(config.docs / path, text)
            err.print(f"written: {path}", markup=False)
    click.get_current_context().exit(0 if proof.holds else 1)


def _no_patch(proof: Proof) -> Iterator[str]:
    """Why there is no patch."""
    if proof.remaining:
        names = ", ".join(proof.remaining)
        yield f"no patch: {names} (docprobe has a rule for it, and finds no line in this example that the rule mends)"
    else:
        yield "no patch: nothing is violated that docprobe knows to mend"
    if proof.gating:
        yield _still_gates(proof)


def _still_gates(proof: Proof) -> str:
    return f"still gates: {', '.join(proof.gating)} (no patch known)"


def _from_here(docs: Path) -> str:
    """What leads from the current folder to the docs root, so that `git apply` finds the pages; empty if none does."""
    here = Path.cwd()
    below = docs.is_relative_to(here) and docs != here
    return f"{docs.relative_to(here).as_posix()}/" if below else ""


def _write(page: Path, text: str) -> None:
    r"""Write a patched page with the byte order mark and the line ends (``\r\n`` or ``\n``) that it has."""
    from extractor.base.storage import write_atomically

    before = page.read_bytes()
    data = (text.replace("\n", "\r\n") if b"\r\n" in before else text).encode()
    write_atomically(page, codecs.BOM_UTF8 + data if before.startswith(codecs.BOM_UTF8) else data)


async def _prove(cli: Cli, config: Config) -> Proof:
    from harness.base.errors import UsageError
    from harness.cli.progress import Live
    from harness.engine.docker_engine import open_engine
    from harness.repair.prove import prove
    from harness.run.plan import make_plan

    todo = make_plan(config)
    runnable = [example for example in todo.examples if example.bundle is not None]
    if len(runnable) != 1:
        names = ", ".join(example.id for example in runnable[:5]) or "none of them runs"
        raise UsageError(f"'{config.select[0]}' names {len(todo.examples)} examples", f"name one: {names}")
    with Live(cli.err(), config.catalogue.requirements) as live:
        return await prove(todo, runnable[0], config, open_engine, live)
