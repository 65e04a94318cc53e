"""``docprobe explain``: everything that a run found about one example or one requirement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.cli.completion import complete_either
from harness.cli.context import Cli, docs_option, pass_cli, results_of, results_option, state_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Bundle
    from harness.config import Config
    from harness.model import Report, Requirement
    from harness.report.terminal.background import Background


@click.command()
@click.argument("what", metavar="EXAMPLE|REQUIREMENT", shell_complete=complete_either)
@docs_option
@results_option
@click.option("--full", is_flag=True, help="Show requests and replies in full, and as curl commands.")
@state_option
@pass_cli
def command(cli: Cli, /, what: str, docs: Path | None, results: Path | None, full: bool, state: Path | None) -> None:
    """Explain a finding: the sentence, the lines of the page, the exchange, why it decides, and the fix.

    Of a requirement: its sentence in every revision with what changed, how it is decided, and what servers of SDKs do;
    also before any run.
    Of an example: its way from blocks to files to the container, with what the page states and what docprobe adds.

    EXAMPLE is an id, or a glob on ids and pages. Nothing is run again: to repeat an exchange, start the example with
    `docprobe run` and use the curl commands that --full shows.

    \b
    docprobe explain session.terminated-404
    docprobe explain 'docs/2025-11-25/tutorials/security/authorization#typescript' --full
    docprobe explain 'security/authorization*' --results out.json
    """
    from harness.profiles.registry import all_requirements
    from harness.report.terminal.explain import explain_examples, explain_requirement
    from harness.report.terminal.look import look_of

    rows = all_requirements()
    try:
        report = results_of(cli, docs, results, state)
    except UsageError as error:
        if results is not None or what not in {row.id for row in rows}:
            raise
        report = _nothing_run(cli, docs, state)
        cli.err().print(f"{error}, so this shows only what the docs say about {what}", markup=False, soft_wrap=True)
    look = look_of(cli.out())
    row = next((row for row in (*report.requirements, *rows) if row.id == what), None)
    config = _config(cli, docs, report, state)
    if row is not None:
        text = explain_requirement(report, row, look, full=full, background=_background(report, row, config))
    else:
        text = explain_examples(report, named(report, what), look, full=full, bundles=_bundles(config))
    click.echo(text, nl=False)


def _nothing_run(cli: Cli, docs: Path | None, state: Path | None) -> Report:
    """Return a report of the docs without a result."""
    from importlib.metadata import version

    from harness.model import Report
    from harness.settings import load_config

    root = load_config(docs, cli.config_file, state=state).docs
    return Report(version("docprobe"), "", 0.0, str(root), None, None, ())


def _config(cli: Cli, docs: Path | None, report: Report, state: Path | None) -> Config | None:
    """Return the configuration of the docs that the results are of; None if they are not at hand."""
    from harness.settings import load_config

    try:
        config = load_config(docs, cli.config_file, state=state)
    except UsageError:
        if docs is not None:
            raise
        return None
    return config if docs is not None or config.docs.resolve().name == Path(report.docs_root).name else None


def _background(report: Report, row: Requirement, config: Config | None) -> Background:
    """Return the requirement's sentences, how it is decided, and what servers of SDKs were seen to do."""
    from harness.load import load_normative_text
    from harness.profiles.registry import PROFILES
    from harness.report.terminal.background import Background, RevisionSentence, cited_sentences, read_servers

    profiles = [profile for profile in PROFILES.values() if row.id in profile.catalogue.ids]
    sentences = cited_sentences(report, row)
    if config is not None and row.id in config.catalogue.ids:
        bound = load_normative_text(config).bound.requirements
        made = []
        for revision in config.layout.revisions or tuple(row.levels):
            one = bound.get((row.id, revision))
            if one is None:
                made.append(RevisionSentence(revision, row.levels.get(revision)))
                continue
            said = one.statement
            text, span = (said.text, said.span) if said is not None else ("", None)
            others = tuple((other.text, other.span) for other in one.others)
            made.append(RevisionSentence(revision, one.level, one.basis, text, span, others))
        sentences = tuple(made)
    if not profiles:
        return Background(sentences)
    seen, servers = read_servers(profiles[0].sdk_servers, row.id)
    return Background(sentences, profiles[0].catalogue.rule(row.id).decided, servers, seen)


def _bundles(config: Config | None) -> Mapping[str, Bundle]:
    """Return what is run of each text of the docs, by digest."""
    from harness.load import load_examples

    if config is None:
        return {}
    return {one.digest: one.bundle for one in load_examples(config).all if one.bundle is not None}


def named(report: Report, what: str) -> tuple[str, ...]:
    """Return the ids of the examples that match ``what``: an id, or a glob on ids and pages at any folder boundary.

    Raises:
        UsageError: there are none; the hint gives the nearest names.
    """
    from harness.selection.select import is_selected

    ids = tuple(example.id for example in report.examples)
    if what in ids:
        return (what,)
    chosen = tuple(example.id for example in report.examples if is_selected(example.id, example.page, what))
    if chosen:
        return chosen
    names = (*ids, *(row.id for row in report.requirements))
    hint = suggestion(what, names, "docprobe check writes the results that can be explained")
    raise UsageError(f"no example or requirement in the results matches '{what}'", hint)
