"""The ``docprobe`` command: global options, the list of commands, and the one place where errors are caught."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING, Final

import click

from extractor.base.errors import DocprobeError
from harness.cli.click_errors import worded
from harness.cli.context import Cli, Group, global_options, print_error, with_global_options
from harness.cli.streams import discard_stdout, lost_reader, prepare_streams

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "check": ("harness.cli.check", "Run the examples and judge them by the specification."),
    "blocks": ("harness.cli.blocks", "List every fenced code block."),
    "examples": ("harness.cli.examples", "List every example, what docprobe inferred, and why the others cannot run."),
    "statements": ("harness.cli.statements", "List every MUST, SHOULD and MAY and the requirements bound to it."),
    "run": ("harness.cli.run", "Start one example and keep it running."),
    "probe": ("harness.cli.probe", "Talk to a server that is running already, and judge it."),
    "explain": ("harness.cli.explain", "Explain a finding: sentence, lines of the page, exchange, fix."),
    "fix": ("harness.cli.fix", "Propose a fix for a page and prove it by running it."),
    "judge": ("harness.cli.judge", "Judge a saved transcript again; nothing is run."),
    "baseline": ("harness.cli.baseline", "Update the list of known findings."),
    "snapshot": ("harness.cli.snapshot", "Pin, verify and compare copies of the docs."),
    "report": ("harness.cli.report", "Build the nightly HTML site from results."),
    "merge": ("harness.cli.merge", "Join the results of shards."),
    "new-profile": ("harness.cli.new_profile", "Write the skeleton of a profile for another specification."),
    "doctor": ("harness.cli.doctor", "Check what this machine needs to run examples, and set it up."),
}
"""Command name to module (its attribute ``command``) and one-line help. Modules are imported when they are used."""


class Commands(Group):
    """A group whose commands are imported when they are used, so that ``docprobe --help`` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is not a click command")
        return with_global_options(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="docprobe", message="docprobe %(version)s")
@click.pass_context
def cli(ctx: click.Context, config_file: Path | None, quiet: bool, verbose: bool, no_color: bool) -> None:
    """Does the example do what the specification says?

    docprobe takes example servers and clients from a documentation tree, runs each in a container, talks to it, and
    judges its answers by the MUST, SHOULD and MAY sentences of the same tree.

    \b
    Start here:
      docprobe doctor           check what this machine needs
      docprobe examples DOCS    list what can be run, and why the rest cannot
      docprobe check DOCS       run, judge and report
    """
    ctx.obj = Cli(config_file=config_file, quiet=quiet, verbose=verbose, no_color=no_color or "NO_COLOR" in os.environ)


cli.params[:0] = global_options(after_command=False)


def main() -> None:
    """Entry point. Exit codes: README, "Exit codes"."""
    # the values of a run are frozen trees: looking for cycles among them takes a tenth of the time, and finds none
    gc.set_threshold(200_000, 20, 100)
    prepare_streams()
    try:
        returned = cli.main(prog_name="docprobe", standalone_mode=False)
        code = returned if isinstance(returned, int) else 0
    except BaseException as error:
        code = _report(_innermost(error))
    try:
        sys.stdout.flush()
    except (DocprobeError, OSError) as error:
        code = code or _report(error)
        discard_stdout()
    sys.exit(code)


def _innermost(error: BaseException) -> BaseException:
    """Return what a task group wraps: the first DocprobeError or interruption, else the first error of all."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [_innermost(inner) for inner in error.exceptions]
    expected = [leaf for leaf in leaves if isinstance(leaf, (DocprobeError, KeyboardInterrupt))]
    return (expected or leaves)[0]


def _report(error: BaseException) -> int:
    """Print the error and return the exit code. Unexpected exceptions are internal errors: exit 3, never 1."""
    verbose = "--verbose" in sys.argv or "-v" in sys.argv
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            print_error(*worded(error, next((word for word in sys.argv[1:] if word in COMMANDS), None)))
            return 2
        case click.Abort() | KeyboardInterrupt():
            click.echo("interrupted", err=True)
            return 130
        case BrokenPipeError() | SystemExit() if isinstance(error, BrokenPipeError) or lost_reader():
            # the reader of a pipe ended first (`docprobe blocks | head`): print nothing, end as shells expect
            discard_stdout()
            return 141
        case DocprobeError():
            if verbose:
                traceback.print_exception(error)
            print_error(error.message, error.hint)
            return error.exit_code
        case OSError(filename=str(name), strerror=str(reason)):
            # a file that could not be read or written is something that the user can do something about
            if verbose:
                traceback.print_exception(error)
            print_error(f"{name}: {reason}", "check that this user may read and write it; --verbose shows the caller")
            return 3
        case SystemExit():
            raise error
        case _:
            traceback.print_exception(error)
            print_error("internal error", "please report this, together with the lines above")
            return 3
