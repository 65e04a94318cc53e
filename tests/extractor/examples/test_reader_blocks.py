"""What a reader takes over of a page's blocks: lines marked as removed, files that a shell writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.examples.reader_blocks import reader_blocks
from extractor.model import ExampleStatus, Layout, Origin
from harness.profiles.mcp.roles import CODE
from tests.extractor.blocks import block

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

BELL = "from mcp.server.fastmcp import FastMCP\n\nbell = FastMCP('bell', port=4300)\nbell.run(transport='streamable-http')\n"


def found(tmp_path: Path, page: str) -> tuple[Example, ...]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    return find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)


@pytest.mark.parametrize(
    ("info", "text", "shown"),
    [
        ("js", "a(); // [!code --]\nb(); // [!code ++]\n", "\nb(); // [!code ++]\n"),
        ("py", "a() # [!code --:2]\nb()\nc()\n", "\n\nc()\n"),
        ("js del={2,4-5} ins={3}", "a();\nb();\nc();\nd();\ne();\n", "a();\n\nc();\n\n\n"),
        ("js {2}", "a();\nb(); // [!code highlight]\n", "a();\nb(); // [!code highlight]\n"),
    ],
)
def test_lines_marked_as_removed_are_empty_and_keep_the_others_in_place(info: str, text: str, shown: str) -> None:
    (read,) = reader_blocks([block(info, text)])
    assert read.text == shown


def test_removed_lines_are_not_part_of_the_program(tmp_path: Path) -> None:
    code = BELL.replace("bell.run", "bell.run(transport='stdio')  # [!code --]\nbell.run")
    (example,) = found(tmp_path, f'```python title="bell.py"\n{code}```\n')
    assert example.kind == "http-server"
    assert example.bundle is not None
    assert "stdio" not in example.bundle.files[0].text
    line = example.bundle.files[0].docs_line(5)
    assert line is not None
    assert line.first == 6


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cat > bell.py <<'EOF'", "EOF"),
        ('cat <<"END" > bell.py', "END"),
        ("$ cat << EOF >bell.py", "EOF"),
        ("tee bell.py <<EOF", "EOF"),
        ("cat <<-'X' | sudo tee 'bell.py'", "X"),
    ],
)
def test_a_file_that_a_shell_writes_is_a_program(tmp_path: Path, before: str, after: str) -> None:
    shell = f"mkdir bell && cd bell\npip install 'mcp<2'\n{before}\n{BELL}{after}\npython bell.py\n"
    (example,) = found(tmp_path, f"# One paste\n\n```bash\n{shell}```\n")
    assert example.status is ExampleStatus.RUNNABLE
    assert example.bundle is not None
    assert example.bundle.files[0].text == BELL
    assert example.bundle.command == ("python", "bell.py")
    assert [str(d) for d in example.bundle.dependencies] == ["mcp<2"]
    assert not [note for note in example.notes if note.origin is Origin.INFERRED]
    first = example.bundle.files[0].docs_line(1)
    assert first is not None
    assert first.first == 7


def test_a_project_file_that_a_shell_writes_counts(tmp_path: Path) -> None:
    manifest = '{ "scripts": { "start": "node bell.mjs --loud" }, "dependencies": { "express": "4" } }\n'
    sdk = "import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';\n"
    route = "web.post('/mcp', (q, r) => new StreamableHTTPServerTransport({}).handleRequest(q, r));\n"
    code = f"import express from 'express';\n{sdk}const web = express();\n{route}web.listen(4301);\n"
    page = f"```sh\ncat > package.json <<EOF\n{manifest}EOF\ncat > bell.mjs <<'EOF'\n{code}EOF\nnpm start\n```\n"
    (example,) = found(tmp_path, page)
    assert example.bundle is not None
    assert example.bundle.command == ("node", "bell.mjs", "--loud")
    assert {file.path for file in example.bundle.files} == {"package.json", "bell.mjs"}


def test_what_the_shell_replaces_is_not_run_as_it_is_written(tmp_path: Path) -> None:
    code = BELL.replace("'bell'", "f'{1}$HOME'")
    (example,) = found(tmp_path, f"```bash\ncat > bell.py <<EOF\n{code}EOF\n```\n")
    assert example.status is ExampleStatus.UNSUPPORTED
    assert "quote the first word of the heredoc" in (example.reason or "")
    (quoted,) = found(tmp_path, f"```bash\ncat > bell.py <<'EOF'\n{code}EOF\n```\n")
    assert quoted.status is ExampleStatus.RUNNABLE


def test_a_text_for_a_command_is_not_a_file(tmp_path: Path) -> None:
    assert found(tmp_path, f"```bash\npython - <<'EOF'\n{BELL}EOF\ncat <<EOF\nhello\nEOF\n```\n") == ()


def test_ordinals_of_the_page_stay_and_new_ones_follow() -> None:
    shell = block("sh", "cat > a.py <<'E'\nx\nE\ncat > b.py <<'E'\ny\nE\n")
    read = reader_blocks([shell, block("py", "z\n", line=9, ordinal=1)])
    assert [(one.ordinal, one.text) for one in read if one.language != "sh"] == [(2, "x\n"), (3, "y\n"), (1, "z\n")]


def test_lines_that_echo_writes_are_a_file(tmp_path: Path) -> None:
    code = BELL.replace("4300", "int(os.environ['BELL_PORT'])").replace("from mcp", "import os\nfrom mcp")
    shell = "echo 'BELL_PORT=4310' > .env\n$ echo \"BELL_TONE=$TONE\" >> .env\necho 'done'\npython bell.py\n"
    (example,) = found(tmp_path, f'```python title="bell.py"\n{code}```\n\n```bash\n{shell}```\n')
    assert example.bundle is not None
    assert example.bundle.environment["BELL_PORT"] == "4310"
    assert example.bundle.command == ("python", "bell.py")


@pytest.mark.parametrize(
    ("text", "shown", "commands"),
    [
        ("!pip install 'mcp<2'\nx = 1\n", "\nx = 1\n", "pip install 'mcp<2'\n\n"),
        ("x = 1\n%pip install mcp\n!python bell.py\n", "x = 1\n\n\n", "\npip install mcp\npython bell.py\n"),
        ("%load_ext autoreload\nx = 1\n", "\nx = 1\n", None),
        ("x = \"\"\"\n!important\n%d\n\"\"\"\n", "x = \"\"\"\n!important\n%d\n\"\"\"\n", None),
        ("x = 5 % 2\ny = x != 3\n", "x = 5 % 2\ny = x != 3\n", None),
    ],
)
def test_commands_of_a_cell_are_apart_from_its_python(text: str, shown: str, commands: str | None) -> None:
    read, *others = reader_blocks([block("python", text)])
    assert read.text == shown
    assert [(other.language, other.text) for other in others] == ([("bash", commands)] if commands else [])


def test_a_cell_that_is_written_to_a_file_is_that_file(tmp_path: Path) -> None:
    cells = ("!pip install 'mcp<2'\n", f"%%writefile bell.py\n{BELL}", "!python bell.py\n")
    (example,) = found(tmp_path, "\n".join(f"```python\n{cell}```\n" for cell in cells))
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, "http-server")
    assert example.bundle is not None
    (file,) = example.bundle.files
    assert (file.path, file.text) == ("bell.py", f"\n{BELL}")
    assert example.bundle.command == ("python", "bell.py")
    assert [note.detail for note in example.notes if note.origin is Origin.INFERRED] == []
