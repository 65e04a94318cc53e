"""Classes and functions that a page shows in several blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, NoteKind, Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

HEAD = (
    "import json\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n\n\n"
    "class Desk(BaseHTTPRequestHandler):\n    def answer(self, status):\n        self.send_response(status)\n"
    "        self.end_headers()\n"
)
METHOD = (
    "    def do_POST(self):\n        message = json.loads(self.rfile.read(9))\n"
    '        if message["method"] == "initialize":\n            return self.answer(200)\n'
    '        self.wfile.write(json.dumps({"jsonrpc": "2.0", "serverInfo": "desk"}).encode())\n'
)
SECOND = "    def do_GET(self):\n        self.answer(405)\n"
START = 'HTTPServer(("127.0.0.1", 4100), Desk).serve_forever()\n'
MADE = 'from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP("desk")\n'
TOOL = "@mcp.tool()\ndef add(a: int, b: int) -> int:\n    return a + b\n"
DEDENTED = METHOD.replace("\n    ", "\n").removeprefix("    ")


def found(tmp_path: Path, *parts: str) -> list[Example]:
    """Prose and code of a page, in turn."""
    fences = [part if n % 2 == 0 else f"```python\n{part}```" for n, part in enumerate(parts)]
    (tmp_path / "page.md").write_text("\n\n".join(fences) + "\n", encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE))


def joined_by(example: Example) -> Origin | None:
    return next((note.origin for note in example.notes if note.kind is NoteKind.JOINED), None)


def text_of(example: Example) -> str:
    assert example.bundle is not None
    return example.bundle.files[0].text


def test_methods_in_later_blocks_are_put_into_their_class(tmp_path: Path) -> None:
    (example,) = found(
        tmp_path, "Create `desk.py`:", HEAD, "Answer requests:", METHOD, "Refuse streams:", SECOND,
        "Start it at the end of the file.", START, "Run `python desk.py`.",
    )  # fmt: skip
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.HTTP_SERVER)
    assert text_of(example) == "\n".join([HEAD, METHOD, SECOND, START])
    # only its indent says where a method belongs, and nothing that the last block is of the same file
    assert joined_by(example) is Origin.INFERRED


def test_what_follows_the_class_stays_behind_its_methods(tmp_path: Path) -> None:
    (example,) = found(tmp_path, "Create `desk.py`:", HEAD, "Start it with:", START, "and answer:", METHOD)
    # the block that starts it is above the method on the page
    assert text_of(example) == "\n".join([HEAD, METHOD, START])


def test_the_words_above_a_piece_say_for_certain_where_it_belongs(tmp_path: Path) -> None:
    main = "import anyio\nfrom mcp.server.fastmcp import FastMCP\n\n\nasync def serve():\n    desk = FastMCP('desk')\n"
    rest = "    await desk.run_stdio_async()\n\n\nanyio.run(serve)\n"
    (said,) = found(tmp_path, "Create `desk.py`:", main, "Go on with the body of `serve`:", rest)
    assert joined_by(said) is Origin.STATED
    (open_,) = found(tmp_path, "Create `desk.py`:", main, "And run it:", rest)
    assert joined_by(open_) is Origin.INFERRED
    (either,) = found(tmp_path, "Create `desk.py`:", main, "Alternatively, `serve` goes on so:", rest)
    assert joined_by(either) is Origin.INFERRED
    assert all(e.status is ExampleStatus.RUNNABLE for e in (said, open_, either))


def test_methods_without_their_indent_get_it_and_are_inferred(tmp_path: Path) -> None:
    (example,) = found(
        tmp_path, "Create `desk.py`:", HEAD, "Add this method to the `Desk` class:", DEDENTED, "Start it:", START
    )
    assert text_of(example) == "\n".join([HEAD, METHOD, START])
    assert joined_by(example) is Origin.INFERRED
    assert example.bundle is not None
    # every line keeps its place on the page
    place = example.bundle.files[0].docs_line(10)
    assert place is not None
    assert place.first == 17


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        pytest.param("A handler has this signature:", DEDENTED, id="nothing-is-added"),
        pytest.param("Add this version of it:", "def answer(self, status):\n    print(json)\n", id="another-version"),
        pytest.param("Add it:", f"{DEDENTED}\n\ndef helper():\n    pass\n", id="not-only-methods"),
    ],
)
def test_a_method_that_is_not_added_keeps_the_blocks_apart(tmp_path: Path, words: str, piece: str) -> None:
    examples = found(tmp_path, "Create `desk.py`:", HEAD, words, piece, "And start it:", START)
    assert all(len(example.spans) == 1 and example.status is ExampleStatus.FRAGMENT for example in examples)


def test_lines_that_are_shown_again_are_not_added_twice(tmp_path: Path) -> None:
    (example,) = found(tmp_path, "Create `desk.py`:", HEAD + METHOD, "Look at the answer:", METHOD, "Start:", START)
    assert text_of(example) == "\n".join([HEAD + METHOD, START])


def test_a_program_that_runs_as_it_is_is_left_as_it_is(tmp_path: Path) -> None:
    (whole,) = found(tmp_path, "Create `desk.py`:", HEAD + METHOD + START, "Add this to `Desk`:", SECOND)
    assert text_of(whole) == HEAD + METHOD + START
    assert joined_by(whole) is None


def test_another_file_takes_no_piece(tmp_path: Path) -> None:
    page = f'# F\n\n```python title="a.py"\n{HEAD}{METHOD}```\n\n```python title="b.py"\n{SECOND}```\n\nRun:\n\n'
    (tmp_path / "page.md").write_text(f'{page}```python title="a.py"\n{START}```\n', encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert text_of(example) == "\n".join([HEAD + METHOD, START])


def test_another_tab_takes_no_piece(tmp_path: Path) -> None:
    tabs = f'<Tab title="One">\n\n```python title="a.py"\n{HEAD}{METHOD}```\n\n```python\n{START}```\n\n</Tab>'
    page = f'# T\n\n<Tabs>\n{tabs}\n<Tab title="Two">\n\nAdd:\n\n```python\n{SECOND}```\n\n</Tab>\n</Tabs>\n'
    (tmp_path / "page.mdx").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert text_of(example) == "\n".join([HEAD + METHOD, START])


BRACES = (
    'import express from "express";\nimport { Server } from "@modelcontextprotocol/sdk/server/index.js";\n'
    'import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";\n'
    'const web = express();\nweb.post("/mcp", async (req, res) => {\n  const server = new Server({});\n'
)
MIDDLE = "  const transport = new StreamableHTTPServerTransport({});\n"
CLOSED = "  await server.connect(transport);\n  await transport.handleRequest(req, res);\n});\n"


def test_a_bracket_that_is_closed_later_makes_one_file_for_certain(tmp_path: Path) -> None:
    blocks = [
        f'```ts title="{name}"\n{text}```\n' for name, text in (("w.ts", BRACES), ("w.ts", CLOSED + "web.listen(1);\n"))
    ]
    page = f"# W\n\n{blocks[0]}\nthen\n\n```ts\n{MIDDLE}```\n\nthen\n\n{blocks[1]}"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.status is ExampleStatus.RUNNABLE
    assert joined_by(example) is Origin.STATED
    assert example.bundle is not None
    written = next(file for file in example.bundle.files if file.path == "w.ts")
    assert written.text == "\n".join([BRACES, MIDDLE, CLOSED + "web.listen(1);\n"])


@pytest.mark.parametrize("start", ["web.listen(4200);", "await web.listen(4200);"])
def test_the_block_that_starts_the_others_is_the_end_of_their_program(tmp_path: Path, start: str) -> None:
    page = f"Save `w.ts`:\n\n```ts\n{BRACES}{MIDDLE}{CLOSED}```\n\nListen:\n\n```ts\n{start}\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert (example.status, joined_by(example)) == (ExampleStatus.RUNNABLE, Origin.INFERRED)


def test_a_part_in_python_does_not_wait_outside_functions(tmp_path: Path) -> None:
    waits = "await mcp.list_tools()\nrules = 1\n"
    page = found(tmp_path, "Create `desk.py`:", MADE, "Look:", waits, "Start it:", "mcp.run(rules)\n", RUN)
    assert {(example.status, len(example.spans)) for example in page} == {(ExampleStatus.FRAGMENT, 1)}


def test_a_class_that_nothing_starts_is_a_fragment_with_all_its_parts(tmp_path: Path) -> None:
    loads = f"from dotenv import load_dotenv\n{HEAD}".replace("\n\n\nclass", "\n\nload_dotenv()\n\n\nclass")
    (example,) = found(tmp_path, "Create `desk.py`:", loads, "Next, add the method that answers:", METHOD)
    assert example.status is ExampleStatus.FRAGMENT
    assert len(example.spans) == 2


def test_the_class_that_the_words_name_comes_before_the_nearest(tmp_path: Path) -> None:
    drawer = "class Drawer:\n    pens = []\n"
    put = "    def put(self, pen):\n        self.pens.append(pen)\n"
    (example,) = found(
        tmp_path, "Create `desk.py`:", HEAD, "and, in the same file:", drawer, "Add to `Desk`:", METHOD,
        "Give `Drawer` a method:", put, "And start it:", f"drawer = Drawer()\n{START}",
    )  # fmt: skip
    assert text_of(example) == "\n".join([HEAD, METHOD, drawer, put, f"drawer = Drawer()\n{START}"])


def test_blocks_are_the_one_file_that_is_run_behind_them(tmp_path: Path) -> None:
    parts = ("An object:", MADE, "Append a tool:", TOOL, "Append the start:", "mcp.run()\n")
    (example,) = found(tmp_path, *parts, "```bash\npython -m py_compile src/desk.py\n```")
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.STDIO_SERVER)
    assert example.bundle is not None
    assert [file.path for file in example.bundle.files] == ["src/desk.py"]
    assert text_of(example) == "\n".join([MADE, TOOL, "mcp.run()\n"])
    assert joined_by(example) is Origin.INFERRED
    several = found(tmp_path, *parts, "```bash\npython first.py\npython second.py\n```")
    assert {example.status for example in several} == {ExampleStatus.FRAGMENT}
    unnamed = found(tmp_path, *parts)
    assert {example.status for example in unnamed} == {ExampleStatus.FRAGMENT}


def test_blocks_are_the_file_of_the_command_behind_the_last_of_them(tmp_path: Path) -> None:
    first = ("## One", MADE, "Append the start:", "mcp.run()\n", "```bash\npython one.py\n```")
    second = ("## Two", MADE, "Append a tool:", TOOL, "Append the start:", "mcp.run()\n")
    one, two = found(tmp_path, "\n\n".join((*first[:1], "An object:")), first[1], first[2], first[3],
                     f"{first[4]}\n\n{second[0]}", *second[1:], "```bash\npython two.py\n```")  # fmt: skip
    assert [e.bundle and e.bundle.files[0].path for e in (one, two)] == ["one.py", "two.py"]
    assert (text_of(one), text_of(two)) == ("\n".join([MADE, "mcp.run()\n"]), "\n".join([MADE, TOOL, "mcp.run()\n"]))
    # a command in between is about another file: where that one ends is not said
    mixed = found(tmp_path, "An object:", MADE, "```bash\npython one.py\n```\n\nAppend the start:", "mcp.run()\n",
                  "```bash\npython two.py\n```")  # fmt: skip
    assert {example.status for example in mixed} == {ExampleStatus.FRAGMENT}


def test_blocks_are_the_file_that_the_words_before_the_last_of_them_run(tmp_path: Path) -> None:
    begun = ("## Make it\n\nAn object:", MADE, "Append a tool:", TOOL)
    (example,) = found(
        tmp_path, *begun, "## Run it\n\nAppend the start, and run `python desk.py`.", "mcp.run()\n", "Ask it."
    )
    assert example.bundle is not None
    assert [file.path for file in example.bundle.files] == ["desk.py"]
    assert text_of(example) == "\n".join([MADE, TOOL, "mcp.run()\n"])
    assert joined_by(example) is Origin.INFERRED
    for words in (
        "Append the start, and run `python desk.py` or `python shop.py`.",
        "Append the start; don't run `python desk.py` yet.",
        "Append the start to `desk.py`, and run `python desk.py`.",
    ):
        several = found(tmp_path, *begun, f"## Run it\n\n{words}", "mcp.run()\n", "Ask it.")
        assert {example.status for example in several} == {ExampleStatus.FRAGMENT}, words


RUN = "```bash\npython desk.py\n```"


@pytest.mark.parametrize(
    "parts",
    [
        # the same tool twice, under two names
        ("An object:", MADE, "A tool:", TOOL.replace("tool()", "tool(name='add')"), "A better one:",
         TOOL.replace("tool()", "tool(name='add')").replace("def add", "def sum_of"), "Start it:", "mcp.run()\n", RUN),
        # two ways
        ("An object:", MADE, "### Option A", TOOL, "### Option B", TOOL.replace("add", "plus"), "### Start", "mcp.run()\n", RUN),
        # another program's command, a test, another project
        ("An object:", MADE, "Start it:", "mcp.run()\n", "```bash\npytest desk.py\n```"),
        ("An object:", MADE, "Start it:", "mcp.run()\n", "```bash\ngit clone https://example.org/a\ncd a\npython desk.py\n```"),
        (RUN + "\n\nAn object:", MADE, "Start it:", "mcp.run()\n", "That is all."),
    ],
)  # fmt: skip
def test_no_one_file_by_a_command(tmp_path: Path, parts: tuple[str, ...]) -> None:
    assert {example.status for example in found(tmp_path, *parts)} == {ExampleStatus.FRAGMENT}


def test_what_only_looks_at_a_program_and_what_a_page_warns_of_is_no_part_of_it(tmp_path: Path) -> None:
    parts = ("An object:", MADE, "Look at it:", "print(mcp.name)\n", "❌ Wrong:", TOOL, "Start it:", "mcp.run()\n", RUN)
    example = next(e for e in found(tmp_path, *parts) if e.bundle is not None)
    assert text_of(example) == "\n".join([MADE, "mcp.run()\n"])
    assert example.bundle is not None
    assert example.bundle.is_put_together
    named = next(e for e in found(tmp_path, "Create `desk.py`:", MADE, *parts[6:]) if e.bundle is not None)
    assert named.bundle is not None
    assert not named.bundle.is_put_together
