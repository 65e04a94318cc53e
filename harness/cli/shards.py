"""``docprobe check --plan``: a run divided for several machines, by how long its texts took when they last ran."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from harness.base.errors import UsageError
from harness.config import Shard
from harness.model import Status
from harness.selection.shards import FORMAT, MAX_SHARDS, ShardPlan, divide, planned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.config import Config
    from harness.run.plan import Plan

HINT = "write a plan with --plan N, and give each machine --shard I/N --plan FILE"


def shards_wanted(given: str | None) -> int | None:
    """Return the number that ``--plan N`` asks for; None for a file, or without the option.

    Raises:
        UsageError: the number is out of range.
    """
    if given is None or not given.removeprefix("-").isdecimal():
        return None
    if not given.isdecimal() or len(given) > 3 or not 1 <= int(given) <= MAX_SHARDS:
        raise UsageError(f"--plan {given[:20]}: expected a number from 1 to {MAX_SHARDS}", HINT)
    return int(given)


def shard_of(given: str | None, plan: str | None) -> Shard | None:
    """Return the shard that ``--shard I/N`` names, by the plan in the file that ``--plan`` names if there is one.

    Raises:
        UsageError: the shard or the plan is not valid, or they do not go together.
    """
    wanted = shards_wanted(plan)
    if given is None:
        if plan is not None and wanted is None:
            raise UsageError(
                f"--plan {plan} needs --shard I/N: the plan lists all parts, and --shard chooses one", HINT
            )
        return None
    shard = Shard.parse(given)
    if plan is None:
        return shard
    if wanted is not None:
        raise UsageError("--plan N writes all parts, and --shard runs one", HINT)
    try:
        text = Path(plan).read_bytes()
    except OSError as error:
        raise UsageError(f"--plan {plan}: cannot be read: {error.strerror}", HINT) from error
    return planned(shard, text, plan)


def write_plan(config: Config, count: int, plan: Plan | None, *, reports: bool) -> NoReturn:
    """Print the parts of a run as JSON, and end with 0.

    Args:
        config: of the run.
        count: parts that are wanted.
        plan: what is run; None if nothing is.
        reports: whether there is something to report though no example is run: then there is one part.
    """
    from harness.base.codec import to_json
    from harness.base.escape import json_text

    examples = plan.examples if plan is not None else ()
    parts = divide(examples, _seconds(config), count, at_least=int(reports)) if plan else ShardPlan(FORMAT, ())
    click.echo(json_text(to_json(parts).decode()))
    raise click.exceptions.Exit(0)


def _seconds(config: Config) -> Mapping[str, float]:
    """Return how long texts took, by digest: from the history if one is named, else from the last run of these docs."""
    if config.history is not None and config.history.is_file():
        from harness.nightly.history.queries import durations
        from harness.nightly.history.schema import opened

        with opened(config.history) as history:
            return durations(history)
    from harness.results.result_files import last_run

    try:
        report = last_run(config.state, config.catalogue.requirements, config.docs)
    except UsageError:
        return {}
    ran = (Status.JUDGED, Status.NOT_RUNNING)
    return {one.digest: one.duration_s for one in report.examples if one.status in ran and not one.cached}
