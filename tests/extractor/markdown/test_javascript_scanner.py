"""Where an expression ends, as a JavaScript parser sees it."""

from __future__ import annotations

import pytest

from extractor.markdown.javascript_scanner import Scanner

COMPLETE = [
    "}",
    "a}",
    "{a: {b: 1}}}",
    "'}'}",
    '"}"}',
    '"\\"}"}',
    "`}`}",
    "`${'}'}`}",
    "`${`${x}`}`}",
    "/* } */}",
    "// }\n}",
    "/}/}",
    "/[/}]/.test(a)}",
    "a / b / c}",
    "f(x) / 2}",
    "a < b}",
    "<b>don't }</b>}",
    "<b a='}' c={'}'}>{`}`}</b>}",
    "<A/>}",
    "<><i/>}</>}",
    "x.map((y) => <li key={y}>isn't</li>)}",
    "return < 3}",
    "i++ / 2}",
    "'unterminated}\n}",
]


@pytest.mark.parametrize("text", COMPLETE)
def test_the_brace_that_closes_is_the_last_one(text: str) -> None:
    if "unterminated" in text:
        # a string ends with its line, so the brace in the next one closes
        assert Scanner().feed(text) == len(text)
    else:
        assert Scanner().feed(text + " }") == len(text)


@pytest.mark.parametrize("text", COMPLETE)
def test_every_part_but_the_whole_is_incomplete(text: str) -> None:
    assert Scanner().feed(text[:-1]) is None


@pytest.mark.parametrize("text", [case for case in COMPLETE if "\n" in case])
def test_text_may_come_line_by_line(text: str) -> None:
    scanner = Scanner()
    lines = text.splitlines(keepends=True)
    assert [scanner.feed(line) for line in lines[:-1]] == [None] * (len(lines) - 1)
    assert scanner.feed(lines[-1]) == len(lines[-1])


@pytest.mark.parametrize(("text", "empty"), [("/* a */ // b\n}", True), (" }", True), ("a}", False), ("''}", False)])
def test_nothing_but_comments_is_empty(text: str, empty: bool) -> None:
    scanner = Scanner()
    scanner.feed(text)
    assert scanner.empty is empty


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("import a from 'b'\n", True),
        ("import a from 'b';\n", True),
        ("export const a =\n", False),
        ("export const a = {\n", False),
        ("export const a = `\n", False),
        ("export const f = () => (\n", False),
        ("export function f() { return 1 }\n", True),
        ("export const f = () =>\n", False),
        ("export const a = <b>\n", False),
        ("/* comment\n", False),
    ],
)
def test_a_module_settles_where_a_statement_is_complete(text: str, settled: bool) -> None:
    scanner = Scanner(module=True)
    scanner.feed(text)
    assert scanner.settled is settled


def test_a_module_is_not_closed_by_a_stray_brace() -> None:
    assert Scanner(module=True).feed("}}} a") is None
