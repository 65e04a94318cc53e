"""``docprobe judge``: a saved transcript judged again, with no engine."""

from __future__ import annotations

import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli, state_option
from harness.cli.outputs import format_option, outputs_of
from harness.profiles.registry import PROFILES
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Transcript
    from harness.profile import Profile


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--docs", type=click.Path(path_type=Path), help="Docs root, to quote the sentences [default: none quoted]."
)
@click.option("--revision", metavar="REV", help="Whose text decides [default: the revision in the example's id].")
@format_option
@state_option
@pass_cli
def command(
    cli: Cli, /, file: Path, docs: Path | None, revision: str | None, formats: tuple[str, ...], state: Path | None
) -> None:
    """Judge the transcript in FILE again. Nothing is run, and the verdicts are those of the checks of this version.

    A run writes its transcripts beside its results, and names each in the field `transcript`.

    \b
    docprobe judge out-transcripts/3f2a….json --docs docs

    Exit codes: as docprobe check.
    """
    from harness.judge.gating import decide
    from harness.judge.rejudge import rejudge
    from harness.run.outcome import write_outputs

    outputs = outputs_of(formats)
    transcript = _read(file)
    rows, profile, revisions = _bound(cli, docs, state)
    report = rejudge(
        transcript,
        rows,
        profile,
        page_revision=revision or _revision_in(transcript.example_id, revisions),
        version=version("docprobe"),
        at=datetime.datetime.now(datetime.UTC),
    )
    report = decide(report)
    write_outputs(report, outputs, console=cli.out())
    click.get_current_context().exit(report.exit_code)


def _read(file: Path) -> Transcript:
    from harness.results.files import read_transcript

    try:
        return read_transcript(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", "docprobe check writes transcripts") from error
    except UsageError as error:
        raise UsageError(
            f"{file}: {error.message}", error.hint or "give one of the files that a result names as transcript"
        ) from error


def _bound(
    cli: Cli, docs: Path | None, state: Path | None
) -> tuple[Sequence[BoundRequirement], Profile, Sequence[str]]:
    """The catalogue, with the sentences of ``docs`` if they are named; its profile; the revisions of the docs."""
    from harness.judge.rejudge import unbound

    if docs is None:
        profile = PROFILES["mcp"]
        return unbound(profile.catalogue.requirements), profile, profile.layout.revisions
    from harness.load import load_normative_text

    config = load_config(docs, cli.config_file, baseline="none", state=state)
    bound = load_normative_text(config).bound
    return tuple(bound.requirements.values()), config.profile, config.layout.revisions


def _revision_in(example_id: str, revisions: Sequence[str]) -> str | None:
    """The revision that is a folder of the example's page."""
    folders = example_id.partition("#")[0].split("/")[:-1]
    return next((folder for folder in reversed(folders) if folder in revisions), None)
