from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, LeftKind, NoteKind, Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle, Example

PYTHON = (
    "from mcp.server.fastmcp import FastMCP\n{}\nbooks = FastMCP('books')\nbooks.run(transport='streamable-http')\n"
)
TYPESCRIPT = (
    "import {{ Hono }} from 'hono';\nimport {{ StreamableHTTPTransport }} from '@hono/mcp';\n"
    "import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';\n{}\n"
    "const app = new Hono();\napp.all('/mcp', (c) => new StreamableHTTPTransport().handleRequest(c));\n{}\n"
)


def only(tmp_path: Path, page: str) -> Example:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    return example


def python(tmp_path: Path, imports: str, install: str = "") -> Example:
    lines = f"```sh\n{install}\n```\n\n" if install else ""
    return only(tmp_path, f"# P\n\n{lines}```python\n{PYTHON.format(imports)}```\n")


def bundle(example: Example) -> Bundle:
    assert example.bundle is not None, example.reason
    return example.bundle


def names(example: Example) -> list[str]:
    return [dependency.name for dependency in bundle(example).dependencies]


@pytest.mark.parametrize("module", ["unheard_of_thing", "google.unheard_of", "acme_internal.db"])
def test_an_unknown_module_is_not_taken_for_a_package(tmp_path: Path, module: str) -> None:
    example = python(tmp_path, f"import {module}")
    assert example.status is ExampleStatus.FRAGMENT
    assert "state it" in (example.reason or "")


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("unheard_of", "unheard-of-thing"),
        ("acmedb", "python-acmedb"),
        ("google.adk.unheard", "google-adk"),
        ("x", "pyx"),
    ],
)
def test_a_stated_package_whose_name_has_the_module_is_all_that_is_installed(
    tmp_path: Path, module: str, package: str
) -> None:
    example = python(tmp_path, f"import {module}", f"pip install mcp {package}")
    assert names(example) == sorted(["mcp", package])
    assert not any(note.kind is NoteKind.MODULE for note in bundle(example).guesses)


@pytest.mark.parametrize("install", ["mcp-mill", "mill-mcp", "mcp-server-mill", "mill"])
@pytest.mark.parametrize("heading", ["", "# Elsewhere\n\n## Deeper\n\n"])
def test_a_package_that_is_named_like_a_known_one_does_not_take_its_place(
    tmp_path: Path, install: str, heading: str
) -> None:
    other = "```python\nimport yaml\nfrom mcp.server.fastmcp import FastMCP\nFastMCP('a').run()\n```\n\n"
    page = f"# P\n\n```python\n{PYTHON.format('')}```\n\n{heading}{other}```sh\npip install {install}\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    for example in find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE):
        assert "mcp" in names(example)
        assert "mcp" not in [unlisted.package for unlisted in bundle(example).unlisted_imports]


@pytest.mark.parametrize(
    ("module", "package", "installed"),
    [
        ("psycopg2", "psycopg2-binary", ["mcp", "psycopg2-binary"]),
        ("llama_index.tools.mill", "llama-index-tools-mill", ["llama-index-tools-mill", "mcp"]),
        ("llama_index.core", "llama-index-tools-mill", ["llama-index", "llama-index-tools-mill", "mcp"]),
    ],
)
def test_a_variant_or_a_part_takes_the_place_of_what_is_known(
    tmp_path: Path, module: str, package: str, installed: list[str]
) -> None:
    assert names(python(tmp_path, f"import {module}", f"pip install mcp {package}")) == installed


def test_that_a_package_of_the_page_has_an_unknown_module_is_inferred(tmp_path: Path) -> None:
    example = python(tmp_path, "import unheard_of", "pip install mcp leftover")
    assert names(example) == ["leftover", "mcp"]
    assert [(n.kind, n.name) for n in bundle(example).guesses if n.kind is NoteKind.MODULE] == [
        (NoteKind.MODULE, "unheard_of")
    ]


@pytest.mark.parametrize(
    ("sentences", "wanted"),
    [
        ('Install it with `pip install "mcp<2"`.', "<2"),
        ("Run `pip install mcp==1.20.0` first.", "==1.20.0"),
        ("You may have run `pip install mcp==0.9`. Now run `pip install mcp==1.20.0`.", ""),
    ],
)
def test_a_version_in_a_sentence_counts_unless_another_is_named_beside_it(
    tmp_path: Path, sentences: str, wanted: str
) -> None:
    example = only(tmp_path, f"# P\n\n{sentences}\n\n```python\n{PYTHON.format('')}```\n")
    (dependency,) = bundle(example).dependencies
    assert (dependency.name, dependency.specifier) == ("mcp", wanted)


def test_a_version_in_a_block_is_not_replaced_by_one_in_a_sentence(tmp_path: Path) -> None:
    page = f"# P\n\nNot `pip install mcp==0.9`:\n\n```sh\npip install 'mcp>=1.20'\n```\n\n```python\n{PYTHON.format('')}```\n"
    (dependency,) = bundle(only(tmp_path, page)).dependencies
    assert dependency.specifier == ">=1.20"


def test_an_import_outside_the_page_s_list_is_a_fact_with_its_line(tmp_path: Path) -> None:
    example = python(tmp_path, "import yaml", "pip install mcp")
    (unlisted,) = bundle(example).unlisted_imports
    assert (unlisted.module, unlisted.package, unlisted.span.first) == ("yaml", "pyyaml", 9)
    assert [span.first for span in unlisted.installs] == [4]
    assert names(example) == ["mcp", "pyyaml"]
    origins = {d.name: d.origin for d in bundle(example).dependencies}
    assert origins == {"mcp": Origin.STATED, "pyyaml": Origin.INFERRED}


@pytest.mark.parametrize(
    ("imports", "install"),
    [("import yaml", ""), ("import httpx", "pip install mcp"), ("import json", "pip install mcp")],
)
def test_without_a_list_or_with_what_comes_with_it_nothing_is_left_out(
    tmp_path: Path, imports: str, install: str
) -> None:
    assert bundle(python(tmp_path, imports, install)).unlisted_imports == ()


@pytest.mark.parametrize(
    ("command", "may_bring"),
    [
        ("make dev-install", True),
        ("just setup", True),
        ("uv sync", True),
        ("pip install -e .", True),
        ("pip install -r requirements.txt", True),
        ("pip install '.[mill]'", True),
        ("./install.sh", True),
        ("make test", False),
        ("pip install httpx", False),
        ("uv run server.py", False),
    ],
)
def test_what_a_project_installs_may_bring_what_no_line_names(tmp_path: Path, command: str, may_bring: bool) -> None:
    example = python(tmp_path, "import yaml", f"{command}\npip install mcp")
    found = [unlisted.package for unlisted in bundle(example).unlisted_imports]
    assert found == ([] if may_bring else ["pyyaml"])


def test_what_a_project_installs_is_known_where_the_page_shows_its_files(tmp_path: Path) -> None:
    install = "```sh\npip install -r requirements.txt\npip install mcp\n```\n"
    manifest = f'```text title="requirements.txt"\nmcp\n```\n\n{install}'
    page = f"# P\n\n{manifest}\n```python\n{PYTHON.format('import yaml')}```\n"
    assert [one.package for one in bundle(only(tmp_path, page)).unlisted_imports] == ["pyyaml"]


def test_a_part_of_a_program_is_no_file_beside_another(tmp_path: Path) -> None:
    part = "In `tools.py`, add this above the last line:\n\n```python\nserver.add(mill)\n```\n"
    whole = "Save this as `mills.py`:\n\n```python\nMILLS = ['oak']\n```\n"
    code = PYTHON.format("FILES = ['tools.py', 'mills.py']")
    (tmp_path / "page.md").write_text(f"# P\n\n```python\n{code}```\n\n{part}\n{whole}", encoding="utf-8")
    examples = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    (example,) = (example for example in examples if example.status is ExampleStatus.RUNNABLE)
    paths = [file.path for file in bundle(example).files]
    assert "mills.py" in paths
    assert "tools.py" not in paths


@pytest.mark.parametrize(("client", "unlisted"), [("npm install", []), ("pnpm add", ["hono"])])
def test_pnpm_hides_what_other_packages_bring(tmp_path: Path, client: str, unlisted: list[str]) -> None:
    code = TYPESCRIPT.format("", "Deno.serve(app.fetch);").replace("Deno.serve", "import('x').serve")
    page = f"# P\n\n```sh\n{client} @modelcontextprotocol/sdk @hono/mcp x\n```\n\n```ts\n{code}```\n"
    assert [u.package for u in bundle(only(tmp_path, page)).unlisted_imports] == unlisted


def test_a_package_of_the_reader_is_not_asked_of_the_registry(tmp_path: Path) -> None:
    code = TYPESCRIPT.format("import {} from '@your-org/db';", "export default app;")
    example = only(tmp_path, f"# P\n\n```ts\n{code}```\n")
    assert (example.status, "@your-org/db" in (example.reason or "")) == (ExampleStatus.FRAGMENT, True)


def test_with_names_the_packages_of_uv_run(tmp_path: Path) -> None:
    page = f"# P\n\n```python books.py\n{PYTHON.format('')}```\n\n```sh\nuv run --with mcp books.py\n```\n"
    example = only(tmp_path, page)
    assert [(d.name, d.origin) for d in bundle(example).dependencies] == [("mcp", Origin.STATED)]


@pytest.mark.parametrize(
    ("argument", "left"),
    [
        ('description="Search your notes"', []),
        ('title="your-title"', []),
        ('api_key="your-api-key"', ["api_key"]),
        ('base="https://your-domain.example/x"', ["base"]),
        ('databasePath="your-database.db"', ["databasePath"]),
    ],
)
def test_placeholders_count_where_a_run_needs_them(tmp_path: Path, argument: str, left: list[str]) -> None:
    example = python(tmp_path, f"import httpx\nthing = httpx.Client({argument})")
    parts = [part.name for part in bundle(example).left_to_reader if part.kind is LeftKind.VALUE]
    assert parts == left


@pytest.mark.parametrize(
    ("export", "adapter"),
    [
        ("export default app;", "adapter serve.ts, which serves the default export on port 3000"),
        ("export default { fetch: app.fetch };", "adapter serve.ts, which serves the default export on port 3000"),
        (
            "const go = app.fetch;\nexport { go as GET, go as POST };",
            "adapter serve.ts, which serves the route's methods",
        ),
        ("export const POST = app.fetch;", "adapter serve.ts, which serves the route's methods"),
        (
            "export async function POST(r: Request) { return app.fetch(r); }",
            "adapter serve.ts, which serves the route's",
        ),
    ],
)
def test_what_a_program_exports_is_served_by_an_adapter_that_is_inferred(
    tmp_path: Path, export: str, adapter: str
) -> None:
    example = only(tmp_path, f"# P\n\n```ts app/(x)/api/mcp/route.ts\n{TYPESCRIPT.format('', export)}```\n")
    assert example.kind is ExampleKind.HTTP_SERVER
    assert any(n.kind is NoteKind.ADAPTER and n.what.startswith(adapter) for n in bundle(example).guesses)
    assert bundle(example).endpoint_paths[0] == "/api/mcp"


@pytest.mark.parametrize("make", ["defineEventHandler((e) => app.fetch(e.request))", "fromWebHandler(app.fetch)"])
def test_a_route_of_h3_is_not_served_by_anything_else(tmp_path: Path, make: str) -> None:
    code = TYPESCRIPT.format("import { defineEventHandler, fromWebHandler } from 'h3';", f"export default {make};")
    assert only(tmp_path, f"# P\n\n```ts server/routes/mcp.ts\n{code}```\n").status is ExampleStatus.UNSUPPORTED


def test_a_worker_of_a_runtime_that_docprobe_does_not_have_is_not_served_by_an_adapter(tmp_path: Path) -> None:
    code = (
        "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
        "import { createMcpHandler } from 'agents/mcp';\nconst server = new McpServer({ name: 'w', version: '1' });\n"
        "export default { fetch: (request: Request) => createMcpHandler(server)(request) };\n"
    )
    example = only(tmp_path, f"# P\n\n```ts src/index.ts\n{code}```\n")
    assert example.status is ExampleStatus.UNSUPPORTED
    assert example.reason == "needs the runtime Cloudflare Workers, which docprobe does not support"


def test_what_a_script_says_of_itself_is_stated_and_of_no_other_program(tmp_path: Path) -> None:
    metadata = (
        '# /// script\n# requires-python = ">=3.12"\n# dependencies = [\n#   "mcp>=1.20,<2",\n'
        '#   "git+https://x.example/y",\n# ]\n# ///\n'
    )
    code = PYTHON.format("")
    page = f"```python a.py\n{metadata}{code}```\n\n```python b.py\n{code}```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    first, second = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert [(str(d), d.origin) for d in bundle(first).dependencies] == [("mcp<2,>=1.20", Origin.STATED)]
    assert [(str(d), d.origin) for d in bundle(second).dependencies] == [("mcp", Origin.INFERRED)]


@pytest.mark.parametrize("listed", ["[", "1", "[1]"])
def test_metadata_that_cannot_be_read_states_nothing(tmp_path: Path, listed: str) -> None:
    metadata = f"# /// script\n# dependencies = {listed}\n# ///\n"
    example = only(tmp_path, f"```python\n{metadata}{PYTHON.format('')}```\n")
    assert [d.origin for d in bundle(example).dependencies] == [Origin.INFERRED]
