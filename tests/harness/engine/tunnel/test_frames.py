from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.tunnel.frames import HEADER, MAX_PAYLOAD, Decoder, Frame, FrameError, Kind, encode

frames = st.builds(Frame, st.sampled_from(list(Kind)), st.integers(0, 0xFFFF_FFFF), st.binary(max_size=300))


@given(st.lists(frames, max_size=20), st.lists(st.integers(1, 64), min_size=1, max_size=20))
def test_any_cut_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    data = b"".join(encode(*frame) for frame in sent)
    decoder, got, at = Decoder(), [], 0
    while at < len(data):
        size = cuts[at % len(cuts)]
        got += decoder.feed(data[at : at + size])
        at += size
    assert got == sent


@pytest.mark.parametrize(
    "data",
    [
        HEADER.pack(0, 1, 0),
        HEADER.pack(255, 1, 0),
        HEADER.pack(Kind.DATA, 1, MAX_PAYLOAD + 1),
        HEADER.pack(Kind.DATA, 1, 0xFFFF_FFFF),
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(FrameError):
        list(Decoder().feed(data))


def test_a_payload_too_long_is_not_sent() -> None:
    with pytest.raises(FrameError):
        encode(Kind.DATA, 1, bytes(MAX_PAYLOAD + 1))
    assert len(encode(Kind.DATA, 1, bytes(MAX_PAYLOAD))) == HEADER.size + MAX_PAYLOAD
