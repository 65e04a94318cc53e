"""Docs, examples and normative text are read in one way, whichever command asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.load import (
    load_corpus,
    load_examples,
    load_normative_text,
    load_pages,
    load_schemas,
    load_statements,
    unmatched_patterns,
)
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import Config


SENTENCE = "# Sessions\n\nThe server **MUST** answer with status 404.\n"
CODE = """# Guide

```python server.py
from mcp.server.fastmcp import FastMCP

server = FastMCP("hello")
server.run()
```
"""
PRINTED = (
    "# Wire\n\n```http\nPOST /mcp HTTP/1.1\nContent-Type: application/json\n\n"
    '{"jsonrpc":"2.0","id":1,"method":"ping"}\n```\n\n```http\nHTTP/1.1 404 Not Found\n```\n'
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    docs = tmp_path / "docs-root"
    (docs / "specification" / "2025-11-25").mkdir(parents=True)
    (docs / "docs" / "2025-11-25").mkdir(parents=True)
    (docs / "specification" / "2025-11-25" / "basic.md").write_text(SENTENCE)
    (docs / "docs" / "2025-11-25" / "guide.md").write_text(CODE)
    return load_config(docs, environ={}, state=tmp_path / "state", jobs=1)


def _cached(config: Config) -> int:
    return sum(1 for file in (config.state / "pages").rglob("*") if file.is_file())


def test_pages_come_from_the_cache_unless_it_is_off(config: Config) -> None:
    load_corpus(replace(config, no_cache=True))
    load_normative_text(replace(config, no_cache=True))
    assert not (config.state / "pages").exists()
    load_corpus(config)
    assert _cached(config) > 0


def test_for_the_sentences_alone_only_normative_pages_are_read(config: Config) -> None:
    statements = load_statements(config)
    assert _cached(config) == 1
    assert statements == load_corpus(config).statements != ()


def test_normative_text_of_the_docs_is_not_extracted_again(config: Config) -> None:
    corpus = load_corpus(config)
    text = load_normative_text(config, corpus)
    assert text.root == config.docs
    assert text.statements is corpus.statements
    assert [statement.level.value for statement in text.statements] == ["MUST"]


def test_normative_text_of_another_tree_wins(config: Config, tmp_path: Path) -> None:
    other = tmp_path / "other" / "specification" / "2025-11-25"
    other.mkdir(parents=True)
    (other / "basic.md").write_text(SENTENCE.replace("MUST", "SHOULD"))
    config = replace(config, spec=tmp_path / "other")
    text = load_normative_text(config, load_corpus(config))
    assert text.root == tmp_path / "other"
    assert [statement.level.value for statement in text.statements] == ["SHOULD"]


def test_the_same_tree_under_another_path_is_the_docs(config: Config, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(config.docs)
    corpus = load_corpus(config)
    assert load_normative_text(replace(config, spec=tmp_path / "link"), corpus).statements is corpus.statements


def test_printed_exchanges_are_examples_too(config: Config) -> None:
    (config.docs / "docs" / "2025-11-25" / "wire.md").write_text(PRINTED)
    loaded = load_examples(config)
    assert {example.id for example in loaded.assembled} == {"docs/2025-11-25/guide#python"}
    assert [printed.example.id for printed in loaded.printed] == ["docs/2025-11-25/wire#printed"]
    assert loaded.printed[0].transcript.example_id == "docs/2025-11-25/wire#printed"
    assert len(loaded.all) == 2


def test_some_pages_alone_as_they_are_and_as_they_were(config: Config) -> None:
    page = "docs/2025-11-25/guide.md"
    now = load_pages(config, {page: None})
    before = load_pages(config, {page: CODE.replace("hello", "bye").encode()})
    assert [one.path for one in now.pages] == [one.path for one in before.pages] == [page]
    assert now.blocks[0].text != before.blocks[0].text
    assert now.statements == ()


def test_of_one_page_nothing_else_is_read(tmp_path: Path) -> None:
    (tmp_path / "specification").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "specification" / "rules.md").write_text("A server MUST answer.\n")
    for name in ("a", "b"):
        (tmp_path / "docs" / f"{name}.md").write_text("```js\nx\n```\n")
    config = load_config(tmp_path / "docs" / "a.md", environ={"DOCPROBE_STATE": str(tmp_path / ".state")})
    corpus = load_corpus(config)
    assert [page.path for page in corpus.pages] == ["docs/a.md"]
    assert [one.text for one in load_normative_text(config, corpus).statements] == ["A server MUST answer."]


def test_what_may_be_about_a_page_that_is_not_read_is_not_called_unmatched(tmp_path: Path) -> None:
    (tmp_path / "docprobe.toml").write_text(
        '[layout]\nspecification = ["rules.md", "no-rules.md"]\n'
        + "".join(f'[examples."{key}"]\nskip = "x"\n' for key in ("b#*", "nowhere#python", "a#pyhton"))
    )
    (tmp_path / "rules.md").write_text("A server MUST answer.\n")
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(CODE)

    def unmatched(docs: Path) -> tuple[str, ...]:
        config = load_config(docs, environ={"DOCPROBE_STATE": str(tmp_path / ".state")}, jobs=1)
        return unmatched_patterns(config, load_examples(config))

    expected = (
        '[examples."nowhere#python"] matches no example',
        '[examples."a#pyhton"] matches no example',
        "[layout] specification: 'no-rules.md' matches no page",
    )
    assert unmatched(tmp_path) == expected
    assert unmatched(tmp_path / "a.md") == expected


SCHEMA = '{"$defs": {"PingRequest": {"properties": {"method": {"const": "ping"}}}}}'


def write(folder: Path, text: str, revision: str = "2025-11-25") -> Path:
    (folder / revision).mkdir(parents=True)
    (folder / revision / "schema.json").write_text(text, encoding="utf-8")
    return folder


def test_a_revision_without_a_schema_has_none(tmp_path: Path) -> None:
    found = load_schemas(write(tmp_path, SCHEMA), ("2025-06-18", "2025-11-25"))
    assert list(found) == ["2025-11-25"]
    assert list(found["2025-11-25"].definitions) == ["PingRequest"]


@pytest.mark.parametrize("text", ["{", "[]", '{"title": "none"}'])
def test_what_is_no_schema_of_messages_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"2025-11-25.schema\.json") as error:
        load_schemas(write(tmp_path, text), ("2025-11-25",))
    assert "--schema DIR" in (error.value.hint or "")


@pytest.mark.parametrize("named", [True, False])
def test_the_schema_beside_the_docs_or_as_named_goes_with_the_requirements(named: bool, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "specification" / "2025-11-25" / "basic.md"
    page.parent.mkdir(parents=True)
    (tmp_path / "docs" / "docs").mkdir()
    page.write_text("A server **MUST** answer.", encoding="utf-8")
    folder = write(tmp_path / ("elsewhere" if named else "schema"), SCHEMA)
    config = load_config(tmp_path / "docs", state=tmp_path / "state", schema=folder if named else None)
    bound = load_normative_text(config).bound.requirements
    with_schema = {revision for (id, revision), row in bound.items() if row.schema is not None}
    assert with_schema == {"2025-11-25"}
