"""Whom a sentence binds, by the words of its specification."""

from __future__ import annotations

import pytest

from extractor.model import PLAIN_PARTIES, Parties, Party, Subject
from extractor.normative.subjects import subject_of

QUEUE = Parties(
    named=(Party("server", ("broker", "message queue"), not_before=("address",)), Party("client", ("consumer",))),
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
    assert subject_of(before, after, PLAIN_PARTIES) == plain
    assert subject_of(before, after, QUEUE) == queue


@pytest.mark.parametrize(
    ("before", "subject"),
    [
        ("The registry", "registry"),
        ("Publishers and verifiers", "either"),
        ("When a publisher is asked by the registry, it", "publisher"),
        ("To ask on behalf of a publisher, the verifier", "verifier"),
        ("The server", "server"),
        ("The registry entry", "unknown"),
    ],
)
def test_a_specification_names_its_own_parties(before: str, subject: str) -> None:
    own = (Party("registry", ("registry",), not_before=("entry",)), Party("publisher", ("publisher",)))
    parties = Parties(own).with_nouns({"verifier": ("verifier", "checker"), "server": ("server",)})
    assert subject_of(before, "answer.", parties) == subject


@pytest.mark.parametrize(
    ("before", "noun"),
    [
        ("All registries", "registry"),
        ("Proxies and registries", "proxy"),
        ("Switches", "switch"),
        ("Mailboxes", "mailbox"),
        ("Keys", "key"),
    ],
)
def test_plurals_are_those_of_english(before: str, noun: str) -> None:
    assert subject_of(before, "answer.", Parties(named=(Party(noun, (noun,)),), either=())) == noun
