"""Code of pages that an MDX page imports and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Layout, Origin, Span
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Corpus

PIPE = "from mcp.server.fastmcp import FastMCP\n\npipe = FastMCP('pipe', port=4800)\npipe.run(transport='streamable-http')\n"
SNIPPET = f'Words.\n\n```python title="pipe.py"\n{PIPE}```\n'
SHELL = "```bash\npip install 'mcp<2'\npython pipe.py\n```\n"


def corpus(tmp_path: Path, **files: str) -> Corpus:
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "docs.json").write_text("{}", encoding="utf-8")
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/")
        path = path.with_name(path.name + ".mdx")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return extract(tmp_path, Layout(), jobs=1, statements=False)


@pytest.mark.parametrize("path", ["/snippets/pipe.mdx", "../snippets/pipe.mdx", "@site/snippets/pipe.mdx"])
def test_an_imported_program_is_run_as_the_page_says(tmp_path: Path, path: str) -> None:
    page = f'import Pipe from "{path}";\n\n# P\n\n<Pipe />\n\n{SHELL}'
    docs = corpus(tmp_path, guide__page=page, snippets__pipe=SNIPPET)
    example = next(e for e in find_examples(docs, CODE) if e.page == "guide/page.mdx")
    assert example.status is ExampleStatus.RUNNABLE
    assert example.spans[0].first == 5
    assert example.bundle is not None
    assert (example.bundle.files[0].text, example.bundle.command) == (PIPE, ("python", "pipe.py"))
    assert not [note for note in example.notes if note.origin is Origin.INFERRED]
    assert example.bundle.files[0].docs_line(4) == Span("snippets/pipe.mdx", 7, 7)


def test_a_change_of_the_imported_page_is_seen(tmp_path: Path) -> None:
    page = 'import Pipe from "/snippets/pipe.mdx";\n\n<Pipe />\n'
    first = corpus(tmp_path, page=page, snippets__pipe=SNIPPET).blocks
    second = corpus(tmp_path, page=page, snippets__pipe=SNIPPET.replace("4800", "4801")).blocks
    assert [block.sha256 for block in first] != [block.sha256 for block in second]


@pytest.mark.parametrize(
    "page",
    [
        'import Pipe from "/snippets/pipe.mdx";\n\nNot shown.\n',
        'import Pipe from "/snippets/none.mdx";\n\n<Pipe />\n',
        'import Pipe from "/../secret.mdx";\n\n<Pipe />\n',
        'import { Pipe } from "/snippets/pipe.jsx";\n\n<Pipe />\n',
        "<Pipe />\n",
    ],
)
def test_what_is_not_shown_or_not_in_the_tree_is_left_out(tmp_path: Path, page: str) -> None:
    (tmp_path / "secret.mdx").write_text(SNIPPET, encoding="utf-8")
    docs = corpus(tmp_path / "docs", page=page, snippets__pipe=SNIPPET)
    assert [block for block in docs.blocks if block.span.file == "page.mdx"] == []
    assert not [problem for problem in docs.problems if problem.span.file == "page.mdx"]
