"""From a docs tree and a configuration to examples; the versions that an installation page asks for."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from extractor.base.errors import UsageError
from extractor.docs.corpus import extract
from extractor.examples import assemble
from extractor.examples.candidates import page_view
from extractor.examples.find import find_examples
from extractor.model import Block, Example, ExampleKind, ExampleOverride, ExampleStatus, Flavour, Layout, Origin
from harness.profiles.mcp.roles import CODE
from tests.support.processor import processor_time_below
from tests.support.soak import sizes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


PARTS = """# Notes

## Make it

```typescript
import express from "express";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const app = express();
app.post("/mcp", (req, res) => new StreamableHTTPServerTransport().handleRequest(req, res));
```

## Start it

```typescript
app.listen(3000);
```

## Elsewhere

```typescript
register(app);
```
"""


MKDOCS = Layout(flavour=Flavour.MKDOCS)


def write(tmp_path: Path, pages: Mapping[str, str]) -> None:
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")


def found(
    tmp_path: Path, pages: Mapping[str, str], overrides: Mapping[str, ExampleOverride] | None = None, **more: str
) -> dict[str, Example]:
    write(tmp_path, pages)
    layout = Layout(revisions=("2025-06-18", "2025-11-25"))
    corpus = extract(tmp_path, layout, jobs=1, statements=False)
    return {e.id: e for e in find_examples(corpus, CODE, overrides, python_packages=more)}


def python(name: str, extra: str = "") -> str:
    return f'```python\nfrom fastmcp import FastMCP\n{extra}\nFastMCP("{name}").run()\n```\n'


def test_identical_copies_have_one_digest_and_ids_of_their_own(tmp_path: Path) -> None:
    examples = found(
        tmp_path,
        {
            "docs/2025-06-18/a.mdx": "Words.\n\n" + python("same"),
            "docs/2025-11-25/a.mdx": "# More words\n\n\n\n" + python("same"),
            "docs/2025-11-25/b.mdx": python("other"),
        },
    )
    old, new = examples["docs/2025-06-18/a#python"], examples["docs/2025-11-25/a#python"]
    assert old.digest == new.digest != examples["docs/2025-11-25/b#python"].digest
    assert (old.revision, new.revision) == ("2025-06-18", "2025-11-25")
    assert old.spans != new.spans
    assert old.bundle is not None
    assert new.bundle is not None
    assert new.bundle.example_id == new.id


def test_what_runs_decides_the_digest(tmp_path: Path) -> None:
    page = {"a.md": python("x")}
    plain = found(tmp_path, page)["a#python"].digest
    for override in (
        ExampleOverride(environment={"PORT": "1"}),
        ExampleOverride(command=("python", "-X", "dev", "server.py")),
        ExampleOverride(dependencies=("fastmcp==2",)),
        ExampleOverride(glue={"server.py": "print()"}),
        ExampleOverride(endpoint="/x"),
        ExampleOverride(allow_scripts=True),
        ExampleOverride(cwd="x"),
        ExampleOverride(kind="http-server"),
    ):
        assert found(tmp_path, page, {"a#python": override})["a#python"].digest != plain, override
    for override in (ExampleOverride(not_runnable="known"), ExampleOverride(resolve_date="2025-01-01")):
        assert found(tmp_path, page, {"a#python": override})["a#python"].digest == plain, override


def test_blocks_joined_by_configuration(tmp_path: Path) -> None:
    plain = found(tmp_path, {"notes.md": PARTS})
    assert {e.id: e.status for e in plain.values()} == {
        "notes#make-it": ExampleStatus.FRAGMENT,
        "notes#start-it": ExampleStatus.FRAGMENT,
        "notes#elsewhere": ExampleStatus.FRAGMENT,
    }
    override = ExampleOverride(blocks=("#make-it", "#start-it"), files={"#make-it": "notes.ts"})
    examples = found(tmp_path, {"notes.md": PARTS}, {"notes#whole": override})
    assert set(examples) == {"notes#whole", "notes#elsewhere"}
    whole = examples["notes#whole"]
    assert whole.kind is ExampleKind.HTTP_SERVER
    assert whole.bundle is not None
    assert whole.bundle.command == ("node", "--import", "tsx", "notes.ts")
    (file,) = (f for f in whole.bundle.files if f.path == "notes.ts")
    assert "app.listen(3000);" in file.text
    assert [n for n in whole.notes if "are one file" in n.what][0].origin is Origin.CONFIG  # noqa: RUF015


@pytest.mark.parametrize("selector", ["#make-it", "line:6", "n:0"])
def test_selectors(tmp_path: Path, selector: str) -> None:
    override = ExampleOverride(blocks=(selector,), glue={"server.ts": "app.listen(3000);"})
    example = found(tmp_path, {"notes.md": PARTS}, {"notes#one": override})["notes#one"]
    assert example.status is ExampleStatus.RUNNABLE, example.reason
    assert example.bundle is not None
    (file,) = (f for f in example.bundle.files if f.path == "server.ts")
    last = file.text.count("\n")
    assert file.text.splitlines()[-1] == "app.listen(3000);"
    assert file.docs_line(last) is None
    assert file.docs_line(1) is not None


@pytest.mark.parametrize(
    ("info", "code", "file"),
    [
        ("python", "from made import app\nfrom mcp.server import MCPServer\nMCPServer('x').run()\n", "made.py"),
        ("javascript", "import { app } from './made.js';\nimport { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
         "new McpServer(app).connect(new StdioServerTransport());\n", "made.js"),
    ],
)  # fmt: skip
def test_a_file_of_the_configuration_is_one_that_is_shown(tmp_path: Path, info: str, code: str, file: str) -> None:
    pages = {"p.md": f"# P\n\n```{info}\n{code}```\n"}
    id = f"p#{info}"
    lacks = f"imports `{'' if info == 'python' else './'}{file if info != 'python' else 'made'}`"
    assert lacks in (found(tmp_path, pages)[id].reason or "")
    override = ExampleOverride(files={"n:1": f"main.{file[5:]}"}, glue={file: "app = {}\n"})
    assert lacks not in (found(tmp_path, pages, {id: override})[id].reason or "")


def test_glue_in_front_and_in_a_file_of_its_own(tmp_path: Path) -> None:
    page = "# P\n\n```typescript\nregister(app);\napp.listen(1);\nnew StreamableHTTPServerTransport();\n```\n"
    override = ExampleOverride(
        glue={
            "before:app.ts": 'import { app, register, StreamableHTTPServerTransport } from "./made.js";',
            "made.ts": "export const app = {}, register = () => {};\nexport class StreamableHTTPServerTransport {}",
        }
    )
    before = found(tmp_path, {"p.md": page})["p#typescript"]
    assert before.status is ExampleStatus.FRAGMENT
    assert before.reason
    assert "uses `register`, which no block" in before.reason
    after = found(tmp_path, {"p.md": page}, {"p#typescript": override})["p#typescript"]
    assert after.bundle is not None
    files = {file.path: file for file in after.bundle.files}
    assert set(files) == {"app.ts", "made.ts", "package.json"}
    assert files["app.ts"].text.startswith("import { app, register")
    assert files["app.ts"].docs_line(1) is None
    assert files["app.ts"].docs_line(2) is None
    line = files["app.ts"].docs_line(3)
    assert line is not None
    assert line.first == 4
    assert after.bundle.command[-1] == "app.ts"


def test_a_selector_that_selects_nothing_is_a_gap(tmp_path: Path) -> None:
    override = ExampleOverride(blocks=("#make-it", "#gone"))
    example = found(tmp_path, {"notes.md": PARTS}, {"notes#x": override})["notes#x"]
    assert example.status is ExampleStatus.FRAGMENT
    assert example.reason
    assert "the configured block “#gone” is not on the page" in example.reason


def test_globs_and_ids(tmp_path: Path) -> None:
    pages = {"a.md": python("a"), "deep/b.md": python("b")}
    overrides = {"deep/*": ExampleOverride(skip="deep"), "a#python": ExampleOverride(resolve_date="2025-01-01")}
    examples = found(tmp_path, pages, overrides)
    assert examples["deep/b#python"].status is ExampleStatus.SKIPPED
    assert examples["deep/b#python"].reason == "deep"
    assert examples["a#python"].resolve_date == "2025-01-01"


def test_an_override_never_changes_an_id(tmp_path: Path) -> None:
    pages = {"a.md": "## One\n\n" + python("a") + "\n## Two\n\n" + python("b")}
    plain = set(found(tmp_path, pages))
    skipped = found(tmp_path, pages, {"a#one": ExampleOverride(skip="no")})
    assert set(skipped) == plain == {"a#one", "a#two"}


def test_wrong_kind_is_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="kind"):
        found(tmp_path, {"a.md": python("a")}, {"a#python": ExampleOverride(kind="website")})


def test_wrong_dependency_is_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git URL"):
        found(tmp_path, {"a.md": python("a")}, {"a#python": ExampleOverride(dependencies=("git+https://x.example/y",))})


@pytest.mark.parametrize(
    ("override", "because"),
    [
        (ExampleOverride(resolve_date="tomorrow"), "not a date"),
        (ExampleOverride(resolve_date="2025-11"), "not a date"),
        (ExampleOverride(endpoint="mcp"), "does not begin with /"),
        (ExampleOverride(cwd="../.."), "leads out of its folder"),
        (ExampleOverride(command=()), "command is empty"),
        (ExampleOverride(glue={"../x.py": ""}), "leads out of its folder"),
        (ExampleOverride(files={"n:0": "/x.py"}), "is absolute"),
        (ExampleOverride(services=("database",)), "unknown; docprobe has: authorization"),
    ],
)
def test_an_impossible_value_is_the_users_fault(tmp_path: Path, override: ExampleOverride, because: str) -> None:
    with pytest.raises(UsageError, match=because) as caught:
        found(tmp_path, {"a.md": python("a")}, {"a#python": override})
    assert 'examples."a#python"' in caught.value.message


def test_a_mistake_in_a_directive_is_the_pages_even_with_configuration(tmp_path: Path) -> None:
    page = "{/* docprobe: kind=website */}\n\n" + python("a")
    example = found(tmp_path, {"a.mdx": page}, {"a#*": ExampleOverride(environment={"A": "b"})})["a#python"]
    assert example.status is ExampleStatus.FRAGMENT


def test_a_file_is_named_by_configuration(tmp_path: Path) -> None:
    override = ExampleOverride(files={"n:0": "named.py"}, services=("authorization",))
    bundle = found(tmp_path, {"a.md": python("a")}, {"a#python": override})["a#python"].bundle
    assert bundle is not None
    assert bundle.command == ("python", "named.py")
    assert [(s.kind, s.host, s.port) for s in bundle.services] == [("authorization", "localhost", 8080)]


def test_table_of_packages_can_be_extended(tmp_path: Path) -> None:
    pages = {"a.md": python("a", "import my_helpers")}
    assert found(tmp_path, pages)["a#python"].status is ExampleStatus.FRAGMENT
    bundle = found(tmp_path, pages, my_helpers="published-helpers")["a#python"].bundle
    assert bundle is not None
    assert [d.name for d in bundle.dependencies] == ["fastmcp", "published-helpers"]


def test_hundreds_of_files_are_refused(tmp_path: Path) -> None:
    names = [f"m{n}" for n in range(500)]
    pages = "".join(f"```python {name}.py\nX = 1\n```\n\n" for name in names)
    main = "```python main.py\nfrom fastmcp import FastMCP\n" + "".join(f"import {name}\n" for name in names)
    examples = found(tmp_path, {"a.md": pages + main + 'FastMCP("many").run()\n```\n'})
    assert examples["a#python"].status is ExampleStatus.UNSUPPORTED
    assert examples["a#python"].reason == "is made of 501 files, more than the 100 that docprobe puts together"


def test_files_that_import_each_other_in_a_circle(tmp_path: Path) -> None:
    page = (
        "```python one.py\nimport two\nfrom fastmcp import FastMCP\nFastMCP('x').run()\n```\n\n"
        "```python two.py\nimport three\n```\n\n```python three.py\nimport one\n```\n"
    )
    bundle = found(tmp_path, {"a.md": page})["a#python"].bundle
    assert bundle is not None
    assert [file.path for file in bundle.files] == ["one.py", "three.py", "two.py"]
    assert [str(d) for d in bundle.dependencies] == ["fastmcp"]


@pytest.mark.parametrize(
    ("fence", "first"), [("python", "import mcp\n"), ("ts", 'import "@modelcontextprotocol/sdk";\n')]
)
@pytest.mark.parametrize("lines", sizes(20_000, soak=200_000))
def test_a_huge_block_is_refused_in_a_sentence(tmp_path: Path, fence: str, first: str, lines: int) -> None:
    text = f"```{fence}\n{first}" + "x = 1\n" * lines + "```\n\n" + python("after it")
    with processor_time_below(30):
        huge, after = found(tmp_path, {"a.md": text}).values()
    assert huge.status is ExampleStatus.FRAGMENT
    assert huge.reason
    assert huge.reason.startswith(f"has {len(first) + 6 * lines:,} characters of ")
    assert "more than the 100,000 that are read" in huge.reason
    assert after.status is ExampleStatus.RUNNABLE


def test_a_program_in_an_included_file(tmp_path: Path) -> None:
    pages = {
        "code/server.py": 'from fastmcp import FastMCP\n\nFastMCP("kept apart").run()\n',
        "a.md": '# A\n\n```python title="server.py"\n--8<-- "code/server.py"\n```\n',
        "b.md": '# B\n\n```python title="server.py"\n--8<-- "code/gone.py"\n```\n',
    }
    write(tmp_path, pages)
    (example,) = find_examples(extract(tmp_path, MKDOCS, jobs=1, statements=False), CODE)
    assert example.bundle is not None
    (file,) = example.bundle.files
    assert (file.path, file.text) == ("server.py", pages["code/server.py"])
    assert str(file.docs_line(3)) == "code/server.py:3"
    assert example.page == "a.md"


def test_files_that_include_each_other_in_a_circle(tmp_path: Path) -> None:
    pages = {
        "one.py": 'import mcp\n--8<-- "two.py"\n',
        "two.py": 'import mcp\n--8<-- "one.py"\n',
        "a.md": '```python\n--8<-- "one.py"\n```\n\n' + python("after it"),
    }
    write(tmp_path, pages)
    corpus = extract(tmp_path, MKDOCS, jobs=1, statements=False)
    assert [problem.message for problem in corpus.problems] == ["one.py includes itself"]
    assert [e.status for e in find_examples(corpus, CODE)][-1] is ExampleStatus.RUNNABLE


def test_code_about_something_else_is_not_an_example(tmp_path: Path) -> None:
    page = "```python\nprint(1)\n```\n\n```bash\nls\n```\n\n```json\n{}\n```\n\n```\noutput\n```\n"
    assert found(tmp_path, {"a.md": page}) == {}


def test_order_and_repeatability(tmp_path: Path) -> None:
    pages = {"b.md": PARTS, "a.md": python("a") + "\n" + python("b")}
    first, second = found(tmp_path, pages), found(tmp_path, pages)
    assert list(first) == sorted(first, key=lambda i: (first[i].page, first[i].spans[0]))
    assert [dataclasses.asdict(e) for e in first.values()] == [dataclasses.asdict(e) for e in second.values()]


def test_an_error_of_docprobe_at_one_program_is_that_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = assemble.assemble

    def broken(example_id: str, *rest: object, **more: object) -> Example:
        if example_id.startswith("a#"):
            raise ZeroDivisionError("ours")
        return whole(example_id, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("extractor.examples.page_examples.assemble", broken)
    examples = found(tmp_path, {"a.md": f"# A\n\n{python('a')}", "b.md": python("b")})
    failed = examples["a#python"]
    assert (failed.status, failed.reason) == (
        ExampleStatus.FAILED,
        "internal error (please report): ZeroDivisionError: ours",
    )
    assert failed.spans[0].first == 3
    assert examples["b#python"].status is ExampleStatus.RUNNABLE


def test_an_error_or_an_endless_loop_at_one_page_is_that_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(blocks: tuple[Block, ...], *rest: object) -> object:
        while blocks[0].span.file == "slow.md":
            pass
        if blocks[0].span.file == "a.md":
            raise ZeroDivisionError("ours")
        return page_view(blocks, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("extractor.examples.page_examples.page_view", broken)
    write(tmp_path, {"a.md": python("a"), "b.md": python("b"), "slow.md": python("c")})
    corpus = extract(tmp_path, Layout(), jobs=1, statements=False)
    examples = {e.id: e.reason for e in find_examples(corpus, CODE, page_s=0.2)}
    assert examples == {
        "a#page": "internal error (please report): ZeroDivisionError: ours",
        "b#python": None,
        "slow#page": "finding this page's examples took more than 0.2 s of processor time",
    }
