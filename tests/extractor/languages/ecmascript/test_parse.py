"""What is read from TypeScript and JavaScript code."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.languages.common.facts import Ref
from extractor.languages.ecmascript.parse import parse_javascript, parse_typescript
from tests.support.processor import processor_time_below
from tests.support.soak import sizes


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("app.listen(3000)", ["app"]),
        ("const app = express();", ["express"]),
        ("import express, { Router as R } from 'express';\nexpress(); R(); Router();", ["Router"]),
        ("import * as z from 'zod'; z.string()", []),
        ("import type { Request } from 'express'; const f = (req: Request) => req.body;", []),
        ("function f(a, { b, c: d = e }, [g], ...h) { return [a, b, d, g, h, c]; }", ["e", "c"]),
        ("f(); function f() {}", []),
        ("{ const inner = 1; } inner;", ["inner"]),
        ("{ var hoisted = 1; } hoisted;", []),
        ("for (const x of xs) x; x;", ["xs", "x"]),
        ("try { } catch (e) { e } e;", ["e"]),
        ("class A extends B { m() { return this.n + A; } }", ["B"]),
        ("const o = { key: 1, short, [computed]: 2, method() {} };", ["short", "computed"]),
        ("a.b.c;", ["a"]),
        ("const t: Map<string, Transport> = new Map();", []),
        ("x as Thing; <T>(y: T) => y;", ["x"]),
        ("enum E { A } E.A; interface I { i: J }", []),
        ("label: for (;;) { break label; }", []),
        ("`${one} and ${two}`", ["one", "two"]),
        ("console.log(process.env, Buffer, fetch, __dirname, undefined)", []),
        ("export { there } from './x.js'; export const here = 1; export { here as h };", []),
        ("export { gone };", ["gone"]),
        ("const fn = function named() { return named; }; named;", ["named"]),
        ("async ({ a, b }) => ({ content: [{ text: `${a + b}` }] })", []),
    ],
)
def test_free_names(text: str, free: list[str]) -> None:
    code = parse_typescript(text)
    assert code.error is None
    assert sorted(code.free) == sorted(free)


def test_imports() -> None:
    code = parse_typescript(
        "import 'dotenv/config';\nimport a, { b } from 'a';\nimport type { T } from 't';\nimport { type U } from 'u';\n"
        "import { type V, w } from 'v';\nimport * as n from './n.js';\nexport * from './again.js';\n"
        "const r = require('r');\ntry { require('maybe'); } catch {}\nconst d = await import('d');\n"
        "import fs = require('fs');\n"
    )
    facts = {i.module: (i.names, i.relative, i.erased, i.guarded) for i in code.imports}
    assert facts == {
        "dotenv/config": ((), False, False, False),
        "a": (("default", "b"), False, False, False),
        "t": (("T",), False, True, False),
        "u": (("U",), False, True, False),
        "v": (("V", "w"), False, False, False),
        "./n.js": ((), True, False, False),
        "./again.js": ((), True, False, False),
        "r": ((), False, False, False),
        "maybe": ((), False, False, True),
        "d": ((), False, False, False),
        "fs": ((), False, False, False),
    }
    assert code.module_syntax


def test_calls() -> None:
    code = parse_typescript(
        "const server = await new McpServer({ name: 'x', version });\n"
        "app.post('/mcp', auth, async (req, res) => { server.connect(t); });\n"
        "createServer(handler).listen(3000, '127.0.0.1');\nvoid start();\n"
    )
    calls = {call.name: call for call in code.calls}
    assert calls["McpServer"].target == "server"
    assert calls["McpServer"].keywords == {"name": "x", "version": Ref("version")}
    assert calls["app.post"].arguments[:2] == ("/mcp", Ref("auth"))
    assert calls["server.connect"].function == "<anonymous>"
    assert calls["createServer().listen"].arguments == (3000, "127.0.0.1")
    assert calls["start"].statement
    assert not calls["McpServer"].statement


def test_environment() -> None:
    code = parse_typescript(
        "process.env.A;\nprocess.env.B || 'b';\nNumber(process.env.C ?? 3);\nprocess.env['D'];\n"
        "parseInt(process.env.E || '5', 10);\nprocess.env.F || process.env.A || 'f';\nDeno.env.get('G') ?? 'g';\n"
        "config.env.H;\n"
    )
    facts = [(read.name, read.default) for read in code.environment]
    assert facts == [
        ("A", None), ("B", "b"), ("C", "3"), ("D", None), ("E", "5"), ("F", "f"), ("A", "f"), ("G", "g"),
    ]  # fmt: skip


def test_handlers_that_are_left_out() -> None:
    code = parse_typescript("app.all('/mcp', async (q, s) => {\n// as above\n});\napp.get('/', () => {});\n")
    assert [(t.value, t.line) for t in code.left_out] == [("/mcp", 1)]


def test_exports_awaits_and_texts() -> None:
    code = parse_javascript("await f();\nasync () => { await g(); };\nexport default { fetch };\n`a${b}c`; 'd';\n")
    assert code.bare_await == 1
    assert code.default_export == 3
    assert [t.value for t in code.texts] == ["a{}c", "d"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("const a = 1;\n\nconst a = 2;", 3),
        ("import a from 'a';\nconst { b, a } = c;", 2),
        ("export class A {}\nlet A;", 2),
    ],
)
def test_a_name_declared_twice(text: str, line: int) -> None:
    error = parse_typescript(text).error
    assert error is not None
    assert error.message.endswith("twice")
    assert error.line == line


@pytest.mark.parametrize(
    "text",
    ["var a; var a;", "{ const a = 1; } const a = 2;", "import type { A } from 'a'; class A {}",
     "function f(): void; function f() {}", "interface I {} interface I {}"],
)  # fmt: skip
def test_what_may_be_declared_twice(text: str) -> None:
    assert parse_typescript(text).error is None


def test_types_are_not_javascript() -> None:
    text = "const a: number = 1;\n"
    assert parse_typescript(text).error is None
    error = parse_javascript(text).error
    assert error is not None
    assert error.line == 1


@pytest.mark.parametrize("text", ["const = 1", "async method() {}\nother( {}", "{ ...", "```", "\0", "import"])
def test_invalid_code_carries_an_error(text: str) -> None:
    assert parse_typescript(text).error is not None


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("server.registerTool('a', { inputSchema: schema }, async (x) => work(x))", {"work"}),
        ("server.tool('a', function () { return () => work(); })", {"work"}),
        ("server.addTool({ name: title, execute: async () => work() })", {"work"}),
        ("server.addTool({ name: 'a', async execute() { return work(); } })", {"work"}),
        ("server.registerTool('a', {}, work)", set()),
        ("server.registerTool('a', {}, () => work()); work();", set()),
        ("app.post('/mcp', () => work())", set()),
        ("const tool = () => work()", set()),
        ("register(() => server.tool('a', () => work()), () => other())", {"work"}),
    ],
)
def test_names_that_only_a_client_calls_for(text: str, late: set[str]) -> None:
    assert parse_typescript(text, frozenset({"registerTool", "tool", "addTool"})).late == late


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("async connect(path: string) {\n  this.client = new Client(path);\n}\n", 1),
        ("\n// connects\nprivate async connect<T>(path: T): Promise<void> {\n  await go(path);\n}\n\nclose() {}\n", 2),
        ("async method() {}\nother() {}", 1),
        ("function connect() {\n  go();\n}\n", None),
        ("connect(path {\n}\n", None),
        ("import a from 'a';\nclose() {}\n", None),
    ],
)
def test_a_method_outside_its_class(text: str, line: int | None) -> None:
    code = parse_typescript(text)
    assert code.loose_method == line
    if line:
        assert code.error is None
        assert not code.defines
        assert {call.name for call in code.calls} <= {"Client", "go"}


HOSTILE = {
    "tools": ("s.tool(()=>y);", ""),
    "parentheses": ("(", ""),
    "calls": ("a(", ")"),
    "arrows": ("()=>", "x"),
    "blocks": ("{x;", ""),
    "chain": (".b()", ""),
    "members": (".b", ""),
    "templates": ("`${", ""),
    "statements": ("x(y);\n", ""),
    "objects": ("({a:", ""),
    "strings": ("\\'", ""),
}
"""What is repeated, and what closes it."""


@pytest.mark.parametrize("characters", sizes(20_000, soak=99_000))
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_costs_no_more_than_its_size(name: str, characters: int) -> None:
    opened, closed = HOSTILE[name]
    count = characters // len(opened + closed)
    first = {"chain": "a", "members": "a", "strings": "'"}.get(name, "")
    with processor_time_below(characters / 6_000):
        parse_typescript(first + opened * count + closed * count)


@settings(max_examples=150)
@given(st.text(st.sampled_from("ab1.,;:(){}[]<>=`$'\"/\\\n ?&|!+-@#é")))
def test_no_text_raises(text: str) -> None:
    assert parse_typescript(text) == parse_typescript(text)
    parse_javascript(text)
