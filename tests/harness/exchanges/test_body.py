"""Events come out whole, whatever the line ends and wherever the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchanges.body import EventParser

STREAM = (
    ': comment\n\nid: 1\ndata: \n\nevent: message\nid: 2\ndata: {"a":\ndata: 1}\n\n'
    "data: no id\n\nretry: 10\ndata: r\n\n"
)


def events(pieces: list[bytes]) -> list[tuple[str, str, str, int | None]]:
    parser = EventParser()
    return [(e.event, e.data, e.id, e.retry) for piece in pieces for e in parser.feed(piece)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_comments_priming_and_ids(end: str) -> None:
    assert events([STREAM.replace("\n", end).encode()]) == [
        ("message", "", "1", None),
        ("message", '{"a":\n1}', "2", None),
        ("message", "no id", "", None),
        ("message", "r", "", 10),
    ]


@given(st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 120), max_size=12))
def test_the_cut_does_not_matter(end: str, cuts: list[int]) -> None:
    whole = STREAM.replace("\n", end).encode()
    places = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in itertools.pairwise(places)]
    assert events(pieces) == events([whole])


def test_carriage_returns_alone_end_lines_too() -> None:
    assert [e[1] for e in events([b"data: a\r\rdata: b\r\r:"])] == ["a", "b"]


def test_a_carriage_return_ends_an_event_before_anything_else_comes() -> None:
    parser = EventParser()
    assert [e.data for e in parser.feed(b"data: a\r\r")] == ["a"]
    assert [e.data for e in parser.feed(b"data: b\r\n\r")] == ["b"]
    assert [e.data for e in parser.feed(b"\ndata: c\n\n")] == ["c"]


def test_a_byte_order_mark_may_come_first_and_only_first() -> None:
    mark = "\ufeff".encode()
    seen = events([mark[:1], mark[1:] + b"data: one\n\n", mark + b"data: two\n\n"])
    assert [data for _, data, *_ in seen] == ["one"]


def test_an_unfinished_event_is_none() -> None:
    assert events([b"data: half\n"]) == []
