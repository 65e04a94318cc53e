"""What the tool says of names that a module does not have; the rest is tested by real lookups."""

from __future__ import annotations

import json

import pytest

from extractor.languages.python.look_up import look_up, similar


@pytest.mark.parametrize(("name", "near"), [("json_decoder", "JSONDecoder"), ("loadss", "loads"), ("Dumps", "dumps")])
def test_names_like_one_that_is_missing(name: str, near: str) -> None:
    assert look_up(json.__name__, [name]) == (True, [name], "")
    assert similar(json.__name__, name)[0] == near


def test_nothing_is_like_a_name_of_another_kind() -> None:
    assert similar(json.__name__, "StreamableHTTPServerTransport") == []
