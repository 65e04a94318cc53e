"""Install lines get the packages that they leave out; the rest of the line stays as it is."""

from __future__ import annotations

import pytest

from extractor.model import Bundle, ExampleKind, Level, Manager, Span, UnlistedImport
from harness.model import Basis, Finding, Verdict
from harness.repair.edits import patched
from harness.repair.install_edits import install_edits


def edited(page: str, *packages: str, spans: tuple[tuple[int, int], ...] = ((1, 1),)) -> str:
    installs = tuple(Span("p.md", first, last) for first, last in spans)
    unlisted = tuple(UnlistedImport(name, name, Span("p.md", 9, 9), installs) for name in packages or ("zod",))
    bundle = Bundle(
        "x", "typescript", ExampleKind.HTTP_SERVER, "node", (), Manager.NPM, (), ("node",), unlisted_imports=unlisted
    )
    return patched(page, install_edits(finding(9), bundle, {"p.md": page}))


def finding(line: int) -> Finding:
    """The finding that what is imported at a line is missing."""
    return Finding(
        requirement="example.packages", level=Level.SHOULD, basis=Basis.ADVICE, verdict=Verdict.VIOLATED, revision="",
        summary="", evidence=(), blame=(Span("p.md", line, line),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("npm install express", "npm install express zod"),
        ("    $ npm i express  # what we need", "    $ npm i express zod  # what we need"),
        ("npm init -y && npm install express && node s.mjs", "npm init -y && npm install express zod && node s.mjs"),
        ("npm install express; ls", "npm install express zod; ls"),
        ('pip install "mcp[cli]>=1.2,<2"', 'pip install "mcp[cli]>=1.2,<2" zod'),
        ("uv add 'mcp>1' | cat", "uv add 'mcp>1' zod | cat"),
        ("Install it by `pip install mcp`, then go on.", "Install it by `pip install mcp zod`, then go on."),
        ("uv pip install mcp", "uv pip install mcp zod"),
        ("python3 -m pip install mcp", "python3 -m pip install mcp zod"),
        ("cargo add rmcp", "cargo add rmcp zod"),
    ],
)
def test_the_package_is_the_last_word_of_the_command(line: str, after: str) -> None:
    assert edited(f"{line}\nnext\n") == f"{after}\nnext\n"


def test_several_packages_each_once() -> None:
    assert edited("npm install express\n", "zod", "@scope/a", "zod") == "npm install express zod @scope/a\n"


def test_a_command_over_several_lines_ends_in_its_last() -> None:
    assert (
        edited("npm install \\\n  express \\\n  cors\n", spans=((1, 3),))
        == "npm install \\\n  express \\\n  cors zod\n"
    )


def test_each_package_client_of_the_page_and_not_what_is_for_development() -> None:
    page = "npm install -D typescript\nnpm install express\nnpm install cors\nyarn add express\npnpm add express\n"
    assert edited(page, spans=tuple((line, line) for line in range(1, 6))) == (
        "npm install -D typescript\nnpm install express zod\nnpm install cors\nyarn add express zod\npnpm add express zod\n"
    )


@pytest.mark.parametrize("name", ["zod; rm -rf /", "$(x)", "-g", "a b", ""])
def test_what_is_not_a_name_gets_into_no_command(name: str) -> None:
    assert edited("npm install express\n", name) == "npm install express\n"


def test_a_line_that_is_not_as_expected_is_left_alone() -> None:
    assert edited("nothing to install\n") == "nothing to install\n"
    assert edited("npm install --save-dev tsx\n") == "npm install --save-dev tsx\n"


def test_a_page_that_installs_everything_has_no_edit() -> None:
    bundle = Bundle("x", "typescript", ExampleKind.HTTP_SERVER, "node", (), Manager.NPM, (), ("node",))
    assert install_edits(finding(9), bundle, {"p.md": "npm install express\n"}) == ()


def test_what_another_package_brings_is_not_added() -> None:
    listed = Span("p.md", 1, 1)
    unlisted = tuple(UnlistedImport(name, name, Span("p.md", at, at), (listed,)) for name, at in (("a", 5), ("b", 6)))
    bundle = Bundle(
        "x", "typescript", ExampleKind.HTTP_SERVER, "node", (), Manager.NPM, (), ("node",), unlisted_imports=unlisted
    )
    (edit,) = install_edits(finding(6), bundle, {"p.md": "npm install express\n"})
    assert edit.text == "npm install express b\n"
