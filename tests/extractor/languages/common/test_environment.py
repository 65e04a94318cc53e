"""Variables and placeholders."""

from __future__ import annotations

import pytest

from extractor.languages.common.environment import filled_file, is_placeholder, variables_of
from tests.extractor.blocks import block

TEXT = """# the server
HOST=localhost
export PORT=3000 # as documented
QUOTED="a b # c"
SINGLE='x'
EMPTY=
URL=http://localhost:8080/realms/a?b=c
"""


def test_variables() -> None:
    assert variables_of(block("env", TEXT)) == {
        "HOST": "localhost",
        "PORT": "3000",
        "QUOTED": "a b # c",
        "SINGLE": "x",
        "EMPTY": "",
        "URL": "http://localhost:8080/realms/a?b=c",
    }


@pytest.mark.parametrize("text", ["[section]\na=b\n", "just words\n", "1A=b\n", "a b=c\n", "X=1\n" * 300 + "no\n"])
def test_other_texts_have_none(text: str) -> None:
    assert variables_of(block("ini", text)) == {}


@pytest.mark.parametrize(
    "value",
    ["<YOUR_CLIENT_ID>", "your-client-id", "YOUR_KEY", "[secret]", "...", "sk-...", "xxxx", "${SECRET}", "insert_here",
     "https://your-domain.example.com", "changeme"],
)  # fmt: skip
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["", "localhost", "3000", "mcp-server", "my-client", "http://localhost:8080/x", "a" * 900]
)
def test_values_that_are_meant(value: str) -> None:
    assert not is_placeholder(value)


def test_filled_lines_are_no_longer_the_docs() -> None:
    file = filled_file(".env", block("env", "A=1\nB=<YOUR_B>\nC=3\n", line=10), {"A": "1", "B": "filled", "C": "3"})
    assert file.text == "A=1\nB=filled\nC=3\n"
    assert [file.docs_line(n).first if file.docs_line(n) else None for n in (1, 2, 3)] == [11, None, 13]  # type: ignore[union-attr]
