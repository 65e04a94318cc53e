"""Judging a whole conversation: total, in order, and safe against any transcript."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.model import ExampleKind, Level, Subject
from harness.base.codec import from_json, to_json
from harness.judge.judge import judge
from harness.model import (
    Citation,
    Drift,
    DriftKind,
    Facts,
    Failure,
    FailureKind,
    Finding,
    RevisionFacts,
    Side,
    SseEvent,
    Transcript,
    Verdict,
)
from harness.profiles.mcp import steps
from harness.profiles.registry import MCP
from tests.support.transcripts import Talk
from tests.support.verdicts import NEWEST, rows


def talked() -> Talk:
    talk = Talk()
    talk.baseline()
    talk.request(steps.BASELINE_TOOL)
    talk.get(steps.GET_STREAM)
    talk.request(steps.GET_WHILE_OPEN)
    talk.request(steps.ORIGIN_FOREIGN_REQUEST, 403, control=talk.request(steps.ORIGIN_CONTROL_REQUEST))
    talk.request(steps.VERSION_UNSUPPORTED, 400, control=talk.request(steps.VERSION_CONTROL))
    talk.life()
    talk.initialize(steps.SURVIVES_INITIALIZE, label="Z", id="e" * 40)
    talk.request(steps.SURVIVES_REQUEST)
    return talk


def test_one_finding_per_row_in_the_catalogues_order() -> None:
    found = judge(talked().transcript(), rows(), MCP, page_revision=NEWEST)
    order = [row.id for row in MCP.catalogue.requirements]
    assert [f.requirement for f in found] == sorted((f.requirement for f in found), key=order.index)
    server = {
        row.id
        for row in MCP.catalogue.requirements
        if row.side in (Side.SERVER, Side.ANY_SERVER) and NEWEST in row.levels
    }
    assert {f.requirement for f in found} == server | {"revision.match"}


def test_nothing_is_skipped_in_an_empty_conversation() -> None:
    empty = Transcript("e", ExampleKind.HTTP_SERVER, (), negotiated=(NEWEST,))
    found = judge(empty, rows(), MCP, page_revision=NEWEST)
    assert len(found) == len(judge(talked().transcript(), rows(), MCP, page_revision=NEWEST))
    assert not any(f.verdict in (Verdict.VIOLATED,) for f in found)


def test_judging_again_from_json_gives_the_same() -> None:
    transcript = talked().transcript()
    again = from_json(to_json(transcript), Transcript)
    assert judge(again, rows(), MCP, page_revision=NEWEST) == judge(transcript, rows(), MCP, page_revision=NEWEST)


@pytest.mark.parametrize(
    ("page", "requirement", "verdict", "summary"),
    [
        (NEWEST, "revision.match", Verdict.SATISFIED, f"The example negotiates {NEWEST}."),
        (
            "2026-07-28",
            "revision.match",
            Verdict.VIOLATED,
            f"The page belongs to 2026-07-28; its example negotiates {NEWEST}.",
        ),
        ("draft", "revision.match", Verdict.VIOLATED, f"The page belongs to draft; its example negotiates {NEWEST}."),
    ],
)
def test_revision_match(page: str, requirement: str, verdict: Verdict, summary: str) -> None:
    found = [f for f in judge(talked().transcript(), rows(), MCP, page_revision=page) if f.requirement == requirement]
    assert [(f.verdict, f.summary, f.gates) for f in found] == [(verdict, summary, False)]


def test_a_page_that_its_example_cannot_serve_gets_no_verdict_of_its_own_revision() -> None:
    talk = talked()
    wrong = [replace(e, reply=replace(e.reply, status=400)) if e.step.startswith("terminated.p") and e.reply else e
             for e in talk.exchanges]  # fmt: skip
    transcript = replace(talk.transcript(), exchanges=tuple(wrong))
    found = judge(transcript, rows(), MCP, page_revision="2026-07-28")
    assert {f.revision for f in found} == {NEWEST, "2026-07-28"}
    assert [f.requirement for f in found if f.revision == "2026-07-28"] == ["revision.match"]
    assert {f.requirement for f in found if f.verdict is Verdict.VIOLATED} == {
        "revision.match",
        "session.terminated-404",
    }
    assert not any(f.gates for f in found)


def test_a_page_without_streamable_http_is_not_matched_by_a_server_of_it() -> None:
    transcript = talked().transcript(negotiated=("2024-11-05", NEWEST))
    found = [f for f in judge(transcript, rows(), MCP, page_revision="2024-11-05") if f.requirement == "revision.match"]
    assert [f.verdict for f in found] == [Verdict.VIOLATED]
    assert NEWEST in found[0].summary


def test_what_was_refused_for_want_of_a_token_shows_no_revision() -> None:
    talk = Talk()
    refused = talk.initialize(steps.BASELINE_INITIALIZE, status=401)
    talk.baseline()
    served = talk.initialize(steps.BASELINE_INITIALIZE)
    for page, negotiated in (("2024-11-05", ("2024-11-05", NEWEST)), ("2026-07-28", (NEWEST,))):
        transcript = talk.transcript(negotiated=negotiated)
        found = {f.requirement: f for f in judge(transcript, rows(), MCP, page_revision=page)}["revision.match"]
        assert found.verdict is Verdict.VIOLATED
        assert found.evidence
        assert refused not in found.evidence
        assert min(found.evidence) <= served
    nobody = Talk()
    only = nobody.initialize(steps.BASELINE_INITIALIZE, status=401)
    transcript = nobody.transcript(negotiated=(NEWEST,))
    found = {f.requirement: f for f in judge(transcript, rows(), MCP, page_revision="2026-07-28")}["revision.match"]
    assert found.evidence == (only,)


def test_the_draft_is_heard_in_the_newest_release() -> None:
    talk = Talk(revision="2026-07-28")
    control = talk.request(steps.MODERN_CONTROL, session=None)
    talk.request(steps.MODERN_MISMATCH_HEADER, control=control, session=None)
    transcript = talk.transcript(modern=("2026-07-28",), facts=Facts(revisions={"2026-07-28": RevisionFacts()}))
    found = {f.requirement: f for f in judge(transcript, rows(), MCP, page_revision="draft")}
    assert found["version.mismatch-400"].revision == "draft"
    assert found["version.mismatch-400"].gates
    assert found["revision.match"].verdict is Verdict.SATISFIED


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.just("[" * 3000),
    st.sampled_from(
        [{"jsonrpc": "2.0", "id": 1, "result": None}, {"id": [], "error": "x"}, {"method": 1, "params": []}]
    ),
    st.lists(st.integers(), max_size=2),
)


@settings(max_examples=60)
@given(data=st.data())
def test_no_transcript_makes_a_check_fail(data: st.DataObject) -> None:
    talk = talked()
    exchanges = []
    for exchange in talk.exchanges:
        if data.draw(st.booleans()):
            exchanges.append(exchange)
            continue
        body = data.draw(HOSTILE)
        text = body if isinstance(body, str) else json.dumps(body)
        if exchange.reply is None or data.draw(st.booleans()):
            failure = data.draw(
                st.sampled_from([Failure(kind, detail) for kind in FailureKind for detail in ("", "x")])
            )
            exchanges.append(replace(exchange, reply=None, failure=failure, body=text))
            continue
        events = tuple(SseEvent("message", text, data.draw(st.sampled_from([None, "", "1"]))) for _ in range(2))
        status = data.draw(st.sampled_from([100, 200, 202, 204, 307, 400, 404, 405, 429, 500, 503, 999]))
        reply = replace(exchange.reply, status=status, body=text, events=events if data.draw(st.booleans()) else ())
        exchanges.append(replace(exchange, reply=reply, body=data.draw(st.sampled_from([exchange.body, text]))))
    transcript = replace(talk.transcript(), exchanges=tuple(exchanges), demands_token=data.draw(st.booleans()))
    found = judge(transcript, rows(), MCP, page_revision=NEWEST)
    assert (
        len(found)
        == len({f.requirement for f in found})
        == len(judge(talk.transcript(), rows(), MCP, page_revision=NEWEST))
    )
    assert all(isinstance(f, Finding) and f.summary.endswith((".", ")")) for f in found)


def _drift(kind: DriftKind, old: str | None, new: str | None) -> Drift:
    place = Citation("p.mdx", 1, 1, new or "", Level.MUST, "MUST", "a", NEWEST, Subject.SERVER, "f" * 64)
    return Drift("version.unsupported-400", NEWEST, kind, "p.mdx", "a", "0" * 64, place if new else None, 0.6,
                 old=old, words="answers {+422+}")  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        (DriftKind.CHANGED, "answers 400 at once", "answers 422 at once", "“400” → “422”"),
        (DriftKind.CHANGED, None, "answers 422 at once", "answers {+422+}"),
        (DriftKind.VANISHED, "answers 400 at once", None, "p.mdx no longer contains the sentence"),
    ],
)
def test_a_rule_that_changed_in_meaning_is_not_judged_from_memory(
    kind: DriftKind, old: str | None, new: str | None, said: str
) -> None:
    doubted = [
        replace(row, doubt=_drift(kind, old, new)) if row.requirement.id == "version.unsupported-400" else row
        for row in rows()
    ]
    before = {f.requirement: f for f in judge(talked().transcript(), rows(), MCP, page_revision=NEWEST)}
    after = {f.requirement: f for f in judge(talked().transcript(), doubted, MCP, page_revision=NEWEST)}
    finding = after.pop("version.unsupported-400")
    assert before.pop("version.unsupported-400").verdict is Verdict.SATISFIED
    assert (finding.verdict, finding.gates) == (Verdict.INCONCLUSIVE, False)
    assert said in finding.summary
    assert "docprobe baseline update" in finding.summary
    assert after == before
