"""Long transcripts wait in files and come back whole; the state folder loses what was not used for longest."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from extractor.model import ExampleKind
from harness.base.codec import from_json, to_json
from harness.judge.remarks import limit_remarks
from harness.model import (
    BodyFault,
    ExampleResult,
    Exchange,
    LogLine,
    Recording,
    Reply,
    Resolve,
    Run,
    SseEvent,
    StartOutcome,
    Transcript,
)
from harness.model.packed import pack, unpack
from harness.report.formats import FORMATS, render
from harness.report.terminal.look import Look
from harness.results.result_files import read, write
from harness.run.disk import (
    AS_THEY_ARE,
    PACKED,
    SHORT,
    SHORT_LOG,
    Held,
    LongTranscripts,
    Shared,
    remove_long_transcripts,
    shortened,
    trim,
    weight,
    without_locks,
)
from tests.support.report_pieces import ROWS
from tests.support.reports import rich_report


def transcript(size: int, fault: BodyFault | None = None) -> Transcript:
    events = tuple(SseEvent("message", "e" * 100, str(number)) for number in range(50))
    reply = Reply(200, (("x", "h" * 10),), "b" * size, size, events, fault=fault)
    exchange = Exchange(1, "s", None, 0, "POST", "/", (), "r" * 10, reply, None, 0.0, 0.0)
    logs = tuple(LogLine(0.0, "stdout", f"{number} " + "l" * 1_000) for number in range(100))
    return Transcript("e", ExampleKind.HTTP_SERVER, (exchange,), logs=logs)


def test_what_fits_stays_and_what_does_not_is_packed(tmp_path: Path) -> None:
    long = LongTranscripts(tmp_path)
    small, big = Recording((), transcript(100)), Recording((), transcript(AS_THEY_ARE))
    assert long.keep(small) == Held(small)
    held = long.keep(big)
    assert (held.recording.transcript, held.file) == (None, None)
    assert len(held.packed) < weight(transcript(AS_THEY_ARE)) / 20
    assert held.whole() == big
    assert long.keep(small) == Held(small), "the next one that fits stays"


def test_what_is_packed_is_bounded_too_and_the_rest_waits_in_files(tmp_path: Path) -> None:
    long = LongTranscripts(tmp_path, AS_THEY_ARE, PACKED)
    big = Recording((), transcript(1_000_000))
    held = long.keep(big)
    assert held.file is not None
    assert held.whole() == big
    assert from_json(Path(held.file).read_bytes(), Transcript) == big.transcript
    assert Path(held.file).parent == tmp_path / "transcripts"
    assert weight(unpack(held.packed)) < 2 * SHORT + 2 * SHORT_LOG
    remove_long_transcripts([held.file, held.file])
    assert list((tmp_path / "transcripts").iterdir()) == []


def test_where_no_file_can_be_written_the_transcript_stays(tmp_path: Path) -> None:
    (tmp_path / "transcripts").write_text("a file")
    big = Recording((), transcript(10_000))
    held = LongTranscripts(tmp_path, AS_THEY_ARE, PACKED).keep(big)
    assert (held.file, held.whole()) == (None, big)


def test_a_packed_conversation_is_each_copys_own() -> None:
    first = rich_report().examples[0]
    held = replace(first, transcript=None, packed=pack(transcript(10)))
    assert held.conversation == replace(transcript(10), example_id=first.id)


def test_a_report_is_the_same_from_packed_transcripts() -> None:
    report = rich_report()
    packed = replace(
        report,
        examples=tuple(
            replace(example, transcript=None, packed=pack(example.transcript)) if example.transcript else example
            for example in report.examples
        ),
    )
    assert any(example.packed for example in packed.examples)
    for form in FORMATS:
        assert render(form.name, packed, Look()) == render(form.name, report, Look()), form.name


def read_again(result: ExampleResult) -> ExampleResult:
    return from_json(to_json(result), ExampleResult)


def test_what_results_have_in_common_is_held_once() -> None:
    example = next(example for example in rich_report().examples if len(example.findings) > 1)
    example = replace(example, transcript=None, packages={"a": "1"}, runs=())
    others, (first, *_) = example.findings[:1], [finding for finding in example.findings if finding.statement]
    example = replace(example, findings=(first, *others))
    other = replace(example, findings=(replace(first, summary="Another one."), *others))
    shared = Shared()
    one, same, differs = (shared.of(read_again(result)) for result in (example, example, other))
    assert (one, same, differs) == (example, example, other)
    assert all(a is b for a, b in zip(one.findings, same.findings, strict=True))
    assert all(a is b for a, b in zip(one.findings[1:], differs.findings[1:], strict=True))
    assert one.findings[0].statement is differs.findings[0].statement is not None
    assert one.packages is differs.packages


def test_memory_is_flat_in_results_that_have_findings_in_common() -> None:
    example = next(example for example in rich_report().examples if example.findings)
    findings = tuple(
        replace(finding, summary=f"{finding.summary} {number}") for number in range(100) for finding in example.findings
    )
    data = to_json(replace(example, transcript=None, findings=findings))

    def each_kib(held: Callable[[ExampleResult], ExampleResult]) -> float:
        results = [held(from_json(data, ExampleResult))]
        before = tracemalloc.get_traced_memory()[0]
        results += [held(from_json(data, ExampleResult)) for _ in range(10)]
        return (tracemalloc.get_traced_memory()[0] - before) / 1024 / 10

    tracemalloc.start()
    try:
        assert each_kib(Shared().of) * 8 < each_kib(lambda result: result)
    finally:
        tracemalloc.stop()


def test_a_result_keeps_everything_but_its_locks() -> None:
    example = next(example for example in rich_report().examples if example.runs)
    locked = replace(example, runs=tuple(replace(run, lock="a==1") for run in example.runs))
    assert without_locks(locked) == replace(example, runs=tuple(replace(run, lock=None) for run in example.runs))


def test_a_short_one_has_the_beginnings_and_the_end_of_the_log() -> None:
    short = shortened(transcript(5_000))
    (exchange,) = short.exchanges
    assert exchange.reply is not None
    assert (len(exchange.reply.body), exchange.reply.truncated) == (SHORT, True)
    assert sum(len(event.data) for event in exchange.reply.events) <= SHORT
    assert short.logs[-1].text.startswith("99 ")
    assert sum(len(line.text) for line in short.logs) <= SHORT_LOG


def test_results_are_written_with_the_whole_transcript(tmp_path: Path) -> None:
    report = rich_report()
    first = next(example for example in report.examples if example.transcript is not None)
    big = replace(transcript(10_000), example_id=first.id)
    kept = LongTranscripts(tmp_path, AS_THEY_ARE, PACKED).keep(Recording((), big))
    held = replace(first, transcript=None, packed=kept.packed, whole_transcript=kept.file)
    write(replace(report, examples=(held,)), tmp_path / "out.json")
    (found,) = read(tmp_path / "out.json", ROWS).examples
    assert found.transcript == big
    assert "whole_transcript" not in (tmp_path / "out.json").read_text()


def test_the_least_recently_used_files_go_and_what_is_needed_stays(tmp_path: Path) -> None:
    for number, name in enumerate(("recordings/a", "pages/b", "last-run-transcripts/c", "recordings/d")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 600_000)
        os.utime(path, (1_000 + number, 1_000 + number))
    for name in ("locks", "runs", "images"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").write_bytes(b"x" * 3_000_000)
        os.utime(tmp_path / name / "kept", (0, 0))
    (tmp_path / "pages" / "link").symlink_to("/etc")
    assert trim(tmp_path, 1) == 3
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["images/kept", "locks/kept", "recordings/d", "runs/kept"]
    assert trim(tmp_path, 1) == 0
    assert trim(tmp_path / "nowhere", 1) == 0


def test_a_reply_that_was_not_read_to_its_end_is_told_once_for_each_text() -> None:
    first = rich_report().examples[0]
    cut = replace(first, transcript=transcript(10, BodyFault.TOO_LARGE))
    remarks = list(limit_remarks([cut, replace(cut, id="copy"), replace(first, digest="other")]))
    assert len(remarks) == 1
    assert "1 reply was longer than docprobe reads (exchange-mib in [limits])" in remarks[0].message


def test_what_an_install_asked_for_and_did_not_get_is_told() -> None:
    first = rich_report().examples[0]
    run = Run(Resolve.TODAY, None, {}, StartOutcome.SERVING, refused=("10.0.0.1:80", "evil.example:443"))
    remarks = list(limit_remarks([replace(first, runs=(run, run)), replace(first, id="copy", runs=(run,))]))
    assert [remark.message for remark in remarks] == [
        f"{first.id}: its install asked for 10.0.0.1:80, evil.example:443: refused, not a registry in use"
    ]
