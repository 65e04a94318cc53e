"""What commands share: the global options, common arguments and options, and where output goes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from extractor.base.suggest import suggestion
from extractor.base.text import visible
from harness.base.errors import UsageError
from harness.base.escape import defused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from harness.model import Report


@dataclass(frozen=True, slots=True)
class Cli:
    """The global options."""

    config_file: Path | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def out(self) -> Console:
        """Return the console for the requested output (stdout)."""
        from rich.console import Console

        return Console(file=sys.stdout, no_color=self.no_color or None, highlight=False, soft_wrap=False, emoji=False)

    def err(self) -> Console:
        """Return the console for progress and notes (stderr)."""
        from rich.console import Console

        return Console(file=sys.stderr, no_color=self.no_color or None, highlight=False, emoji=False, quiet=self.quiet)

    def note(self, text: str) -> None:
        """Print a line of plain text to stderr, unless notes are not wanted; nothing in it steers a terminal or CI."""
        if not self.quiet:
            click.echo(defused(visible(text)), err=True)

    def links(self, docs: Path) -> str | None:
        """Return the URI of the docs root for links in the output; None if it does not go to a terminal with links."""
        return docs.resolve().as_uri() if sys.stdout.isatty() and draws_links(os.environ) else None


def print_error(message: str, hint: str | None) -> None:
    """Print an error, and the next step if there is one, to stderr; nothing in them steers a terminal or CI."""
    click.echo(defused(visible(f"error: {message}")), err=True)
    if hint:
        click.echo(defused(visible(f"hint: {hint}")), err=True)


def check_exclusive(*options: str | None) -> None:
    """Refuse options of which only one would count, before anything is done.

    Args:
        options: the options that were given, as a user writes them; None for one that was not.

    Raises:
        UsageError: more than one was given.
    """
    given = [option for option in options if option]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} cannot be combined", "leave one of them out")


def draws_links(environ: Mapping[str, str]) -> bool:
    """Return whether a terminal draws OSC 8 links; ``FORCE_HYPERLINK`` (0 or 1) decides if it is set.

    Only for terminals that are known to: an unknown one might show the sequence as text.
    """
    if forced := environ.get("FORCE_HYPERLINK"):
        return forced != "0"
    if "TMUX" in environ or environ.get("TERM", "").startswith(("screen", "tmux")):
        return False
    vte = environ.get("VTE_VERSION", "")
    known = environ.get("TERM_PROGRAM") in {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"}
    named = environ.get("TERM", "").startswith(
        ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour")
    )
    marked = any(name in environ for name in ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM"))
    return known or named or marked or (vte.isdigit() and int(vte) >= 5000)


class Group(click.Group):
    """A group of commands that answers to a wrong name with the nearest ones, and to none with its help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the command. Without any argument, print the help to stderr and exit with 2."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(UsageError.exit_code)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names. Raises UsageError if there is none."""
        names = self.list_commands(ctx)
        if args[0] not in names and not ctx.resilient_parsing:
            raise UsageError(f"{ctx.command_path} has no command '{args[0]}'", suggestion(args[0], names))
        return super().resolve_command(ctx, args)


pass_cli = click.make_pass_decorator(Cli)


def _given_after_command(ctx: click.Context, option: click.Parameter, value: Path | bool | None) -> None:
    """Set a global option for this command, and for those below it."""
    if value:
        changed: dict[str, Any] = {str(option.name): value}
        ctx.obj = replace(ctx.find_object(Cli) or Cli(), **changed)


def global_options(*, after_command: bool) -> tuple[click.Option, ...]:
    """Return the options that may stand before the command and after it; each is a field of :class:`Cli`."""
    callback = _given_after_command if after_command else None
    shown = not after_command
    return (
        click.Option(
            ["--config", "config_file"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Configuration file. [default: docprobe.toml in the docs root or beside it]",
            expose_value=shown,
            callback=callback,
        ),
        click.Option(
            ["--quiet", "-q"],
            is_flag=True,
            help="Show no progress and no notes.",
            expose_value=shown,
            callback=callback,
        ),
        click.Option(
            ["--verbose", "-v"],
            is_flag=True,
            help="Verbose output, including tracebacks.",
            expose_value=shown,
            callback=callback,
        ),
        click.Option(
            ["--no-color"],
            is_flag=True,
            help="No colours; also off with NO_COLOR and in a pipe.",
            expose_value=shown,
            callback=callback,
        ),
    )


def with_global_options(command: click.Command) -> click.Command:
    """Return the command, and all commands of a group, with the global options that it does not have."""
    taken = {name for option in command.params for name in option.opts}
    command.params += [option for option in global_options(after_command=True) if not taken.intersection(option.opts)]
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            with_global_options(inner)
    return command


docs_argument = click.argument("docs", required=False, type=click.Path(path_type=Path, exists=False), metavar="[DOCS]")
"""The docs root, or one page. Give its value to :func:`harness.settings.load_config`."""

docs_option = click.option(
    "--docs", type=click.Path(path_type=Path), metavar="DOCS",
    help="Docs root: holds specification/ and docs/, or a docprobe.toml. [default: searched upward from here]",
)  # fmt: skip
"""The same for commands whose argument is something else."""

spec_option = click.option(
    "--spec", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DOCS",
    help="Docs root that holds the specification, or its repository, if it is a different tree. [default: DOCS]",
)  # fmt: skip
"""Where sentences are taken from, if not from the docs. Give its value to :func:`harness.settings.load_config`."""

state_option = click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder for the cache and the last run. [default: DOCPROBE_STATE, else the user's cache folder]",
)  # fmt: skip
"""Where docprobe keeps what it may lose. Give its value to :func:`harness.settings.load_config` or ``state_folder``."""

schema_option = click.option(
    "--schema", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DIR",
    help="JSON Schemas of the messages, REVISION/schema.json. [default: schema/ beside the specification's docs root]",
)  # fmt: skip
"""Give its value to :func:`harness.settings.load_config`."""

runtime_option = click.option(
    "--runtime", metavar="NAME", help="Container runtime, such as runsc. [default: the engine's own]"
)

results_option = click.option(
    "--results", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Results that docprobe check --format json wrote. [default: the last run]",
)  # fmt: skip


def results_of(cli: Cli, docs: Path | None, results: Path | None, state: Path | None) -> Report:
    """Return the results that a command is about: those of a file, else of the last run of its docs root.

    Args:
        cli: the global options.
        docs: the docs root as given; None finds it upward from here. Where there is none, the newest run counts.
        results: a result file, if one is named.
        state: the state folder as given.

    Raises:
        UsageError: there are none.
    """
    from harness.base.docs_root import docs_root
    from harness.profiles.registry import all_requirements
    from harness.results.result_files import last_run, newest_root, read
    from harness.settings import state_folder

    if results is not None:
        return read(results, all_requirements())
    folder = state_folder(state)
    try:
        root = docs_root(docs, Path.cwd())
    except UsageError:
        if docs is not None:
            raise
        root = None
    report = last_run(folder, all_requirements(), root)
    if root is None and (newest := newest_root(folder)) is not None:
        cli.err().print(f"from the last run, of {newest}", markup=False, soft_wrap=True)
    return report


table_or_json_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Output format."
)


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under one line of column names, for people and for awk: never cut, columns two spaces apart.

    Only the last column may hold spaces.
    """
    every = [names, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(names) - 1)]
    lines = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip() + "\n"
        for row in every
    )
    return defused("".join(lines))
