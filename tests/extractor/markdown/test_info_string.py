"""Info strings as they are found in the wild."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.markdown.info_string import looks_like_file_name, split_info
from extractor.model import InfoString


def info(language: str, name: str | None = None, label: str | None = None, **attributes: str) -> InfoString:
    return InfoString("", language, name, label, attributes)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", info("")),
        ("TypeScript", info("typescript")),
        ("ts [server.ts]", info("ts", "server.ts")),
        ("sh [npm]", info("sh", None, "npm")),
        ("ts{1,3-4} [a.ts]", info("ts", "a.ts", highlight="1,3-4")),
        ("ts:line-numbers {1}", info("ts", **{"line-numbers": "", "highlight": "1"})),
        ("ts:server.ts", info("ts", "server.ts")),
        ("rust:ignore", info("rust", ignore="")),
        ("ts:title=src/server.ts {2}", info("ts", "src/server.ts", title="src/server.ts", highlight="2")),
        ('ts path="src/server.ts"', info("ts", "src/server.ts", path="src/server.ts")),
        ("js fileName=server.js", info("js", "server.js", fileName="server.js")),
        ("sh path=/mcp", info("sh", None, "/mcp", path="/mcp")),
        ("python server.py {9,10}", info("python", "server.py", highlight="9,10")),
        ("python {9-10} my_server.py", info("python", "my_server.py", highlight="9-10")),
        (
            "python my_server.py (stdio) {9, 10}",
            info("python", "my_server.py", "my_server.py (stdio)", highlight="9, 10"),
        ),
        ("json server.json highlight={6}", info("json", "server.json", highlight="6")),
        ("python server.py [expandable]", info("python", "server.py", expandable="")),
        ("python [expandable]", info("python", expandable="")),
        ("python Pseudo-code for AI application", info("python", None, "Pseudo-code for AI application")),
        ("bash macOS/Linux", info("bash", None, "macOS/Linux")),
        ("bash Node.js", info("bash", None, "Node.js")),
        ("python{15}", info("python", highlight="15")),
        ('python title="server.py" hl_lines="8 10"', info("python", "server.py", title="server.py", hl_lines="8 10")),
        ('ts title="Title" no-transpile', info("ts", None, "Title", **{"title": "Title", "no-transpile": ""})),
        ('ts a.ts title="Title"', info("ts", "a.ts", "Title", title="Title")),
        ("ts title='How it looks'", info("ts", None, "How it looks", title="How it looks")),
        ('ts source="../../examples/a/b.ts#part"', info("ts", "examples/a/b.ts", source="../../examples/a/b.ts#part")),
        ('{ .python title="x.py" #it }', info("python", "x.py", title="x.py", id="it")),
        ("{ .python .extra }", info("python", **{"class": "extra"})),
        ("rust,ignore", info("rust", ignore="")),
        ("js Title lines", info("js", None, "Title", lines="")),
        ("js lines", info("js", lines="")),
        ('title="x.py"', info("", "x.py", title="x.py")),
        ("dockerfile Dockerfile", info("dockerfile", "Dockerfile")),
        ("env .env", info("env", ".env")),
        ("&#106;s a\\.js", info("js", "a.js")),
        ("mermaid", info("mermaid")),
        ("js x={", info("js", None, "x={")),
    ],
)
def test_split(raw: str, expected: InfoString) -> None:
    found = split_info(f" {raw} ")
    assert found.raw == raw
    assert replace(found, raw="") == expected


@pytest.mark.parametrize("word", ["a.py", "src/index.ts", ".env", ".env.local", "Dockerfile", "a/Makefile", "[id].tsx"])
def test_file_names(word: str) -> None:
    assert looks_like_file_name(word)


@pytest.mark.parametrize(
    "word", ["Node.js", "a", "v1.2", "macOS/Linux", "(a.py)", "e.g.", ".", "..", "a.b c", "src/", ""]
)
def test_no_file_names(word: str) -> None:
    assert not looks_like_file_name(word)
