from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from extractor.model import Note, NoteKind, Origin, Span
from harness import model, results
from harness.base.errors import UsageError
from harness.model import Stage
from harness.report.evidence import page_lines
from harness.results import result_format
from harness.results.document import from_text, without_times
from harness.results.document import to_text as render
from harness.results.result_format import PublishedNote
from tests.support.golden import check_golden
from tests.support.hostile_report import hostile_report
from tests.support.report_pieces import ROWS
from tests.support.reports import full_report, quiet_report, rich_report

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = Path(results.__file__).parent / "schema" / "docprobe-1.schema.json"
REPORTS = {"full": full_report, "rich": rich_report, "hostile": hostile_report, "quiet": quiet_report}


def read(text: str | bytes) -> model.Report:
    return from_text(text, ROWS)


def test_the_published_schema_is_that_of_the_types() -> None:
    derived = json.dumps(result_format.schema(), indent=2) + "\n"
    check_golden(SCHEMA, derived)


def test_the_schema_is_a_schema_and_describes_every_field_that_names_do_not_explain() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all("description" in definition for definition in schema["$defs"].values())


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_written_validates(name: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(render(REPORTS[name]())))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "docprobe/2"),
        (("started",), "yesterday"),
        (("summary", "exit_code"), 7),
        (("examples", 0, "status"), "fine"),
        (("examples", 0, "findings", 0, "verdict"), "maybe"),
        (("examples", 0, "spans", 0, "first"), 0),
        (("examples", 0, "findings", 1, "statement"), "a sentence"),
    ],
)
def test_what_is_wrong_validates_neither_by_schema_nor_on_reading(path: tuple[str | int, ...], value: object) -> None:
    wrong = json.loads(render(rich_report()))
    at = wrong
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(wrong))
    with pytest.raises(UsageError, match="not a docprobe/1 document"):
        read(json.dumps(wrong))


def _flaws(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths to every key of a document, of a list to those of its first item that has them."""
    match value:
        case dict():
            for key, item in value.items():
                yield (*path, key)
                yield from _flaws(item, (*path, key))
        case list():
            for place, item in enumerate(value):
                yield from _flaws(item, (*path, place))
        case _:
            pass


def _answer(document: object) -> str:
    try:
        read(json.dumps(document))
    except UsageError as error:
        return error.message.removeprefix("not a docprobe/1 document: ")
    return "accepted"


@pytest.mark.long
def test_what_is_missing_or_wrong_is_named() -> None:
    whole = json.loads(render(full_report()))
    lines, seen = [], set()
    for path in _flaws(whole):
        kind = ".".join("#" if isinstance(key, int) else key for key in path)
        if kind in seen or kind.startswith("sources.") or ".packages." in kind:
            continue
        seen.add(kind)
        for flaw, put in (("missing", None), ("-1", -1), ("a word", "word")):
            wrong = copy.deepcopy(whole)
            at = wrong
            for key in path[:-1]:
                at = at[key]
            if put is None:
                del at[path[-1]]
            else:
                at[path[-1]] = put
            lines.append(f"{kind} {flaw}: {_answer(wrong)}")
    check_golden("report/reading.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("name", REPORTS)
def test_reading_gives_back_what_was_written(name: str) -> None:
    text = render(REPORTS[name]())
    assert render(read(text)) == text


def test_reading_gives_back_all_but_transcripts_and_whole_pages() -> None:
    before, after = rich_report(), read(render(rich_report()))
    for was, now in zip(sorted(before.examples, key=lambda e: e.id), after.examples, strict=True):
        assert replace(now, transcript=None) == replace(was, transcript=None)
    left_out = {"examples", "sources"}
    for field in fields(model.Report):
        if field.name not in left_out:
            assert getattr(after, field.name) == getattr(before, field.name), field.name
    page = before.examples[0].page
    assert after.sources[page][19] == before.sources[page][19]


@pytest.mark.parametrize(
    ("note", "name"),
    [
        (Note(NoteKind.DEPENDENCY, Origin.STATED, "@scope/sdk", "@^1.2"), "@scope/sdk"),
        (Note(NoteKind.DEPENDENCY, Origin.STATED, "mcp", "[cli]>=1"), "mcp"),
        (Note(NoteKind.FILE_NAME, Origin.STATED, "server.ts"), "server.ts"),
        (Note(NoteKind.FILE, Origin.INFERRED, "x.py", confidence=0.9), "x.py"),
        (Note(NoteKind.ALLOWED_SCRIPTS, Origin.CONFIG), ""),
        (Note(NoteKind.REMARK, Origin.STATED, detail="“npm i x” is ignored: x"), ""),
    ],
)
def test_reading_gives_back_notes(note: Note, name: str) -> None:
    report = rich_report()
    report = replace(report, examples=tuple(replace(example, notes=(note,)) for example in report.examples))
    after = read(render(report)).examples[0].notes[0]
    assert after == note
    assert after.name == name


def test_what_a_document_does_not_say_of_a_row_comes_from_the_catalogue() -> None:
    text = render(rich_report())
    known = {row.id: row for row in from_text(text, ROWS).requirements}
    unknown = {row.id: row for row in from_text(text, ()).requirements}
    assert (known["example.runs"].stage, known["example.runs"].always_warns) == (Stage.START, True)
    assert (unknown["example.runs"].stage, unknown["example.runs"].always_warns) == (Stage.CONVERSATION, False)
    assert known.keys() == unknown.keys()


def test_the_golden() -> None:
    check_golden("report/full.json", render(full_report()))


def test_order_of_examples_and_of_packages_does_not_show() -> None:
    report = rich_report()
    turned = replace(
        report,
        examples=tuple(
            replace(example, packages=dict(reversed(example.packages.items()))) for example in reversed(report.examples)
        ),
    )
    assert render(turned) == render(report)


def test_times_and_cached_are_all_that_may_differ() -> None:
    report = rich_report()
    later = replace(
        report,
        started="2027-01-01T00:00:00Z",
        duration_s=1.0,
        examples=tuple(replace(e, duration_s=9.0, cached=not e.cached) for e in report.examples),
    )
    assert render(later) != render(report)
    assert without_times(later) == without_times(report)


def test_keys_of_the_published_format_are_there() -> None:
    written = json.loads(render(rich_report()))
    assert set(written) >= {"schema", "docprobe", "started", "duration_s", "docs", "drift", "examples", "summary"}
    assert written["summary"]["violated"] == {"MUST": 8, "SHOULD": 2}
    assert written["summary"]["gating"] == 9
    assert written["summary"]["distinct"] == 4
    first = next(example for example in written["examples"] if example["language"] == "typescript")["findings"][0]
    assert list(first)[:10] == [
        "requirement", "level", "basis", "verdict", "gates", "revision", "statement", "blame", "evidence", "summary",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"schema": "docprobe/2"}', "[" * 100_000])
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="not a docprobe/1 document"):
        read(text)


def test_another_version_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        read(render(rich_report()).replace('"docprobe/1"', '"docprobe/2"', 1))
    assert "docprobe/2" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("place", "span"),
    [
        ("docs/a.mdx:12", Span("docs/a.mdx", 12, 12)),
        ("a:b.md:3-9", Span("a:b.md", 3, 9)),
        ("a.md:0", None),
        ("a.md:9-3", None),
        ("a.md", None),
        (None, None),
    ],
)
def test_the_place_of_a_note_is_read_back(place: str | None, span: Span | None) -> None:
    note = PublishedNote(what="dependency express", origin=Origin.STATED, place=place)
    assert note.span == span


@pytest.mark.parametrize("started", ["2026-13-45T99:99:99Z", "٢٠٢٦-11-22T03:00:00Z"])
def test_a_time_that_cannot_be_is_named(started: str) -> None:
    with pytest.raises(UsageError, match=r"at `\$\.started`"):
        read(render(replace(rich_report(), started=started)))


def test_lines_far_beyond_a_page_take_no_memory() -> None:
    """A result file may come from anybody: what it points at need not be there."""
    report = rich_report()
    far = 2**63 - 1
    file = next(iter(report.sources))
    at_end = len(report.sources[file])
    wide = tuple(
        replace(
            example,
            spans=tuple(replace(span, last=far) for span in example.spans),
            findings=tuple(replace(f, blame=(Span(file, at_end, far), Span("none.mdx", 1, far))) for f in example.findings),
        )
        for example in report.examples
    )
    document = json.loads(render(replace(report, examples=wide)))
    assert max(e["first"] + len(e["lines"]) - 1 for e in document["sources"][file]) == at_end
    shown = page_lines(report.sources, [Span(file, at_end, far)], context=2)
    assert [(line.number, line.blamed) for run in shown for line in run] == [
        (at_end - 2, False), (at_end - 1, False), (at_end, True),
    ]  # fmt: skip
    assert page_lines(report.sources, [Span(file, far, far)]) == ()


def test_excerpts_far_beyond_a_page_are_refused() -> None:
    document = json.loads(render(rich_report()))
    document["sources"]["x.mdx"] = [{"first": 10**12, "lines": ["x"]}]
    with pytest.raises(UsageError, match=r"pages of more than 5000000 lines - at `\$.sources`"):
        read(json.dumps(document))
