"""Whom a sentence binds, by the words of its specification."""

from __future__ import annotations

import pytest

from extractor.model import PLAIN_PARTIES, Parties, Party, Subject
from extractor.normative.subjects import subject_of

QUEUE = Parties(
    server=Party(("broker", "message queue"), not_before=("address",)),
    client=Party(("consumer",)),
    either=("peer",),
    adjectives=("amq",),
    others=("backup broker",),
)


@pytest.mark.parametrize(
    ("before", "after", "plain", "queue"),
    [
        ("The server", "answer.", Subject.SERVER, Subject.UNKNOWN),
        ("Each new broker", "answer.", Subject.UNKNOWN, Subject.SERVER),
        ("If an AMQ message  queue", "answer.", Subject.UNKNOWN, Subject.SERVER),
        ("Consumers and AMQ brokers", "answer.", Subject.UNKNOWN, Subject.EITHER),
        ("Clients and servers", "answer.", Subject.EITHER, Subject.UNKNOWN),
        ("A peer", "answer.", Subject.UNKNOWN, Subject.EITHER),
        ("A broker address", "be short.", Subject.UNKNOWN, Subject.UNKNOWN),
        ("A backup broker", "answer.", Subject.UNKNOWN, Subject.UNKNOWN),
        ("When the consumer is done, it", "answer.", Subject.UNKNOWN, Subject.CLIENT),
        ("Frames", "be read by the broker.", Subject.UNKNOWN, Subject.SERVER),
        ("Frames sent from the consumer", "be short.", Subject.UNKNOWN, Subject.CLIENT),
    ],
)
def test_the_words_decide(before: str, after: str, plain: Subject, queue: Subject) -> None:
    assert subject_of(before, after, PLAIN_PARTIES) is plain
    assert subject_of(before, after, QUEUE) is queue
