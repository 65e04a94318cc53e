from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.text import Text

from harness.base.errors import NothingSelectedError, UsageError
from harness.cli.examples import show, to_table
from harness.cli.main import cli
from harness.load import load_examples
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
PAGE = """# Page

Save it as `server.py`:

```python
from fastmcp import FastMCP

FastMCP("x").run()
```

## Piece

```python
mcp.run()
```
"""
SHAPE = {
    "type": "object",
    "required": ["schema", "docs", "examples"],
    "properties": {
        "schema": {"const": "docprobe-examples/1"},
        "examples": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "page", "kind", "status", "reason", "spans", "digest", "notes", "bundle", "copies"],
            },
        },
    },
}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.mdx").write_text(PAGE, encoding="utf-8")
    (tmp_path / "docs" / "docprobe.toml").write_text('profile = "plain"\n', encoding="utf-8")
    return tmp_path / "docs"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(
            cli, ["examples", *map(str, arguments)], catch_exceptions=False, standalone_mode=False
        )

    return invoke


def test_the_table_shows_what_is_stated_added_and_missing(run: Run, docs: Path) -> None:
    result = run(docs)
    assert result.stdout == (
        "page#page  stdio-server  runnable\n"
        "  at      page.mdx:5-9\n"
        "  stated  file name server.py, from prose (page.mdx:5-9)\n"
        "  added   dependency fastmcp, 90% sure\n"
        "  added   command python server.py, 90% sure\n"
        "page#piece  stdio-server  fragment\n"
        "  at      page.mdx:13-15\n"
        "  why     uses `mcp`, which no block of this page defines\n"
    )
    assert result.stderr.strip().endswith("2 examples, 2 distinct: 1 runnable, 1 fragment")


def test_json_is_whole_and_the_same_twice(run: Run, docs: Path) -> None:
    first, second = run(docs, "--format", "json"), run(docs, "--format", "json")
    assert first.stdout == second.stdout
    document = json.loads(first.stdout)
    jsonschema.validate(document, SHAPE)
    whole, piece = document["examples"]
    assert whole["bundle"]["command"] == ["python", "server.py"]
    assert whole["bundle"]["files"][0]["segments"][0]["span"]["first"] == 6
    assert piece["bundle"] is None


def test_configuration_counts(run: Run, docs: Path) -> None:
    (docs / "docprobe.toml").write_text(
        'profile = "plain"\n[examples."page#piece"]\nglue = {"before:piece.py" = "from fastmcp import FastMCP\\n'
        "mcp = FastMCP('glued')\"}\n",
        encoding="utf-8",
    )
    document = json.loads(run(docs, "--format", "json", "--select", "page#piece").stdout)
    (example,) = document["examples"]
    assert example["status"] == "runnable"
    assert [file["path"] for file in example["bundle"]["files"]] == ["piece.py"]


def test_select_that_names_nothing(run: Run, docs: Path) -> None:
    with pytest.raises(NothingSelectedError, match="no example matches"):
        run(docs, "--select", "nowhere#typescript")


def test_wrong_configuration(run: Run, docs: Path) -> None:
    (docs / "docprobe.toml").write_text('profile = "plain"\n[examples."page#*"]\nkind = "website"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="kind “website” is not one of"):
        run(docs)


def test_control_characters_of_the_docs_do_not_reach_the_terminal(run: Run, docs: Path) -> None:
    (docs / "page.mdx").write_text(
        "```python\nfrom fastmcp import FastMCP\nFastMCP('x').run()\n```\n\n"
        '```bash\nnpm install -g \x1b[31mred\n```\n\n```python title="\x1b[2J.py"\nimport mcp\n```\n',
        encoding="utf-8",
    )
    assert "\x1b" not in run(docs).stdout


def test_what_the_page_leaves_to_its_reader(run: Run, docs: Path) -> None:
    (docs / "page.mdx").write_text(
        "```python\nfrom fastmcp import FastMCP\nfrom fastmcp.server.auth.providers.github import GitHubProvider\n"
        'auth = GitHubProvider(client_id="<your-client-id>")\nFastMCP("x", auth=auth).run(transport="http")\n```\n',
        encoding="utf-8",
    )
    assert "  reader  client_id (“<your-client-id>”, line 4)\n" in run(docs).stdout


def test_directives_and_configuration_are_shown_apart_from_what_the_page_states(run: Run, docs: Path) -> None:
    (docs / "page.mdx").write_text(
        '{/* docprobe: file=mine.py env="MODE=x" */}\n\n```python\nfrom fastmcp import FastMCP\nFastMCP("x").run()\n```\n',
        encoding="utf-8",
    )
    (docs / "docprobe.toml").write_text(
        'profile = "plain"\n[examples."page#python"]\nendpoint = "/x"\nnot-runnable = "too old"\n'
        '[examples."gone#python"]\nskip = "gone"\n',
        encoding="utf-8",
    )
    result = run(docs)
    assert result.stdout == (
        "page#python  stdio-server  runnable\n"
        "  at      page.mdx:3-6\n"
        "  known   not runnable: too old\n"
        "  given   file name mine.py, from directive (page.mdx:3-6)\n"
        "  given   environment MODE\n"
        "  given   endpoint /x\n"
        "  added   dependency fastmcp, 90% sure\n"
        "  added   command python mine.py, 90% sure\n"
    )
    assert 'warning: [examples."gone#python"] matches no example' in result.stderr


def test_status_and_reason_of_what_cannot_run(run: Run, docs: Path) -> None:
    (docs / "page.mdx").write_text(
        "## Old\n\nBefore:\n\n```python\nfrom fastmcp import FastMCP\nFastMCP('x').run()\n```\n\n"
        "## Sharp\n\n```csharp\nusing ModelContextProtocol;\n```\n\n"
        "## Parts\n\n```ts\nserver.registerTool('x', {}, go);\n```\n",
        encoding="utf-8",
    )
    assert run(docs).stdout == (
        "page#python  stdio-server  skipped\n"
        "  at      page.mdx:5-8\n"
        "  why     is shown as “Before”, not as something to run\n"
        "page#csharp  other  unsupported\n"
        "  at      page.mdx:12-14\n"
        "  why     needs the .NET SDK, which docprobe does not support yet\n"
        "page#typescript  other  fragment\n"
        "  at      page.mdx:18-20\n"
        "  why     uses `server`, which no block of this page defines; uses `go`, which no block of this page defines\n"
    )


def test_copies_are_named(run: Run, docs: Path) -> None:
    (docs / "copy.mdx").write_text(PAGE, encoding="utf-8")
    document = json.loads(run(docs, "--format", "json").stdout)
    assert {e["id"]: e["copies"] for e in document["examples"]} == {
        "copy#page": ["page#page"], "copy#piece": ["page#piece"],
        "page#page": ["copy#page"], "page#piece": ["copy#piece"],
    }  # fmt: skip


EXCHANGE = """```http
POST /mcp HTTP/1.1
Content-Type: application/json
Accept: application/json, text/event-stream

{"jsonrpc": "2.0", "id": 1, "method": "ping"}
```

```http
HTTP/1.1 200 OK
Content-Type: application/json

{"jsonrpc": "2.0", "id": 1, "result": {}}
```
"""


def test_printed_exchanges_are_listed(run: Run, docs: Path) -> None:
    (docs / "wire.mdx").write_text(EXCHANGE, encoding="utf-8")
    result = run(docs, "--select", "wire*")
    assert result.stdout == (
        "wire#printed  other  printed\n"
        "  at      wire.mdx:1-7\n"
        "  at      wire.mdx:9-14\n"
        "  note    exchanges that the page prints: judged as printed, nothing is run\n"
    )
    (entry,) = json.loads(run(docs, "--select", "wire#printed", "--format", "json").stdout)["examples"]
    assert (entry["kind"], entry["status"], entry["bundle"]) == ("other", "printed", None)


def test_problems_of_the_docs_go_to_stderr_and_keep_their_colours_to_themselves(run: Run, docs: Path) -> None:
    (docs / "bad.mdx").write_text("---\na: \x1b[31m [\n---\n\n```js\nx\n```\n", encoding="utf-8")
    result = run(docs)
    assert "bad.mdx" in result.stderr
    assert "\x1b" not in result.stderr


def test_sample_docs(run: Run) -> None:
    result = run(SAMPLE)
    ids = [line.split()[0] for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert "docs/2025-11-25/tutorials/security/authorization#typescript" in ids
    assert "docs/2025-11-25/develop/step-by-step#python" in ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("options", "statuses", "kinds"),
    [
        (("--status", "runnable"), {"runnable"}, None),
        (("--status", "fragment", "--status", "unsupported"), {"fragment", "unsupported"}, None),
        (("--kind", "stdio-server", "--status", "runnable"), {"runnable"}, {"stdio-server"}),
        (("--language", "python", "--kind", "http-server"), None, {"http-server"}),
    ],
)
def test_examples_are_chosen_by_what_they_are(
    tmp_path: Path, options: tuple[str, ...], statuses: set[str] | None, kinds: set[str] | None
) -> None:
    arguments = ["examples", str(SAMPLE), "--format", "json", "--state", str(tmp_path), *options]
    found = json.loads(CliRunner().invoke(cli, arguments).stdout)["examples"]
    assert found
    assert statuses is None or {one["status"] for one in found} == statuses
    assert kinds is None or {one["kind"] for one in found} == kinds
    assert "--language" not in options or {one["language"] for one in found} == {"python"}


def test_an_unknown_language_gets_the_nearest(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["examples", str(SAMPLE), "--state", str(tmp_path), "--language", "pyton"])
    assert isinstance(result.exception, UsageError)
    assert "python" in (result.exception.hint or "")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_terminal_gets_colours_and_its_own_width(
    tmp_path: Path, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    (tmp_path / "docprobe.toml").touch()
    found = load_examples(load_config(tmp_path, environ={"DOCPROBE_STATE": str(tmp_path / ".s")})).all
    show(found, Console(width=width, force_terminal=True, color_system="standard", _environ={"TERM": "xterm"}))
    drawn = capsys.readouterr().out
    assert "\x1b[1;32m" in drawn
    lines = Text.from_ansi(drawn).plain.split("\n")
    assert max(map(len, lines)) <= width
    assert " ".join(" ".join(lines).split()) == " ".join(to_table(found).split())
