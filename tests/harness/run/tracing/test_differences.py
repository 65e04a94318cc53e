"""What ran for a wrong request and not for its control."""

from __future__ import annotations

from extractor.model import ExampleKind
from harness.model import Exchange, Transcript
from harness.run.tracing.differences import differences
from harness.run.tracing.service import Executed
from tests.support.report_pieces import exchange

SHARED, OWN, LATER = (1, 0), (2, 4), (3, 4)


def conversation(*exchanges: Exchange) -> Transcript:
    return Transcript("e", ExampleKind.HTTP_SERVER, exchanges)


def ran(*places: tuple[int, int]) -> Executed:
    return Executed({"server.py": frozenset(places)})


def test_what_ran_for_the_wrong_request_only_is_told_from_what_runs_for_all() -> None:
    talk = conversation(exchange(1, "control", "POST", 200), exchange(2, "fault", "POST", 400))
    (found,) = differences(talk, talk, {2: 1}, {1: ran(SHARED), 2: ran(SHARED, OWN)}, {2})
    assert found.only == {"server.py": (OWN,)}
    assert found.rare == {"server.py": ((*SHARED, 1), (*OWN, 0))}


def test_where_nothing_ran_for_it_alone_right_requests_of_its_kind_do_not_count() -> None:
    """What every request of a kind does wrong, those with which nothing else is wrong do as well."""
    get, post = exchange(3, "open", "GET", 200), exchange(1, "control", "POST", 200, body="ping")
    talk = conversation(post, exchange(2, "fault", "GET", 200), get)
    executed = {1: ran(SHARED), 2: ran(SHARED, OWN), 3: ran(SHARED, OWN)}
    (alone,) = differences(talk, talk, {2: 0}, executed, {2})
    assert alone.only == {}
    assert alone.rare == {"server.py": ((*SHARED, 1), (*OWN, 0))}, "only the POST was counted"
    (compared,) = differences(talk, talk, {2: 1}, executed, {2})
    assert compared.only == {"server.py": (OWN,)}
    assert compared.rare == {"server.py": ((*SHARED, 2), (*OWN, 1))}, "all right requests were counted"


def test_a_request_that_was_answered_otherwise_than_before_is_left_out() -> None:
    was = conversation(exchange(1, "control", "POST", 200), exchange(2, "fault", "POST", 400))
    now = conversation(exchange(1, "control", "POST", 200), exchange(2, "fault", "POST", 500))
    assert differences(was, now, {2: 1}, {1: ran(SHARED), 2: ran(SHARED, LATER)}, {2}) == ()


def test_what_ran_for_few_other_kinds_of_requests() -> None:
    get, post = exchange(1, "open", "GET", 200), exchange(2, "list", "POST", 200, body='{"method": "tools/list"}')
    again = exchange(3, "again", "POST", 200, body='{"method": "tools/list"}')
    executed = {1: ran(SHARED), 2: ran(SHARED, OWN), 3: ran(SHARED, OWN)}
    talk = conversation(get, post, again)
    (found,) = differences(talk, talk, {3: 2}, executed, {3})
    assert found.kinds == {"server.py": ((*SHARED, 1), (*OWN, 0))}, "another of its kind does not count"


def test_a_control_that_was_not_traced_is_left_out() -> None:
    talk = conversation(exchange(1, "control", "GET", 200), exchange(2, "fault", "POST", 400))
    (found,) = differences(talk, talk, {2: 1}, {2: ran(SHARED)}, {2})
    assert (found.control, found.only) == (0, {})
    assert found.kinds == {"server.py": ((*SHARED, 0),)}
