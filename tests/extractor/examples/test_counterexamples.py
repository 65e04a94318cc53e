"""Code and commands that a page shows as what not to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

SERVER = "from fastmcp import FastMCP\n\nmcp = FastMCP('mill')\nmcp.run()\n"


def found(tmp_path: Path, above: str) -> Example:
    """The example below a paragraph."""
    return of_page(tmp_path, f"# Mill\n\n{above}\n\n```python\n{SERVER}```\n")


def of_page(tmp_path: Path, page: str) -> Example:
    """The only example of a page."""
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    return example


@pytest.mark.parametrize(
    "above",
    [
        "Nothing starts the wheel, and the first request explodes:",
        "The name is taken. This server therefore fails:",
        "A mill without water crashes on start:",
        "The following doesn't work:",
        "The following will not start:",
        "A wheel that nothing turns never starts:",
        "This one is vulnerable:",
        "This raises a `RuntimeError`:",
        "Calling it twice throws an exception:",
        "The wheel does not turn by itself, so the miller never starts and the first request explodes:",
        "Two wheels on one axle give way, and the mill breaks with two workers:",
    ],
)
def test_what_is_shown_as_failing_is_not_run(tmp_path: Path, above: str) -> None:
    example = found(tmp_path, above)
    assert example.status is ExampleStatus.SKIPPED
    assert (example.reason or "").startswith("is shown as what fails (“")


@pytest.mark.parametrize(
    "above",
    [
        "Start the mill:",
        "If it fails:",
        "When the first request fails:",
        "So that it never breaks:",
        "A mill whose wheel breaks is dangerous. Use this one:",
        "It fails. Try this:",
        "It handles a client that crashes.",
        "This never fails to start:",
        "A wheel of oak never breaks:",
        "It doesn't matter that a worker crashes:",
        "The mill that was broken works now:",
        "Errors are handled before it fails:",
    ],
)
def test_what_is_a_remedy_or_says_nothing_of_it_is_run(tmp_path: Path, above: str) -> None:
    assert found(tmp_path, above).status is ExampleStatus.RUNNABLE


@pytest.mark.parametrize(
    ("heading", "run"),
    [
        ("Broken server implementation", False),
        ("2. ❌ Logs on stdout", False),
        ("Bad", False),
        ("The wrong way", False),
        ("Wrong: logs on stdout", False),
        ("A broken server", False),
        ("Logs on stdout ❌", False),
        ("Broken link checker MCP server", True),
        ("Bad words filter server", True),
        ("Vulnerable package lookup server", True),
        ("Bad request handler", True),
        ("Wrong protocol version", True),
        ("How not to lose sessions", True),
        ("Avoiding anti-patterns: the right server", True),
        ("❌ → ✅ The fixed server", True),
        ("Wrong way to start", False),
        ("Security anti-patterns", False),
        ("What not to do", False),
        ("Broken connections", True),
        ("Wrong session ids", True),
        ("Wrong server ids", True),
        ("Bad request", True),
        ("Wrong Origin example", True),
        ("Incorrect token example", True),
        ("Bad JSON example", True),
        ("Insecure local development example", True),
        ("Insecure HTTP usage", True),
        ("Broken access control pattern", True),
        ("Wrong Python server code", False),
        ("Insecure session handler example", False),
        ("Before you start", True),
        ("The old transport", True),
    ],
)
def test_what_a_heading_warns_of_is_not_run(tmp_path: Path, heading: str, run: bool) -> None:
    example = found(tmp_path, f"## {heading}\n\nThe mill:")
    assert (example.status is ExampleStatus.RUNNABLE) is run
    assert run or example.reason == f"is shown under “{heading}”, not as something to run"


def test_the_title_of_a_page_and_what_stands_beside_a_warning_are_run(tmp_path: Path) -> None:
    beside = found(tmp_path, "## Anti-patterns\n\n✅ Log to stderr:")
    assert beside.status is ExampleStatus.RUNNABLE
    (tmp_path / "page.md").write_text(f"# Broken server\n\n```python\n{SERVER}```\n", encoding="utf-8")
    (titled,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert titled.status is ExampleStatus.RUNNABLE


@pytest.mark.parametrize(
    ("above", "used"),
    [
        ("## What not to do\n\nThe first SDK has no such module:", False),
        ("Wrong:", False),
        ("Never install an old one:", False),
        ("Never forget to install it:", True),
        ("Don't forget the package:", True),
        ("Before you start:", True),
        ("Old systems need this too:", True),
        ("## Anti-patterns\n\n✅ Right:", True),
    ],
)
def test_commands_that_a_page_warns_of_are_not_used(tmp_path: Path, above: str, used: bool) -> None:
    page = f"# Mill\n\n```python\n{SERVER}```\n\n{above}\n\n```bash\npip install fastmcp==1.0\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    assert ("==1.0" in {package.specifier for package in example.bundle.dependencies}) is used


COMPARED = """import contextlib

{worse}
from mcp.server.fastmcp import FastMCP
mcp = FastMCP("App")

{better}
from mcp.server.mcpserver import MCPServer
mcp = MCPServer("App")
mcp.run()
"""


@pytest.mark.parametrize(
    ("worse", "better"),
    [("# Before (v1)", "# After (v2)"), ("# ❌ one name for all", "# ✅ a name for each"), ("# Wrong:", "# Right:")],
)
def test_a_block_that_compares_two_versions_is_not_one_program(tmp_path: Path, worse: str, better: str) -> None:
    code = COMPARED.format(worse=worse, better=better)
    example = of_page(tmp_path, f"# T\n\n```python\n{code}```\n")
    assert example.status is ExampleStatus.SKIPPED
    assert example.reason is not None
    assert example.reason.startswith("compares two versions (“")


@pytest.mark.parametrize(
    "code",
    [
        COMPARED.format(worse="# before the server starts", better="# after that"),
        COMPARED.format(worse="# Before", better="# this is another name"),
        f"{SERVER}def turn(x):\n    # Before\n    began = x()\n    # After\n    print(began)\n",
        COMPARED.format(worse="# ❌ FastMCP('a')\n# ✅ FastMCP('App')", better="#"),
    ],
)
def test_comments_that_compare_no_code_leave_a_program_whole(tmp_path: Path, code: str) -> None:
    example = of_page(tmp_path, f"# T\n\n```python\n{code}```\n")
    assert example.status is ExampleStatus.RUNNABLE
