"""Commands in the prose: which block they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs import prose_commands
from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.model import Flavour, Layout

FENCE = "```js\nx\n```\n\n"


def spoken(text: str) -> list[list[tuple[int, str]]]:
    layout = Layout(flavour=Flavour.MINTLIFY)
    page = parse_page(Path("/nowhere"), "p.mdx", text.encode(), layout, None).page
    return [list(block.prose_commands) for block in blocks_of(page)]


def test_before_the_first_block_of_a_section_it_is_about_the_next() -> None:
    assert spoken(f"Run `npm install a`.\n\n{FENCE}{FENCE}") == [[(1, "npm install a")], []]


def test_below_a_block_it_is_about_that_one() -> None:
    assert spoken(f"{FENCE}Then `pip install a`\nor\n`uv add b`.\n\n{FENCE}") == [
        [(5, "pip install a"), (7, "uv add b")],
        [],
    ]


def test_a_section_without_blocks_speaks_of_the_next_block_and_the_last_one_of_the_last() -> None:
    text = f"# A\n\n{FENCE}# Install\n\nDo `npm i a`.\n\n# B\n\n{FENCE}# End\n\nDo `node b.js`.\n"
    assert spoken(text) == [[], [(9, "npm i a"), (19, "node b.js")]]


def test_tabs_do_not_hear_each_other() -> None:
    text = '<Tabs>\n<Tab title="A">\n\nDo `npm i a`.\n\n</Tab>\n<Tab title="B">\n\n' + FENCE + "</Tab>\n</Tabs>\n"
    assert spoken(text) == [[]]


def test_only_commands_count() -> None:
    assert spoken("Call `app.listen(3000)`, `npm`, `npminstall x` and `rm -rf /`, not pip install a.\n\n" + FENCE) == [
        []
    ]


def test_no_block_no_command() -> None:
    assert spoken("Do `npm i a`.\n") == []


def test_endless_prose_is_passed_over() -> None:
    assert spoken("`npm i a` " * 100_000 + "\n\n" + FENCE) == [[]]
    many = spoken("`npm i a`\n\n" * 1000 + FENCE)
    assert len(many[0]) == 200


def stated(text: str) -> list[tuple[int, str]]:
    page = parse_page(Path("/nowhere"), "p.mdx", text.encode(), Layout(flavour=Flavour.MINTLIFY), None).page
    return [value for block in blocks_of(page) for value in block.prose_values]


def test_a_row_of_a_table_states_the_value_of_what_it_names() -> None:
    table = (
        "| Variable | Value | Meaning |\n|---|---|---|\n| `ROOM_PORT` | `7330` | where it listens |\n"
        "| `ROOM_NAME` | your own | a name |\n| `X-Room-Key` | `open sesame` | header |\n"
    )
    assert stated(f"{table}\n{FENCE}") == [(3, "ROOM_PORT=7330"), (5, "X-Room-Key: open sesame")]


def test_a_column_of_something_else_states_no_value() -> None:
    types = "| Variable | Type |\n|---|---|\n| `ROOM_PORT` | `number` |\n"
    plain = "| What | Value |\n|---|---|\n| the port | `7330` |\n"
    assert stated(f"{types}\n{plain}\n{FENCE}") == []
    after = "| Variable | Value |\n|---|---|\n| `A` | `1` |\n\n| Variable | Type |\n|---|---|\n| `B` | `2` |\n"
    assert stated(f"{after}\n{FENCE}") == [(3, "A=1")]


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("``npm i a``", "npm i a"),
        ("` npm i a `", "npm i a"),
        ("`npm\ni a`", "npm i a"),
        ("`\nnpm i a\n`", "npm i a"),
        ("`env A=1 b=2 node x.js`", "env A=1 b=2 node x.js"),
        ("`KEY=v python3 a.py`", "KEY=v python3 a.py"),
        ("`uvx a`, not `b`", "uvx a"),
    ],
)
def test_a_command_is_found_however_its_code_is_written(code: str, command: str) -> None:
    assert [text for _, text in spoken(f"Run {code}.\n\n{FENCE}")[0]] == [command]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("` PORT=1 `", "PORT=1"),
        ("`set PORT=1`", "set PORT=1"),
        ("`Bearer abc`", "Bearer abc"),
        ("``X-Key: a`b``", "X-Key: a`b"),
        ("`Authorization:\nBasic x`", "Authorization: Basic x"),
        ("the path `POST\n/mcp`", "POST /mcp"),
        ("the endpoint ` /mcp `", "/mcp"),
    ],
)
def test_a_value_is_found_however_its_code_is_written(code: str, value: str) -> None:
    assert [text for _, text in stated(f"Use {code}.\n\n{FENCE}")] == [value]


@pytest.mark.parametrize(
    "prose",
    ["服务器监听 http://127.0.0.1:3100/mcp。", "在 http://127.0.0.1:3100/mcp上运行", "（http://127.0.0.1:3100/mcp）", "http://127.0.0.1:3100/mcp、次に"],
)
def test_an_address_ends_where_chinese_or_japanese_goes_on(prose: str) -> None:
    assert [value for _, value in stated(f"{prose}\n\n{FENCE}")] == ["http://127.0.0.1:3100/mcp"]


@pytest.mark.parametrize(
    ("prose", "values"),
    [
        ("Set `BOX_PORT` to `4500` first.", ["BOX_PORT=4500"]),
        ("Start it with the environment variable `BOX_PORT` set, and with `BOX` as `a`, `b`.", ["BOX=a"]),
        ("Set `A` to `1` and `B` to `2`; then `C` = `3`.", ["A=1", "B=2"]),
        ("Export `BOX_PORT`\nwith the value `4501`.", ["BOX_PORT=4501"]),
        ("If `BOX_PORT` is `4502`, it fails.", []),
        ("Do not set `BOX_PORT` to `4503`.", []),
        ("Setting `BOX_PORT` changes it from `1` to `2`.", []),
        ("Set `BOX_PORT` to `any free port`.", []),
    ],
)
def test_a_sentence_that_sets_a_variable_states_its_value(prose: str, values: list[str]) -> None:
    page = parse_page(
        Path("/nowhere"), "p.mdx", f"{FENCE}{prose}\n".encode(), Layout(flavour=Flavour.MINTLIFY), None
    ).page
    (block,) = blocks_of(page)
    assert [value for _, value in block.prose_values] == values


def test_prose_without_commands_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose_commands, "inline_tokens", None)
    assert spoken(f"The method `tools/list` of `ServerSession`, `x`, `a - b`.\n\n{FENCE}") == [[]]
