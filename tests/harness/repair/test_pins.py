"""Install lines get the versions that a program was written for; the rest of the line stays as it is."""

from __future__ import annotations

import pytest

from extractor.model import Bundle, Dependency, ExampleKind, Manager, Origin, Segment, SourceFile, Span, UnlistedImport
from harness.model import LogLine, Run, StartOutcome
from harness.repair.edits import patched
from harness.repair.pins import Pin, alternative_words, edits_of_installs, pin_edits, pins_for
from tests.harness.repair.test_install_edits import finding

IN_PYTHON = Pin("mcp", Manager.PYPI, "2", "1")
IN_NODE = Pin("@scope/sdk", Manager.NPM, "2", "1")


def pinned(page: str, *pins: Pin) -> str:
    return patched(page, pin_edits(pins, {"p.md": page}))


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("pip install mcp", 'pip install "mcp<2"'),
        ('$ pip install "mcp[cli]" httpx # both', '$ pip install "mcp[cli]<2" httpx # both'),
        ("python3 -m pip install 'mcp>=1.2'", 'python3 -m pip install "mcp>=1.2,<2"'),
        ("uv add MCP[cli] && python s.py", 'uv add "MCP[cli]<2" && python s.py'),
        ("Install it by `pip install mcp`, then go on with mcp.", 'Install it by `pip install "mcp<2"`, then go on with mcp.'),
        ("pip install \\\n  httpx \\\n  mcp\necho mcp", 'pip install \\\n  httpx \\\n  "mcp<2"\necho mcp'),
        ("poetry add mcp; pip3 install mcp", 'poetry add "mcp<2"; pip3 install "mcp<2"'),
    ],
)  # fmt: skip
def test_a_package_of_the_index(line: str, after: str) -> None:
    assert pinned(f"{line}\n", IN_PYTHON) == f"{after}\n"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("npm install @scope/sdk express", "npm install @scope/sdk@1 express"),
        ("npm i express @scope/sdk@latest", "npm i express @scope/sdk@1"),
        ("pnpm add @scope/sdk\nyarn add @scope/sdk\n", "pnpm add @scope/sdk@1\nyarn add @scope/sdk@1\n"),
    ],
)
def test_a_package_of_npm(line: str, after: str) -> None:
    assert pinned(f"{line}\n", IN_NODE) == f"{after}\n"


@pytest.mark.parametrize(
    "line",
    [
        "pip install 'mcp==2.1'", "pip install 'mcp~=2.0'", "pip install 'mcp<3'", "pip install mcp-tools fastmcp",
        "npm install mcp", "cargo add mcp", "uv add --dev mcp", "mcp is needed", "pip install httpx\nmcp run",
        'pip install "git+https://example.com/mcp"',
    ],
)  # fmt: skip
def test_what_has_a_bound_or_is_something_else_stays(line: str) -> None:
    assert pin_edits((IN_PYTHON,), {"p.md": f"{line}\n"}) == ()


def test_all_pins_or_none() -> None:
    other = Pin("httpx", Manager.PYPI, "0.9", "0.8")
    assert pinned("pip install mcp httpx\n", IN_PYTHON, other) == 'pip install "mcp<2" "httpx<0.9"\n'
    assert pin_edits((IN_PYTHON, other), {"p.md": "pip install mcp\n"}) == ()


def test_a_pin_and_a_package_that_is_missing_on_one_line() -> None:
    page = "pip install mcp\nimport zod\n"
    unlisted = (UnlistedImport("zod", "zod", Span("p.md", 2, 2), (Span("p.md", 1, 1),)),)
    bundle = Bundle(
        "x", "python", ExampleKind.HTTP_SERVER, "python", (), Manager.PYPI, (), ("python",), unlisted_imports=unlisted
    )
    edits = edits_of_installs(finding(2), (IN_PYTHON,), bundle, {"p.md": page})
    assert patched(page, edits) == 'pip install "mcp<2" zod\nimport zod\n'
    assert edits_of_installs(None, (), bundle, {"p.md": page}) == ()


def test_the_choice_is_named_with_its_lines() -> None:
    page = "# T\n\npip install mcp\n"
    assert alternative_words((IN_PYTHON,), {"p.md": page}) == (
        "; it also runs if the code stays as it is and the install line (p.md:3) asks for `mcp<2`"
    )
    assert str(IN_NODE) == "@scope/sdk@1"
    assert alternative_words((), {"p.md": page}) == ""


CODE = "from mcp.server import Thing\nThing(port=1)\n"


def bundle_of(*packages: str, manager: Manager = Manager.PYPI, origin: Origin = Origin.STATED) -> Bundle:
    file = SourceFile("a.py", CODE, (Segment(1, 2, Span("p.md", 1, 2)),))
    needed = tuple(Dependency(name, origin=origin) for name in packages)
    return Bundle("x", "python", ExampleKind.HTTP_SERVER, "python", (file,), manager, needed, ("python", "a.py"))


def attempt(log: str, packages: dict[str, str], date: str | None = None) -> Run:
    outcome = StartOutcome.EXITED if log else StartOutcome.SERVING
    lines = (LogLine(0.0, "stderr", log),) if log else ()
    return Run("dated" if date else "today", date, packages, outcome, "", lines)


GONE = "TypeError: Thing.__init__() got an unexpected keyword argument 'port'"


def test_what_differs_from_the_day_on_which_it_runs() -> None:
    runs = (
        attempt(GONE, {"mcp": "2.3.0", "httpx": "0.28.1", "uvicorn": "0.40.0"}),
        attempt("", {"mcp": "1.9.2", "httpx": "0.28.0", "uvicorn": "0.30.0"}, "2025-06-18"),
    )
    both = (IN_PYTHON, Pin("uvicorn", Manager.PYPI, "0.40", "0.30"))
    assert pins_for(runs, bundle_of("httpx", "mcp", "uvicorn")) == ((IN_PYTHON,), both)


def test_without_another_day_a_package_of_a_second_series_that_the_program_imports() -> None:
    run = attempt(GONE, {"httpx": "1.2.0", "mcp": "2.0.0", "new": "0.0.1"})
    assert pins_for([run], bundle_of("httpx", "mcp", "new")) == (
        (IN_PYTHON,), (Pin("httpx", Manager.PYPI, "1", "0"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    "bundle", [bundle_of("mcp", origin=Origin.INFERRED), bundle_of(), bundle_of("mcp", manager=Manager.GO)]
)
def test_only_what_the_page_installs_is_pinned(bundle: Bundle) -> None:
    assert pins_for([attempt(GONE, {"mcp": "2.0.0"})], bundle) == ()


@pytest.mark.parametrize("log", ["SyntaxError: invalid syntax", "NameError: name 'x' is not defined", "OSError: full"])
def test_a_failure_that_no_package_explains_is_not_pinned(log: str) -> None:
    assert pins_for([attempt(log, {"mcp": "2.0.0"})], bundle_of("mcp")) == ()
    assert pins_for([attempt("", {"mcp": "2.0.0"})], bundle_of("mcp")) == (), "it runs"
