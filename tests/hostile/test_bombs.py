"""Pages that are made to cost time and memory: each ends within its budget, and its neighbour is read all the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Flavour, Layout
from harness.profiles.mcp.roles import CODE
from tests.extractor.docs.test_bad_input import SHAPES
from tests.support.figures import FIGURES, resident_mib
from tests.support.soak import SOAK

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 1_000_000 if SOAK else 60_000
"""Characters of a bomb."""
PAGE_S = 5.0 if SOAK else 0.5
MORE = {
    "dashes": "- ",
    "jsx lines": "<A b={<c>\n",
    "nested jsx": "<a>{\n",
    "quotes and lists": "> - ",
    "fences in lists": "- ```js\n",
    "tables": "|a|b|\n|-|-|\n",
    "tabs": '=== "a"\n\n    ',
    "admonitions": ":::note\n",
    "front matter": "a: &a [*a, *a]\n",
    "python code": "```python\nfrom mcp import x\nx(x(x(\n```\n",
    "typescript code": "```ts\nimport {a} from 'a'; a(a(a(a(\n```\n",
    "shell": "```bash\nnpm install a && $(npm install b) | `x`\n```\n",
    "manifests": '```json package.json\n{"dependencies": {"a": "1"}, "scripts": {"start": "node a.js"}}\n```\n',
    "install lines in prose": "Run `npm install a` and `pip install b` in `a.py`.\n\n",
    "urls in prose": "Open http://localhost:3000/mcp?a=b#c and [x](http://127.0.0.1:1/).\n\n",
}
FLAVOURS = (Flavour.MINTLIFY, Flavour.GITHUB)
GOOD = '```python server.py\nfrom fastmcp import FastMCP\nFastMCP("x").run()\n```\n'


def bomb(name: str) -> str:
    """A page of about SIZE characters of one construct."""
    if name in MORE:
        piece = MORE[name]
        text = piece * (SIZE // len(piece))
        return f"---\n{text}---\n" if name == "front matter" else text
    make = SHAPES[name]
    count = 1
    while len(make(count * 2)) < SIZE and count < SIZE:
        count *= 2
    return make(max(count, SIZE * count // max(len(make(count)), 1)))[: 2 * SIZE]


@pytest.mark.long
@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", [*MORE, *SHAPES] if SOAK else MORE)
def test_a_bomb_costs_its_budget_and_no_more(tmp_path: Path, name: str, flavour: Flavour) -> None:
    (tmp_path / "bomb.mdx").write_text(bomb(name), encoding="utf-8")
    (tmp_path / "good.mdx").write_text(GOOD, encoding="utf-8")
    layout = Layout(flavour=flavour, specification=("**",))
    with FIGURES.attack("pages that are bombs", f"{name}, {flavour}"):
        before, began = resident_mib(), time.process_time()
        corpus = extract(tmp_path, layout, jobs=1, page_s=PAGE_S)
        examples = find_examples(corpus, CODE, page_s=PAGE_S)
        took = time.process_time() - began
        assert took < 2 * PAGE_S + 3, f"{took:.1f} s"
        assert resident_mib() - before < 200 or resident_mib(collected=True) - before < 200
        statuses = {example.page: example.status for example in examples if example.page == "good.mdx"}
        assert statuses == {"good.mdx": ExampleStatus.RUNNABLE}
        assert [p.message for p in corpus.problems if "internal error" in p.message] == []
