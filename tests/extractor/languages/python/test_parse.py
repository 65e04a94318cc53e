"""What is read from Python code."""

from __future__ import annotations

import pytest

from extractor.languages.common.facts import Ref
from extractor.languages.python.parse import parse_python


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("print(x)", ["x"]),
        ("x = 1\nprint(x)", []),
        ("def f():\n    return x\nx = 1", []),
        ("def f(a, *b, c=d, **e):\n    return a, b, c, e", ["d"]),
        ("class A:\n    y = 1\n    def f(self):\n        return y", ["y"]),
        ("[i for i in range(3)]\nprint(i)", ["i"]),
        ("for i in []:\n    pass\nprint(i)", []),
        ("with open('x') as f:\n    f.read()", []),
        ("import a.b as c, d.e\nc, d", []),
        ("from x import y as z\ny", ["y"]),
        ("try:\n    pass\nexcept ValueError as e:\n    e", []),
        ("def f():\n    global g\n    g = 1\ng", []),
        ("lambda q: q + r", ["r"]),
        ("@mcp.tool()\ndef add(a: int) -> Answer: ...", ["mcp", "Answer"]),
        ("from nowhere import *\nanything", []),
        ("(n := 1)\nn", []),
        ("match m:\n    case [a, *b]:\n        a, b", ["m"]),
        ("__name__, __file__, print, Exception", []),
        ("type(self)", ["self"]),
    ],
)
def test_free_names(text: str, free: list[str]) -> None:
    assert list(parse_python(text).free) == free


def test_imports() -> None:
    code = parse_python(
        "import os, a.b\nfrom .sub import x\nfrom . import y\nfrom __future__ import annotations\n"
        "try:\n    import fast\nexcept ImportError:\n    fast = None\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import heavy\n"
    )
    facts = [(i.module, i.relative, i.guarded, i.erased) for i in code.imports]
    assert facts == [
        ("os", False, False, False),
        ("a.b", False, False, False),
        (".sub", True, False, False),
        (".", True, False, False),
        ("__future__", False, False, False),
        ("fast", False, True, False),
        ("typing", False, False, False),
        ("heavy", False, False, True),
    ]


def test_calls() -> None:
    code = parse_python(
        "mcp = FastMCP('x', port=PORT)\n"
        "def main():\n    mcp.run(transport='http')\n"
        "FastMCP('y').run()\n"
        "with httpx.Client() as client:\n    client.get('/')\n"
    )
    by_name = {call.name: call for call in code.calls}
    assert by_name["FastMCP"].line in {1, 4}
    assert by_name["mcp.run"].keywords == {"transport": "http"}
    assert by_name["mcp.run"].function == "main"
    assert by_name["FastMCP().run"].statement
    assert by_name["httpx.Client"].target == "client"
    assert next(c for c in code.calls if c.target == "mcp").keywords == {"port": Ref("PORT")}


def test_environment() -> None:
    code = parse_python(
        'import os\nA = os.environ["A"]\nB = os.getenv("B", "b")\nC = os.environ.get("C")\n'
        'D = int(os.getenv("D", "4"))\n'
        'E = os.getenv("E", default="e")\n'
    )
    facts = [(read.name, read.default) for read in code.environment]
    assert facts == [("A", None), ("B", "b"), ("C", None), ("D", "4"), ("E", "e")]


def test_where_it_awaits_and_what_is_outside_its_class() -> None:
    assert parse_python("x = 1\nawait f()").bare_await == 2
    assert parse_python("async def f():\n    await g()").bare_await is None
    assert parse_python("\nasync def connect(self): ...").loose_method == 2
    assert parse_python("class A:\n    def f(self): ...").loose_method is None
    assert parse_python("if __name__ == '__main__':\n    pass").main_guard


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("@mcp.tool\ndef f():\n    return work()", {"work"}),
        ("@mcp.tool()\nasync def f(x: Kind = default()) -> Answer:\n    return work(x)", {"work"}),
        ("@mcp.resource(address)\ndef f():\n    def g():\n        return inner\n    return g", {"inner"}),
        ("@app.get('/x')\ndef f():\n    return rows", {"rows"}),
        ("@mcp.tool\ndef f():\n    return work()\nwork()", set()),
        ("@tool\ndef f():\n    return work()", set()),
        ("@app.middleware('http')\ndef f():\n    return work()", set()),
        ("def f():\n    return work()", set()),
        ("class A:\n    @mcp.prompt\n    def f(self):\n        return words", {"words"}),
    ],
)
def test_names_that_only_a_client_calls_for(text: str, late: set[str]) -> None:
    assert parse_python(text, frozenset({"tool", "resource", "prompt"})).late == late


def test_warnings_of_the_compiler_are_ignored() -> None:
    assert parse_python("print('\\d')\n1 is 1\nassert (1, 2)\n").error is None


@pytest.mark.parametrize(
    "text",
    ["def f(:", "    indented = 1\n  less = 2", "x = 1\n...\n  y", "\0", "(" * 10_000, "f" + "(1)" * 20_000,
     "not " * 50_000 + "x", "x = '" + "a" * 300_000 + "'", "if 1:\n" * 150, "return 1\n\tx"],
)  # fmt: skip
def test_invalid_code_carries_an_error(text: str) -> None:
    code = parse_python(text)
    assert code.error is None or (code.error.message and code.error.line >= 1)


def test_endless_code_is_refused_unread() -> None:
    error = parse_python("x = 1\n" * 2_000_000).error
    assert error is not None
    assert "12,000,000 characters of Python" in error.message
