"""``docprobe check``: the main job."""

from __future__ import annotations

import datetime
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness.cli.context import Cli, docs_argument, pass_cli, state_option
from harness.cli.outputs import format_option, outputs_of
from harness.config import Shard
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.cli.outputs import Output
    from harness.config import Config
    from harness.model import Report
    from harness.repair.proofs import Proofs
    from harness.run.plan import Plan
    from harness.selection.changed import Change


@click.command()
@docs_argument
@click.option("--select", multiple=True, metavar="GLOB", help="Example id or page, at any folder boundary. Repeatable.")
@click.option("--requirement", "requirements", multiple=True, metavar="ID", help="Only this requirement. Repeatable.")
@click.option("--revision", "revisions", multiple=True, metavar="REV", help="Only pages of this revision. Repeatable.")
@click.option("--changed-since", metavar="REF", help="Only what differs from the merge base with REF.")
@click.option("--fail-on", type=click.Choice(["must", "should", "never"]), default="must", show_default=True)
@click.option("--baseline", metavar="FILE|none", help="Known findings [default: docprobe-baseline.toml if there].")
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="Examples run at once [default: the cores].")
@click.option("--shard", metavar="I/N", help="Run one of N parts; join the results with docprobe merge.")
@click.option(
    "--resolve", type=click.Choice(["today", "dated"]), default="today", show_default=True,
    help="Packages of today (and of the page's date when those don't start), or of the page's date only.",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Hold every conversation again.")
@click.option(
    "--prove-fixes", is_flag=True, help="Run a patch for each violation that docprobe knows to mend; report what holds."
)
@click.option("--strict", is_flag=True, help="Fragments and unsupported languages make the run incomplete (exit 3).")
@click.option("--history", type=click.Path(path_type=Path, dir_okay=False), help="Add this run to a history file.")
@click.option("--runtime", metavar="NAME", help="Container runtime, for example runsc.")
@click.option(
    "--lock", type=click.Path(path_type=Path, dir_okay=False), help="Write resolved packages, or replay."
)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 600), help="Seconds to the head of an answer [10].")
@click.option("--spec", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Docs root with the rules.")
@state_option
@format_option
@pass_cli
def command(
    cli: Cli, /, docs: Path | None, formats: tuple[str, ...], shard: str | None, prove_fixes: bool, **flags: Any
) -> None:
    """Run the examples in DOCS and judge them by the specification in the same tree.

    \b
    docprobe check docs                                        everything
    docprobe check docs --select 'security/authorization*'     some pages
    docprobe check docs --changed-since origin/main            a pull request
    docprobe check docs --format terminal --format json:out.json

    Exit codes: 0 nothing gates, 1 a finding gates, 2 wrong use, 3 incomplete for a reason of ours, 130 interrupted.
    """
    outputs = outputs_of(formats)
    if shard:
        flags["shard"] = Shard.parse(shard)
    config = load_config(docs, cli.config_file, **{key: value for key, value in flags.items() if value != ()})
    since = None
    if config.changed_since is not None:
        from harness.selection.changed import find_change

        since = find_change(config, config.changed_since)
        if since.is_empty or _affects_nothing(config, since):
            _nothing_changed(cli, config, outputs)
    import anyio

    from harness.baseline.file import load
    from harness.repair.proofs import patches_of
    from harness.run.outcome import conclude
    from harness.run.plan import make_plan
    from harness.run.saving import check_writable, save

    plan = make_plan(config, since=since)
    # before anything runs: an entry that names nothing, or a file that cannot be written, costs no run
    baseline = load(config.baseline, plan.ids, plan.pages, config.catalogue.ids)
    if since is not None and not (plan.examples or plan.lost or plan.problems or baseline.gone):
        _nothing_changed(cli, config, outputs)
    check_writable(config, [path for _, path in outputs if path is not None])
    report, proofs, interrupted = anyio.run(_run, cli, plan, config, prove_fixes)
    report = conclude(report, baseline, patches_of(proofs, report, plan, config.docs), interrupted=interrupted)
    save(report, config, outputs, console=cli.out(), links=cli.links(config.docs))
    click.get_current_context().exit(report.exit_code)


def _affects_nothing(config: Config, since: Change) -> bool:
    # imported here: a change that touches nothing of the docs ends before pages are read at all
    from harness.selection.affected import affects_nothing

    return affects_nothing(config, since)


def _nothing_changed(cli: Cli, config: Config, outputs: Sequence[Output]) -> NoReturn:
    """Report it and end with 0. Files are written all the same: the next step of a pipeline reads them."""
    click.echo(
        f"nothing to check: no example in {config.docs.name} is affected by changes since {config.changed_since}",
        err=True,
    )
    files = [(name, path) for name, path in outputs if path is not None]
    if files:
        from harness.run.outcome import build_report
        from harness.run.saving import write_outputs
        from harness.run.source import describe_source

        source = describe_source(config.docs, config.spec, config.host)
        report = build_report(source, (), datetime.datetime.now(datetime.UTC), config=config)
        write_outputs(report, files, console=cli.out())
    raise click.exceptions.Exit(0)


async def _run(cli: Cli, plan: Plan, config: Config, prove_fixes: bool) -> tuple[Report, Proofs, bool]:
    """Run until done or interrupted, and return the report, the proofs of fixes, and whether it was interrupted.

    The first Ctrl-C ends it cleanly, the second at once: pods die with this process.
    """
    import anyio

    from harness.cli.progress import Live
    from harness.repair.proofs import load_proofs
    from harness.repair.prove import prove_all
    from harness.run.check import check
    from harness.run.connect import open_engine

    stop = anyio.Event()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                if stop.is_set():
                    os._exit(130)
                stop.set()
                click.echo("stopping… press Ctrl-C again to quit immediately", err=True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        with Live(cli.err(), config.catalogue.requirements) as live:
            report = await check(plan, config, open_engine, observer=live, stop=stop)
            proofs = load_proofs(report, config.state, config.catalogue)
            if prove_fixes:
                proofs = await prove_all(plan, report, config, open_engine, live, known=proofs, stop=stop)
        tasks.cancel_scope.cancel()
    return report, proofs, stop.is_set()
