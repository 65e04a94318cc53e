"""Fences that stand for code of another file: what docprobe has not read is not run, and no page fails by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Flavour, Layout
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

MAIN = "from fastmcp import FastMCP\nfrom shed import rake\n\nmcp = FastMCP('garden')\nmcp.tool(rake)\nmcp.run()\n"
HEAD = "from fastmcp import FastMCP\n\nmcp = FastMCP('garden')\n"
RUN = "mcp.run()\n"


def found(tmp_path: Path, page: str, flavour: Flavour = Flavour.GITHUB) -> list[Example]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(flavour=flavour), jobs=1, statements=False), CODE))


@pytest.mark.parametrize(
    ("info", "text", "path"),
    [
        # the first is an expression of Python
        ('python title="shed.py"', '--8<-- "garden/shed.py"', "garden/shed.py"),
        ('python title="shed.py"', "-8<- 'garden/shed.py'", "garden/shed.py"),
        ('python title="shed.py"', "--8<--\ngarden/shed.py\n--8<--", "another file"),
        ('python title="shed.py"', "{{#include ../shed.py:3:9}}", "../shed.py:3:9"),
        ('python title="shed.py"', "import os\n{{#rustdoc_include shed.py}}", "shed.py"),
        ('python title="shed.py"', "{!> ../garden/shed.py !}", "../garden/shed.py"),
        ('python title="shed.py"', "{* ../garden/shed.py hl[2] *}", "../garden/shed.py"),
        ('python title="shed.py"', "<<< @/garden/shed.py{2}", "@/garden/shed.py"),
        ('python title="shed.py"', "{% include 'garden/shed.py' %}", "garden/shed.py"),
        ('python title="shed.py"', '{{< readfile "garden/shed.py" >}}', "garden/shed.py"),
        ("python file=garden/shed.py", "", "garden/shed.py"),
        ('python src="garden/shed.py" title="shed.py"', "", "garden/shed.py"),
    ],
)
def test_a_program_with_a_file_that_is_not_read_is_a_fragment(tmp_path: Path, info: str, text: str, path: str) -> None:
    fence = f"```{info}\n{text}\n```" if text else f"```{info}\n```"
    page = f'{fence}\n\n```python title="main.py"\n{MAIN}```\n'
    # MkDocs takes no fence with attributes of its own
    for flavour in (Flavour.GITHUB, Flavour.MKDOCS) if text else (Flavour.GITHUB,):
        examples = found(tmp_path, page, flavour)
        assert not [example for example in examples if example.status is ExampleStatus.RUNNABLE]
        reasons = " ".join(example.reason or "" for example in examples)
        assert f"stands for code of {path}, which docprobe did not read" in reasons or "`shed`" in reasons


def test_it_is_no_part_of_the_code_around_it(tmp_path: Path) -> None:
    page = f'```python\n{HEAD}```\n\nAdd a tool:\n\n```python\n--8<-- "garden/shed.py"\n```\n\n```python\n{RUN}```\n'
    for example in found(tmp_path, page):
        assert example.bundle is None or "8<" not in "".join(file.text for file in example.bundle.files)


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ('python title="shed/__init__.py"', ""),
        ('python file="shed/__init__.py"', ""),
        ('python title="shed.py"', "# --8<-- [start:rake]\ndef rake(): ...\n# --8<-- [end:rake]"),
        ('python title="shed.py"', "rake = -8 < --3"),
        ('python title="shed.py"', "rake = {'a'} if not {} else {*'b'}"),
    ],
)
def test_code_that_looks_like_it_is_read(tmp_path: Path, info: str, text: str) -> None:
    fence = f"```{info}\n{text}\n```" if text else f"```{info}\n```"
    main = MAIN if text else MAIN.replace("import rake", "import __doc__ as rake")
    (example,) = found(tmp_path, f'{fence}\n\n```python title="main.py"\n{main}```\n')
    assert example.status is ExampleStatus.RUNNABLE, example.reason
