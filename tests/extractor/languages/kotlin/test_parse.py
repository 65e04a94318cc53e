"""The facts of Kotlin code."""

from __future__ import annotations

import pytest

from extractor.languages.kotlin.parse import parse_kotlin

CODE = """
package com.example

import com.acme.Server
import com.acme.Tool as Hammer

const val URL = "http://localhost"
private val http = HttpThing(Engine) { install(Json) { json() } }

class Box(val size: Int) : Base()

suspend fun Server.weigh(box: Box): List<String> = listOf("$size")

fun main(args: Array<String>) {
    val key = System.getenv("API_KEY") ?: "none"
    val server = Server(name = "a", port = 3000, tool = Hammer())
    server.addTool(name = "x") { request -> request.arguments["k"] as Missing }
    embedded(Engine, port = 3000) { mcp { server } }.start(wait = true)
}
"""


def test_imports_definitions_and_main() -> None:
    code = parse_kotlin(CODE)
    assert [(i.module, i.names) for i in code.imports] == [("com.acme", ("Server",)), ("com.acme", ("Tool",))]
    assert {"URL", "http", "Box", "weigh", "main", "package com.example", "main of com.example"} < set(code.defines)
    assert code.constants == {"URL": "http://localhost"}
    assert [(read.name, read.default) for read in code.environment] == [("API_KEY", "none")]


def test_a_call_with_a_lambda_is_one_call() -> None:
    calls = [call.name for call in parse_kotlin(CODE).calls]
    assert calls.count("server.addTool") == 1
    assert {"embedded", "embedded().start", "mcp", "HttpThing", "install"} <= set(calls)
    server = next(call for call in parse_kotlin(CODE).calls if call.name == "Server")
    assert (server.target, server.keywords["name"], server.keywords["port"]) == ("server", "a", 3000)


def test_types_that_nobody_defines() -> None:
    assert set(parse_kotlin(CODE).free) == {"HttpThing", "Engine", "Json", "Base", "Missing"}
    assert parse_kotlin("import a.*\n" + CODE.partition("Tool as Hammer")[2]).free == {}


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ("fun main() {\n  println(1\n}\n", "does not parse as Kotlin", 2),
        ("import a.B\nB().start()\n", "has statements outside of any function", 2),
    ],
)
def test_what_is_no_file_of_a_program(code: str, message: str, line: int) -> None:
    error = parse_kotlin(code).error
    assert error is not None
    assert (error.message, error.line) == (message, line)


def test_a_build_file_has_no_facts() -> None:
    code = parse_kotlin(
        'plugins {\n    kotlin("jvm") version "2.3.20"\n}\ndependencies {\n    implementation("a.b:c:1")\n}\n'
    )
    assert (code.calls, code.free, code.error) == ((), {}, None)
