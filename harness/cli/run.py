"""``docprobe run``: start one example and keep it running."""

from __future__ import annotations

import os
import shlex
import signal
from typing import TYPE_CHECKING

import anyio
import click

from extractor.base.text import printable
from harness.cli.completion import complete_examples
from harness.cli.context import Cli, docs_option, pass_cli, runtime_option, state_option
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.config import Config
    from harness.model import LogLine
    from harness.profile import OpeningRequest
    from harness.run.serve import Served


@click.command()
@click.argument("example", shell_complete=complete_examples)
@docs_option
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port on this machine's loopback. [default: the example's own]"
)
@click.option(
    "--resolve", type=click.Choice(["today", "dated"]), default="today", show_default=True,
    help="Package versions. today: the newest, and if the example does not serve with them, those of the page's date. "
    "dated: only those of the page's date.",
)  # fmt: skip
@runtime_option
@state_option
@pass_cli
def command(
    cli: Cli,
    /,
    example: str,
    docs: Path | None,
    port: int | None,
    resolve: str,
    runtime: str | None,
    state: Path | None,
) -> None:
    """Start EXAMPLE as its page documents it, and keep it running until Ctrl-C.

    EXAMPLE is an id, or a glob that matches exactly one. Prints the URL, a bearer token if the example requires one,
    and a curl command to try; the example's log goes to stderr. The example can be reached from this machine only, and
    has no access to a network.

    \b
    docprobe run 'docs/2025-11-25/tutorials/security/authorization#typescript' --docs docs
    """
    config = load_config(
        docs, cli.config_file, select=(example,), resolve=resolve, runtime=runtime, baseline="none", state=state
    )
    anyio.run(_serve, cli, config, port)


async def _serve(cli: Cli, config: Config, port: int | None) -> None:
    from extractor.model import ExampleKind
    from harness.base.errors import InstallError, NotServingError
    from harness.model import Resolve
    from harness.run.attempt import make_probe
    from harness.run.connect import open_engine
    from harness.run.dates import cutoff_date
    from harness.run.planning import make_plan
    from harness.run.serve import serve

    plan = make_plan(config)
    example = plan.only_runnable(config.select[0], ExampleKind.HTTP_SERVER)
    err = cli.err()

    def say(text: str) -> None:
        err.print(printable(text), markup=False, style="dim", soft_wrap=True)

    serving: list[Served] = []

    def ready(served: Served) -> None:
        serving.append(served)
        for line in _how_to_reach(served, config.profile.opening):
            click.echo(line)
        err.print("press Ctrl-C to stop it", style="dim")

    def log(line: LogLine) -> None:
        err.print(f"{line.source:>13} {printable(line.text)}", markup=False, style="dim", soft_wrap=True)

    assert example.bundle is not None, "a runnable example has a bundle"
    bundle = example.bundle
    date = cutoff_date(plan.copies(example.digest), config.layout.drafts)
    dates = [date] if config.resolve is Resolve.DATED or date is None else [None, date]
    async with anyio.create_task_group() as tasks:
        # the listener outlives the scope: a second Ctrl-C during the clean-up ends at once, and the pod dies with us
        with anyio.CancelScope() as scope:
            tasks.start_soon(_listen, scope, say)
            async with open_engine(config) as engine:
                for number, date in enumerate(dates, 1):
                    try:
                        await serve(
                            engine, bundle, make_probe(bundle, config.profile), config.probe_settings,
                            date=date, port=port, progress=say, ready=ready, log=log,
                        )  # fmt: skip
                    except (InstallError, NotServingError) as error:
                        if number == len(dates):
                            raise
                        say(f"{error.message}; trying the packages of {dates[number]}")
                    else:
                        err.print("the example exited on its own; see its log above")
                        break
        tasks.cancel_scope.cancel()
    if scope.cancelled_caught and not serving:
        raise KeyboardInterrupt


def _how_to_reach(served: Served, opening: OpeningRequest | None) -> Iterator[str]:
    """Yield the URL, a bearer token if the example requires one, and a curl command to try."""
    yield f"url    {served.url}"
    bearer: list[str] = []
    if served.token is not None:
        yield f"token  {served.token}"
        bearer = ["-H", f"Authorization: Bearer {served.token}"]
    inside = served.inside.split("/")[2]
    stated = [word for name, value in served.headers for word in ("-H", f"{name}: {value}")]
    headers = [word for name, value in (opening.headers if opening else ()) for word in ("-H", f"{name}: {value}")]
    body = ["-d", opening.body] if opening else []
    host = [] if inside == served.url.split("/")[2] else ["-H", f"Host: {inside}"]
    yield "try    " + shlex.join(["curl", "-i", served.url, *host, *bearer, *stated, *headers, *body])


async def _listen(scope: anyio.CancelScope, say: Callable[[str], None]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            if scope.cancel_called:
                os._exit(130)
            say("stopping… press Ctrl-C again to quit immediately")
            scope.cancel()
