"""What a failed start can come from: lines of the page, and guesses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.model import (
    Bundle,
    Dependency,
    ExampleKind,
    LeftKind,
    LeftToReader,
    Manager,
    Note,
    NoteKind,
    Origin,
    Segment,
    SourceFile,
    Span,
)
from harness.judge.failure_cause import Trouble, cause_of, how_to_state, left_that_explains
from harness.model import LogLine, Run, StartOutcome

PAGE = "docs/guide.mdx"


def inferred(kind: NoteKind, name: str = "") -> Note:
    return Note(kind, Origin.INFERRED, name)


def bundle(path: str, *notes: Note, dependencies: tuple[str, ...] = ()) -> Bundle:
    # line 1 is glue, lines 2 to 21 are lines 40 to 59 of the page
    segments = (Segment(1, 1, None), Segment(2, 20, Span(PAGE, 40, 59)))
    return Bundle(
        example_id="docs/guide#x",
        language="python",
        kind=ExampleKind.HTTP_SERVER,
        toolchain="python",
        files=(SourceFile(path, "x\n" * 21, segments),),
        manager=Manager.PYPI,
        dependencies=tuple(Dependency(name) for name in dependencies),
        command=("python", path),
        notes=notes,
    )


def failed(log: str, outcome: StartOutcome = StartOutcome.EXITED) -> Run:
    lines = tuple(LogLine(0.0, "stderr", line) for line in log.splitlines())
    return Run("today", None, {}, outcome, "exited with code 1", lines)


@pytest.mark.parametrize(
    ("path", "log", "line", "trouble"),
    [
        ("server.mjs", "file:///app/server.mjs:7\nap.listen(3000);\n^\nReferenceError: ap is not defined\n"
         "    at file:///app/server.mjs:9:1", 45, Trouble.NAME),
        ("src/index.ts", "src/index.ts(12,3): error TS1005: ';' expected.\nsrc/index.ts(14,1): error TS1128: x", 50,
         Trouble.SYNTAX),
        ("app/main.py", 'Traceback (most recent call last):\n  File "/app/app/main.py", line 20, in <module>\n'
         '  File "/app/app/main.py", line 4, in run\nTypeError: no', 42, Trouble.OTHER),
        ("main.py", '  File "/app/main.py", line 3\n    x ==> y\nSyntaxError: invalid syntax', 41, Trouble.SYNTAX),
        ("main.go", "./main.go:5:2: undefined: htp", 43, Trouble.NAME),
        ("com/acme/Main.java", "com/acme/Main.java:5: error: ';' expected", 43, Trouble.SYNTAX),
        ("com/acme/Main.java", "com/acme/Main.java:6: error: cannot find symbol\n  symbol:   class Servr", 44, Trouble.NAME),
        ("Main.java", "Main.java:4: error: package com.acme.gone does not exist", 42, Trouble.IMPORT),
        ("Main.java", "Main.java:9: error: incompatible types: String cannot be converted to int", 47, Trouble.COMPILE),
        ("src/Main.java", 'Exception in thread "main" java.lang.IllegalStateException: no\n\tat com.acme.Main.main(Main.java:7)',
         45, Trouble.OTHER),
        ("Main.kt", "Main.kt:5:9: error: unresolved reference 'Servr'.", 43, Trouble.NAME),
        ("Main.kt", "Main.kt:5:9: error: argument type mismatch", 43, Trouble.COMPILE),
        ("main.go", "# example\n./main.go:5:2: cannot use x as int value", 43, Trouble.COMPILE),
    ],
)  # fmt: skip
def test_the_line_that_the_log_names(path: str, log: str, line: int, trouble: Trouble) -> None:
    cause = cause_of(failed(log), bundle(path))
    assert (cause.lines, cause.trouble) == ((Span(PAGE, line, line),), trouble)


@pytest.mark.parametrize(
    "log",
    [
        'File "/app/main.py", line 1, in <module>\nNameError',  # a line that docprobe added
        'File "/usr/lib/python3/site-packages/other_main.py", line 4',  # another file
        "main.py: error",
        'File "/app/main.py", line 99999999999999999999',
    ],
)
def test_no_line_where_the_log_names_none_of_the_page(log: str) -> None:
    assert cause_of(failed(log), bundle("main.py")).lines == ()


WHOLE, COMMAND = inferred(NoteKind.WHOLE_PROGRAM), inferred(NoteKind.COMMAND, "python main.py")
MCP, ADAPTER = inferred(NoteKind.DEPENDENCY, "mcp"), inferred(NoteKind.ADAPTER, "serve.mjs")
NAME = inferred(NoteKind.FILE_NAME, "main.py")


@pytest.mark.parametrize(
    ("log", "possible"),
    [
        ("SyntaxError: invalid syntax", [WHOLE, ADAPTER]),
        ("NameError: name 'hashlib' is not defined", [WHOLE, ADAPTER]),
        ("ImportError: cannot import name 'FastMCP' from 'mcp.server'", [MCP]),
        ("ModuleNotFoundError: No module named 'starlette.routing'", []),  # of a package that the page states
        ("ModuleNotFoundError: No module named 'helpers'", [COMMAND, MCP, ADAPTER, NAME]),
        ("Error [ERR_PACKAGE_PATH_NOT_EXPORTED]: … in /app/node_modules/mcp/package.json", [MCP]),
        ("TypeError: app.handle is not a function", [WHOLE, COMMAND, MCP, ADAPTER]),
    ],
)
def test_only_guesses_that_the_failure_may_come_from(log: str, possible: list[Note]) -> None:
    run = bundle("main.py", WHOLE, COMMAND, MCP, ADAPTER, NAME, dependencies=("mcp", "starlette"))
    assert sorted(cause_of(failed(log), run).guesses, key=str) == sorted(possible, key=str)


def test_an_install_that_fails_comes_from_packages() -> None:
    run = failed("npm error 404", StartOutcome.INSTALL_FAILED)
    assert cause_of(run, bundle("main.py", WHOLE, COMMAND, MCP)).guesses == (MCP,)


def test_a_file_that_a_package_does_not_have_comes_from_the_package() -> None:
    log = "Cannot find module '/example/app/node_modules/@mill/sdk/dist/esm/http.js' imported from /example/app/s.ts"
    module_type = inferred(NoteKind.MODULE_TYPE)
    stated = bundle("s.ts", module_type, dependencies=("@mill/sdk",))
    assert cause_of(failed(log), stated).guesses == ()
    guessed = bundle("s.ts", module_type, inferred(NoteKind.DEPENDENCY, "@mill/sdk"), dependencies=("@mill/sdk",))
    assert cause_of(failed(log), guessed).guesses == (inferred(NoteKind.DEPENDENCY, "@mill/sdk"),)


def test_the_kind_of_modules_explains_only_what_it_decides() -> None:
    run = bundle("main.py", inferred(NoteKind.MODULE_TYPE))
    assert cause_of(failed("TypeError: req.body is undefined"), run).guesses == ()
    assert cause_of(failed("ReferenceError: require is not defined in ES module scope"), run).guesses == run.guesses


def test_the_transport_that_was_chosen_explains_silence_and_no_crash() -> None:
    transport = inferred(NoteKind.TRANSPORT, "stdio")
    run = replace(bundle("main.py", transport), endpoint_paths=("/mcp",))
    for outcome in (StartOutcome.NO_INITIALIZE, StartOutcome.NEVER_LISTENED, StartOutcome.EXITED):
        assert cause_of(failed("Starting", outcome), run).guesses == (transport,)
    assert "`kind`" in how_to_state((transport,))
    crash = 'Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>\nRuntimeError: no key'
    assert cause_of(failed(crash), run).guesses == ()


def test_what_docprobe_lacked_in_the_conversation_is_a_guess() -> None:
    token = inferred(NoteKind.TOKEN)
    run = replace(failed("", StartOutcome.NO_INITIALIZE), guesses=(token,))
    known = replace(bundle("main.py"), endpoint_paths=("/mcp",))
    assert cause_of(run, known).guesses == (token,)
    assert "`headers`" in how_to_state((token,))
    assert how_to_state((COMMAND, MCP, MCP)).count("`dependencies`") == 1


@pytest.mark.parametrize(
    ("log", "possible"),
    [
        ("mcp.shared.exceptions.McpError: Connection closed", True),
        ("Error: spawn node ENOENT", True),
        ("TypeError: list_tools() takes 1 positional argument but 2 were given", False),
        ("NameError: name 'sesion' is not defined", False),
    ],
)
def test_a_server_that_docprobe_put_in_place_may_be_why_its_client_finds_none(log: str, possible: bool) -> None:
    client = replace(
        bundle("client.py", Note(NoteKind.STAND_IN, Origin.STATED, "python /srv/server.py")), kind=ExampleKind.CLIENT
    )
    assert [note.kind for note in cause_of(failed(log), client).guesses] == [NoteKind.STAND_IN] * possible
    assert cause_of(failed(log), replace(client, notes=())).guesses == ()


@pytest.mark.parametrize(("kind", "key"), [(NoteKind.JOINED, "`blocks`"), (NoteKind.WHOLE_PROGRAM, "`files`")])
def test_how_to_state_which_lines_are_the_program(kind: NoteKind, key: str) -> None:
    words = how_to_state((Note(kind, Origin.INFERRED, "5-9, 13-17", " are one file"),))
    assert key in words
    assert "13" not in words, "the page is to say it, not to repeat it"


def test_what_is_stated_is_not_a_guess() -> None:
    stated = Note(NoteKind.COMMAND, Origin.STATED, "python main.py")
    assert cause_of(failed("TypeError: x"), bundle("main.py", stated)).guesses == ()


def test_usual_paths_are_a_guess_where_the_page_names_no_endpoint() -> None:
    run = failed("", StartOutcome.NO_INITIALIZE)
    assert [note.kind for note in cause_of(run, bundle("main.py")).guesses] == [NoteKind.ENDPOINT]


def test_a_server_on_standard_input_has_no_endpoint_to_guess() -> None:
    on_stdio = replace(bundle("main.py"), kind=ExampleKind.STDIO_SERVER)
    assert cause_of(failed("", StartOutcome.NO_INITIALIZE), on_stdio).guesses == ()


def test_a_path_that_answered_an_initialize_is_observed_and_not_guessed() -> None:
    run = replace(failed("", StartOutcome.NO_INITIALIZE), endpoint="http://localhost:8000/mcp")
    assert cause_of(run, bundle("main.py")).guesses == ()


def test_a_program_that_answered_an_initialize_was_started_rightly() -> None:
    """What starts it is proved; which packages its imports mean is not."""
    loader = inferred(NoteKind.DEPENDENCY, "tsx")
    guesses = (COMMAND, inferred(NoteKind.MODULE_TYPE), loader, MCP)
    of = replace(bundle("main.py", *guesses), command=("node", "--import", "tsx", "main.ts"))
    run = failed("Error: already connected", StartOutcome.NO_INITIALIZE)
    assert loader in cause_of(run, of).guesses
    assert cause_of(replace(run, endpoint="http://localhost:3000/mcp"), of).guesses == (MCP,)


KEY = LeftToReader(LeftKind.VALUE, "api_key", "api_key (“your-key”, line 12)")
URL_OF_READER = LeftToReader(LeftKind.VARIABLE, "ROOM_URL", "the variable ROOM_URL")
SEED = LeftToReader(LeftKind.FILE, "data/seeds.py", "the file data/seeds.py")
LATER = LeftToReader(LeftKind.NAME, "lookup", "`lookup`, which only a client's call uses")


@pytest.mark.parametrize(
    ("log", "explained_by"),
    [
        ("KeyError: 'ROOM_URL'", [KEY, URL_OF_READER, SEED]),
        ("FileNotFoundError: data/seeds.py", [KEY, URL_OF_READER, SEED]),
        ("AttributeError: 'NoneType' object has no attribute 'strip'", [KEY, URL_OF_READER, SEED]),
        ("ImportError: cannot import name 'FastMCP' from 'mcp.server'", []),
        ("ModuleNotFoundError: No module named 'mcp.server.fastmcp'", []),
        ("ModuleNotFoundError: No module named 'seeds'", [SEED]),
        ("SyntaxError: invalid syntax", []),
        ("NameError: name 'hashlib' is not defined", []),
        ("NameError: name 'lookup' is not defined", [LATER]),
        ("TypeError: FastMCP.__init__() got an unexpected keyword argument 'port'", []),
        ("TypeError: server.tool is not a function", []),
    ],
)
def test_what_the_reader_has_explains_only_what_depends_on_it(log: str, explained_by: list[LeftToReader]) -> None:
    run = replace(bundle("main.py"), left_to_reader=(KEY, URL_OF_READER, SEED, LATER))
    assert list(left_that_explains(failed(log), run)) == explained_by


TYPED = LeftToReader(LeftKind.INPUT, "standard input", "what it asks for at the terminal (line 15)")


@pytest.mark.parametrize(
    ("log", "sentence", "explains"),
    [
        ("EOFError: EOF when reading a line", "exited with code 1: EOFError: EOF when reading a line", True),
        ("Error [ERR_USE_AFTER_CLOSE]: readline was closed", "exited with code 1", True),
        ("Warning: Detected unsettled top-level await at client.mjs:4", "exited with code 13", True),
        ("java.util.NoSuchElementException: No line found", "exited with code 1", True),
        ("Password:\nAborted!", "exited with code 1", True),
        ("Your question:", "exited with code 0", True),
        ("Your question:", "it starts and hums: the client still ran after 60 s and sent nothing", True),
        ("", "killed: memory limit 512 MiB", False),
        ("ConnectionError: all attempts failed", "exited with code 1: ConnectionError: all attempts failed", False),
        ("KeyError: 'x'", "exited with code 1: KeyError: 'x'", False),
        ("ImportError: cannot import name 'Client' from 'fastmcp'", "exited with code 1", False),
        ("Error: the upload was aborted.", "exited with code 1: Error: the upload was aborted", False),
    ],
)
def test_a_question_at_the_terminal_explains_that_a_program_ends_where_it_asks(
    log: str, sentence: str, *, explains: bool
) -> None:
    run = replace(failed(log), sentence=sentence)
    assert bool(left_that_explains(run, replace(bundle("main.py"), left_to_reader=(TYPED,)))) is explains


def test_nothing_of_the_reader_explains_packages_that_cannot_be_installed() -> None:
    run = replace(bundle("main.py"), left_to_reader=(KEY,))
    assert left_that_explains(failed("no such version", StartOutcome.INSTALL_FAILED), run) == ()


@pytest.mark.parametrize(
    ("detail", "possible"),
    [
        ("Because acme-nothing was not found in the package registry and you require acme-nothing, we can", False),
        ("no such version: No matching version found for acme-nothing@^99.", False),
        ("Because there is no version of acme-nothing==99 and you require acme-nothing==99, we can conclude", False),
        ("no such version: No matching version found for helper@^99.", True),
        ("Because acme-nothing depends on mcp>=9 and there is no version of mcp>=9, we can conclude", True),
        ("Because acme-nothing==1 depends on x>2 and you require x<2, we can conclude", True),
        ("no such package: 'acme-nothing-helper@*' is not in this registry.", True),
        ("no such package: The requested resource 'acme-nothing@*' could not be found or you do not have", False),
    ],
    ids=["package", "version", "pinned", "of a dependency", "of the inferred", "conflict", "another name", "resource"],
)
def test_a_package_that_the_page_names_and_that_does_not_exist_is_no_guess(detail: str, possible: bool) -> None:
    guess = inferred(NoteKind.DEPENDENCY, "mcp")
    run = replace(
        failed("error", StartOutcome.INSTALL_FAILED), sentence=f"acme-nothing, mcp cannot be installed: {detail}"
    )
    cause = cause_of(run, bundle("server.py", guess, dependencies=("acme-nothing", "mcp")))
    assert cause.guesses == ((guess,) if possible else ())
