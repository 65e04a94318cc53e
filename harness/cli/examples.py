"""``docprobe examples``: every example of a docs tree, what docprobe adds to it, and why the others cannot run."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from extractor.base.suggest import suggestion
from extractor.base.text import printable
from extractor.model import ExampleKind, ExampleStatus, Origin
from harness.base.codec import to_document
from harness.base.errors import UsageError
from harness.base.escape import defused
from harness.cli.completion import complete_examples
from harness.cli.context import Cli, docs_argument, pass_cli, state_option, table_or_json_option
from harness.load import load_examples, unmatched_patterns
from harness.selection.select import Selection, select
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console, RenderableType

    from extractor.model import Example, Note

_STYLES: Final = {
    ExampleStatus.RUNNABLE: "bold green",
    ExampleStatus.PRINTED: "bold",
    ExampleStatus.FRAGMENT: "bold yellow",
    ExampleStatus.UNSUPPORTED: "bold magenta",
    ExampleStatus.SKIPPED: "bold dim",
    ExampleStatus.FAILED: "bold red",
}


@click.command("examples", short_help="List every example, what docprobe inferred, and why the others cannot run.")
@docs_argument
@click.option(
    "--select", "-s", "patterns", multiple=True, metavar="GLOB", shell_complete=complete_examples,
    help="Only examples whose id or page matches, at any folder boundary. Repeatable. [default: all]",
)  # fmt: skip
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice([status.value for status in ExampleStatus]),
    help="Only examples of this status. Repeatable. [default: all]",
)  # fmt: skip
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice([kind.value for kind in ExampleKind]),
    help="Only examples of this kind. Repeatable. [default: all]",
)  # fmt: skip
@click.option(
    "--language",
    "languages",
    multiple=True,
    metavar="NAME",
    help="Only examples in this language. Repeatable. [default: all]",
)
@table_or_json_option
@state_option
@pass_cli
def command(
    cli: Cli,
    /,
    docs: Path | None,
    patterns: tuple[str, ...],
    statuses: tuple[str, ...],
    kinds: tuple[str, ...],
    languages: tuple[str, ...],
    form: str,
    state: Path | None,
) -> None:
    """List every example of DOCS: its kind and status, what the page states, and what docprobe adds.

    Each thing that docprobe adds has a confidence. A fragment comes with what it lacks, an unsupported example with
    what it would need. Exchanges that a page prints are listed too: they are judged as printed. Nothing is run.

    \b
    docprobe examples docs --select 'security/authorization*'
    docprobe examples docs --status fragment --language typescript
    docprobe examples docs --format json > examples.json
    """
    config = load_config(docs, cli.config_file, state=state)
    loaded = load_examples(config)
    found = select(loaded.all, Selection(patterns)) if patterns else loaded.all
    wanted = {"status": statuses, "kind": kinds, "language": _known_languages(languages, loaded.all)}
    found = tuple(one for one in found if all(not of or getattr(one, field) in of for field, of in wanted.items()))
    for problem in loaded.corpus.problems:
        cli.note(printable(f"{problem.span}: {problem.message}"))
    for sentence in unmatched_patterns(config, loaded):
        cli.note(printable(f"warning: {sentence}"))
    if form == "json":
        sys.stdout.write(to_json(found, config.docs))
    else:
        show(found, cli.out())
        cli.note(summary(found))


def to_json(examples: Sequence[Example], docs: Path) -> str:
    """Return the examples with their bundles as one JSON document, the same for the same docs."""
    document: dict[str, Any] = {
        "schema": "docprobe-examples/1",
        "docs": {"root": docs.as_posix()},
        "examples": [_entry(example, examples) for example in examples],
    }
    return to_document(document)


def _known_languages(names: tuple[str, ...], examples: Sequence[Example]) -> tuple[str, ...]:
    """Return the languages that are asked for. Raises UsageError for one that no example is in."""
    known = sorted({example.language for example in examples})
    for name in names:
        if name not in known:
            hint = suggestion(name, known) if known else "these docs have no examples"
            raise UsageError(f"no example is written in '{name}'", hint)
    return names


def show(examples: Sequence[Example], console: Console) -> None:
    """Print a paragraph per example: on a terminal at its width, elsewhere as :func:`to_table` has it."""
    if not console.is_terminal or console.is_dumb_terminal:
        sys.stdout.write(to_table(examples))
        return
    from rich.text import Text

    from harness.report.terminal.look import draw, labelled, look_of

    look = look_of(console)
    for example in examples:
        first, *rest = _paragraph(example).splitlines()
        parts: list[RenderableType] = [Text(first, style=_STYLES[example.status])]
        for line in rest:
            label, _, value = line.strip().partition(" ")
            parts.append(
                labelled(label, Text(value.strip(), style="yellow" if label == "added" else ""), look.width, 2)
            )
        sys.stdout.write(draw(parts, look))


def to_table(examples: Sequence[Example]) -> str:
    """Return a paragraph per example: id, kind, status; what is stated, given, added or left to the reader."""
    return defused("".join(_paragraph(example) for example in examples))


def summary(examples: Sequence[Example]) -> str:
    """Return ``6 examples, 4 distinct: 3 runnable, 2 fragments, 1 unsupported``."""
    counts = Counter(example.status for example in examples)
    parts = [f"{counts[status]} {status.value}" for status in ExampleStatus if counts[status]]
    distinct = len({example.digest for example in examples})
    what = "example" if len(examples) == 1 else "examples"
    return f"{len(examples)} {what}, {distinct} distinct: {', '.join(parts) or 'none'}"


def _entry(example: Example, examples: Sequence[Example]) -> dict[str, Any]:
    copies = sorted(other.id for other in examples if other.digest == example.digest and other.id != example.id)
    return {**msgspec.to_builtins(example), "copies": copies}


def _paragraph(example: Example) -> str:
    lines = [f"{printable(example.id)}  {example.kind.value}  {example.status.value}"]
    lines += [f"  at      {printable(str(span))}" for span in example.spans]
    if example.reason:
        lines.append(f"  why     {printable(example.reason)}")
    if example.status is ExampleStatus.PRINTED:
        lines.append("  note    exchanges that the page prints: judged as printed, nothing is run")
    if example.expected:
        lines.append(f"  known   not runnable: {printable(example.expected)}")
    lines += [_note(note) for note in sorted(example.notes, key=lambda n: n.origin is Origin.INFERRED)]
    lines += [f"  reader  {printable(part.what)}" for part in (example.bundle.left_to_reader if example.bundle else ())]
    return "\n".join(lines) + "\n"


def _note(note: Note) -> str:
    where = f" ({printable(str(note.span))})" if note.span else ""
    match note.origin:
        case Origin.INFERRED:
            return f"  added   {printable(note.what)}, {note.confidence:.0%} sure{where}"
        case Origin.CONFIG | Origin.DIRECTIVE:
            return f"  given   {printable(note.what)}{where}"
        case Origin.STATED:
            return f"  stated  {printable(note.what)}{where}"
