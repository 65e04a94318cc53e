"""The hint fits what made the start fail, and the program's own words are quoted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Manager, Segment, SourceFile, Span
from harness.judge.failure_cause import cause_of
from harness.judge.start_fixes import fix_for, fixes_for, last_words, lines_of_cause
from harness.model import LogLine, Run, StartOutcome
from harness.profiles.registry import MCP

PAGE = "docs/guide.mdx"
OTHERWISE = "Bring the code up to the packages."
PLAIN = "import express from 'express';\nconst app = express();\napp.post('/mcp', (req, res) => use(req.body));\n"
PARSING = PLAIN.replace("app.post", "app.use(express.json());\napp.post")


def bundle(text: str = "x\n" * 9, *dependencies: str, path: str = "server.mjs") -> Bundle:
    segments = (Segment(1, len(text.splitlines()), Span(PAGE, 11, 10 + len(text.splitlines()))),)
    return Bundle(
        example_id="docs/guide#x", language="javascript", kind=ExampleKind.HTTP_SERVER, toolchain="node",
        files=(SourceFile(path, text, segments),), manager=Manager.NPM, command=("node", path),
        dependencies=tuple(Dependency(name) for name in dependencies),
    )  # fmt: skip


def run(log: str = "", outcome: StartOutcome = StartOutcome.EXITED, sentence: str = "exited with code 1") -> Run:
    return Run("today", None, {}, outcome, sentence, tuple(LogLine(0.0, "stderr", line) for line in log.splitlines()))


def fix(failed: Run, program: Bundle) -> str:
    return fix_for(failed, program, cause_of(failed, program), OTHERWISE, MCP.serving)


@pytest.mark.parametrize(
    ("log", "hint"),
    [
        ("SyntaxError: Unexpected token '>'", "Correct the syntax"),
        ("NameError: name 'hashlib' is not defined", "Add `import hashlib`."),
        ("NameError: name 'serer' is not defined", "Define or import `serer`"),
        ("ReferenceError: ap is not defined", "Define or import `ap`"),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /app/s.mjs", "the package of `zod`"),
        ("ModuleNotFoundError: No module named 'yaml'", "the package of `yaml` to the page's install line"),
        ("Error: Cannot find module './tools.js'", "Show the file that is imported (`tools.js`)"),
        ("ModuleNotFoundError: No module named 'mcp.server.fastmcp'", "or pin the version that has it"),
        ("ImportError: cannot import name 'FastMCP' from 'mcp.server'", OTHERWISE),
        ("SyntaxError: The requested module 'zod' does not provide an export named 'y'", OTHERWISE),
        ("TypeError: server.tool is not a function", OTHERWISE),
        ("AttributeError: 'Server' object has no attribute 'run'", OTHERWISE),
        ("src/index.ts(9,3): error TS2339: Property 'tool' does not exist on type 'McpServer'.", OTHERWISE),
        ("Error: listen EADDRINUSE: address already in use :::3000", "The port is in use"),
        ("OSError: [Errno 98] Address already in use", "The port is in use"),
        ("ValueError: no such setting", "Correct what the program says"),
    ],
)
def test_the_hint_fits_what_the_log_says(log: str, hint: str) -> None:
    assert hint in fix(run(log), bundle("x\n" * 9, "mcp"))


def both(today: str, dated: str) -> str:
    failed = [run(today), replace(run(dated), date="2025-11-25")]
    program = bundle("x\n" * 9, "express")
    return fixes_for(failed, program, [cause_of(each, program) for each in failed], OTHERWISE, MCP.serving)


def test_what_fails_with_the_packages_of_its_date_as_well_is_the_pages() -> None:
    words = "TypeError: app.listn is not a function"
    assert both(words, words) == "Correct `listn`: the packages of 2025-11-25 do not have it either."


@pytest.mark.parametrize(
    "words",
    [
        "SyntaxError: The requested module 'x/y.js' does not provide an export named 'MCPServer'",
        "ImportError: cannot import name 'MCPServer' from 'x.y' (/x/y.py)",
    ],
)
def test_a_name_that_no_package_exports_is_named(words: str) -> None:
    assert both(words, words) == "Correct `MCPServer`: the packages of 2025-11-25 do not have it either."


def test_an_import_of_what_a_module_does_not_have_is_marked() -> None:
    program = bundle('package main\n\nimport (\n\t"acme.example/sdk/mcp"\n\t"acme.example/sdk/mill"\n)\n')
    absent = "acme.example/sdk cannot be installed: package acme.example/sdk/mill does not exist"
    failed = run("", StartOutcome.INSTALL_FAILED, absent)
    assert fix(failed, program) == "Correct the import of `acme.example/sdk/mill`: its module has no such package."
    assert lines_of_cause(failed, program, cause_of(failed, program)) == (Span(PAGE, 15, 15),)
    other = run("", StartOutcome.INSTALL_FAILED, "acme.example/sdk cannot be installed: no matching versions")
    assert "Correct the install line" in fix(other, program)


def test_a_package_that_does_not_exist_is_named() -> None:
    program = bundle("", "@acme/mill", "helper")
    said = "@acme/mill, helper cannot be installed: no such package: The requested resource '@acme/mill@*' could not"
    hint = fix(run("", StartOutcome.INSTALL_FAILED, said), program)
    assert hint == "Correct the install line: the registry has no `@acme/mill`, or no such version."
    conflict = "@acme/mill, helper cannot be installed: the packages' requirements contradict each other"
    assert "together" in fix(run("", StartOutcome.INSTALL_FAILED, conflict), program)


def test_two_failures_have_two_hints() -> None:
    today = "ModuleNotFoundError: No module named 'yaml'"
    assert both(today, "AttributeError: 'FastMCP' object has no attribute 'rum'") == (
        "Add the package of `yaml` to the page's install line. With the packages of 2025-11-25: "
        "correct `rum`: the packages of 2025-11-25 do not have it either."
    )


def test_packages_are_not_blamed_where_there_are_none() -> None:
    assert OTHERWISE not in fix(run("TypeError: x.y is not a function"), bundle())


@pytest.mark.parametrize(
    ("sentence", "hint"),
    [
        ("no path answers an initialize (POST /mcp: 404)", "Serve the endpoint at the path"),
        ("it demands a token (401) and the example names no authorization server", "how a client gets the token"),
        ("2025-11-25: notifications/initialized is answered 400, “cookie is required”", "repeats the Mcp-Session-Id"),
    ],
)
def test_the_hint_fits_how_the_conversation_ended(sentence: str, hint: str) -> None:
    assert hint in fix(run("", StartOutcome.NO_INITIALIZE, sentence), bundle())


def test_a_body_that_nothing_parses_is_marked_where_it_is_read() -> None:
    refused = run("", StartOutcome.NO_INITIALIZE, "no path answers an initialize (POST /mcp: 400)")
    assert "express.json()" in fix(refused, bundle(PLAIN, "express"))
    assert lines_of_cause(refused, bundle(PLAIN), cause_of(refused, bundle(PLAIN))) == (Span(PAGE, 13, 13),)
    assert "express.json()" not in fix(refused, bundle(PARSING, "express"))
    assert lines_of_cause(refused, bundle(PARSING), cause_of(refused, bundle(PARSING))) == ()
    late = PLAIN + "app.use(express.json());\n"
    assert "before the routes" in fix(refused, bundle(late, "express"))


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("starting\nfile:///app/server.mjs:7\nap.listen(3000)\n^\n\nReferenceError: ap is not defined\n    at file:1:1\n\n"
         "Node.js v22.1.0", "ReferenceError: ap is not defined"),
        ("Traceback (most recent call last):\n  File \"/app/s.py\", line 1, in <module>\n    x()\nTypeError: no",
         "TypeError: no"),
        ("  }\n", ""),
        ("ValueError: no\n-----\n127.0.0.1 - - [1/Jan] \"POST /mcp HTTP/1.1\" 400 -\n", "ValueError: no"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_last_words_are_the_programs_own(log: str, words: str) -> None:
    assert last_words(run(log)) == words


def test_properties_of_an_error_are_not_its_words() -> None:
    log = (
        "till open\nLostError: the till is shut\n    at Till.open (/app/till.mjs:3:9)\n    at main (/app/till.mjs:9:1) {\n"
        "  code: 'SHUT',\n  detail: {\n    port: 3000\n  }\n}\n\nNode.js v24.19.0"
    )
    assert last_words(run(log)) == "LostError: the till is shut"
    assert last_words(run(f"{log}\ngoodbye")) == "goodbye"


@pytest.mark.parametrize("words", ["already connected to a transport", "Server already initialized"])
def test_one_server_for_all_clients_has_its_own_hint(words: str) -> None:
    sentence = f"notifications/initialized is answered by nothing (closed); its log says SdkError: {words}"
    failed = run(f"SdkError: {words}", StartOutcome.NO_INITIALIZE, sentence)
    assert "a new server, with its transport, for each client" in fix(failed, bundle())
