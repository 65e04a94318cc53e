"""JSON Schemas of messages: where they are read, and what is said of one that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.load import load_normative_text
from harness.settings import load_config
from harness.spec.message_schemas import load_schemas

if TYPE_CHECKING:
    from pathlib import Path

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
