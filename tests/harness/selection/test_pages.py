"""What ``--select`` reads, and that it reports what a run over all pages would report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.run.plan import make_plan
from harness.selection.pages import may_name, pages_to_read
from harness.selection.select import Selection
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import Config

SERVER = """\
```python title="server.py"
from mcp.server.fastmcp import FastMCP

mcp = FastMCP("weather-of-today")

if __name__ == "__main__":
    mcp.run(transport="streamable-http")
```
"""
RULE = "# Transports\n\nThe server **MUST** answer a request of an ended session with HTTP 404 Not Found.\n"
PAGES = {
    "guides/server.md": f"# A server\n\n{SERVER}\nRun `python server.py`.\n",
    "guides/in-a-list.md": "# Again\n\n1. Write it:\n\n"
    + "".join(f"   {line}\n" if line else "\n" for line in SERVER.splitlines())
    + "\nRun `python server.py`.\n",
    "guides/installation.md": "# Installation\n\n```bash\npip install mcp==1.9.4\n```\n",
    "guides/other.md": "# Other\n\n```python\nprint('something else altogether')\n```\n",
    **{f"blog/story-{number}.md": "# A story\n\nNothing to run.\n" for number in range(8)},
    "specification/2025-11-25/basic/transports.md": RULE,
}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    docs = tmp_path / "docs"
    for name, text in PAGES.items():
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_text(text)
    (docs / "docs").mkdir()
    return load_config(docs, state=tmp_path / "state", jobs=1)


def read(config: Config, *patterns: str, named: tuple[str, ...] = ()) -> frozenset[str] | None:
    return pages_to_read(config, Selection(patterns), named)


def test_a_page_its_copies_what_is_installed_and_the_rules_are_read(config: Config) -> None:
    left_out = {name for name in PAGES if name.startswith("blog/")} | {"guides/other.md"}
    assert read(config, "guides/server") == PAGES.keys() - left_out


@pytest.mark.processes
@pytest.mark.parametrize(
    "pattern", ["guides/server", "guides/server#python", "serv*", "/guides/in-a-list*", "server.md"]
)
def test_a_selected_page_is_planned_as_among_all_pages(config: Config, pattern: str) -> None:
    narrow = make_plan(replace(config, select=(pattern,)))
    whole = make_plan(config)
    examples = tuple(example for example in whole.examples if example.id in {one.id for one in narrow.examples})
    assert narrow.corpus.unread
    assert narrow.examples == examples != ()
    assert [narrow.copies(e.digest) for e in examples] == [whole.copies(e.digest) for e in examples]
    assert narrow.bound == whole.bound
    assert narrow.pages == whole.pages


def test_a_copy_is_found_on_a_page_that_includes_its_code(config: Config) -> None:
    (config.docs / "blog" / "shown.md").write_text("# Shown\n\n```{literalinclude} code.py\n```\n")
    pages = read(config, "guides/server")
    assert pages is not None
    assert "blog/shown.md" in pages


def test_what_a_baseline_or_the_configuration_names_is_read(config: Config) -> None:
    assert "guides/other.md" in (read(config, "guides/server", named=("guides/other#python",)) or ())
    (config.docs / "docprobe.toml").write_text('[examples."other#*"]\nskip = "it is only shown"\n')
    tables = load_config(config.docs, state=config.state, jobs=1)
    assert "guides/other.md" in (read(tables, "guides/server") or ())


@pytest.mark.parametrize("pattern", ["#python", "*", "nothing-like-it", "guid*s/[so]*", "*python"])
def test_where_any_page_may_count_all_are_read(config: Config, pattern: str) -> None:
    assert read(config, pattern) is None


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("a/page", True), ("page", True), ("page.md", True), ("a/page#python", True), ("page#*", True),
        ("pa*#python", True), ("pa*", True), ("*python", True), ("a/p*thon", True), ("page?python", True),
        ("a/**", True), ("a", True), ("/a/page", True), (r"p\age", True), ("[p]age", True),
        ("other", False), ("other#python", False), ("#python", False), ("b/p*", False), ("/page", False),
        ("pages*", False), ("a/q*thon", False), ("page/x*", False),
    ],
)  # fmt: skip
def test_a_pattern_may_name_an_example_of_a_page(pattern: str, named: bool) -> None:
    assert may_name(pattern, "a/page.md") is named
