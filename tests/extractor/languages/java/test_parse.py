"""The facts of Java code."""

from __future__ import annotations

import pytest

from extractor.languages.java.parse import parse_java

CODE = """
package com.example.app;

import com.acme.Server;
import static com.acme.Texts.hello;

@Configured(scan = "a")
public class App extends Base {
    private static final String URL = "http://localhost:8080";

    public static void main(String[] args) {
        var server = Server.sync(new Stdio<>(args)).info("a", 1).build();
        String key = System.getenv("API_KEY");
        String host = System.getenv().getOrDefault("HOST", "localhost");
        for (var one : server.all()) { hello(one, x -> x.name()); }
        if (server instanceof Started s && s.on()) { server.close(); }
    }

    void later() { Undefined.call(); }
}
"""


def test_imports_definitions_and_main() -> None:
    code = parse_java(CODE)
    assert [(i.module, i.names, i.line) for i in code.imports] == [
        ("com.acme", ("Server",), 4), ("com.acme.Texts", ("hello",), 5),
    ]  # fmt: skip
    assert {"App", "Server", "hello", "package com.example.app", "main of com.example.app.App"} == set(code.defines)
    assert (code.exports, dict(code.bases)) == (frozenset({"App"}), {"App": ("Base",)})
    assert code.constants == {"URL": "http://localhost:8080"}
    assert [(call.name, dict(call.keywords)) for call in code.decorators] == [("Configured", {"scan": "a"})]


def test_calls_with_their_chain_and_what_is_set() -> None:
    calls = {call.name: call for call in parse_java(CODE).calls}
    built = calls["Server.sync().info().build"]
    assert (built.target, built.function, built.line) == ("server", None, 12)
    assert calls["Server.sync().info"].arguments == ("a", 1)
    assert "Stdio" in calls
    assert calls["Undefined.call"].function == "later"
    assert calls["server.close"].statement


def test_variables_of_the_environment() -> None:
    reads = [(read.name, read.default) for read in parse_java(CODE).environment]
    assert reads == [("API_KEY", None), ("HOST", "localhost")]


def test_names_that_nobody_defines() -> None:
    # Base, Started, Stdio and Undefined; small names may be inherited from Base
    assert set(parse_java(CODE).free) == {"Base", "Configured", "Started", "Stdio", "Undefined"}


@pytest.mark.parametrize(
    "code",
    [
        "import a.b.*;\nclass X { Y y = new Y(); }",
        "class X<T> { T value; java.util.List<T> all(T... ts) { return null; } }",
        "enum X { A, B; X next() { return switch (this) { case A -> B; case B -> A; }; } }",
        "record X(int a) { static int n = 1; int b() { return a + n; } }",
        "class X { void f() { try { } catch (RuntimeException e) { e.printStackTrace(); } g(); } void g() { } }",
    ],
)
def test_names_that_are_defined(code: str) -> None:
    assert parse_java(code).free == {}


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ("class X {\n  void f( { }\n}", "does not parse as Java", 2),
        ("import a.B;\nvar b = new B();\n", "has statements outside of any class", 2),
    ],
)
def test_what_no_compiler_takes(code: str, message: str, line: int) -> None:
    error = parse_java(code).error
    assert error is not None
    assert (error.message, error.line) == (message, line)


def test_a_method_without_its_class() -> None:
    assert parse_java("public void f() { }\n").loose_method == 1
