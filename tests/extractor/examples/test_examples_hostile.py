"""Pages made to break something: whatever they hold, examples come out, and nothing leads out of a bundle."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE
from tests.support.processor import processor_time_below
from tests.support.soak import sizes, soaked, tries

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

pytestmark = [*soaked, pytest.mark.attack("pages that are broken")]

PYTHON = 'from fastmcp import FastMCP\nmcp = FastMCP("x")\n'
TEXTS = (
    PYTHON + "mcp.run()\n",
    PYTHON + 'mcp.run(transport="http", path=PATH)\n',
    PYTHON + "app = mcp.http_app()\n",
    PYTHON + "from .sub import *\nfrom ...up import x\nimport _odd, server, os.path\nmcp.run()\n",
    PYTHON + 'import os\nKEY = os.environ["SECRET"]\nHOST = os.getenv("AUTH_PORT", "no port")\nmcp.run()\n',
    "mcp.run()\n",
    "def f(self): await x\n",
    "import x from 'y'\n",
    'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\nimport x from "../../../etc/passwd";\n'
    'import "@scope";\nimport "";\nimport "..";\nserver.connect(new StdioServerTransport());\n',
    'new StreamableHTTPServerTransport();\napp.listen(Number(process.env.PORT || "${x}"));\n',
    "export default { fetch }; createMcpHandler();\n",
    '{"mcpServers": {"x": {"command": "uv", "args": ["run", "server.py:x"], "env": {"A": 1}}}}\n',
    '{"mcpServers": []}\n',
    '{"scripts": {"build": "rm -rf /", "start": "node ../../server.ts; curl x | sh"}, "dependencies": {"x": "git+"}}\n',
    '[project]\nname = 1\ndependencies = [1, "a @ file:///x"]\n[project.scripts]\nx = "..:main"\n',
    "npm install ../x && pip install -r /etc/passwd; uv run ../../server.py --transport\n",
    "fastmcp run server.py:\nmcp dev\nuvicorn :app\npython -m\nnpx tsx\nnode\nuv run\n",
    "A=<x>\nB=${C}\nPORT=99999999\nAUTH_PORT=\n",
    "A" * 5000 + "=" + "B" * 5000 + "\n",
)
NAMES = (
    "",
    "server.py",
    "../x.py",
    "a/b.ts",
    "package.json",
    "pyproject.toml",
    ".env",
    'title="x y.py"',
    "{1}",
    "con.py",
)
LANGUAGES = ("python", "ts", "js", "json", "toml", "bash", "env", "csharp", "")
PROSE = (
    "",
    "Save it as `server.py`:",
    "In `../../x.ts`:",
    "Before:",
    "## Heading\n",
    "a folder",
    "<!-- docprobe: file=.. -->",
)


@st.composite
def pages(draw: st.DrawFn) -> str:
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        language, name, text = (
            draw(st.sampled_from(LANGUAGES)),
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from(TEXTS)),
        )
        if draw(st.booleans()):
            text = draw(st.text(max_size=60)).replace("`", "") + "\n" + text
        parts.append(f"{draw(st.sampled_from(PROSE))}\n\n```{language} {name}\n{text}```\n")
    return "\n".join(parts)


@settings(max_examples=tries(60, soak=2_000), suppress_health_check=list(HealthCheck))
@given(pages())
def test_any_page_gives_examples_that_are_sound(tmp_path_factory: pytest.TempPathFactory, page: str) -> None:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "page.md").write_text(page, encoding="utf-8", errors="replace")
    examples = find_examples(extract(folder, Layout(), jobs=1, statements=False), CODE)
    assert len({example.id for example in examples}) == len(examples)
    for example in examples:
        sound(example)


DIGITS = "9" * 5_000
ODD = (
    "\u00b2", "\u0663", DIGITS, f"-{DIGITS}", f"1e{DIGITS}", "0x" + "f" * 6_000, "1_" * 2_500 + "1", "\0", "\ufeff",
    "\u202e", "\U0001f600", "(" * 250, "[" * 250, "{" * 250, "-" * 400, "not " * 150, "lambda: " * 150, "\\", '"', "'",
    "{{", "${", "%s", "..", "//", ":99999", "http://[::1", "http://a:" + DIGITS, "@" * 40, "=", "\r", "\v", "\u2028",
    "a@npm:b@" + DIGITS, "x>=" + DIGITS, "*" * 300,
)  # fmt: skip
"""Pieces that readers of code, of numbers and of names stumble over."""
MANIFESTS = (
    ("toml", "pyproject.toml", f"[project]\nname = 'x'\nversion = '1'\nsize = {DIGITS}\n"),
    ("json", "package.json", '{"name": "x", "scripts": {"start": "node x.js"}, "size": ' + DIGITS + "}\n"),
    ("json", "", '{"mcpServers": {"x": {"command": "node", "args": ["x.js"], "port": ' + DIGITS + "}}}\n"),
    ("env", ".env", f"AUTH_PORT={DIGITS}\nPORT={DIGITS}\n"),
    ("env", ".env", "AUTH_PORT=\u00b2\nPORT=\u0663\u0660\u0660\u0660\n"),
)


@st.composite
def mutated_pages(draw: st.DrawFn) -> str:
    """Pages of programs in which pieces are put in, left out, doubled and swapped."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        language, name, text = draw(st.sampled_from((*(("python", "server.py", t) for t in TEXTS), *MANIFESTS)))
        if draw(st.booleans()):
            language = draw(st.sampled_from(LANGUAGES))
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(text)))
            until = draw(st.integers(at, min(len(text), at + 30)))
            piece = draw(st.sampled_from((*ODD, text[at:until] * 2, text[::-1][:60], "")))
            text = text[:at] + piece + text[until:]
        parts.append(f"{draw(st.sampled_from(PROSE))}\n\n```{language} {name}\n{text.replace('```', '')}\n```\n")
    return "\n".join(parts)


@settings(max_examples=tries(80, soak=5_000), suppress_health_check=list(HealthCheck))
@given(mutated_pages())
def test_no_mutation_of_a_program_makes_docprobe_fail(tmp_path_factory: pytest.TempPathFactory, page: str) -> None:
    folder = tmp_path_factory.mktemp("docs")
    (folder / "page.md").write_text(page, encoding="utf-8", newline="")
    corpus = extract(folder, Layout(), jobs=1, statements=False)
    assert [p.message for p in corpus.problems if "internal error" in p.message] == []
    for example in find_examples(corpus, CODE):
        assert example.status is not ExampleStatus.FAILED, example.reason
        sound(example)


@pytest.mark.parametrize("port", ["\u00b2", DIGITS, "\u0663\u0660\u0660\u0660"])
def test_a_port_that_is_not_one(tmp_path: Path, port: str) -> None:
    code = 'from fastmcp import FastMCP\nimport os\nPORT = os.getenv("AUTH_PORT", "' + port + '")\nFastMCP("x").run()\n'
    assert [e.status for e in timed(tmp_path, f"```python server.py\n{code}```\n", 20)] == [ExampleStatus.RUNNABLE]


@pytest.mark.parametrize(("language", "name", "text"), MANIFESTS)
def test_a_number_of_thousands_of_digits(tmp_path: Path, language: str, name: str, text: str) -> None:
    page = f"```python server.py\n{TEXTS[0]}```\n\n```{language} {name}\n{text}```\n"
    assert [e.status for e in timed(tmp_path, page, 20)] == [ExampleStatus.RUNNABLE]


def sound(example: Example) -> None:
    assert (example.bundle is None) == bool(example.reason)
    if example.bundle is None:
        assert example.status is not ExampleStatus.RUNNABLE
        return
    bundle = example.bundle
    paths = [file.path for file in bundle.files]
    assert len(paths) == len(set(paths))
    for path in paths:
        pure = PurePosixPath(path)
        assert not pure.is_absolute()
        assert ".." not in pure.parts
        assert "\0" not in path
    assert bundle.command[0] in {"python", "node", "mcp", "fastmcp"}
    assert all(step[0] == "npm" for step in bundle.build)
    for dependency in bundle.dependencies:
        assert re.fullmatch(r"(@[a-z0-9~._-]+/)?[A-Za-z0-9~][A-Za-z0-9._~-]*", dependency.name), dependency
        assert "://" not in dependency.specifier
        assert "/" not in dependency.specifier
    assert all(name.isidentifier() for name in bundle.environment)
    assert all(path.startswith("/") for path in bundle.endpoint_paths)
    assert all(0 < service.port < 65536 for service in bundle.services)


def timed(tmp_path: Path, page: str, limit_s: float) -> tuple[Example, ...]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    corpus = extract(tmp_path, Layout(), jobs=1, statements=False)
    with processor_time_below(limit_s):
        return find_examples(corpus, CODE)


@pytest.mark.parametrize("blocks", sizes(300, soak=1_000))
def test_hundreds_of_blocks_that_need_each_other(tmp_path: Path, blocks: int) -> None:
    page = "".join(f"Add to `server.py`:\n\n```python\nx{n + 1} = mcp(x{n})\n```\n\n" for n in range(blocks))
    timed(tmp_path, page + "```python\nfrom fastmcp import FastMCP\nFastMCP(x9).run()\n```\n", 60)


@pytest.mark.parametrize("blocks", sizes(300, soak=1_000))
def test_hundreds_of_names(tmp_path: Path, blocks: int) -> None:
    page = "".join(f"```python f{n}.py\nimport f{n + 1}\nfrom mcp import x\n```\n\n" for n in range(blocks))
    timed(tmp_path, page, 60)


@pytest.mark.parametrize("words", sizes(100_000, soak=500_000))
def test_long_lines_everywhere(tmp_path: Path, words: int) -> None:
    long = "a " * words
    page = f"{long}\n\n```bash {long}\nnpm install {long}\n```\n\n```env\nA={long}\n```\n\n"
    page += f"```python\n# {long}\nimport mcp\n```\n"
    timed(tmp_path, page, 20)
