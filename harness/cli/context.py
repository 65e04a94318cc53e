"""What every command shares: the global options, where output goes, and how errors are said."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console


@dataclass(frozen=True, slots=True)
class Cli:
    """The global options."""

    config_file: Path | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def out(self) -> Console:
        """Console for the requested output (stdout)."""
        return Console(file=sys.stdout, no_color=self.no_color or None, highlight=False, soft_wrap=False)

    def err(self) -> Console:
        """Console for progress and notes (stderr)."""
        return Console(file=sys.stderr, no_color=self.no_color or None, highlight=False, quiet=self.quiet)


pass_cli = click.make_pass_decorator(Cli)

docs_argument = click.argument("docs", required=False, type=click.Path(path_type=Path, exists=False), metavar="[DOCS]")
"""The docs root. Give its value to :func:`harness.settings.load_config`."""
