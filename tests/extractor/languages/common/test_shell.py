"""Commands of shell fences: folders, heredocs, and fences for Windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.languages.common.shell import commands_of
from extractor.model import Layout, Origin
from harness.profiles.mcp.roles import CODE
from tests.extractor.blocks import block

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle

GATE = "import os\nfrom mcp.server.fastmcp import FastMCP\n\ngate = FastMCP('gate', port=int(os.environ['GATE_PORT']))\ngate.run('streamable-http')\n"


def words(info: str, text: str, *, windows: bool = False) -> list[str]:
    return [" ".join(command.words) for command in commands_of(block(info, text), windows=windows)]


def bundle_of(tmp_path: Path, page: str) -> Bundle:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    return example.bundle


def test_texts_of_heredocs_are_not_commands() -> None:
    text = "npm i a\ncat > x.mjs <<EOF\nnpm install evil\nnode y.mjs\nEOF\nnode x.mjs\n"
    assert words("bash", text) == ["npm i a", "cat", "node x.mjs"]
    assert words("bash", "cat <<EOF\nnode y.mjs\n") == ["cat"]
    # a here-string is not a heredoc
    assert words("bash", "cat <<< EOF\nnode y.mjs\n") == ["cat", "node y.mjs"]


@pytest.mark.parametrize(
    ("lines", "folder"),
    [
        ("cd app", "app"),
        ("mkdir -p app && cd ./app/", "app"),
        ("cd app\ncd server", "app/server"),
        ("cd app/server\ncd ..", "app"),
        ("cd app\ncd /srv", ""),
        ("cd app\ncd ~", ""),
        ("cd $HOME/app", ""),
    ],
)
def test_folder_of_a_command(lines: str, folder: str) -> None:
    assert [command.folder for command in commands_of(block("sh", f"{lines}\nnode x.js\n"))][-1] == folder


@pytest.mark.parametrize(
    ("name", "command", "run", "cwd"),
    [
        ("app/gate.py", "python gate.py", ("python", "gate.py"), "app"),
        ("app/gate.py", "python -m gate", ("python", "-m", "gate"), "app"),
        # the folder of the whole project, which the page's names leave out
        ("gate.py", "python gate.py", ("python", "gate.py"), "."),
        ("src/gate.py", "python src/gate.py", ("python", "src/gate.py"), "."),
    ],
)
def test_a_command_runs_in_the_folder_that_the_page_goes_to(
    tmp_path: Path, name: str, command: str, run: tuple[str, ...], cwd: str
) -> None:
    page = f'```python title="{name}"\n{GATE}```\n\n```bash\ncd app\nexport GATE_PORT=4400\n{command}\n```\n'
    bundle = bundle_of(tmp_path, page)
    assert (bundle.command, bundle.cwd) == (run, cwd)
    assert bundle.environment["GATE_PORT"] == "4400"


def test_javascript_runs_in_the_folder_too(tmp_path: Path) -> None:
    sdk = "import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';\n"
    answer = "(q, r) => new StreamableHTTPServerTransport({}).handleRequest(q, r)"
    code = f"import http from 'node:http';\n{sdk}http.createServer({answer}).listen(4401);\n"
    page = f'```js title="server/gate.mjs"\n{code}```\n\n```sh\ncd shop/server\nnode ./gate.mjs --now\n```\n'
    bundle = bundle_of(tmp_path, page)
    assert (bundle.command, bundle.cwd) == (("node", "gate.mjs", "--now"), "server")


POWERSHELL = '```powershell\nPS C:\\gate> pip install `\n    "mcp<2"\n$env:GATE_PORT = "4402"\npy -3 .\\gate.py\n```\n'


def test_fences_for_windows_count_where_there_are_no_others(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, f'```python title="gate.py"\n{GATE}```\n\n{POWERSHELL}')
    assert (bundle.command, bundle.environment["GATE_PORT"]) == (("python", "gate.py"), "4402")
    assert [str(d) for d in bundle.dependencies] == ["mcp<2"]
    assert not bundle.guesses


def test_fences_for_windows_repeat_the_others(tmp_path: Path) -> None:
    unix = "```bash\npip install mcp==1.20\nGATE_PORT=4403 python gate.py\n```\n"
    bundle = bundle_of(tmp_path, f'```python title="gate.py"\n{GATE}```\n\n{unix}\n{POWERSHELL}')
    assert bundle.environment["GATE_PORT"] == "4403"
    assert [str(d) for d in bundle.dependencies] == ["mcp==1.20"]
    assert all(d.origin is Origin.STATED for d in bundle.dependencies)


def test_lines_of_cmd() -> None:
    text = "C:\\x> set PORT=1\nnode ^\n  src\\x.js\n"
    assert words("bat", text, windows=True) == ["export PORT=1", "node src/x.js"]
    assert words("bat", text) == []


def test_behind_a_prompt_only_lines_with_one_are_commands() -> None:
    text = "# once\n$ python client.py\nerror: downgrade the server:\n  pip install mcp==1.1.0\n$ npm i a \\\n  b\n"
    assert words("console", text) == ["python client.py", "npm i a b"]
    assert words("console", "(.venv) $ pip install a\nSuccessfully installed\n") == ["pip install a"]
    assert words("bash", "(cd app && npm i a)\n(.venv) npm i b\n") == ["cd app", "npm i a", "npm i b"]
    assert words("bash", "pip install a\n$ pip install b\n") == ["pip install a", "pip install b"]


@pytest.mark.parametrize("asked", ["--help", "-h", "--version", "[--port PORT]", "..."])
def test_help_and_a_synopsis_start_nothing(tmp_path: Path, asked: str) -> None:
    page = f'```python title="gate.py"\n{GATE}```\n\n```bash\npython gate.py {asked}\n```\n'
    assert bundle_of(tmp_path, page).command == ("python", "gate.py")
