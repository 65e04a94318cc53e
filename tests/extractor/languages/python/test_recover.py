"""What is kept of Python text that does not parse."""

from __future__ import annotations

import random
import time

import pytest

from extractor.languages.python.parse import parse_python
from extractor.languages.python.recover import is_sound, recovered

LOOP = (
    "import json\nimport sys\n\n\ndef answer(request):\n    if request['method'] == 'initialize':\n"
    "        return {'serverInfo': {'name': 'calc'}}\n    return {}\n\n\nfor line in sys.stdin:\n"
    "    request = json.loads(line)\n    print(json.dumps({'jsonrpc': '2.0', 'result': answer(request)}))\n"
)


def swapped(old: str, new: str) -> str:
    assert old in LOOP
    return LOOP.replace(old, new, 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(swapped("sys.stdin:", "sys.stdin"), id="colon"),
        pytest.param(swapped("(request)}))", "(request)}"), id="brackets"),
        pytest.param(swapped("'jsonrpc'", "'jsonrpc"), id="quote"),
        pytest.param(swapped("'jsonrpc'", "jsonrpc'"), id="opening-quote"),
        pytest.param(swapped("print(", "print "), id="print-of-python-2"),
        pytest.param(swapped("    request = ", "      request = "), id="indent"),
        pytest.param(swapped("    request = ", "\t\trequest = "), id="tab"),
        pytest.param(swapped("for line", "Now read the requests:\n\nfor line"), id="prose"),
        pytest.param(swapped("    print", "    Answer each of them.\n    print"), id="prose-inside"),
        pytest.param(swapped("def answer", "  def answer"), id="head-indent"),
        pytest.param(swapped("(request):", "(request:"), id="head"),
        pytest.param(swapped("== 'initialize':", "= = 'initialize':"), id="branch"),
        pytest.param(swapped("import sys", "import sys sys"), id="import"),
        pytest.param(f"  {LOOP}", id="first-line"),
    ],
)
def test_a_slip_keeps_what_makes_a_program(text: str) -> None:
    code, whole = parse_python(text), parse_python(LOOP)
    assert code.error is not None
    assert {"json.loads", "json.dumps", "answer"} <= {call.name for call in code.calls}
    assert {"initialize", "serverInfo", "jsonrpc", "2.0"} <= {text.value for text in code.texts}
    assert [(use.name, use.function) for use in code.reads] == [("sys.stdin", None)]
    assert "json" in code.modules
    assert code.defines.keys() >= whole.defines.keys() - {"line", "request", "sys"}
    assert (code.free, code.bare_await, code.loose_method) == ({}, None, None)


@pytest.mark.parametrize(
    ("line", "sound"),
    [
        ("mcp = FastMCP('desk)", "mcp = FastMCP()"),
        ("mcp.run(transport='streamable-http)", "mcp.run(transport='streamable-http')"),
        ("mcp.run transport='stdio')", "mcp.run(transport='stdio')"),
        ("HTTPServer(('127.0.0.1', 80, Desk).serve_forever()", "HTTPServer()"),
        ("print json.dumps({'a': 1})", "json.dumps({'a': 1})"),
        ("from mcp.server.fastmcp import (FastMCP, Context", "from mcp.server.fastmcp import FastMCP, Context"),
        ("from mcp imports FastMCP", "from mcp import FastMCP"),
        ("Now we read input and print it", ""),
        ("x y # mcp.run()", ""),
    ],
)
def test_a_broken_line_becomes_what_it_holds(line: str, sound: str) -> None:
    pieces = recovered(line).strip().split("; ")
    assert sound in pieces


def test_a_head_that_is_sound_stays_as_it_is_above_a_broken_body() -> None:
    head = 'async def main(port: int = 4000):\n    with make(\n        "x",\n        port=4000,\n    ) as server:\n'
    assert recovered(f'{head}        server.run(\n        print("a"\n').startswith(f"{head}        server.run()\n")


def test_each_line_stays_where_it_is() -> None:
    text = swapped("def answer(request):", "def answer(request)") + 'mcp.run(transport="stdio"\n'
    lines = recovered(text).splitlines()
    assert len(lines) == len(text.splitlines())
    assert lines[4] == "def answer():"
    assert lines[11] == "    request = json.loads(line)"
    assert parse_python(text).error == parse_python(text.replace(" print", " pass; print")).error


def test_functions_and_the_main_guard_keep_what_is_in_them() -> None:
    text = "def main(:\n    mcp.run()\n\n\nclass Desk(Base, x y):\n    def f(self:\n        pass\n\nif __name__ = 'a':\n    main()\n"
    code = parse_python(text)
    assert [(call.name, call.function) for call in code.calls] == [("mcp.run", "main"), ("main", None)]
    assert code.main_guard
    assert code.bases == {"Desk": ("Base", "x", "y")}


def test_decorators_stay_with_what_they_decorate() -> None:
    text = "@mcp.tool()\n@mcp.prompt(\ndef add(a b):\n    return a\n"
    code = parse_python(text)
    assert [decorator.name for decorator in code.decorators] == ["mcp.tool", "mcp.prompt"]
    assert "add" in code.defines


@pytest.mark.parametrize("seed", range(4))
def test_what_is_recovered_parses_and_has_as_many_lines(seed: int) -> None:
    chance, broken = random.Random(seed), 0
    for _ in range(200):
        text = list(
            LOOP + "if __name__ == '__main__':\n    @a.b\n    async def f(): pass\n    else:\n  x = '''a\nb'''\n"
        )
        for _ in range(chance.choice([1, 2, 5, 30])):
            place = chance.randrange(len(text))
            text[place : place + chance.choice([0, 1])] = chance.choice(["", *"()[]{}'\"\\#:;@=\n\t "])
        code = "".join(text)
        broken += not is_sound(code)
        found = recovered(code)
        assert is_sound(found)
        assert found.count("\n") == len(code.splitlines())
    assert broken > 100


@pytest.mark.parametrize(
    "line",
    ["a b c(\n", "(\n", "@x(\n", f"x y({'a(b,' * 240}\n", f"x '{'a(b,' * 240}\n", "\tx y:\n", "x" * 5000 + " y(\n"],
)
def test_time_is_proportional_to_the_text(line: str) -> None:
    def processor_s(size: int) -> float:
        began = time.process_time()
        recovered((line * (size // len(line) + 1))[:size])
        return time.process_time() - began

    small = min(processor_s(5_000) for _ in range(3))
    assert processor_s(40_000) < 16 * small + 0.5
