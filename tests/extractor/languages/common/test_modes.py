"""Servers of several transports: what a command starts, by the tests of the program's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.languages.python.parse import parse_python
from extractor.model import ExampleKind, Layout, NoteKind
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path
from tests.extractor.languages.common.transports import (
    BY_ARGUMENT,
    BY_CALL,
    BY_CHOICE,
    BY_CONSTANT,
    BY_DEFAULT,
    BY_FLAG,
    BY_FUNCTION,
    BY_MATCH,
    BY_PARAMETER,
    BY_READ,
    BY_RETURN,
    BY_SWITCH,
    BY_TYPE,
    BY_VALUE,
    BY_VARIABLE,
    BY_WORD,
    COMMANDER,
    HTTP,
    READ,
    STDIO,
    flagged,
    started_as,
)


@pytest.mark.parametrize(
    ("code", "command", "environment", "kind"),
    [
        (BY_FLAG, "python server.py", {}, STDIO),
        (BY_FLAG, "python server.py --http --port 3000", {}, HTTP),
        (BY_FLAG.replace("args.http", "not args.http"), "python server.py", {}, HTTP),
        (BY_FLAG.replace("args.http", "'--http' in sys.argv"), "python server.py --http", {}, HTTP),
        (BY_FLAG.replace("args.http", "'--http' not in sys.argv"), "python server.py --http", {}, STDIO),
        (BY_FLAG.replace("args.http", "args.use_http or args.port"), "python server.py --http", {}, None),
        (BY_FLAG.replace("args.http", "HTTP"), "python server.py", {"HTTP": "1"}, HTTP),
        (BY_VALUE, "python server.py", {}, STDIO),
        (BY_VALUE, "python server.py --transport http", {}, HTTP),
        (BY_VALUE, "python server.py --transport=http", {}, HTTP),
        (BY_VALUE.replace("'stdio')", "'http')"), "python server.py", {}, HTTP),
        (BY_VARIABLE, "python server.py", {}, HTTP),
        (BY_VARIABLE, "python server.py", {"MILL_TRANSPORT": "stdio"}, STDIO),
        (BY_FUNCTION, "python server.py", {}, STDIO),
        (BY_FUNCTION, "python server.py serve", {}, HTTP),
        (BY_ARGUMENT, "node server.ts", {}, HTTP),
        (BY_ARGUMENT, "node server.ts --stdio", {}, STDIO),
        (BY_RETURN, "node server.ts", {}, HTTP),
        (BY_RETURN.replace("process.env.TRANSPORT", "chosen"), "node server.ts", {}, None),
        (BY_RETURN.replace("process.env.TRANSPORT", "TRANSPORT") + READ, "node server.ts", {}, STDIO),
        (BY_RETURN, "node server.ts", {"TRANSPORT": "stdio"}, STDIO),
        (BY_RETURN, "node server.ts", {"TRANSPORT": "http"}, HTTP),
        (BY_FLAG.replace("args.http", "is_open(7)"), "python server.py", {}, None),
        (BY_FLAG.replace("args.http", "sys.argv[1:] == ['--http']"), "python server.py", {}, STDIO),
        (BY_FLAG.replace("args.http", "sys.argv[1:] == ['--http']"), "python server.py --http", {}, HTTP),
        (BY_FLAG.replace("args.http", "os.getenv('HOW', 'stdio') in ('http', 'sse')"), "python server.py", {}, STDIO),
        (BY_FLAG.replace("args.http", "os.getenv('HOW') in ('http', 'sse')"), "python server.py", {"HOW": "sse"}, HTTP),
        (BY_RETURN.replace("process.env.TRANSPORT", "options.how") + COMMANDER, "node server.ts", {}, STDIO),
        (BY_RETURN.replace("process.env.TRANSPORT", "options.how") + COMMANDER, "node server.ts --how http", {}, HTTP),
        (BY_DEFAULT, "python server.py", {}, STDIO),
        (BY_DEFAULT, "python server.py --transport http", {}, HTTP),
        (BY_PARAMETER, "python server.py", {}, HTTP),
        (BY_PARAMETER, "python server.py --transport stdio", {}, STDIO),
        (BY_READ, "python server.py", {}, STDIO),
        (BY_READ, "python server.py", {"MILL_MODE": "http"}, HTTP),
        (BY_MATCH, "python server.py", {}, STDIO),
        (BY_MATCH, "python server.py web", {}, HTTP),
        (BY_CHOICE, "python server.py", {}, STDIO),
        (BY_CHOICE, "python server.py --http", {}, HTTP),
        (BY_SWITCH, "node server.js", {}, STDIO),
        (BY_SWITCH, "node server.js http", {}, HTTP),
        (BY_WORD, "node server.js", {}, STDIO),
        (BY_WORD, "node server.js --web", {}, HTTP),
        (BY_TYPE, "node server.js", {}, STDIO),
        (BY_TYPE, "node server.js", {"PORT": "3000"}, HTTP),
        # what the code says itself
        (flagged("HTTP", "HTTP = True"), "python server.py", {}, HTTP),
        (flagged("HTTP", "HTTP = False"), "python server.py", {}, STDIO),
        (flagged("HTTP", "HTTP = '--http' in sys.argv"), "python server.py", {}, STDIO),
        (flagged("PORT", "PORT = 8000"), "python server.py", {}, HTTP),
        (flagged("settings.use_http", "class Settings(BaseSettings):\n    use_http: bool = True"), "python s.py", {}, HTTP),
        (flagged("settings.use_http", "class Settings(BaseSettings):\n    use_http: bool = True"), "python s.py",
         {"USE_HTTP": "false"}, STDIO),
        (flagged("HTTP is not None", "HTTP = os.getenv('HTTP')"), "python s.py", {}, STDIO),
        (flagged("HTTP is not None", "HTTP = os.getenv('HTTP')"), "python s.py", {"HTTP": "1"}, HTTP),
        (flagged("PORT", "PORT = int(os.getenv('PORT', '8000'))"), "python s.py", {}, HTTP),
        (flagged("HTTP", "HTTP = os.getenv('HTTP', 'false').lower() == 'true'"), "python s.py", {}, STDIO),
        # in another case a text is another one, and who reads it may not mind
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no')"), "python s.py", {"HOW": "HTTP"}, HTTP),
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no')"), "python s.py", {"HOW": "http"}, None),
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no').upper()"), "python s.py", {"HOW": "http"}, HTTP),
        (flagged("HOW == 'HTTP'", "HOW = os.getenv('HOW', 'no').lower()"), "python s.py", {"HOW": "HTTP"}, None),
        (flagged("'HTTP' in sys.argv", "HOW = 1"), "python s.py http", {}, None),
        (flagged("HTTP", "HTTP = os.getenv('HTTP', 'false').lower() == 'true'"), "python s.py", {"HTTP": "TRUE"}, HTTP),
        (BY_CHOICE.replace("'--http' in sys.argv", "HTTP") + "HTTP = True", "python server.py", {}, HTTP),
        (BY_CONSTANT, "node server.js", {}, HTTP),
        (BY_CONSTANT.replace("= true", "= false"), "node server.js", {}, STDIO),
        (BY_CONSTANT.replace("= true", "= isBusy()"), "node server.js", {}, None),
        (BY_CALL, "python server.py", {}, STDIO),
        (BY_CALL.replace("serve()", "serve(http=True)"), "python server.py", {}, HTTP),
        (BY_CALL.replace("serve()", "serve(True)"), "python server.py", {}, HTTP),
        (BY_CALL.replace("serve()", "serve(True)\nserve()"), "python server.py", {}, None),
        (BY_CALL.replace("serve()", "typer.run(serve)"), "python server.py --http", {}, HTTP),
        (BY_CALL.replace("= False", "= True"), "python server.py", {}, HTTP),
        (BY_CALL.replace("= False", "= True"), "python server.py --no-http", {}, HTTP),
        (BY_CALL.replace("= False", "= True").replace("serve()", "typer.run(serve)"), "python s.py --no-http", {}, STDIO),
        (BY_CALL.replace("= False", "= typer.Option(True, help='x')"), "python server.py", {}, HTTP),
        (BY_PARAMETER.replace("typer.run(main)", "main('stdio')"), "python server.py", {}, STDIO),
        # options that are on unless they are turned off
        (flagged("args.http", "parser.add_argument('--http', action=BooleanOptionalAction, default=True)"), "python s.py",
         {}, HTTP),
        (flagged("args.http", "parser.add_argument('--stdio', dest='http', action='store_false')"), "python s.py", {}, HTTP),
        (flagged("args.http", "parser.add_argument('--stdio', dest='http', action='store_false')"), "python s.py --stdio",
         {}, STDIO),
        (BY_FLAG, "python server.py --no-http", {}, STDIO),
        (BY_FLAG, "python server.py --http-timeout 5", {}, STDIO),
        # the option that is asked about counts, not another with such a value
        (BY_VALUE, "python server.py --log http", {}, STDIO),
        (BY_VALUE, "python server.py --transport http --proxy-for stdio", {}, HTTP),
        (BY_VALUE.replace("'--transport'", "'how'").replace("args.transport", "args.how"), "python s.py http", {}, HTTP),
        # what is not known may decide
        (BY_FLAG.replace("args.http", "args.http and check(1)"), "python server.py --http", {}, None),
        (BY_FLAG.replace("args.http", "args.http and check(1)"), "python server.py", {}, STDIO),
        (BY_FLAG.replace("args.http", "check(1) or args.http"), "python server.py", {}, None),
        (BY_FLAG.replace("args.http", "check(1) or args.http"), "python server.py --http", {}, HTTP),
        (BY_FLAG.replace("args.http", "sys.stdin.isatty() or '--http' in sys.argv"), "python server.py", {}, STDIO),
        (BY_FUNCTION, "python server.py other", {}, STDIO),
        (BY_FUNCTION.replace("sys.argv[1] == 'serve'", "is_known(sys.argv)"), "python server.py serve", {}, None),
    ],
)  # fmt: skip
def test_a_command_decides_between_transports(
    code: str, command: str, environment: dict[str, str], kind: ExampleKind | None
) -> None:
    assert started_as(code, command, environment) is kind


@pytest.mark.parametrize(
    "code", ["mcp = FastMCP('mill')\nmcp.run()", "if a:\n    mcp.run()\nelse:\n    mcp.run('stdio')"]
)
def test_a_program_of_one_transport_has_no_modes(code: str) -> None:
    assert CODE.of("python").role((parse_python(code),)).modes is None


@pytest.mark.parametrize(
    ("command", "kind"), [("python server.py", STDIO), ("python server.py --http", HTTP), ("uv run server.py", STDIO)]
)
def test_the_command_of_the_page_decides(tmp_path: Path, command: str, kind: ExampleKind) -> None:
    code = f"import argparse\nfrom fastmcp import FastMCP\n\nparser = argparse.ArgumentParser(){BY_FLAG}"
    page = f'# Mill\n\n```python title="server.py"\n{code}```\n\n```sh\n{command}\n```\n'
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.kind, example.reason) == (kind, None)
    assert example.bundle is not None
    (chosen,) = [note for note in example.bundle.guesses if note.kind is NoteKind.TRANSPORT]
    assert chosen.what == f"transport {'HTTP' if kind is HTTP else 'stdio'}"


@pytest.mark.parametrize(("package", "guesses"), [("mill-mcp", ["transport stdio"]), ("fastmcp", [])])
def test_what_a_library_takes_without_a_word_is_a_guess(tmp_path: Path, package: str, guesses: list[str]) -> None:
    code = f'import {{ FastMCP }} from "{package}";\nnew FastMCP({{}});\nconst s = new FastMCP({{}});\ns.start();\n'
    page = f"# Mill\n\n```js title=\"server.js\"\n{code}```\n\n```sh\nnpm i {package}\nnode server.js\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    assert [note.what for note in example.bundle.guesses if note.kind is NoteKind.TRANSPORT] == guesses


@pytest.mark.parametrize(
    ("command", "kind"),
    [("uvicorn server:app", HTTP), ("fastmcp run server.py --transport http", HTTP), ("fastmcp run server.py", STDIO)],
)
def test_a_server_or_a_loader_decides_itself(tmp_path: Path, command: str, kind: ExampleKind) -> None:
    code = "import os\nimport uvicorn\nfrom fastmcp import FastMCP\n\nmcp = FastMCP('mill')\napp = mcp.http_app()\n"
    code += "if __name__ == '__main__':\n    if os.getenv('T', 'stdio') == 'stdio':\n        mcp.run()\n"
    code += "    else:\n        uvicorn.run(app)\n"
    page = f'# Mill\n\n```python title="server.py"\n{code}```\n\n```sh\n{command}\n```\n'
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.kind, example.reason) == (kind, None)
