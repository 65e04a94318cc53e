"""Messages that pages print, by the JSON Schema of the page's revision: read, judged and reported at their lines."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.model import Layout
from harness.model import Verdict
from harness.profiles.mcp.printed_exchanges import printed_exchanges
from harness.profiles.mcp.rules.printed_schema import printed_messages
from tests.support.command import run
from tests.support.verdicts import rows

if TYPE_CHECKING:
    from harness.model import Finding

REVISION = "2026-07-28"
SCHEMAS = Path(__file__).parents[4] / "fixtures" / "mcp" / "schema"
LIST = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
TOOL = '{"name": "add", "inputSchema": {"type": "object"}}'
RESULT = '{"jsonrpc": "2.0", "id": 1, "result": {"tools": [%s]}}'
NAMELESS = '{"inputSchema": {"type": "object"}}'
PROGRESS = '{"jsonrpc": "2.0", "method": "notifications/progress", "params": %s}'


def fence(text: str, language: str = "json") -> str:
    return f"```{language}\n{text}\n```\n\n"


def judged(tmp_path: Path, page: str) -> Finding | None:
    """The finding on a page; None if the page prints nothing."""
    file = tmp_path / REVISION / "p.mdx"
    file.parent.mkdir(exist_ok=True)
    file.write_text(page)
    corpus = extract(tmp_path, Layout(revisions=(REVISION,)))
    printed = printed_exchanges(corpus.blocks, f"{REVISION}/p.mdx", page)
    if printed is None:
        return None
    row = next(r for r in rows() if (r.requirement.id, r.revision) == ("printed.message-schema", REVISION))
    return printed_messages(printed.transcript, row)


@pytest.mark.parametrize(
    ("page", "verdict", "words"),
    [
        (fence(LIST) + fence(RESULT % TOOL), Verdict.SATISFIED, "2 printed messages are valid"),
        (fence(LIST) + fence(RESULT % NAMELESS), Verdict.VIOLATED, "'name' is a required property"),
        # another request stands before it, or none: which result it is, is not known
        (fence(LIST.replace("1", "2")) + fence(RESULT % NAMELESS), Verdict.SATISFIED, "1 printed message is valid"),
        (fence(RESULT % NAMELESS), Verdict.NOT_APPLICABLE, "no message"),
        (fence(PROGRESS % '{"progress": 1, "progressToken": 1, "own": {}}'), Verdict.SATISFIED, "1 printed"),
        (fence(PROGRESS % '{"progress": 1}'), Verdict.VIOLATED, "progressToken"),
        (fence(PROGRESS % '{"progress": "half", "progressToken": 1}'), Verdict.VIOLATED, "not of type 'number'"),
        (fence(PROGRESS % '{"progress": 1, // and so on\n"progressToken": "a // b"}'), Verdict.SATISFIED, "1 printed"),
        (fence(PROGRESS % '{"progress": 1 "progressToken": 1}'), Verdict.VIOLATED, "not JSON"),
        # shortened
        (fence(PROGRESS % '{"progress": 1, ...}'), Verdict.NOT_APPLICABLE, "is shortened (1)"),
        (fence(PROGRESS % '{"message": "…"}') + fence(LIST), Verdict.SATISFIED, "1 message is shortened"),
        ("For brevity, tokens are left out.\n\n" + fence(PROGRESS % '{"progress": 1}'), Verdict.NOT_APPLICABLE, "(1)"),
        # what was left out excuses nothing that is there
        ("For brevity, tokens are left out.\n\n" + fence(PROGRESS % '{"progress": "1", "progressToken": 1}'),
         Verdict.VIOLATED, "not of type"),
        # a batch, and the body of a printed request
        (fence(f"[{LIST}, {PROGRESS % '{}'}]"), Verdict.VIOLATED, "1 of 2 printed messages is not valid"),
        (fence(f"POST /mcp HTTP/1.1\nHost: a.example\n\n{PROGRESS % '{}'}", "http"), Verdict.VIOLATED, "'progress'"),
        (fence(f"sequenceDiagram\n  C->>S: POST tools/call<br>{PROGRESS % '{}'}", "mermaid"), Verdict.VIOLATED, "'prog"),
        # other languages and other JSON
        (fence(PROGRESS % "{}", "typescript"), None, ""),
        (fence('{"jsonrpc": "1.0", "method": "x"}'), None, ""),
        (fence('{"name": "add"}'), None, ""),
    ],
)  # fmt: skip
def test_what_a_page_prints(tmp_path: Path, page: str, verdict: Verdict | None, words: str) -> None:
    found = judged(tmp_path, page)
    assert (found.verdict if found else None) is verdict
    assert found is None or words in found.summary


def test_each_fault_is_at_its_line(tmp_path: Path) -> None:
    page = "Title\n\n" + fence(PROGRESS % "{}") + fence(LIST) + fence(PROGRESS % '{"progress": 1}')
    found = judged(tmp_path, page)
    assert found is not None
    assert [span.first for span in found.blame] == [4, 12]
    assert len(found.legs) == 2


def test_messages_of_hostile_pages_are_read_in_time(tmp_path: Path) -> None:
    deep = PROGRESS % ('{"a":' * 20_000 + "1" + "}" * 20_000)
    found = judged(tmp_path, fence(deep) + fence('{"jsonrpc": "2.0"' + '"' * 200_000))
    assert found is not None


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    shutil.copytree(SCHEMAS, tmp_path / "schema")
    folder = tmp_path / "docs"
    page = folder / "docs" / REVISION / "guide.mdx"
    page.parent.mkdir(parents=True)
    page.write_text("Title\n\n" + fence(PROGRESS % '{"progress": 1}'))
    (folder / "specification" / REVISION).mkdir(parents=True)
    (folder / "specification" / REVISION / "index.mdx").write_text("A server **MUST** answer.\n")
    return folder


@pytest.mark.processes
def test_terminal_json_and_annotations_name_the_line(docs: Path, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "state")
    done = run("check", docs, "--format", "terminal", "--format", f"json:{tmp_path / 'o.json'}", *state)
    assert done.exit_code == 0, "advice"
    assert f"docs/{REVISION}/guide.mdx:4" in done.output
    (example,) = json.loads((tmp_path / "o.json").read_text())["examples"]
    (finding,) = example["findings"]
    assert (finding["requirement"], finding["verdict"]) == ("printed.message-schema", "violated")
    assert finding["blame"][0]["first"] == 4
    annotations = run("check", docs, "--format", "github", *state).output
    assert "line=4" in next(line for line in annotations.splitlines() if line.startswith("::warning"))


def test_without_a_schema_a_page_of_messages_is_not_an_example(docs: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "schema")
    done = run("examples", docs, "--format", "json", "--state", tmp_path / "state")
    assert json.loads(done.output)["examples"] == []
