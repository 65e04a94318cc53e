"""What a shell completes: ids of examples, pages, requirements, revisions and report formats.

A completion that fails completes nothing: the user's line is none of its business.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import click

    from harness.config import Config


def complete_examples(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of an example of the docs that the line names, or that are found from here."""
    return _starting(_example_ids(ctx), incomplete)


def complete_requirements(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of a requirement, with its title."""
    from harness.profiles.registry import all_requirements

    titles = {row.id: row.title for row in all_requirements()}
    return _starting(titles, incomplete, titles)


def complete_either(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of a requirement or of an example."""
    return [*complete_requirements(ctx, param, incomplete), *complete_examples(ctx, param, incomplete)]


def complete_formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a report format; behind its colon stands a file."""
    from harness.report.formats import BY_NAME

    name, colon, _ = incomplete.partition(":")
    return [CompletionItem(incomplete, type="file")] if colon and name in BY_NAME else _starting(BY_NAME, incomplete)


def complete_revisions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a revision of the docs."""
    config = _config(ctx)
    return _starting(config.layout.revisions if config else (), incomplete)


def _starting(values: Iterable[str], incomplete: str, helps: dict[str, str] | None = None) -> list[CompletionItem]:
    return [CompletionItem(value, help=(helps or {}).get(value)) for value in values if value.startswith(incomplete)]


def _config(ctx: click.Context) -> Config | None:
    from harness.cli.context import Cli
    from harness.settings import load_config

    docs: Path | None = ctx.params.get("docs")
    with contextlib.suppress(Exception):
        return load_config(docs, (ctx.find_object(Cli) or Cli()).config_file, state=ctx.params.get("state"))
    return None


def _example_ids(ctx: click.Context) -> tuple[str, ...]:
    from harness.load import load_examples

    config = _config(ctx)
    with contextlib.suppress(Exception):
        return tuple(example.id for example in load_examples(config).all) if config else ()
    return ()
