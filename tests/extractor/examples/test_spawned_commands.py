"""The words of a command that code puts together: through variables, and as paths beside its own file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from extractor.examples.spawned_commands import UNREADABLE, spawned_commands
from extractor.languages.common.view import FileName
from extractor.languages.ecmascript.parse import parse_javascript, parse_typescript
from extractor.languages.python.parse import parse_python
from extractor.model import Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from extractor.languages.common.facts import CodeFacts


def words_of(facts: CodeFacts, path: str) -> list[tuple[str, ...] | None]:
    file = SimpleNamespace(name=FileName(path, Origin.STATED, 1.0, "title"), facts=(facts,))
    program = SimpleNamespace(files=(file,))
    draft = SimpleNamespace(program=program, facts=(facts,), docs=SimpleNamespace(profile=CODE))
    return [words for words, _ in spawned_commands(draft)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "arguments", "words"),
    [
        ("", '["tide.py", "--fast"]', ("tide.py", "--fast")),
        ("", "[]", ()),
        # beside the file of the code, in whatever way
        ("", '[str(Path(__file__).with_name("tide.py"))]', ("desk/tide.py",)),
        ("", '[str(Path(__file__).parent / "servers" / "tide.py")]', ("desk/servers/tide.py",)),
        ("", '[str(Path(__file__).resolve().parents[1] / "tide.py")]', ("tide.py",)),
        ("", '[str(Path(__file__).parent.parent.parent / "tide.py")]', ("../tide.py",)),
        ("", '[os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tide.py")]', ("tide.py",)),
        ("HERE = Path(__file__).parent", '[f"{HERE}/tide.py", "-q"]', ("desk/tide.py", "-q")),
        ("HERE = Path(__file__).parent\nTIDE = HERE / 'tide.py'", "[str(TIDE)]", ("desk/tide.py",)),
        # below the folder that it is run in
        ("TIDE = 'tide.py'", "[TIDE]", ("tide.py",)),
        ("ARGS = ['-u', 'tide.py']", "ARGS", ("-u", "tide.py")),
        ("", '[os.path.join("servers", "tide.py")]', ("servers/tide.py",)),
        ("", '[str(Path("/srv") / "tide.py")]', ("/srv/tide.py",)),
        ("", '["--dir", "a, (b", "tide.py"]', ("--dir", "a, (b", "tide.py")),
        ("NAME = 'tide'", '[f"{NAME}.py"]', ("tide.py",)),
        ("NAME = 'tide'", '[os.path.join("servers", f"{NAME}.py")]', ("servers/tide.py",)),
        ("HERE = os.path.dirname(__file__)", '[HERE + "/tide.py"]', ("desk/tide.py",)),
        ("HERE = Path(__file__).parent / 'servers'", '[f"{HERE}/tide.py"]', ("desk/servers/tide.py",)),
        ("FLAGS = ['-u', '-q']", '[*FLAGS, "tide.py"]', ("-u", "-q", "tide.py")),
        # variables with the names of functions of paths
        ("parent = 'servers'", '[f"{parent}/tide.py"]', ("servers/tide.py",)),
        ("cwd = 'servers'", '[os.path.join(cwd, "tide.py")]', ("servers/tide.py",)),
        ("path = 'tide.py'", "[path]", ("tide.py",)),
        ("path = Path(__file__).parent / 'tide.py'", "[str(path)]", ("desk/tide.py",)),
        ("", '[f"{parent}/tide.py"]', (UNREADABLE,)),
        ("", '[os.path.join(dirname, "tide.py")]', (UNREADABLE,)),
        # lists that are put together
        ("", '["tide.py"] + ["--fast"]', ("tide.py", "--fast")),
        ("BASE = ['-u', 'tide.py']", 'BASE + ["--fast"]', ("-u", "tide.py", "--fast")),
        ("", 'base() + ["tide.py"]', (UNREADABLE, "tide.py")),
        ("", '["-u"] + (["tide.py"])', ("-u", "tide.py")),
        ("", "list(('tide.py',))", ("tide.py",)),
        ("", '["tide.py"] * 2', (UNREADABLE,)),
        ("", "'-m tide'.split()", (UNREADABLE,)),
        ("", "shlex.split('-m tide')", (UNREADABLE,)),
        ("ARGS = ['tide.py']\nARGS.append('-q')", "ARGS", (UNREADABLE,)),
        # members, and what functions are given
        ("class At:\n    TIDE = 'tide.py'", "[At.TIDE]", ("tide.py",)),
        ("at = {'tide': 'tide.py'}", "[at['tide']]", ("tide.py",)),
        ("def f(tide='oven.py'): pass\nf('tide.py')", "[tide]", ("tide.py",)),
        ("def f(tide='oven.py'): pass\nf(tide=sys.argv[1])", "[tide]", (UNREADABLE,)),
        ("def f(tide='oven.py'): pass\nf()", "[tide]", ("oven.py",)),
        ("def f(tide='oven.py'): pass\nf('tide.py')\nf()", "[tide]", (UNREADABLE,)),
        # texts that more is done with
        ("PORT = 80", '[f"--port={PORT}", str(PORT), f"-q={1}"]', ("--port=80", "80", "-q=1")),
        ("NAME = 'tide'", '["%s.py" % NAME]', (UNREADABLE,)),
        ("", "['a.py' if True else 'b.py']", (UNREADABLE,)),
        ("", r"['C:\\tide\\tide.py']", (r"C:\tide\tide.py",)),
        # its own file
        ("", '[__file__, "--serve"]', ("desk/client.py", "--serve")),
        ("", "[str(Path(__file__).resolve())]", ("desk/client.py",)),
        # what the code computes
        ("", '[*flags(), "tide.py"]', (UNREADABLE, "tide.py")),
        ("A = B\nB = [C, C]", "[*A]", (UNREADABLE, UNREADABLE)),
        ("", "[sys.argv[1]]", (UNREADABLE,)),
        ("", '[os.environ.get("TIDE", "tide.py")]', (UNREADABLE,)),
        ("", '["-u", find("tide.py")]', ("-u", UNREADABLE)),
        ("", "make_arguments()", (UNREADABLE,)),
        ("A = B\nB = A", "[A]", (UNREADABLE,)),
    ],
)
def test_python(before: str, arguments: str, words: tuple[str, ...]) -> None:
    code = f"import os, sys\nfrom pathlib import Path\n{before}\nStdioServerParameters(command='python', args={arguments})\n"
    assert words_of(parse_python(code), "desk/client.py") == [("python", *words)]


@pytest.mark.parametrize(
    ("before", "arguments", "words"),
    [
        ("", '["tide.js"]', ("tide.js",)),
        ("", '[path.join(__dirname, "..", "tide.js")]', ("tide.js",)),
        ("", '[path.join(path.dirname(__dirname), "tide.js")]', ("tide.js",)),
        ("", '[fileURLToPath(new URL("./tide.js", import.meta.url))]', ("desk/tide.js",)),
        ("", "[`${import.meta.dirname}/tide.js`]", ("desk/tide.js",)),
        ("const here = path.dirname(fileURLToPath(import.meta.url));", '[path.resolve(here, "tide.js")]', ("desk/tide.js",)),
        ("const tide = path.resolve('dist', 'tide.js');", "[tide, '-q']", ("dist/tide.js", "-q")),
        ("const filename = 'tide.js';", "[`./${filename}`]", ("tide.js",)),
        ("const BASE = ['tide.js'];", "BASE.concat(['-q'])", ("tide.js", "-q")),
        ("", "[__filename, 'serve']", ("desk/client.js", "serve")),
        ("", "[process.argv[2]]", (UNREADABLE,)),
        ("", '[process.env.TIDE ?? "tide.js"]', (UNREADABLE,)),
    ],
)
def test_javascript(before: str, arguments: str, words: tuple[str, ...]) -> None:
    code = f'{before}\nnew StdioClientTransport({{ command: "node", args: {arguments} }});\n'
    assert words_of(parse_javascript(code), "desk/client.js") == [("node", *words)]


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("'servers'", ("python", "servers/tide.py")),
        ("None", ("python", "tide.py")),
        ("os.getcwd()", ("python", "tide.py")),
        ("str(Path(__file__).parent)", ("python", "desk/tide.py")),
        ("HERE / 'servers'", ("python", "desk/servers/tide.py")),
        ("'/path/to/servers'", None),
        ("'../servers'", None),
        ("find()", None),
    ],
)
def test_the_folder_that_a_command_is_run_in(folder: str, words: tuple[str, ...] | None) -> None:
    code = f"HERE = Path(__file__).parent\nStdioServerParameters(command='python', args=['tide.py'], cwd={folder})\n"
    assert words_of(parse_python(code), "desk/client.py") == [words]


def test_variables_that_grow_are_not_followed() -> None:
    lines = [f"V{n} = {' / '.join([f'V{n + 1}'] * 30)}" for n in range(3)]
    code = "\n".join([*lines, "V3 = 'a'", "StdioServerParameters(command='python', args=[str(V0), 'tide.py'])\n"])
    assert words_of(parse_python(code), "client.py") == [("python", UNREADABLE, "tide.py")]


def test_variables_of_a_function_count() -> None:
    code = "async def main():\n    tide = Path(__file__).parent / '4.1.tide.py'\n"
    code += "    p = StdioServerParameters(command='python', args=[str(tide)], env=None)\n"
    assert words_of(parse_python(code), "client.py") == [("python", "4.1.tide.py")]


def test_a_command_in_a_variable_and_a_script_alone() -> None:
    code = "PROGRAM = 'uvx'\nStdioServerParameters(command=PROGRAM, args=['tide'])\n"
    code += "Client(Path(__file__).parent / 'tide.py')\nClient(server)\nPythonStdioTransport(script_path='oven.py')\n"
    assert words_of(parse_python(code), "client.py") == [("uvx", "tide"), ("python", "tide.py"), ("python", "oven.py")]


def test_an_object_that_has_the_command_is_looked_into() -> None:
    code = "const told = { command: 'node' as const, args: ['tide.js'] };\nnew StdioClientTransport(told);\n"
    assert words_of(parse_typescript(code), "client.ts") == [("node", "tide.js")]


def test_a_script_alone_has_arguments() -> None:
    code = "PythonStdioTransport('tide.py', args=['-q'])\nNodeStdioTransport(script_path='oven.js', args=['-r'])\n"
    assert words_of(parse_python(code), "client.py") == [("python", "tide.py", "-q"), ("node", "oven.js", "-r")]
