"""``docprobe judge``: a saved transcript judged again; nothing is run."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.examples.ids import stem_of
from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli, schema_option, state_option
from harness.cli.outputs import end_with, format_option, outputs_of
from harness.profiles.registry import DEFAULT
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.results import Ruleset
    from harness.model import Transcript


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--docs", type=click.Path(path_type=Path), metavar="DOCS",
    help="Docs root whose sentences are quoted. [default: no sentence is quoted]",
)  # fmt: skip
@schema_option
@click.option("--revision", metavar="REV", help="Revision to judge by. [default: the revision in the example's id]")
@format_option
@state_option
@pass_cli
def command(
    cli: Cli,
    /,
    file: Path,
    docs: Path | None,
    schema: Path | None,
    revision: str | None,
    formats: tuple[str, ...],
    state: Path | None,
) -> None:
    """Judge the transcript in FILE again, by the rules of this version of docprobe. Nothing is run.

    docprobe check writes transcripts beside its results and names each in the field `transcript`.

    \b
    docprobe judge out-transcripts/3f2a….json --docs docs

    Exit codes: those of docprobe check.
    """
    from harness.judge.results import result_of_transcript
    from harness.run.outcome import build_report, conclude
    from harness.run.saving import save
    from harness.run.source import DocsSource

    outputs = outputs_of(formats)
    transcript = _read(file)
    rules, revisions = _ruleset(cli, docs, schema, state)
    page_revision = revision or _revision_in(transcript.example_id, revisions)
    result = result_of_transcript(transcript, rules, page_revision=page_revision)
    report = conclude(
        build_report(
            DocsSource("a saved transcript"),
            [result],
            datetime.datetime.now(datetime.UTC),
            requirements=rules.profile.catalogue.requirements,
            rules=rules,
        )
    )
    end_with(save(report, outputs, console=cli.out()))


def _read(file: Path) -> Transcript:
    from harness.results.result_files import read_transcript

    try:
        return read_transcript(file.read_bytes())
    except OSError as error:
        hint = "docprobe check --format json:FILE writes transcripts beside FILE"
        raise UsageError(f"{file}: cannot be read: {error.strerror}", hint) from error
    except UsageError as error:
        raise UsageError(
            f"{file}: {error.message}", error.hint or "give a file that a result names as its `transcript`"
        ) from error


def _ruleset(cli: Cli, docs: Path | None, schema: Path | None, state: Path | None) -> tuple[Ruleset, Sequence[str]]:
    """Return what the transcript is judged by, with the sentences of ``docs`` if they are named, and the revisions."""
    from harness.judge.results import Ruleset
    from harness.load import load_normative_text, load_schemas, with_schemas
    from harness.spec.bind import bind

    if docs is None:
        profile = DEFAULT
        schemas = load_schemas(schema, profile.layout.revisions) if schema is not None else {}
        bound = with_schemas(bind((), (), profile.catalogue.requirements), schemas)
        return Ruleset(profile, bound), profile.layout.revisions
    config = load_config(docs, cli.config_file, baseline="none", state=state, schema=schema)
    return Ruleset(config.profile, load_normative_text(config).bound), config.layout.revisions


def _revision_in(example_id: str, revisions: Sequence[str]) -> str | None:
    """Return the revision that is a folder of the example's page; None if none is."""
    folders = stem_of(example_id).split("/")[:-1]
    return next((folder for folder in reversed(folders) if folder in revisions), None)
