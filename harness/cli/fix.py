"""``docprobe fix``: a fix for the page, proved by running it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from extractor.base.storage import write_atomically
from extractor.base.text import printable, visible
from harness.cli.completion import complete_examples
from harness.cli.context import Cli, docs_option, pass_cli, runtime_option, spec_option, state_option
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.config import Config
    from harness.repair.trial import Trial


@click.command()
@click.argument("example", shell_complete=complete_examples)
@docs_option
@spec_option
@click.option("--write", is_flag=True, help="Apply the fix to the page if it works.")
@state_option
@runtime_option
@pass_cli
def command(
    cli: Cli,
    /,
    example: str,
    docs: Path | None,
    spec: Path | None,
    write: bool,
    state: Path | None,
    runtime: str | None,
) -> None:
    """Propose a fix for the page of EXAMPLE and prove it by running the fixed page.

    The patch goes to stdout, in the form that `git apply` reads in this folder; the result of the trial run goes to
    stderr. A fix that works is stored: while the example and its packages stay the same, `docprobe check` includes it
    in its results and in SARIF.

    It knows common faults: statuses of sessions, streams and notifications, Origin, versions that are not refused, ids
    that can be predicted, sessions that are open to other users, one transport for all clients, logs on the stdout of a
    stdio server, and, for an example that does not run, a body parser, imports or packages that are missing, names that
    a package changed, and a package that has to be an older one.

    \b
    docprobe fix 'docs/2025-11-25/tutorials/security/authorization#typescript' --docs docs | git apply

    Exit codes: 0 the fix works, 1 no fix was found or it does not work, 2 usage error, 3 it could not be
    tried.
    """
    config = load_config(
        docs, cli.config_file, select=(example,), spec=spec, baseline="none", state=state, runtime=runtime
    )
    trial = anyio.run(_prove, cli, config)
    err = cli.err()
    if not trial.texts:
        for line in _no_fix(trial):
            err.print(line, markup=False, soft_wrap=True)
        click.get_current_context().exit(1)
    _print_patch(trial.patch(config.docs, _from_here(config.docs)))
    for line in _outcome(trial):
        err.print(line, markup=False, soft_wrap=True)
    if trial.holds and write:
        for path, (_, data) in trial.files(config.docs).items():
            write_atomically(config.docs / path, data)
            err.print(f"wrote {printable(path)}", markup=False)
    click.get_current_context().exit(0 if trial.holds else 1)


def _outcome(trial: Trial) -> Iterator[str]:
    """Yield what the trial run of a fix showed."""
    fixed = tuple(sorted({requirement for requirement, _ in trial.fixed}))
    said = (
        ("fixed", fixed),
        ("tried, still violated", trial.remaining),
        ("newly violated", trial.broken),
        ("violated, now that it runs", trial.shown),
        ("no known fix fits a line of this example", trial.unfitting),
    )
    for title, names in said:
        if names:
            yield f"{title}: {', '.join(names)}"
    if trial.given_up is not None:
        left_out = ", ".join(trial.given_up.tried)
        yield f"left out: {left_out}: {printable(trial.given_up.why)}"
    if trial.alternative:
        from harness.repair.pins import alternative_words

        sources = {path: before for path, (before, _) in trial.texts.items()}
        yield f"a choice{alternative_words(trial.alternative, sources)}"
    if trial.blocking:
        yield _still_blocking(trial)
    if trial.trouble:
        yield f"not proved: the fixed page is {trial.trouble}"


def _no_fix(trial: Trial) -> Iterator[str]:
    """Yield why there is no fix."""
    if left := sorted({*trial.remaining, *trial.unfitting}):
        yield f"no fix: {', '.join(left)} (no known fix fits a line of this example)"
    elif trial.violated:
        yield f"no fix: {', '.join(trial.violated)} (no fix known)"
    else:
        yield "no fix: the example violates nothing"
    if trial.blocking:
        yield _still_blocking(trial)


def _still_blocking(trial: Trial) -> str:
    return f"still blocking: {', '.join(trial.blocking)} (no fix known)"


def _from_here(docs: Path) -> str:
    """Return the path from the current folder to the docs root, for `git apply`; empty if the root is not below it."""
    here = Path.cwd()
    below = docs.is_relative_to(here) and docs != here
    return f"{docs.relative_to(here).as_posix()}/" if below else ""


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _print_patch(patch: bytes) -> None:
    """Print a patch: exact to the byte for programs, with what steers a terminal spelt out for people."""
    if _on_terminal():
        click.echo(visible(patch.decode("utf-8", "backslashreplace")), nl=False)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(patch)
    sys.stdout.buffer.flush()


async def _prove(cli: Cli, config: Config) -> Trial:
    from harness.cli.progress import LiveProgress
    from harness.exchanges.recorder import task_group
    from harness.repair.prove import prove
    from harness.run.connect import open_engine
    from harness.run.planning import make_plan

    plan = make_plan(config)
    example = plan.only_runnable(config.select[0])
    with LiveProgress(cli.err(), config.catalogue.requirements) as live:
        async with task_group() as tasks:
            tasks.start_soon(live.reassure)
            trial = await prove(plan, example, config, open_engine, live)
            tasks.cancel_scope.cancel()
        return trial
