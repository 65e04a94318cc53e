"""``docprobe check``: the main job."""

from __future__ import annotations

import gc
import os
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.base.errors import UsageError
from harness.cli.change import compared_by_pre_commit, end_without_examples, settings_before
from harness.cli.completion import complete_examples, complete_requirements, complete_revisions
from harness.cli.context import (
    Cli,
    check_exclusive,
    docs_argument,
    pass_cli,
    runtime_option,
    schema_option,
    spec_option,
    state_option,
)
from harness.cli.outputs import end_with, format_option, outputs_of
from harness.cli.shards import shard_of, shards_wanted, write_plan
from harness.settings import load_config

if TYPE_CHECKING:
    from harness.baseline.file import Baseline
    from harness.config import Config
    from harness.model import Report
    from harness.repair.proofs import Proofs
    from harness.run.plan import Plan


@click.command()
@docs_argument
@click.option(
    "--select", multiple=True, metavar="GLOB", shell_complete=complete_examples,
    help="Only examples whose id or page matches, at any folder boundary. Repeatable. [default: all]",
)  # fmt: skip
@click.option(
    "--requirement", "requirements", multiple=True, metavar="ID", shell_complete=complete_requirements,
    help="Judge by this requirement only. Repeatable. [default: all]",
)  # fmt: skip
@click.option(
    "--revision", "revisions", multiple=True, metavar="REV", shell_complete=complete_revisions,
    help="Only pages of this revision. Repeatable. [default: all]",
)  # fmt: skip
@click.option(
    "--changed-since", metavar="REF",
    help="Only examples that are affected by changes since the merge base with REF.",
)  # fmt: skip
@click.option(
    "--gate", type=click.Choice(["new", "all"]),
    help="With --changed-since: findings that may fail the check, new ones or all of them. [default: new]",
)  # fmt: skip
@click.option(
    "--pre-commit", is_flag=True,
    help="Like --changed-since, for a pre-commit hook: checks what is pushed, or what is not committed yet.",
)  # fmt: skip
@click.option(
    "--trust", type=click.Choice(["base", "head"]), default="head", show_default=True,
    help="Whose configuration, baseline and lock count: those of --changed-since's REF, for changes by strangers, or "
    "those of the working tree.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(["must", "should", "never"]), default="must", show_default=True,
    help="Violations that make the exit code 1.",
)  # fmt: skip
@click.option(
    "--baseline", metavar="FILE|none",
    help="List of known findings, which do not fail the check. [default: docprobe-baseline.toml, if there is one]",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 64),
    help="Examples run at once; as many more may be traced beside them. [default: one per core]",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Run the examples on the workers of a Dask cluster, each on its own machine's engine. [default: this machine]",
)  # fmt: skip
@click.option("--shard", metavar="I/N", help="Run part I of N; docprobe merge joins the results.")
@click.option(
    "--plan", "parts", metavar="N|FILE",
    help="N: run nothing and print up to N parts as JSON, balanced by the times in --history or of the last run. "
    "FILE: the parts that --shard chooses from.",
)  # fmt: skip
@click.option(
    "--resolve", type=click.Choice(["today", "dated"]), default="today", show_default=True,
    help="Packages: today's, then those of the page's date if it does not start; or only those of the page's date.",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Ignore cached conversations; probe every example again.")
@click.option(
    "--no-trace", "trace", flag_value=False, default=None,
    help="Do not run a violating example once more, traced, to see which lines it executes.",
)  # fmt: skip
@click.option(
    "--prove-fixes", is_flag=True,
    help="Try known fixes: run each fixed example again and report the fixes that work.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 3 if there are fragments or examples in unsupported languages.")
@click.option(
    "--history", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Add this run to a history file, for docprobe report.",
)  # fmt: skip
@runtime_option
@click.option(
    "--lock", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Lock file: packages in it are used as they are, others are added to it.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0.1, 600), metavar="SECONDS",
    help="Time to wait for response headers. [default: 10]",
)  # fmt: skip
@spec_option
@schema_option
@state_option
@format_option
@pass_cli
def command(
    cli: Cli,
    /,
    docs: Path | None,
    formats: tuple[str, ...],
    shard: str | None,
    parts: str | None,
    prove_fixes: bool,
    pre_commit: bool,
    **flags: Any,
) -> None:
    """Run the examples in DOCS and judge them by the specification in the same tree. DOCS may be a single page.

    \b
    docprobe check docs                                      everything
    docprobe check docs --select 'security/authorization*'   some pages
    docprobe check docs --changed-since origin/main          a pull request
    docprobe check README.md --spec ../specification         one page, by the
                                                             text of another tree
    docprobe check docs --format terminal --format json:out.json

    Exit codes: 0 no blocking finding, 1 a blocking finding, 2 usage error, 3 incomplete (something could not be
    checked), 130 interrupted.
    """
    outputs = outputs_of(formats)
    flags["shard"], wanted = shard_of(shard, parts), shards_wanted(parts)
    for other in ("--format" if formats else None, "--prove-fixes" if prove_fixes else None):
        check_exclusive("--plan N" if wanted is not None else None, other)
    compared_by = "--changed-since"
    if pre_commit and flags["changed_since"] is None:
        flags["changed_since"], compared_by = compared_by_pre_commit(os.environ), "--pre-commit"
    given = {key: value for key, value in flags.items() if value != ()}
    config = load_config(docs, cli.config_file, **given)
    since = settings = None
    if config.scheduler is not None:
        from harness.cluster.connect import check_address, check_listens

        check_address(config.scheduler)
    if flags["gate"] is not None and config.changed_since is None:
        raise UsageError("--gate needs --changed-since", "add --changed-since REF, or leave --gate out")
    if config.changed_since is not None:
        from harness.selection.affected import affects_nothing
        from harness.selection.changed import find_change

        since = find_change(config, config.changed_since, compared_by)
        # before pages are read at all
        if since.is_empty or affects_nothing(config, since):
            if wanted is not None:
                write_plan(config, wanted, None, reports=False)
            end_without_examples(cli, config, since, outputs)
        settings = settings_before(docs, cli.config_file, given, config, since)
    from harness.run.planning import make_plan
    from harness.run.renamed import load_followed_baseline

    if prove_fixes and config.scheduler is not None:
        raise UsageError("--prove-fixes runs fixes on this machine's engine, not on a cluster", "leave one of them out")
    if config.scheduler is not None and wanted is None:
        check_listens(config.scheduler)
    plan = make_plan(config, since=since, settings=settings, meanwhile=partial(_prepare, config, wanted))
    # what was read lives as long as the run: no search for cycles needs to visit it
    gc.freeze()
    # before anything runs: a wrong entry of the baseline, or a file that cannot be written, must not cost a run
    baseline = load_followed_baseline(config, plan)
    plan = plan.accepting(baseline)
    reports = bool(plan.no_longer_runnable or plan.problems or plan.left_out or baseline.gone)
    if wanted is not None:
        write_plan(config, wanted, plan, reports=reports)
    if since is not None and not plan.examples and not reports:
        end_without_examples(cli, config, since, outputs, plan)
    import anyio

    from harness.run.writable import check_writable

    check_writable(config, [path for _, path in outputs if path is not None])
    report, proofs, interrupted = anyio.run(_run, cli, plan, config, baseline, prove_fixes)
    # here, since no container need wait for what draws reports
    from harness.repair.proofs import patches_of
    from harness.run.outcome import conclude
    from harness.run.saving import save

    report = conclude(report, baseline, patches_of(proofs, report, plan, config.docs), interrupted=interrupted)
    end_with(save(report, outputs, console=cli.out(), config=config, links=cli.links(config.docs)))


def _prepare(config: Config, parts: int | None) -> None:
    """Import what runs examples on this machine, while other processes read pages."""
    if parts is None and config.scheduler is None:
        import harness.engine.docker_engine
        import harness.run.attempt
        import harness.run.execute  # noqa: F401


async def _run(
    cli: Cli, plan: Plan, config: Config, baseline: Baseline, prove_fixes: bool
) -> tuple[Report, Proofs, bool]:
    """Run until done or interrupted, and return the report, the proofs of fixes, and whether it was interrupted.

    The first Ctrl-C ends it cleanly, the second at once: pods die with this process.
    """
    import anyio

    from harness.cli.progress import LiveProgress
    from harness.run.connect import open_engine
    from harness.run.execute import execute

    stop = anyio.Event()

    async def listen() -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                if stop.is_set():
                    os._exit(130)
                stop.set()
                click.echo(
                    "stopping… what is finished is kept: run the same command to resume; "
                    "press Ctrl-C again to quit immediately",
                    err=True,
                )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        with LiveProgress(cli.err(), config.catalogue.requirements) as live:
            tasks.start_soon(live.reassure)
            elsewhere = None
            if config.scheduler is not None:
                from harness.cluster.connect import open_cluster

                elsewhere = open_cluster
            report = await execute(
                plan, config, open_engine, observer=live, stop=stop, elsewhere=elsewhere, baseline=baseline
            )
            from harness.repair.proofs import load_proofs

            proofs = load_proofs(report, plan, config)
            if prove_fixes:
                from harness.repair.prove import prove_all
                from harness.repair.trial import with_failures

                left_s = max(config.limits.check_s - report.duration_s, 0)
                with anyio.move_on_after(left_s) as clock:
                    proofs, failed = await prove_all(plan, report, config, open_engine, live, known=proofs, stop=stop)
                    report = with_failures(report, failed, config.catalogue)
                if clock.cancelled_caught:
                    proofs = load_proofs(report, plan, config)
                    live.note("no time left to try more fixes: raise check-s in [limits]")
        tasks.cancel_scope.cancel()
    return report, proofs, stop.is_set()
