from __future__ import annotations

import pytest

from harness.base.jsonrpc import error_code, message, messages, methods, parse, response_to


@pytest.mark.parametrize("text", ["", "nonsense", "{", "[" * 100_000, '{"id":' + "9" * 10_000 + "}"])
def test_what_is_no_json_is_none(text: str) -> None:
    assert messages(text) is None


def test_a_batch_gives_its_objects_and_scalars_give_nothing() -> None:
    assert messages('[{"id":1},2,{"id":3}]') == ({"id": 1}, {"id": 3})
    assert messages("7") == ()


def test_only_the_response_with_the_id_answers() -> None:
    found = ({"id": True, "result": {}}, {"id": 1, "method": "ping"}, {"id": 1, "result": {"x": 1}})
    assert response_to(found, 1) == found[2]
    assert response_to(found, 2) is None


def test_an_error_has_a_code() -> None:
    assert error_code({"error": {"code": -1}}) == -1
    assert error_code({"error": "no"}) is None


@pytest.mark.parametrize("code", [True, 1.5, "-1", None, [1]])
def test_a_code_is_an_integer_and_nothing_else(code: object) -> None:
    assert error_code({"error": {"code": code}}) is None


def test_one_message_is_an_object_and_not_a_batch() -> None:
    assert message('{"id": 1}') == {"id": 1}
    for other in ("[]", '[{"id": 1}]', "7", "null", "nonsense"):
        assert message(other) is None


@pytest.mark.parametrize(
    ("body", "named"),
    [('{"method":"ping"}', "ping"), ('[{"method":"ping"},{"id":1},3]', "[ping, ?]"), ("7", ""), ("", ""), ("{}", "")],
)
def test_the_methods_of_a_body(body: str, named: str) -> None:
    assert methods(body) == named


@pytest.mark.parametrize("text", ["[1", "null", "[" * 100_000, '{"a": "' + "x" * 5000 + '"}', "1"])
def test_what_is_read_again_is_the_same(text: str) -> None:
    assert [parse(text), messages(text)] == [parse(text), messages(text)]
    assert messages("null") == ()
    assert messages("[1") is None
