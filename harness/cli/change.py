"""``docprobe check --changed-since``: what a change is compared with, and the end if it affects no example."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from extractor.base.text import visible
from harness.base.errors import DocprobeError
from harness.base.escape import defused
from harness.cli.outputs import end_with
from harness.model import Trust
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.cli.context import Cli
    from harness.cli.outputs import Output
    from harness.config import Config
    from harness.run.plan import Plan
    from harness.selection.changed import Change

_OTHER_IMAGES: Final = "examples run in other images than at the merge base, which were not run"
"""Why nothing of the merge base is judged."""


def compared_by_pre_commit(environ: Mapping[str, str]) -> str:
    """Return the ref that pre-commit compares with, as it tells a hook in its environment.

    At a push that is the commit that the remote has; without one (a hook of another stage, ``pre-commit run``) it is
    HEAD, so that what is not committed yet is checked.
    """
    return environ.get("PRE_COMMIT_FROM_REF") or "HEAD"


def settings_before(
    docs: Path | None, file: Path | None, flags: Mapping[str, Any], config: Config, since: Change
) -> Config | str | None:
    """Return the configuration that the text of the merge base is judged by, or why it cannot be judged.

    None if the change leaves the configuration alone.

    Args:
        docs: the docs root as given.
        file: the configuration file as given.
        flags: the options as given.
        config: of the run.
        since: the change.
    """
    if since.images:
        return _OTHER_IMAGES
    if not since.configuration and not since.tables:
        return None
    # the lock says which packages are used, not how text is read or judged
    flags = {**flags, "trust": Trust.BASE, "changed_since": since.base, "baseline": "none", "lock": None}
    try:
        before = load_config(docs, file, **flags)
    except DocprobeError as error:
        return f"the configuration at the merge base cannot be used: {error.message}"
    if before.profile.name != config.profile.name:
        return f"the profile at the merge base is {before.profile.name}, and now it is {config.profile.name}"
    if (before.images, before.runtime) != (config.images, config.runtime):
        return _OTHER_IMAGES
    return before


def end_without_examples(
    cli: Cli, config: Config, since: Change, outputs: Sequence[Output], plan: Plan | None = None
) -> NoReturn:
    """Report that a change affects no example, and end with 0.

    Files are written all the same: the next step of a pipeline reads them.
    """
    changes = plan.text_changes if plan is not None else ()
    if changes:
        from harness.report.change_wording import text_change_sentence

        for change in changes:
            click.echo(defused(visible(text_change_sentence(change))), err=True)
    nothing = f"no example in {config.docs.name} is affected by changes since {config.changed_since}"
    click.echo(nothing if changes else f"nothing to check: {nothing}", err=True)
    files = [(name, path) for name, path in outputs if path is not None]
    if files:
        from harness.model import Compared
        from harness.run.outcome import build_report
        from harness.run.saving import save
        from harness.run.source import describe_source

        source = describe_source(config.docs, config.spec, config.host)
        report = build_report(source, (), datetime.datetime.now(datetime.UTC), config=config)
        report = replace(report, text_changes=changes, compared=Compared(since.base, since.ref, config.gate))
        end_with(save(report, files, console=cli.out()))
    raise click.exceptions.Exit(0)
